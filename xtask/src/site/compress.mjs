// node compress.mjs DIST CACHE: writes FILE.gz and FILE.br beside each compressible file of DIST
// where they save more than 5 %. What was compressed before is found in CACHE by its hash.

import { createHash } from "node:crypto";
import { cpus } from "node:os";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const [dist, cache] = process.argv.slice(2);
const ENDINGS = new Set([".css", ".html", ".js", ".json", ".safetensors", ".svg", ".txt", ".wasm", ".webmanifest"]);
const SMALLEST = 256;
const WORTH_IT = 0.95;

const brotli = promisify(brotliCompress);
const encodings = {
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
  br: (bytes) =>
    brotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 24,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
};

await mkdir(cache, { recursive: true });
const known = new Set(await readdir(cache));
const used = new Set();

// An empty file in the cache says that compressing wasn't worth it.
async function compress(path, bytes, hash, [ending, encode]) {
  const name = `${hash}.${ending}`;
  used.add(name);
  if (!known.has(name)) {
    const encoded = await encode(bytes);
    await writeFile(join(cache, name), encoded.length < bytes.length * WORTH_IT ? encoded : "");
  }
  if ((await readFile(join(cache, name))).length > 0) {
    await copyFile(join(cache, name), `${path}.${ending}`);
  }
}

const files = (await readdir(dist, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && ENDINGS.has(extname(entry.name)))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

async function work() {
  for (let path = files.pop(); path !== undefined; path = files.pop()) {
    const bytes = await readFile(path);
    if (bytes.length < SMALLEST) continue;
    const hash = createHash("sha256").update(bytes).digest("hex");
    for (const encoding of Object.entries(encodings)) {
      await compress(path, bytes, hash, encoding);
    }
  }
}
await Promise.all(cpus().map(work));

for (const name of known) {
  if (!used.has(name)) await rm(join(cache, name));
}
