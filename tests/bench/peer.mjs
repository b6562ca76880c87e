// onnxruntime-web on the same towers: wasm, one thread.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { SITE } from "../support/glimpse.mjs";
import { lend } from "./site.mjs";

const PLACE = "peer";
const RUNTIME = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
const VARIANTS = [
  { name: "onnxruntime-web, float", suffix: ".onnx" },
  { name: "onnxruntime-web, int8", suffix: "-int8.onnx" },
];

export const HOW_TO_GET = `To see onnxruntime-web beside it (Python with the packages that tests/peer's scripts name):
  npm install --prefix target/peer onnxruntime-web@1.30.0
  B32:      cargo run --release -p glimpse-cli -- pack-random --quant f32 -o target/packs/b32-f32
            python3 tests/peer/export_clip.py target/packs/b32-f32 target/peer/b32
  default:  python3 tests/peer/export_default.py target/packs/default-f32 target/peer/default`;

/** npm puts it beside the folders of graphs. */
const runtime = (folder) => join(dirname(folder), "node_modules/onnxruntime-web/dist");

/** The kinds of graphs that a folder has of both towers; none without the runtime. */
export function graphs(folder) {
  if (!existsSync(runtime(folder))) return [];
  const isThere = ({ suffix }) => ["image", "text"].every((tower) => existsSync(join(folder, tower + suffix)));
  return VARIANTS.filter(isThere).map((variant) => ({ ...variant, folder }));
}

/** Loads the runtime and the graphs into a page; they lie on the site for as long. */
export async function start(page, variants) {
  const files = variants.flatMap(({ suffix }) => ["image", "text"].map((tower) => tower + suffix));
  const [{ folder }] = variants;
  await lend(runtime(folder), `${PLACE}/runtime`, RUNTIME);
  await lend(folder, `${PLACE}/graphs`, files);
  await page.evaluate(
    async ({ base, variants }) => {
      const ort = await import(`${base}runtime/ort.wasm.min.mjs`);
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = `${base}runtime/`;
      const create = async (file) => {
        const graph = new Uint8Array(await (await fetch(`${base}graphs/${file}`)).arrayBuffer());
        return ort.InferenceSession.create(graph, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
      };
      window.ort = ort;
      window.peers = {};
      for (const { name, suffix } of variants) {
        peers[name] = { image: await create(`image${suffix}`), text: await create(`text${suffix}`) };
      }
    },
    { base: new URL(`${PLACE}/`, SITE).href, variants },
  );
}

/** In the page: milliseconds of one run. */
export async function run({ name, tower, ids }) {
  const feeds = {};
  if (tower === "image") {
    const pixels = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i / 97));
    feeds.pixel_values = new ort.Tensor("float32", pixels, [1, 3, 224, 224]);
  } else {
    const shape = [ids.length, ids[0].length];
    feeds.input_ids = new ort.Tensor("int64", BigInt64Array.from(ids.flat(), BigInt), shape);
    feeds.attention_mask = new ort.Tensor("int64", new BigInt64Array(shape[0] * shape[1]).fill(1n), shape);
  }
  const session = peers[name][tower];
  const wanted = Object.fromEntries(session.inputNames.map((input) => [input, feeds[input]]));
  const start = performance.now();
  await session.run(wanted);
  return performance.now() - start;
}
