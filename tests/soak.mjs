// Rounds of many photos in and out, with changes of models in between: memory must stay flat. Started by
// `cargo xtask soak`; prints a row a round, and fails if memory grows after the third.

import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choose, launch, open, sample, waitForState } from "./support/glimpse.mjs";
import { checkpoint, imported, use } from "./support/models.mjs";

const ROUNDS = Number(process.argv[2] ?? 20);
const PHOTOS = Number(process.argv[3] ?? 500);
const GROWTH = 1.1;

const folder = await mkdtemp(join(tmpdir(), "glimpse-soak-"));
const names = ["cat.jpg", "coffee.jpg", "rocket.jpg"];
const samples = await Promise.all(names.map(sample));
const files = await Promise.all(
  Array.from({ length: PHOTOS }, async (_, index) => {
    const file = join(folder, `${index}.jpg`);
    await writeFile(file, samples[index % samples.length].buffer);
    return file;
  }),
);

const browser = await launch();
const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
const title = await page.evaluate(() => document.documentElement.dataset.model);
await imported(page, checkpoint("clip_gelu"));

// What the system gave the page and its workers: `measureUserAgentSpecificMemory` leaves out the memory of
// WebAssembly, which is nearly all of it. That call collects garbage first, so it is made all the same.
const devtools = await browser.newBrowserCDPSession();
const memory = async () => {
  await page.evaluate(() => performance.measureUserAgentSpecificMemory());
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const resident = execFileSync("ps", ["-o", "rss=", "-p", renderers.join(",")], { encoding: "utf8" });
  return resident.trim().split(/\s+/).reduce((sum, kilobytes) => sum + Number(kilobytes) * 1024, 0) / 1e6;
};

const settled = (count) =>
  page.waitForFunction(
    (count) => document.querySelectorAll('[data-card][data-state="done"]').length === count,
    count,
    { timeout: 3_600_000 },
  );

const rounds = [];
console.log("round   seconds   memory in MB");
for (let round = 1; round <= ROUNDS; round++) {
  const start = performance.now();
  await choose(page, files);
  await settled(PHOTOS);
  await page.getByRole("button", { name: "Remove all", exact: true }).click();
  // Three changes, so that the models take turns with the photos.
  const [other, own] = round % 2 ? ["clip_gelu", title] : [title, "clip_gelu"];
  for (const name of [other, own, other]) await use(page, name);
  await waitForState(page, "ready");
  const megabytes = await memory();
  rounds.push(megabytes);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${String(round).padStart(5)}   ${seconds.toFixed(1).padStart(7)}   ${megabytes.toFixed(1).padStart(12)}`);
}
await context.close();
await browser.close();
await rm(folder, { recursive: true });

const after = rounds.slice(3);
const [third, most] = [rounds[2], Math.max(...after)];
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exit(1);
}
if (after.length > 0 && most > third * GROWTH) {
  console.error(`memory grew from ${third.toFixed(1)} MB after the third round to ${most.toFixed(1)} MB`);
  process.exit(1);
}
