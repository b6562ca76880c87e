// node tests/bench.mjs [--runs N] [--webgpu] [--pack FOLDER] [--peer FOLDER]: how long the built
// page takes. `cargo xtask bench` calls it.
//
// GLIMPSE_URL is the site, GLIMPSE_DIST its folder (dist), NATIVE_BENCH a file with what
// `glimpse bench` printed for the same pack, whose texts are embedded here too. --pack names a pack
// that the site hasn't; without it the default pack is measured. --webgpu also measures that
// backend. Where --peer's folder holds ONNX graphs of the same towers, onnxruntime-web (wasm, one
// thread) runs them in the same browser, turn by turn with ours. Prints tables and writes
// target/bench/bench.json.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { bare, firstAnswer } from "./bench/page.mjs";
import { peakMemory, workerMemory } from "./bench/memory.mjs";
import * as peer from "./bench/peer.mjs";
import { ratios, spread } from "./bench/statistics.mjs";
import { giveBack, lend, moduleSizes } from "./bench/site.mjs";
import { embedImages, embedTexts, startWorker } from "./bench/worker.mjs";
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
const graphs = value("--peer") ? peer.graphs(value("--peer")) : [];
const rows = native.rows.map(({ what, ...times }) => ({ what, backend: native.backend, ...times }));
const comparisons = [];
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
await writeFile("target/bench/bench.json", JSON.stringify({ rows, comparisons, notes }, null, 2));
const tidy = (row) =>
  Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, typeof cell === "number" ? +cell.toFixed(2) : cell]));
console.log(`${native.model}, in milliseconds:`);
console.table(rows.map(tidy), ["what", "backend", "median_ms", "min_ms", "runs"]);
if (comparisons.length > 0) {
  console.log("Our time as a share of the other's, turn by turn (under 1: we are faster):");
  console.table(comparisons.map(tidy));
} else {
  console.log(peer.HOW_TO_GET);
}
console.log(JSON.stringify(notes, null, 2));
console.log("written: target/bench/bench.json");

/** Everything about one backend. */
async function measure(backend, pack) {
  const { page, context } = await bare(browser);
  const { loadMs } = await page.evaluate(startWorker, { backend, pack });
  once(backend, "load, from this machine", loadMs);
  const peers = backend === "cpu" ? graphs : [];
  const tasks = [
    { what: "image, batch 1", ours: () => page.evaluate(embedImages, 1), theirs: { tower: "image" } },
    // The worker embeds one picture at a time, so that none waits for another.
    { what: "image, 8 in a row", ours: () => page.evaluate(embedImages, 8) },
    ...native.texts.map(({ what, sentences, ids }) => ({
      what,
      ours: () => page.evaluate(embedTexts, sentences),
      theirs: { tower: "text", ids },
    })),
  ].map((task) => ({ ...task, times: [], peers: peers.map(({ name }) => ({ name, times: [] })) }));

  // The first round's memory is ours alone: the peer comes later.
  for (const task of tasks) await task.ours();
  notes[`memory of the worker, ${backend} (MB)`] = await workerMemory(page);
  notes[`peak memory of the worker's process, ${backend} (MB)`] = await peakMemory(browser);
  if (peers.length > 0) await peer.start(page, peers);

  // In software the round above has to do.
  const [runs, warmUps] = backend === "cpu" ? [RUNS, WARM_UPS] : [Math.min(RUNS, WEBGPU_RUNS), 0];
  for (let run = 0; run < runs + warmUps; run++) {
    const counts = run >= warmUps;
    for (const task of tasks) {
      const ours = await task.ours();
      if (counts) task.times.push(ours);
      if (!task.theirs) continue;
      for (const { name, times } of task.peers) {
        const theirs = await page.evaluate(peer.run, { name, ...task.theirs });
        if (counts) times.push(theirs);
      }
    }
  }
  for (const { what, times, theirs, peers } of tasks) {
    rows.push({ what, backend, ...spread(times) });
    for (const peer of theirs ? peers : []) {
      rows.push({ what, backend: peer.name, ...spread(peer.times) });
      comparisons.push({ what, "set beside": peer.name, ...ratios(times, peer.times) });
    }
  }
  await context.close();
  const answer = await firstAnswer(browser, backend, pack);
  once(backend, "first answer, cold", answer.cold);
  once(backend, "first answer, warm", answer.warm);
  notes[`bytes as served, ${backend}`] = answer.bytes;
}
