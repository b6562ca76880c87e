// Rounds of many photos in and out, with changes of models in between: memory must stay flat. Started by
// `cargo xtask soak`; prints a row a round, and fails if something of the page's grows after the third.

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
const others = ["clip_gelu", "siglip"];
for (const name of others) await imported(page, checkpoint(name));

// What is measured of the page's process, and whether it must stay flat. Two things need not. The browser's
// cache of decoded pictures lies in memory that it may take back, outlives pictures, elements and addresses,
// and grows with each round's thumbnails until it has enough. And the tools behind this test have the browser
// keep what it loaded for them, up to 100 MB: the encoded photos that were drawn, in its buffers. Without
// `Network.enable`, which the tools always ask for, those stay below 1 MB. So both are only told.
const MEASURES = {
  "private MB": { isFlat: true, what: "the process's own memory, WebAssembly's with it, but for the buffers" },
  "WebAssembly MB": { isFlat: true, what: "the memories of the page's module and of its workers'" },
  "scripts MB": { isFlat: true, what: "JavaScript's heaps and the documents, of the page and its workers" },
  elements: { isFlat: true, what: "nodes of documents" },
  listeners: { isFlat: true, what: "listeners to events" },
  "buffers MB": { isFlat: false, what: "what was loaded, kept for the tools" },
  "decoded MB": { isFlat: false, what: "the browser's cache of decoded pictures" },
  "resident MB": { isFlat: false, what: "all that the process has in memory" },
};

const client = await context.newCDPSession(page);
await client.send("Performance.enable");
const devtools = await browser.newBrowserCDPSession();

/** A dump of the browser's memory: events of each process and what it says of itself. */
async function dumps() {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  devtools.on("Tracing.dataCollected", collect);
  const memory = "disabled-by-default-memory-infra";
  const traceConfig = { includedCategories: [memory], excludedCategories: ["*"], memoryDumpConfig: { triggers: [] } };
  await devtools.send("Tracing.start", { traceConfig });
  await devtools.send("Tracing.requestMemoryDump", { levelOfDetail: "detailed" });
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.end");
  await complete;
  devtools.off("Tracing.dataCollected", collect);
  return events.filter(({ args }) => args?.dumps);
}

/** Bytes of WebAssembly's memory in a page or worker, whose module is imported already and gives its instance. */
const wasmBytes = (place, module) =>
  place.evaluate(async (module) => {
    const { default: start } = await import(module);
    return (await start()).memory.buffer.byteLength;
  }, module);

async function measured() {
  const module = await page.evaluate(() => {
    const { module } = document.querySelector("script[data-wasm]").dataset;
    return new URL(module, location.href).href;
  });
  let wasm = await wasmBytes(page, module);
  for (const worker of page.workers()) wasm += await wasmBytes(worker, worker.url().replace("_loader.js", ".js"));
  // Both collect garbage first.
  await client.send("HeapProfiler.collectGarbage");
  const { bytes: scripts } = await page.evaluate(() => performance.measureUserAgentSpecificMemory());
  const { metrics } = await client.send("Performance.getMetrics");
  const { Nodes, JSEventListeners } = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));

  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const processes = new Map(processInfo.filter(({ type }) => type === "renderer").map(({ id }) => [id, {}]));
  // Twice, since a process has more for a moment, when it clears up.
  for (const { pid, args } of [...(await dumps()), ...(await dumps())]) {
    const { process_totals: totals, allocators } = args.dumps;
    const found = processes.get(pid);
    if (found && totals) found.own = Math.min(found.own ?? Infinity, Number(`0x${totals.private_footprint_bytes}`));
    const size = (name) => allocators?.[name]?.attrs?.size;
    for (const [part, name] of [["decoded", "discardable"], ["buffers", "partition_alloc/partitions/buffer"]]) {
      if (found && size(name)) found[part] = Number(`0x${size(name).value}`);
    }
  }
  // The others are the browser's own, and one that waits for a page.
  const [[id, { own, buffers, decoded = 0 }]] = [...processes].sort(([, one], [, other]) => other.own - one.own);
  if (!(own > 0 && buffers > 0)) throw new Error("the browser doesn't say what the page's process has");
  const resident = Number(execFileSync("ps", ["-o", "rss=", "-p", String(id)], { encoding: "utf8" })) * 1024;
  const inMegabytes = (...bytes) => bytes.map((bytes) => bytes / 1e6);
  const values = [
    ...inMegabytes(own - buffers, wasm, scripts),
    Nodes,
    JSEventListeners,
    ...inMegabytes(buffers, decoded, resident),
  ];
  return Object.fromEntries(Object.keys(MEASURES).map((name, place) => [name, values[place]]));
}

const settled = (count) =>
  page.waitForFunction(
    (count) => document.querySelectorAll('[data-card][data-state="done"]').length === count,
    count,
    { timeout: 3_600_000 },
  );

const row = (cells) => cells.map(([name, cell]) => String(cell).padStart(name.length + 3)).join("");
const rounds = [];
for (const [name, { what }] of Object.entries(MEASURES)) console.log(`${name}: ${what}`);
console.log(row(["round", "seconds", ...Object.keys(MEASURES)].map((name) => [name, name])));
for (let round = 1; round <= ROUNDS; round++) {
  const start = performance.now();
  await choose(page, files);
  await settled(PHOTOS);
  await page.getByRole("button", { name: "Remove all", exact: true }).click();
  // Back to the own model, so that rounds can be compared.
  for (const name of [...others, title]) await use(page, name);
  await waitForState(page, "ready");
  const values = await measured();
  rounds.push(values);
  const seconds = (performance.now() - start) / 1000;
  const cells = Object.entries(values).map(([name, value]) => [name, name.endsWith("MB") ? value.toFixed(1) : value]);
  console.log(row([["round", round], ["seconds", seconds.toFixed(1)], ...cells]));
}
await context.close();
await browser.close();
await rm(folder, { recursive: true });

const faults = [...complaints];
const [third, ...after] = rounds.slice(2);
for (const [name] of Object.entries(MEASURES).filter(([, { isFlat }]) => isFlat && after.length > 0)) {
  const most = Math.max(...after.map((values) => values[name]));
  if (most > third[name] * GROWTH) {
    faults.push(`${name} grew from ${third[name].toFixed(1)} after the third round to ${most.toFixed(1)}`);
  }
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
