// node tests/bench.mjs [--runs N] [--webgpu] [--peer FOLDER]: how long the built page takes.
//
// GLIMPSE_URL is the site. Prints a table and writes target/bench/bench.json. --webgpu also measures that backend; --peer
// measures onnxruntime-web (wasm, one thread, float) in the same browser, turn by turn with the
// CPU backend, on image.onnx and text.onnx in FOLDER (made by tests/peer/export_onnx.py).
// NATIVE_BENCH names what `glimpse bench` printed.

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SITE, card, choose, launch, open, ranked, sample } from "./support/glimpse.mjs";

const options = process.argv.slice(2);
const value = (name, otherwise) => {
  const place = options.indexOf(name);
  return place < 0 ? otherwise : options[place + 1];
};
const RUNS = Number(value("--runs", 15));
const PEER = value("--peer");
const PEER_ON_SITE = "dist/peer";
const BACKENDS = options.includes("--webgpu") ? ["cpu", "webgpu"] : ["cpu"];
// Ten sentences of twelve tokens, the two special ones counted.
const TEXTS = ["cat", "dog", "cup", "rocket", "person", "bike", "moon", "tree", "car", "house"].map(
  (label) => `a nice photo that shows a ${label} in the day`,
);

const browser = await launch();
const rows = [];
const notes = {};
const summary = (what, backend, times) => {
  times.sort((a, b) => a - b);
  const row = { backend, what, median_ms: times[times.length >> 1], min_ms: times[0], runs: times.length };
  rows.push(row);
  return row;
};

if (process.env.NATIVE_BENCH) {
  const native = JSON.parse(await readFile(process.env.NATIVE_BENCH, "utf8"));
  for (const row of native.rows) rows.push({ backend: native.backend, ...row });
}

for (const backend of BACKENDS) {
  const runs = backend === "cpu" ? RUNS : Math.min(RUNS, 3);
  const { page, context } = await bare();
  const { loadMs } = await page.evaluate(startGlimpse, backend);
  rows.push({ backend, what: "load, from the cache of this machine", median_ms: loadMs, min_ms: loadMs, runs: 1 });
  const [image, eight, text] = [[], [], []];
  const peer = { image: [], text: [] };
  if (PEER && backend === "cpu") await startPeer(page);
  for (let run = 0; run < runs + 2; run++) {
    const ours = await page.evaluate(runGlimpse, TEXTS);
    const theirs = PEER && backend === "cpu" ? await page.evaluate(runPeer) : undefined;
    // The first two runs warm up.
    if (run < 2) continue;
    image.push(ours.image);
    eight.push(ours.eight);
    text.push(ours.text);
    if (theirs) {
      peer.image.push(theirs.image);
      peer.text.push(theirs.text);
    }
  }
  const ratio = (ours, theirs) => {
    const ratios = ours.map((time, run) => time / theirs[run]).sort((a, b) => a - b);
    return { median: ratios[ratios.length >> 1], min: ratios[0], max: ratios.at(-1) };
  };
  if (peer.image.length > 0) {
    notes.ratio_to_onnxruntime_web = {
      image: ratio(image, peer.image),
      text: ratio(text, peer.text),
    };
    summary("image, batch 1", "onnxruntime-web", peer.image);
    summary("text, 10 labels", "onnxruntime-web", peer.text);
  }
  summary("image, batch 1", backend, image);
  summary("image, 8 photos in a row", backend, eight);
  summary("text, 10 labels", backend, text);
  notes[`peak memory, ${backend} (MB)`] = await memory(page);
  await context.close();
  await firstAnswer(backend);
}
await browser.close();
await rm(PEER_ON_SITE, { recursive: true, force: true });

await mkdir("target/bench", { recursive: true });
await writeFile("target/bench/bench.json", JSON.stringify({ rows, notes }, null, 2));
console.table(rows.map((row) => ({ ...row, median_ms: +row.median_ms.toFixed(1), min_ms: +row.min_ms.toFixed(1) })));
console.log(JSON.stringify(notes, null, 2));
console.log("written: target/bench/bench.json");

/** A page of the site's origin without the site on it. */
async function bare() {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(600_000);
  await page.route("**/bench.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: "<!doctype html><title>bench</title>",
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    }),
  );
  await page.goto(new URL("bench.html", SITE).href);
  return { context, page };
}

/** In the page: starts a worker and loads the default pack. */
async function startGlimpse(backend) {
  const worker = new Worker(`/glimpse-${backend}_loader.js`, { type: "module" });
  const answers = [];
  let wake = () => {};
  worker.onmessage = ({ data }) => (answers.push(data), wake());
  worker.onerror = (error) => console.error(error.message);
  window.next = async (wanted) => {
    for (;;) {
      while (answers.length > 0) {
        const data = answers.shift();
        if (data === wanted) return data;
        const message = data.message && JSON.parse(data.message);
        if (message?.OpenFailed || message?.ImageFailed) throw new Error(JSON.stringify(message));
        if (message?.[wanted]) return message[wanted];
      }
      await new Promise((resolve) => (wake = resolve));
    }
  };
  window.ask = (request, attachment) => worker.postMessage({ message: JSON.stringify(request), attachment });
  await next("alive");
  ask({ Open: { pack: `${location.origin}/packs/default/` } });
  const { load_ms } = await next("Ready");
  return { loadMs: load_ms };
}

