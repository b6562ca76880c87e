// Keeps the page for when there is no network, counts what it sends, and takes photos that other
// apps share. Packs are no business of its: the inference workers keep those themselves.

// What the site is made of, each file with its SHA-256: `cargo xtask build` writes this line, so
// that these bytes change whenever the site does. `backends` are kept once they have been used.
const SITE = { version: "", page: {}, backends: {} };

// Files lie here by path and hash, so that versions share what they have in common, and a page
// only ever gets files of its own version.
const FILES = "site";
const SHARED = "shared";
const SCOPE = new URL(self.registration.scope);

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  const { keep: backend, update } = event.data ?? {};
  if (update) self.skipWaiting();
  if (backend) {
    const kept = keep(SITE.backends[backend] ?? {});
    event.waitUntil(kept.then(() => event.source.postMessage({ kept: backend })));
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = pathOf(request.url);
  if (request.mode === "navigate" && request.method === "POST" && path === "share") {
    event.respondWith(takeShared(request));
    return;
  }
  const file = fileFor(request, path);
  if (file) event.respondWith(answer(request, ...file));
  else if (request.mode !== "navigate") event.waitUntil(count(request.clone()));
});

async function install() {
  const cache = await caches.open(FILES);
  let wanted = SITE.page;
  for (const files of Object.values(SITE.backends)) {
    // A backend that was used in the version before has to be there in this one.
    const used = Object.keys(files).map((path) => cache.match(new URL(path, SCOPE), { ignoreSearch: true }));
    if ((await Promise.all(used)).some(Boolean)) wanted = { ...wanted, ...files };
  }
  await keep(wanted);
}

async function activate() {
  const cache = await caches.open(FILES);
  const own = new Set(
    [SITE.page, ...Object.values(SITE.backends)].flatMap(Object.entries).map(([path, hash]) => address(path, hash)),
  );
  for (const { url } of await cache.keys()) if (!own.has(url)) await cache.delete(url);
  // The first visit's page is served from here as soon as it can be.
  await self.clients.claim();
}

async function keep(files) {
  const cache = await caches.open(FILES);
  const missing = async ([path, hash]) => {
    const key = address(path, hash);
    if (!(await cache.match(key))) await cache.put(key, await download(path, hash));
  };
  await Promise.all(Object.entries(files).map(missing));
}

// A file of just this version: while a site is being replaced, files of two versions may come.
async function download(path, hash) {
  for (const cache of ["default", "reload"]) {
    const response = await fetch(new URL(path, SCOPE), { cache, priority: "low" });
    const bytes = await response.arrayBuffer();
    if (response.ok && (await sha256(bytes)) === hash) {
      const headers = new Headers(response.headers);
      // Of the bytes as they travelled.
      for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
      return new Response(bytes, { headers });
    }
  }
  throw new Error(`${path} is not the one of version ${SITE.version}`);
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Below the site's root, without the query; undefined for what lies elsewhere.
function pathOf(url) {
  const { origin, pathname } = new URL(url);
  const inside = origin === SCOPE.origin && pathname.startsWith(SCOPE.pathname);
  return inside ? decodeURI(pathname.slice(SCOPE.pathname.length)) : undefined;
}

const address = (path, hash) => new URL(`${path}?sha256=${hash}`, SCOPE).href;

function fileFor(request, path) {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const name = path === "" ? "index.html" : path;
  // Whatever the query asks of the page, the page reads by itself.
  if (new URL(request.url).search !== "" && request.mode !== "navigate") return undefined;
  const files = [SITE.page, ...Object.values(SITE.backends)].find((files) => Object.hasOwn(files, name));
  return files && [name, files[name]];
}

async function answer(request, path, hash) {
  const cache = await caches.open(FILES);
  const kept = await cache.match(address(path, hash));
  if (!kept) return fetch(request);
  return request.method === "HEAD" ? new Response(null, { headers: kept.headers }) : kept;
}

// Tells every open page of this site what goes out to the network: how many bytes beyond the name
// of a file that is asked for.
async function count(request) {
  const { origin, search } = new URL(request.url);
  const query = /^\?sha256=[0-9a-f]{64}$/.test(search) ? "" : search;
  const bodiless = request.method === "GET" || request.method === "HEAD";
  const body = bodiless ? 0 : (await request.arrayBuffer()).byteLength;
  const sent = { bytes: body + query.length, elsewhere: origin !== SCOPE.origin };
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage({ sent });
}

// Photos from another app's share menu: they wait here until the page picks them up.
async function takeShared(request) {
  // What can't be read opens the page all the same, which then says that no photo came.
  const form = await request.formData().catch(() => new FormData());
  const files = form.getAll("photos").filter((file) => file instanceof File);
  const cache = await caches.open(SHARED);
  const now = Date.now();
  for (const [index, file] of files.entries()) {
    const key = new URL(`shared/${now}-${index}/${encodeURIComponent(file.name)}`, SCOPE);
    await cache.put(key, new Response(file, { headers: { "content-type": file.type } }));
  }
  return Response.redirect(new URL("?shared", SCOPE), 303);
}
