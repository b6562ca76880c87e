// node tests/bench.mjs [--runs N] [--webgpu] [--pack FOLDER]: how long the built page takes.
// `cargo xtask bench` calls it.
//
// GLIMPSE_URL is the site, GLIMPSE_DIST its folder (dist), NATIVE_BENCH a file with what
// `glimpse bench` printed for the same pack, whose texts are embedded here too. --pack names a pack
// that the site hasn't; without it the default pack is measured. --webgpu also measures that
// backend. Prints tables and writes target/bench/bench.json.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { asked } from "./bench/graphics.mjs";
import { bare, firstAnswer } from "./bench/page.mjs";
import { peakMemory, workerMemory } from "./bench/memory.mjs";
import { spread } from "./bench/statistics.mjs";
import { giveBack, lend, moduleSizes } from "./bench/site.mjs";
import { embedImages, embedTexts, startWorkers } from "./bench/worker.mjs";
import { launch } from "./support/glimpse.mjs";

const options = process.argv.slice(2);
const value = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
const RUNS = Number(value("--runs") ?? 15);
const PACK = value("--pack");
const BACKENDS = options.includes("--webgpu") ? ["cpu", "webgpu"] : ["cpu"];
const WARM_UPS = 2;
/** WebGPU in software takes ten to sixty times as long. */
const WEBGPU_RUNS = 3;

const native = JSON.parse(await readFile(process.env.NATIVE_BENCH, "utf8"));
const rows = native.rows.map(({ what, ...times }) => ({ what, backend: native.backend, ...times }));
const notes = { model: native.model, "load of the machine at first": loadavg()[0] };
const once = (backend, what, ms) => rows.push({ what, backend, median_ms: ms, min_ms: ms, runs: 1 });

const browser = await launch();
try {
  const pack = PACK ? `packs/${basename(PACK)}/` : "packs/default/";
  if (PACK) await lend(PACK, pack);
  for (const backend of BACKENDS) await measure(backend, pack);
} finally {
  await browser.close();
  await giveBack();
}

notes["WebAssembly modules"] = await moduleSizes();

await mkdir("target/bench", { recursive: true });
await writeFile("target/bench/bench.json", JSON.stringify({ rows, notes }, null, 2));
const tidy = (row) =>
  Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, typeof cell === "number" ? +cell.toFixed(2) : cell]));
console.log(`${native.model}, in milliseconds:`);
console.table(rows.map(tidy), ["what", "backend", "median_ms", "min_ms", "runs"]);
console.log(JSON.stringify(notes, null, 2));
console.log("written: target/bench/bench.json");

/** Everything about one backend. */
async function measure(backend, pack) {
  const { page, context } = await bare(browser);
  const { loadMs } = await page.evaluate(startWorkers, { backend, pack });
  once(backend, "load, from this machine", loadMs);
  const tasks = [
    { what: "image, batch 1", run: () => page.evaluate(embedImages, 1) },
    // The worker embeds one picture at a time, so that none waits for another.
    { what: "image, 8 in a row", run: () => page.evaluate(embedImages, 8) },
    ...native.texts.map(({ what, sentences }) => ({ what, run: () => page.evaluate(embedTexts, sentences) })),
  ].map((task) => ({ ...task, times: [] }));

  for (const { run } of tasks) await run();
  notes[`memory of the worker, ${backend} (MB)`] = await workerMemory(page);
  notes[`peak memory of the worker's process, ${backend} (MB)`] = await peakMemory(browser);

  // In software the round above has to do.
  const [runs, warmUps] = backend === "cpu" ? [RUNS, WARM_UPS] : [Math.min(RUNS, WEBGPU_RUNS), 0];
  for (let run = 0; run < runs + warmUps; run++) {
    const counts = run >= warmUps;
    for (const { run: time, times } of tasks) {
      const milliseconds = await time();
      if (counts) times.push(milliseconds);
    }
  }
  for (const { what, times } of tasks) rows.push({ what, backend, ...spread(times) });
  if (backend === "webgpu") notes["asked of the graphics card"] = await asked(page, tasks);
  await context.close();
  const answer = await firstAnswer(browser, backend, pack);
  once(backend, "first answer, cold", answer.cold);
  once(backend, "first answer, warm", answer.warm);
  notes[`bytes as served, ${backend}`] = answer.bytes;
}
