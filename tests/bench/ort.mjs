// onnxruntime-web on graphs of the same towers, in a page of the site.

import { SITE } from "../support/glimpse.mjs";
import { lend } from "./site.mjs";

/** What the runtime is made of, for each of its execution providers. */
const RUNTIMES = {
  wasm: ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
  webgpu: ["ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"],
};

/** Puts the runtime on the site. */
export const lendRuntime = (folder) => lend(folder, "peer/runtime", Object.values(RUNTIMES).flat());

/** Puts a model's graphs on the site. */
export const lendGraphs = (folder, model) =>
  lend(folder, `peer/${model}`, ["image", "text"].flatMap((tower) => Object.values(files(tower))));

const files = (tower) => ({ float: `${tower}.onnx`, int8: `${tower}-int8.onnx` });

/** Loads the runtime and both towers into a page. */
export async function start(page, { provider, threads, model, weights }) {
  const base = new URL("peer/", SITE).href;
  const graphs = Object.fromEntries(["image", "text"].map((tower) => [tower, `${model}/${files(tower)[weights]}`]));
  await page.evaluate(
    async ({ base, module, provider, threads, graphs }) => {
      if (!crossOriginIsolated) throw new Error("threads need a page that is isolated");
      const ort = await import(`${base}runtime/${module}`);
      ort.env.wasm.numThreads = threads;
      ort.env.wasm.wasmPaths = `${base}runtime/`;
      // It warns of each node that a provider leaves to the processor.
      ort.env.logLevel = "error";
      window.ort = ort;
      window.sessions = {};
      for (const [tower, file] of Object.entries(graphs)) {
        const graph = new Uint8Array(await (await fetch(base + file)).arrayBuffer());
        const options = { executionProviders: [provider], graphOptimizationLevel: "all" };
        sessions[tower] = await ort.InferenceSession.create(graph, options);
      }
    },
    { base, module: RUNTIMES[provider][0], provider, threads, graphs },
  );
}

/** In the page: milliseconds for a batch of so many pictures, or of texts as their tokens; the
 *  embeddings lie in `window.theirs` after it. */
export async function run({ tower, count, ids }) {
  const feeds = {};
  if (tower === "image") {
    const pixels = Float32Array.from({ length: count * 3 * 224 * 224 }, (_, i) => Math.sin(i / 97));
    feeds.pixel_values = new ort.Tensor("float32", pixels, [count, 3, 224, 224]);
  } else {
    const shape = [ids.length, ids[0].length];
    feeds.input_ids = new ort.Tensor("int64", BigInt64Array.from(ids.flat(), BigInt), shape);
    feeds.attention_mask = new ort.Tensor("int64", new BigInt64Array(shape[0] * shape[1]).fill(1n), shape);
  }
  const session = sessions[tower];
  const wanted = Object.fromEntries(session.inputNames.map((input) => [input, feeds[input]]));
  const start = performance.now();
  const answer = await session.run(wanted);
  const time = performance.now() - start;
  window.theirs = [...answer[session.outputNames[0]].data];
  return time;
}
