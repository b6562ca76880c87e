// Files that lie on the site for as long as it is measured.

import { copyFile, link, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const DIST = process.env.GLIMPSE_DIST ?? "dist";
const lent = [];

/** Puts files of a folder (all of them, unless named) into a new folder of the site. */
export async function lend(folder, place, files) {
  const target = join(DIST, place);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  lent.push(target);
  for (const file of files ?? (await readdir(folder))) {
    const [from, to] = [join(folder, file), join(target, file)];
    // A second name needs no room; another disk needs a copy.
    await link(from, to).catch(() => copyFile(from, to));
  }
}

/** Takes away what was lent. */
export async function giveBack() {
  for (const target of lent.splice(0)) {
    await rm(target, { recursive: true, force: true });
    // The folder around it goes too, unless other things lie in it.
    await rmdir(dirname(target)).catch(() => {});
  }
}

/** The length of each WebAssembly module, as it is and as it travels. */
export async function moduleSizes() {
  const names = (await readdir(DIST)).filter((name) => name.endsWith(".wasm"));
  const length = (name) => stat(join(DIST, name)).then(({ size }) => size, () => undefined);
  const sizes = async (name) => ({
    bytes: await length(name),
    gzip: await length(`${name}.gz`),
    brotli: await length(`${name}.br`),
  });
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sizes(name)])));
}
