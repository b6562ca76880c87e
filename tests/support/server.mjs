// A server of a site that tests can stop, change and disturb.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { dirname, extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { SITE } from "./glimpse.mjs";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/**
 * A copy of the built site, as its service worker lists it, with its default pack. Without `webgpu`
 * it is as a smaller site would be: the module of the graphics card isn't served.
 */
export async function siteCopy({ webgpu = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "glimpse-site-"));
  const list = await listOf(await fetchBytes("service-worker.js"));
  const manifest = JSON.parse(await fetchBytes("packs/default/manifest.json"));
  const paths = [
    "service-worker.js",
    "packs/default/manifest.json",
    ...Object.keys(list.page),
    ...(webgpu ? Object.keys(list.backends.webgpu) : []),
    ...Object.keys(manifest.files).map((name) => `packs/default/${name}`),
  ];
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), await fetchBytes(path));
  }
  await writeFile(join(folder, "packs/index.json"), '["default"]');
  if (!webgpu) await rewriteList(folder, (list) => (list.backends = {}));
  return folder;
}

async function fetchBytes(path) {
  const response = await fetch(new URL(path, SITE));
  if (!response.ok) throw new Error(`${path}: HTTP status ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

const LINE = /^const SITE = (.*);$/m;
const listOf = (script) => JSON.parse(LINE.exec(script)[1]);

async function rewriteList(folder, change) {
  const path = join(folder, "service-worker.js");
  const script = await readFile(path, "utf8");
  const list = listOf(script);
  change(list);
  await writeFile(path, script.replace(LINE, `const SITE = ${JSON.stringify(list)};`));
}

/** Publishes another version of a site: one file changed, and listed as it is now. */
export async function publish(folder, path, change) {
  const changed = Buffer.from(change(await readFile(join(folder, path), "utf8")));
  await writeFile(join(folder, path), changed);
  await rewriteList(folder, (list) => {
    list.page[path] = createHash("sha256").update(changed).digest("hex");
    list.version = list.page[path];
  });
}

/** Publishes another version of a site whose worker on the CPU has another name; the old files go. */
export async function renameWorker(folder, hash) {
  const index = await readFile(join(folder, "index.html"), "utf8");
  const [, before] = / data-worker-cpu="([^"]+)"/.exec(index);
  const after = `glimpse-cpu-${hash}`;
  const changed = { "index.html": Buffer.from(index.replace(before, after)) };
  for (const ending of ["_loader.js", ".js", "_bg.wasm"]) {
    const bytes = await readFile(join(folder, before + ending));
    const names = (text) => text.replaceAll(`${before}.js`, `${after}.js`).replaceAll(`${before}_bg.wasm`, `${after}_bg.wasm`);
    changed[after + ending] = ending === "_bg.wasm" ? bytes : Buffer.from(names(bytes.toString()));
    await rm(join(folder, before + ending));
  }
  for (const [path, bytes] of Object.entries(changed)) await writeFile(join(folder, path), bytes);
  await rewriteList(folder, (list) => {
    for (const path of Object.keys(list.page)) if (path.startsWith(before)) delete list.page[path];
    for (const [path, bytes] of Object.entries(changed)) {
      list.page[path] = createHash("sha256").update(bytes).digest("hex");
    }
    list.version = hash;
  });
  return before;
}

/**
 * Serves a folder, with ranges; `disturb(path, response, bytes, start)` may answer by itself. Files
 * whose path fits `compressed` come in Brotli where that is taken, as the demo's server sends them;
 * `caching(path, search)` may say how long one may be kept.
 */
export async function serveFolder(folder, { caching, compressed, disturb } = {}) {
  const asked = [];
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, "http://localhost");
    const path = pathname.endsWith("/") ? `${pathname.slice(1)}index.html` : decodeURIComponent(pathname.slice(1));
    const takes = request.headers["accept-encoding"] ?? "";
    asked.push({ method: request.method, path, search, range: request.headers.range, takes });
    if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405).end();
    let bytes = await readFile(join(folder, path)).catch(() => null);
    if (!bytes) return response.writeHead(404).end();
    const encoded = compressed?.test(path) && /\bbr\b/.test(takes);
    if (encoded) bytes = brotliCompressSync(bytes, fast);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = {
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "content-length": bytes.length - start,
      "cache-control": caching?.(path, search) ?? "no-cache",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-opener-policy": "same-origin",
    };
    if (encoded) headers["content-encoding"] = "br";
    if (request.headers.range) headers["content-range"] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(request.headers.range ? 206 : 200, headers);
    if (request.method === "HEAD") return response.end();
    if (await disturb?.(path, response, bytes, start)) return;
    response.end(bytes.subarray(start));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    address: `http://127.0.0.1:${port}/`,
    asked,
    stop,
    again: () => new Promise((resolve) => server.listen(port, "127.0.0.1", resolve)),
  };
}

export const removeSite = (folder) => rm(folder, { recursive: true });
