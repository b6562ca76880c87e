// The demo's page while its program for graphics cards is still being compiled, and afterwards.

import assert from "node:assert/strict";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { PATIENCE, card, choose, facts, launch, open, ranked, sample, setLabels } from "./support/glimpse.mjs";
import { removeSite, serveFolder, siteCopy } from "./support/server.mjs";

const LABELS = ["cat", "dog", "coffee cup", "rocket"];
const MARK = "data-building";
const NAME = / data-worker-webgpu="([^"]+)"/;

let browser, folder, cat, index, loader;
/** What the build's second stage brings, by name. */
let late;
before(async () => {
  browser = await launch();
  folder = await siteCopy({ webgpu: true });
  cat = await sample("cat.jpg");
  index = await readFile(join(folder, "index.html"), "utf8");
  assert.ok(!index.includes(MARK), "the site is still being built");
  const names = (await readdir(folder)).filter((name) => name.startsWith("glimpse-webgpu"));
  const stem = NAME.exec(index)[1];
  assert.match(stem, /^glimpse-webgpu-[0-9a-f]{16}$/);
  loader = `${stem}_loader.js`;
  assert.ok(names.includes(loader) && names.includes(`${stem}_bg.wasm`), `${names}`);
  late = new Map();
  for (const name of [...names, "service-worker.js"]) late.set(name, await readFile(join(folder, name)));
});
after(async () => {
  await browser?.close();
  if (folder) await removeSite(folder);
});

// What lies there when the demo begins to serve it.
beforeEach(async () => {
  for (const name of late.keys()) await rm(join(folder, name), { force: true });
  await writeFile(join(folder, "index.html"), index.replace(NAME, "").replace("<html", `<html ${MARK}="webgpu"`));
});

/** The build's second stage ends; the page's mark goes last. */
async function finish({ without } = {}) {
  for (const [name, bytes] of late) if (name !== without) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, "index.html"), index);
}

const visit = (server, query) => open(browser, { query: new URL(query, server.address).href });

const line = (page) => page.locator("#backend-line").innerText();
/** What runs and why, which is folded away. */
const running = (page) => page.locator("#how-it-runs").textContent();

const marked = (page, wanted) =>
  page.waitForFunction((wanted) => {
    const { dataset } = document.documentElement;
    return Object.entries(wanted).every(([name, value]) => dataset[name] === value);
  }, wanted);

/** The cat among the labels: each with its cosine. */
async function answer(page) {
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await ranked(page, LABELS);
  const { rows } = await card(page, "cat.jpg");
  return rows.map(({ label, cosine }) => [label, cosine]);
}

async function catWins(page) {
  await setLabels(page, LABELS);
  await choose(page, [cat]);
  const rows = await answer(page);
  assert.equal(rows[0][0], "cat");
  return rows;
}

/** Something that is waited for. */
function signal() {
  let give;
  const given = new Promise((resolve) => (give = resolve));
  return { give, given };
}

// What doesn't come is waited for, but not for ever.
const LIMIT = { timeout: 3 * PATIENCE };

test("the graphics card is taken up once its program is compiled, and nothing is lost", LIMIT, async () => {
  const [asked, go] = [signal(), signal()];
  const server = await serveFolder(folder, {
    // The page learns that the build is done when the test says so.
    disturb: async (path, _, bytes) => {
      if (path === "index.html" && !bytes.includes(MARK)) {
        asked.give();
        await go.given;
      }
      return false;
    },
  });
  const { context, page, complaints } = await visit(server, "?backend=webgpu");
  assert.equal((await facts(page)).backend, "cpu");
  assert.match(await line(page), /on the processor: .*still being compiled/);
  const rows = await catWins(page);
  await page.evaluate(() => (globalThis.same = true));
  const polls = () => server.asked.filter(({ method, path }) => method === "GET" && path === "index.html").length;
  while (polls() < 4) await page.waitForTimeout(100);
  const early = server.asked.filter(({ method, path }) => method === "GET" && late.has(path));
  assert.deepEqual(early, [], "what isn't there yet was asked for");
  const registrations = await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
  assert.equal(registrations, 0, "a service worker was registered");

  await finish();
  await asked.given;
  // Some of them are in work when the worker is exchanged.
  const more = Array.from({ length: 8 }, (_, place) => ({ ...cat, name: `${place}.jpg` }));
  await choose(page, more);
  go.give();
  await marked(page, { backend: "webgpu", state: "ready" });
  assert.equal(await page.evaluate(() => globalThis.same), true, "the page was loaded anew");
  assert.match(await running(page), /^Running on WebGPU/);
  assert.equal(await line(page), "");
  assert.equal((await facts(page)).building, undefined);
  for (const { name } of more) assert.equal((await card(page, name)).state, "done", name);
  assert.deepEqual(await answer(page), rows);
  await marked(page, { offline: "ready" });
  assert.deepEqual(complaints, []);
  await context.close();
  await server.stop();
});

test("a page that stays on the processor goes on undisturbed, and is kept", async () => {
  const server = await serveFolder(folder);
  const { context, page, complaints } = await visit(server, "?backend=cpu");
  assert.match(await running(page), /because you asked for it/);
  const rows = await catWins(page);
  const { loadMs } = await facts(page);
  await finish();
  await marked(page, { offline: "ready" });
  const { backend, building, loadMs: loadMsAfter } = await facts(page);
  assert.deepEqual([backend, building, loadMsAfter], ["cpu", undefined, loadMs]);
  assert.deepEqual(await answer(page), rows);
  assert.deepEqual(complaints, []);
  await context.close();
  await server.stop();
});

test("a program that can't be compiled leaves the page on the processor, which says so", async () => {
  const server = await serveFolder(folder);
  const { context, page, complaints } = await visit(server, "?backend=webgpu");
  const rows = await catWins(page);
  await writeFile(join(folder, "index.html"), index.replace("<html", `<html ${MARK}="failed"`));
  await page.waitForFunction(() =>
    /on the processor: WebGPU failed here .*could not be compiled/.test(document.querySelector("#backend-line").textContent),
  );
  assert.deepEqual(await answer(page), rows);
  const polls = server.asked.length;
  await page.waitForTimeout(4_000);
  assert.equal(server.asked.length, polls, "it goes on asking");
  assert.deepEqual(complaints, []);
  await context.close();
  await server.stop();
});

test("a program that can't be started leaves the page on the processor, which says so", async () => {
  const server = await serveFolder(folder);
  const { context, page } = await visit(server, "?backend=webgpu");
  const rows = await catWins(page);
  await finish({ without: loader });
  await page.waitForFunction(() =>
    document.querySelector("#backend-line").textContent.includes("Running on the processor: WebGPU failed here"),
  );
  assert.match(await line(page), /its program could not be fetched/);
  await marked(page, { backend: "cpu", state: "ready" });
  assert.deepEqual(await answer(page), rows);
  await choose(page, [{ ...cat, name: "later.jpg" }]);
  assert.equal((await card(page, "later.jpg")).state, "done");
  await context.close();
  await server.stop();
});
