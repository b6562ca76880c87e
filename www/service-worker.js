// Keeps the page for when there is no network, counts what goes out to it, and takes photos that
// other apps share. Packs are no business of its: the inference workers keep those themselves.

// What the site is made of, each file with its SHA-256: `cargo xtask build` writes this line, so
// that these bytes change whenever the site does. `backends`, and the decoders among them, are kept
// once they have been used.
const SITE = { version: "", page: {}, backends: {} };

// Files lie here by path and hash, so that versions share what they have in common, and a page
// only ever gets files of its own version.
const FILES = "site";
const SHARED = "shared";
const SCOPE = new URL(self.registration.scope);
// Beside the files: which pages were open when this version took over.
const OPEN = new URL("?open", SCOPE).href;

// What pages are to be told that don't listen yet, by their ids.
const opening = new Map();

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  const { keep: backend, listens, update } = event.data ?? {};
  if (update) self.skipWaiting();
  if (listens) tellAll(event.source);
  if (backend) event.waitUntil(onRunning(event.source, backend));
});

self.addEventListener("fetch", (event) => {
  const { request, resultingClientId } = event;
  const path = pathOf(request.url);
  if (resultingClientId) opening.set(resultingClientId, []);
  if (request.mode === "navigate" && request.method === "POST" && path === "share") {
    event.respondWith(takeShared(request));
    return;
  }
  const listed = filesWith(path);
  // What isn't listed may be a file of the version before, but for pages.
  if (asksForFile(request, path) && (listed || request.mode !== "navigate")) {
    event.respondWith(answer(event, path, listed));
  } else {
    event.waitUntil(count(request.clone(), resultingClientId));
  }
});

async function install() {
  const cache = await caches.open(FILES);
  const kept = (await cache.keys()).map(({ url }) => pathOf(url));
  let wanted = SITE.page;
  for (const [backend, files] of Object.entries(SITE.backends)) {
    // A backend that was used in the version before has to be there in this one.
    if (kept.some((path) => path.startsWith(`glimpse-${backend}`))) wanted = { ...wanted, ...files };
  }
  await keep(wanted);
}

async function activate() {
  const cache = await caches.open(FILES);
  await cache.put(OPEN, Response.json((await pages()).map(({ id }) => id)));
  // The first visit's page is served from here as soon as it can be.
  await self.clients.claim();
}

const pages = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

// A page runs on this backend: its module is kept, too.
async function onRunning(page, backend) {
  await keep(SITE.backends[backend] ?? {});
  page.postMessage({ kept: backend });
  await sweep();
}

// Removes the files of other versions. As long as a page is open that was so when this version took
// over, they stay: it may still start workers, and those have to be of its own version.
async function sweep() {
  // Messages come before this version has noted what is open, and while the next one's files do.
  const { active, installing, waiting } = self.registration;
  if (active?.state !== "activated" || installing || waiting) return;
  const cache = await caches.open(FILES);
  const before = await (await cache.match(OPEN))?.json();
  if ((await pages()).some(({ id }) => before?.includes(id))) return;
  const own = new Set(
    [SITE.page, ...Object.values(SITE.backends)].flatMap(Object.entries).map(([path, hash]) => address(path, hash)),
  );
  for (const { url } of await cache.keys()) if (!own.has(url)) await cache.delete(url);
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
    await tell({ bytes: 0, elsewhere: false });
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

// The list that a path is on: undefined for what isn't of this version.
function filesWith(path) {
  return [SITE.page, ...Object.values(SITE.backends)].find((files) => Object.hasOwn(files, fileAt(path)));
}

const fileAt = (path) => (path === "" ? "index.html" : path);

function asksForFile(request, path) {
  if (path === undefined || (request.method !== "GET" && request.method !== "HEAD")) return false;
  // Whatever the query asks of the page, the page reads by itself.
  return new URL(request.url).search === "" || request.mode === "navigate";
}

async function answer(event, path, listed) {
  const { request, resultingClientId } = event;
  const cache = await caches.open(FILES);
  const name = fileAt(path);
  const kept = listed
    ? await cache.match(address(name, listed[name]))
    : await cache.match(new URL(name, SCOPE), { ignoreSearch: true });
  if (!kept) {
    event.waitUntil(count(request, resultingClientId));
    // Decoders of photos that the browser lacks are used as soon as they are asked for.
    if (listed && listed === SITE.backends.decoder) event.waitUntil(keep(listed));
    return fetch(request);
  }
  return request.method === "HEAD" ? new Response(null, { headers: kept.headers }) : kept;
}

// Counts what goes out to the network: how many bytes beyond the name of a file that is asked for.
async function count(request, opens) {
  const { origin, search } = new URL(request.url);
  const query = /^\?sha256=[0-9a-f]{64}$/.test(search) ? "" : search;
  const bodiless = request.method === "GET" || request.method === "HEAD";
  const body = bodiless ? 0 : (await request.arrayBuffer()).byteLength;
  const sent = { bytes: body + query.length, elsewhere: origin !== SCOPE.origin };
  // A page that is only being opened isn't among the others yet.
  opening.get(opens)?.push(sent);
  await tell(sent, opens);
}

// Tells every open page of this site, but for one.
async function tell(sent, except) {
  for (const page of await pages()) {
    if (page.id === except) continue;
    if (opening.has(page.id)) opening.get(page.id).push(sent);
    else page.postMessage({ sent });
  }
}

// A page listens from now on.
function tellAll(page) {
  for (const sent of opening.get(page.id) ?? []) page.postMessage({ sent });
  opening.delete(page.id);
}

// Photos from another app's share menu: they wait here until the page picks them up. It is opened in
// any case, and learns how many of them found no room.
async function takeShared(request) {
  // What can't be read opens the page all the same, which then says that no photo came.
  const form = await request.formData().catch(() => new FormData());
  const files = form.getAll("photos").filter((file) => file instanceof File);
  const now = Date.now();
  let lost = 0;
  for (const [index, file] of files.entries()) {
    const key = new URL(`shared/${now}-${index}/${encodeURIComponent(file.name)}`, SCOPE);
    try {
      const cache = await caches.open(SHARED);
      await cache.put(key, new Response(file, { headers: { "content-type": file.type } }));
    } catch {
      lost++;
    }
  }
  return Response.redirect(new URL(`?shared=${lost}`, SCOPE), 303);
}