/** In the page: one round of each measurement, in milliseconds. */
async function runGlimpse(texts) {
  const picture = async () => {
    const canvas = new OffscreenCanvas(320, 240);
    const context = canvas.getContext("2d");
    for (let i = 0; i < 40; i++) {
      context.fillStyle = `hsl(${i * 47} 70% ${20 + i}%)`;
      context.fillRect((i * 53) % 320, (i * 31) % 240, 90, 70);
    }
    return canvas.transferToImageBitmap();
  };
  ask({ EmbedImage: { id: 1 } }, await picture());
  const image = (await next("ImageEmbedded")).timing.embed;
  let eight = 0;
  for (let id = 2; id < 10; id++) {
    ask({ EmbedImage: { id } }, await picture());
    eight += (await next("ImageEmbedded")).timing.embed;
  }
  ask({ EmbedTexts: { id: 10, texts, draft: false } });
  const text = (await next("TextsEmbedded")).milliseconds;
  return { image, eight, text };
}

/** Loads onnxruntime-web and both graphs into the page; they lie on the site for as long. */
async function startPeer(page) {
  const require = createRequire(join(process.env.GLIMPSE_NODE_MODULES, "x.js"));
  const runtime = dirname(require.resolve("onnxruntime-web"));
  await mkdir(PEER_ON_SITE, { recursive: true });
  for (const file of ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]) {
    await copyFile(join(runtime, file), join(PEER_ON_SITE, file));
  }
  for (const file of ["image.onnx", "text.onnx"]) await copyFile(join(PEER, file), join(PEER_ON_SITE, file));
  await page.evaluate(async (base) => {
    const ort = await import(`${base}ort.wasm.min.mjs`);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = base;
    const create = async (file) => {
      const graph = await (await fetch(base + file)).arrayBuffer();
      return ort.InferenceSession.create(graph, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
    };
    window.ort = ort;
    window.peer = { image: await create("image.onnx"), text: await create("text.onnx") };
  }, new URL("peer/", SITE).href);
}

/** In the page: the same on onnxruntime-web. */
async function runPeer() {
  const timed = async (session, feeds) => {
    const start = performance.now();
    await session.run(feeds);
    return performance.now() - start;
  };
  const pixels = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i / 97));
  const ids = BigInt64Array.from({ length: 120 }, (_, i) => (i % 12 === 0 ? 101n : i % 12 === 11 ? 102n : BigInt(1000 + i * 7)));
  const image = await timed(peer.image, { pixel_values: new ort.Tensor("float32", pixels, [1, 3, 224, 224]) });
  const text = await timed(peer.text, {
    input_ids: new ort.Tensor("int64", ids, [10, 12]),
    attention_mask: new ort.Tensor("int64", new BigInt64Array(120).fill(1n), [10, 12]),
  });
  return { image, text };
}

/** Megabytes of the page and its worker; unknown where the browser doesn't say. */
async function memory(page) {
  return page.evaluate(async () => {
    try {
      const { bytes } = await performance.measureUserAgentSpecificMemory();
      return Math.round(bytes / 1e5) / 10;
    } catch (error) {
      return `unknown (${error.message})`;
    }
  });
}

/** From opening the page to a photo's ranked labels: with nothing cached, then with everything. */
async function firstAnswer(backend) {
  const photo = await sample("cat.jpg");
  const { context, requests } = await open(browser, { query: "robots.txt", ready: false });
  for (const state of ["cold", "warm"]) {
    const page = await context.newPage();
    page.setDefaultTimeout(600_000);
    const start = Date.now();
    await page.goto(new URL(`?backend=${backend}`, SITE).href);
    await page.locator("input[type=file]").first().waitFor({ state: "attached" });
    await choose(page, [photo]);
    await card(page, photo.name);
    await ranked(page, await page.locator("[data-chip]").evaluateAll((chips) => chips.map((chip) => chip.dataset.chip)));
    const time = Date.now() - start;
    rows.push({ backend, what: `first answer, ${state}`, median_ms: time, min_ms: time, runs: 1 });
    await page.close();
    if (state === "cold") {
      const files = {};
      for (const url of new Set(requests.filter((url) => url.startsWith("http")))) {
        files[new URL(url).pathname] = await servedBytes(url);
      }
      const sum = (wanted) =>
        Object.entries(files).reduce((sum, [name, bytes]) => sum + (wanted(name) ? bytes : 0), 0);
      notes[`bytes as served, ${backend}`] = {
        all: sum(() => true),
        pack: sum((name) => name.startsWith("/packs/")),
        wasm: Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith(".wasm"))),
      };
    }
  }
  await context.close();
}

/** A file's length on the wire, compressed as the server does it. */
function servedBytes(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br, gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (piece) => (bytes += piece.length));
      response.on("end", () => resolve(bytes));
    }).on("error", reject);
  });
}
