// node tests/peer.mjs MODELS.json [--runs N] [--only WORDS]: Glimpse beside
// onnxruntime-web in one browser, turn by turn, so that a busy machine slows both.
// `cargo xtask bench --peer` calls it.
//
// MODELS.json names, for each model, packs (float, int8), the folder of ONNX graphs and texts to
// embed, and the folder of the runtime. GLIMPSE_URL is the site, GLIMPSE_DIST its folder. --only
// keeps the comparisons that have all these words (`--only cpu,default,int8`). Prints a table and
// writes target/bench/peer.json.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { bare } from "./bench/page.mjs";
import * as ort from "./bench/ort.mjs";
import { giveBack, lend } from "./bench/site.mjs";
import { median, ratios } from "./bench/statistics.mjs";
import { embedImages, embedTexts, startWorkers } from "./bench/worker.mjs";
import { cosine, launch } from "./support/glimpse.mjs";

const [inputs, ...options] = process.argv.slice(2);
const value = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
const { models, runtime } = JSON.parse(await readFile(inputs, "utf8"));
const RUNS = Number(value("--runs") ?? 15);
const ONLY = value("--only")?.split(",") ?? [];

/** On the processor, a worker of ours is a thread. */
const CORES = availableParallelism();
const CPU = { backend: "cpu", provider: "wasm", runs: RUNS, warmUps: 2 };
/** In software it takes ten to sixty times as long. */
const WEBGPU = { backend: "webgpu", provider: "webgpu", runs: Math.min(RUNS, 3), warmUps: 1 };
const BACKENDS = [
  { ...CPU, threads: 1 },
  ...(CORES > 1 ? [{ ...CPU, threads: CORES }] : []),
  { ...WEBGPU, threads: 1 },
];
const WEIGHTS = ["float", "int8"];
const PICTURES = 8;

/** A task that has taken so long, both sides and warm-ups together, is counted once and not repeated. */
const ENOUGH_MS = 60_000;
/** Longer texts are left out where a processor pretends to be the graphics card: many minutes each. */
const SHORT = 16;

/** What one page measures: a backend, a model and its weights, and tasks for both towers. */
const plan = BACKENDS.flatMap((backend) =>
  models.flatMap((model) =>
    WEIGHTS.map((weights) => ({ ...backend, model, weights, tasks: tasks(backend, model, weights) })),
  ),
).filter(({ tasks }) => tasks.length > 0);

function tasks({ backend, threads }, { name, texts }, weights) {
  const many = { tower: "image", what: `${PICTURES} images`, count: PICTURES };
  const all = [
    { tower: "image", what: "an image", count: 1 },
    ...(threads > 1 ? [many] : []),
    ...texts.map(({ what, sentences, ids }) => ({ tower: "text", what, sentences, ids })),
  ];
  const words = ({ tower }) => [backend, `threads=${threads}`, name, tower, weights];
  return all.filter((task) => ONLY.every((word) => words(task).includes(word)));
}

if (plan.length === 0) {
  console.error(`No comparison has all of these words: ${ONLY.join(", ")}.`);
  process.exit(1);
}

const version = JSON.parse(await readFile(join(runtime, "../package.json"), "utf8")).version;
const rows = [];
const browser = await launch();
try {
  await ort.lendRuntime(runtime);
  for (const { name, packs, graphs } of models) {
    await ort.lendGraphs(graphs, name);
    for (const weights of WEIGHTS) await lend(packs[weights], `packs/peer-${name}-${weights}`);
  }
  for (const comparison of plan) {
    const { backend, threads, model, weights } = comparison;
    console.log(`${backend}, ${threads} thread${threads > 1 ? "s" : ""}, ${model.name}, ${weights} …`);
    rows.push(...(await compare(comparison)));
    await save();
  }
} finally {
  await browser.close();
  await giveBack();
}
console.log(`Our time as a share of onnxruntime-web ${version}'s, turn by turn (under 1: ours is less):`);
const tidy = (row) =>
  Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, typeof cell === "number" ? +cell.toFixed(3) : cell]));
const columns = ["backend", "threads", "model", "weights", "what", "glimpse_ms", "peer_ms", "ratio", "least", "most"];
console.table(rows.map(tidy), columns);
console.log("written: target/bench/peer.json");

/** Both sides of one page, in turns. */
async function compare({ backend, provider, threads, runs, warmUps, model, weights, tasks }) {
  const { page, context } = await bare(browser);
  if (backend === "webgpu" && (await page.evaluate(isSoftware))) {
    tasks = tasks.filter(({ ids }) => !ids || ids[0].length <= SHORT);
    console.log("  long texts are left out: this WebGPU is computed by the processor");
  }
  await page.evaluate(startWorkers, { backend, pack: `packs/peer-${model.name}-${weights}/`, count: threads });
  await ort.start(page, { provider, threads, model: model.name, weights });
  const ours = ({ tower, count, sentences }) =>
    tower === "image" ? page.evaluate(embedImages, count) : page.evaluate(embedTexts, sentences);
  const theirs = ({ tower, count, ids }) => page.evaluate(ort.run, { tower, count, ids });
  const times = tasks.map(() => new Map([[ours, []], [theirs, []]]));
  const spent = tasks.map(() => 0);
  for (let run = -warmUps; run < runs; run++) {
    for (const [place, task] of tasks.entries()) {
      if (spent[place] > ENOUGH_MS && times[place].get(ours).length > 0) continue;
      // Who goes first changes each time.
      for (const side of run % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const time = await side(task);
        spent[place] += time;
        if (run >= 0) times[place].get(side).push(time);
      }
      if (task.tower === "text" && weights === "float") await expectTheSame(page, task);
    }
  }
  await context.close();
  return tasks.map(({ tower, what }, place) => {
    const [glimpse, peer] = times[place].values();
    const { median: ratio, least, most } = ratios(glimpse, peer);
    return {
      backend,
      model: model.name,
      tower,
      weights,
      glimpse_ms: median(glimpse),
      peer_ms: median(peer),
      ratio,
      least,
      most,
      what,
      threads,
      runs: glimpse.length,
      peer: `onnxruntime-web ${version}`,
    };
  });
}

/** In the page: whether WebGPU is computed by the processor. */
async function isSoftware() {
  const { info } = (await navigator.gpu.requestAdapter()) ?? {};
  return Boolean(info?.isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${info?.architecture} ${info?.description}`));
}

/** Times are only worth comparing where both sides compute the same. */
async function expectTheSame(page, { sentences, what }) {
  const [a, b] = await page.evaluate(() => [ours, theirs]);
  const length = a.length / sentences.length;
  const row = (list, place) => list.slice(place * length, (place + 1) * length);
  const least = Math.min(...sentences.map((_, place) => cosine(row(a, place), row(b, place))));
  if (!(least > 0.999)) throw new Error(`${what}: the two sides' embeddings differ (cosine ${least})`);
}

async function save() {
  await mkdir("target/bench", { recursive: true });
  await writeFile("target/bench/peer.json", JSON.stringify(rows, null, 2));
}
