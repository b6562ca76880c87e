// Faults of networks, storage, workers and links. For each: nothing is lost, a clear sentence is there,
// and the next action works. Their table is docs/reliability.md; GLIMPSE_WRITE=1 writes it anew.

import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import {
  PATIENCE, SITE, card, choose, facts, launch, open, ranked, sample, setLabels, waitForState,
} from "./support/glimpse.mjs";
import { bring, copiedFiles, deepened, importEnds, keptFolders, nothingKept, openMenu } from "./support/models.mjs";
import { removeSite, renameWorker, serveFolder, siteCopy } from "./support/server.mjs";

const LABELS = ["cat", "dog", "coffee cup", "rocket"];
const TABLE = new URL("../docs/reliability.md", import.meta.url);

let browser, folder, cat;
before(async () => {
  browser = await launch();
  folder = await siteCopy();
  cat = await sample("cat.jpg");
});
after(async () => {
  await browser?.close();
  if (folder) await removeSite(folder);
});

const rows = [];
/** A fault, and what comes of it: a test, and a row of the table. */
function fault(what, outcome, run) {
  rows.push(`| ${what} | ${outcome} |`);
  test(`${what}: ${outcome}`, run);
}

const many = (count) => Array.from({ length: count }, (_, index) => ({ ...cat, name: `${index}.jpg` }));

const done = (page, count) =>
  page.waitForFunction(
    (count) => document.querySelectorAll('[data-card][data-state="done"]').length === count,
    count,
  );

const marked = (page, name, value) =>
  page.waitForFunction(([name, value]) => document.documentElement.dataset[name] === value, [name, value]);

const failures = (page) => page.locator('[data-card][data-state="failed"]');

const statusLine = (page) => page.locator("#backend-line").innerText();

async function catWins(page) {
  await setLabels(page, LABELS);
  await choose(page, [cat]);
  await ranked(page, LABELS);
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
}

async function visit(context, server, query = "?backend=cpu") {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(new URL(query, server.address).href);
  return page;
}

const WEIGHTS = /\.safetensors$/;

fault("The network is cut at twenty places of the first download", "It goes on there each time, and every byte of weights comes once", async () => {
  const manifest = JSON.parse(await readFile(`${folder}/packs/default/manifest.json`, "utf8"));
  const total = Object.entries(manifest.files).reduce((sum, [name, { bytes }]) => sum + (WEIGHTS.test(name) ? bytes : 0), 0);
  let [cuts, sent] = [0, 0];
  const server = await serveFolder(folder, {
    disturb: async (path, response, bytes, start) => {
      if (!WEIGHTS.test(path)) return false;
      const until = Math.floor((total * (cuts + 1)) / 21);
      const left = until - sent;
      if (cuts === 20 || left >= bytes.length - start) {
        sent += bytes.length - start;
        return false;
      }
      cuts++;
      sent += left;
      await new Promise((resolve) => response.write(bytes.subarray(start, start + left), resolve));
      // What was sent has to arrive before the cut, also on a busy machine.
      setTimeout(() => response.destroy(), 400);
      return true;
    },
  });
  const context = await browser.newContext();
  const page = await visit(context, server);
  await waitForState(page, "ready");
  assert.equal(cuts, 20);
  assert.equal(sent, total);
  await catWins(page);
  await context.close();
  await server.stop();
});

fault("The network is lost in the first download, and is back later", "The page says so, and goes on by itself", async () => {
  let lost = true;
  const server = await serveFolder(folder, {
    disturb: async (path, response) => {
      if (!path.endsWith("text.safetensors") || !lost) return false;
      response.destroy();
      return true;
    },
  });
  const context = await browser.newContext();
  const page = await visit(context, server);
  await page.waitForFunction(() => document.documentElement.dataset.state === "failed");
  assert.match(await statusLine(page), /could not be downloaded .* goes on by itself/);
  lost = false;
  await page.waitForFunction(() => document.documentElement.dataset.state === "ready");
  await catWins(page);
  await context.close();
  await server.stop();
});

fault("The connection stalls without an end", "After fifteen seconds without a byte it is taken up anew", async () => {
  let stalled = 0;
  const server = await serveFolder(folder, {
    disturb: async (path, response, bytes, start) => {
      if (!path.endsWith("image.safetensors") || stalled) return false;
      stalled++;
      response.write(bytes.subarray(start, start + 1e6));
      return true;
    },
  });
  const context = await browser.newContext();
  const page = await visit(context, server);
  await waitForState(page, "ready");
  assert.equal(stalled, 1);
  await catWins(page);
  await context.close();
  await server.stop();
});

for (const megabytes of [1, 20]) {
  fault(`The browser's storage holds ${megabytes} MB and no more`, "The page works, without a copy of the model", async () => {
    const server = await serveFolder(folder);
    const context = await browser.newContext();
    const blank = await context.newPage();
    const client = await context.newCDPSession(blank);
    const origin = new URL(server.address).origin;
    await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: megabytes * 1e6 });
    const page = await visit(context, server);
    await waitForState(page, "ready");
    await catWins(page);
    await page.reload();
    await waitForState(page, "ready");
    await catWins(page);
    await context.close();
    await server.stop();
  });
}

fault("The browser's storage becomes full while the model is copied to it", "The model runs and isn't called kept; the next visits work, and complete the copy once there is room", async () => {
  let goOn;
  const isFull = new Promise((resolve) => (goOn = resolve));
  const half = 3e6;
  const server = await serveFolder(folder, {
    disturb: async (path, response, bytes, start) => {
      if (!path.endsWith("image.safetensors") || start > 0) return false;
      response.write(bytes.subarray(0, half));
      await isFull;
      response.end(bytes.subarray(half));
      return true;
    },
  });
  const origin = new URL(server.address).origin;
  const context = await browser.newContext();
  const page = await visit(context, server);
  const client = await context.newCDPSession(page);
  const { files } = JSON.parse(await readFile(`${folder}/packs/default/manifest.json`, "utf8"));
  const { sha256, bytes } = files["image.safetensors"];
  while (((await copiedFiles(page))[sha256] ?? 0) < half) await page.waitForTimeout(100);
  const { usage } = await client.send("Storage.getUsageAndQuota", { origin });
  assert.ok(usage > 0 && half < bytes);
  await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage });
  goOn();
  const isNotKept = async () => {
    await waitForState(page, "ready");
    await catWins(page);
    const copies = await copiedFiles(page);
    assert.ok(!("manifest.json" in copies), "a half copy is taken for a whole one");
    assert.notEqual(copies[sha256], bytes);
    assert.notEqual(await page.evaluate(() => document.documentElement.dataset.offline), "ready");
    assert.doesNotMatch(await page.locator(".privacy summary").innerText(), /works offline/i);
    await openMenu(page);
    assert.doesNotMatch(await page.locator("#model-0").innerText(), /kept on this device/);
  };
  await isNotKept();
  await page.reload();
  await isNotKept();

  await client.send("Storage.overrideQuotaForOrigin", { origin });
  await page.reload();
  await marked(page, "offline", "ready");
  assert.equal((await copiedFiles(page))[sha256], bytes);
  await server.stop();
  await context.setOffline(true);
  await page.reload();
  await waitForState(page, "ready");
  await catWins(page);
  await context.close();
});

fault("The site is updated while photos are being scored", "They all are; the update is offered, and comes when the visitor takes it", async () => {
  const own = await siteCopy();
  const server = await serveFolder(own);
  const context = await browser.newContext();
  try {
    const page = await visit(context, server, "?backend=cpu&workers=2");
    await marked(page, "offline", "ready");
    await setLabels(page, LABELS);
    const { workerCpu: before } = await facts(page);
    const photos = many(400);
    await choose(page, photos);
    await page.waitForFunction(() => document.querySelector('[data-card][data-state="done"]'));
    assert.equal(await renameWorker(own, "e".repeat(16)), before);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await marked(page, "update", "ready");
    const left = photos.length - (await page.locator('[data-card][data-state="done"]').count());
    assert.ok(left > 0, "the photos were done before the update came");
    await done(page, photos.length);
    // Of small cards only the best label is seen.
    await page.locator("#small-cards").click();
    await ranked(page, LABELS);
    assert.equal((await facts(page)).workerCpu, before, "the update was taken before it was wanted");
    assert.match(await page.locator(".update").innerText(), /new version.*photos/is);
    await choose(page, [await sample("coffee.jpg")]);
    assert.equal((await card(page, "coffee.jpg")).state, "done");

    await page.locator("#update").click();
    await page.waitForFunction(() => document.documentElement.dataset.workerCpu?.endsWith("eeee"));
    await waitForState(page, "ready");
    assert.equal(await page.locator("#update").count(), 0);
    await catWins(page);
  } finally {
    await context.close();
    await server.stop();
    await removeSite(own);
  }
});

fault("The browser gives the page no storage at all", "The page works, and an import says why it can't be kept", async () => {
  const prepare = (context) =>
    context.addInitScript(() => {
      StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("blocked", "SecurityError"));
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException("blocked", "SecurityError");
          },
        });
      }
    });
  const { context, page } = await open(browser, { query: "?backend=cpu", prepare });
  await catWins(page);
  await context.close();
});

fault("The browser keeps files but can't write them in place", "The model runs, without a copy of it", async () => {
  const prepare = (context) =>
    context.route(/glimpse-cpu-\w+_loader\.js/, async (route) => {
      const response = await route.fetch();
      const without = "delete FileSystemFileHandle.prototype.createSyncAccessHandle;";
      await route.fulfill({ response, body: without + (await response.text()) });
    });
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu", prepare });
  await catWins(page);
  assert.deepEqual(complaints, []);
  await context.close();
});

fault("Two tabs load the model for the first time at once", "Both are ready, and the copy is whole", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const pages = await Promise.all([visit(context, server), visit(context, server)]);
  for (const page of pages) {
    await waitForState(page, "ready");
    await catWins(page);
  }
  await pages[0].reload();
  await waitForState(pages[0], "ready");
  await catWins(pages[0]);
  await context.close();
  await server.stop();
});

fault("A worker closes itself while it opens the model", "It is started anew, once, and the page says so", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu", ready: false });
  await page.waitForFunction(() => document.querySelector("[role=progressbar]")?.ariaValueNow > 0);
  await page.workers()[0].evaluate(() => self.close());
  await waitForState(page, "ready");
  assert.match(await statusLine(page), /stopped and was started again/);
  await catWins(page);
  await context.close();
});

fault("A worker closes itself without a word", "Another one takes its place, and photos go on", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1" });
  await page.workers()[0].evaluate(() => self.close());
  await page.waitForFunction(() => document.documentElement.dataset.state !== "ready");
  await waitForState(page, "ready");
  assert.match(await statusLine(page), /stopped and was started again/);
  await catWins(page);
  await context.close();
});

fault("A worker ends over a photo", "That photo alone has failed, says why, and can be tried again", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1" });
  await page.workers()[0].evaluate(() => {
    self.createImageBitmap = () => {
      self.close();
      return new Promise(() => {});
    };
  });
  await choose(page, many(6));
  await done(page, 5);
  assert.equal(await failures(page).count(), 1);
  assert.match(await failures(page).innerText(), /stopped while looking at this photo/);
  await failures(page).locator("[data-retry]").click();
  await done(page, 6);
  await context.close();
});

fault("A worker on a further core ends over a photo", "The first worker looks at that photo", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=2" });
  await choose(page, many(24));
  await page.waitForFunction(() => Number(document.documentElement.dataset.workers) === 2);
  await page.workers().at(-1).evaluate(() => self.close());
  await done(page, 24);
  assert.equal((await facts(page)).workers, "1");
  await context.close();
});

fault("The worker of an import ends", "The import says so, nothing of it is kept, and the model goes on", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const deep = await deepened("clip_gelu", 20);
  const started = page.waitForEvent("worker");
  await bring(page, deep, { quantisation: "f32" });
  // It is over amid the weights, on a disk that takes its time. Asked from here, it would end only
  // once all of them are written: an import gives no turn to anything else.
  await (await started).evaluate(() => {
    const { write } = FileSystemSyncAccessHandle.prototype;
    let writes = 0;
    FileSystemSyncAccessHandle.prototype.write = function (...given) {
      if (++writes < 4) return write.apply(this, given);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
      self.postMessage = () => {};
      self.close();
      throw new DOMException("its worker has ended", "InvalidStateError");
    };
  });
  await page.waitForFunction(() => document.querySelector("#import [role=progressbar]")?.ariaValueNow > 5);
  await importEnds(page);
  assert.match(await page.locator("#import").innerText(), /The import stopped/);
  await nothingKept(page);
  await rm(deep, { recursive: true });
  await catWins(page);
  await context.close();
});

fault("A file is no picture", "Its card says what it is, and can be tried again", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await choose(page, [{ name: "none.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") }]);
  await failures(page).waitFor();
  await failures(page).locator("[data-retry]").click();
  await failures(page).waitFor();
  assert.match(await failures(page).innerText(), /This is a text file/);
  await context.close();
});

fault("A worker doesn't understand a request", "It is replaced, the photo says so and can be tried again", async () => {
  const prepare = (context) =>
    context.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      let replaced = false;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.message?.includes("EmbedImage") && !replaced) {
          replaced = true;
          message = { ...message, message: '{"EmbedHologram":{"id":1}}' };
        }
        return post.call(this, message, ...rest);
      };
    });
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1", prepare });
  await choose(page, [cat]);
  await failures(page).waitFor();
  await waitForState(page, "ready");
  await failures(page).locator("[data-retry]").click();
  await done(page, 1);
  await context.close();
});

fault("An import was left unfinished, or a kept model is damaged", "The menu shows it, and deletes it only when asked", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const packs = await root.getDirectoryHandle("packs", { create: true });
    const write = async (folder, name, text) => {
      const handle = await packs.getDirectoryHandle(folder, { create: true });
      const file = await (await handle.getFileHandle(name, { create: true })).createWritable();
      await file.write(text);
      await file.close();
    };
    await write("half", "image.safetensors", "x");
    await write("hurt", "manifest.json", "{not json");
    await write("later", "manifest.json", '{"format":"glimpse-pack/9"}');
  });
  await page.reload();
  await waitForState(page, "ready");
  await openMenu(page);
  const broken = page.locator("[data-broken]");
  await broken.nth(2).waitFor();
  const titles = await broken.evaluateAll((all) => all.map((one) => one.dataset.broken));
  assert.deepEqual(titles, ["Unfinished import", "Damaged model", "Model of another version"]);
  assert.deepEqual(Object.keys(await keptFolders(page)).sort(), ["half", "hurt", "later"]);
  await broken.first().locator("[data-delete]").click();
  await broken.first().locator("[data-delete-now]").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-broken]").length === 2);
  assert.deepEqual(Object.keys(await keptFolders(page)).sort(), ["hurt", "later"]);
  await context.close();
});

fault("A visitor goes to another page, and back", "Labels are as they were, and the page works", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await setLabels(page, LABELS);
  await page.waitForFunction(() => location.hash.includes("rocket"));
  await page.goto("about:blank");
  await page.goBack();
  await waitForState(page, "ready");
  await choose(page, [cat]);
  await ranked(page, LABELS);
  await page.goForward();
  await page.goBack();
  await waitForState(page, "ready");
  await context.close();
});

fault("The same, in a browser that keeps pages (back/forward cache)", "Photos are there as well, and the workers go on", async () => {
  const keeping = await launch([], { ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  const { page } = await open(keeping, { query: "?backend=cpu" });
  page.setDefaultTimeout(60_000);
  await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (globalThis.wasKept = persisted)));
  await choose(page, [cat]);
  await card(page, "cat.jpg");
  await page.goto(new URL("samples/samples.json", SITE).href);
  // The driver waits for a load that a kept page doesn't have.
  await page.evaluate(() => void setTimeout(() => history.back()));
  await page.waitForFunction(() => globalThis.wasKept !== undefined);
  assert.ok(await page.evaluate(() => wasKept));
  await page.locator("#label-input").fill("tabby");
  await page.locator('[data-name="cat.jpg"] [data-label="tabby"]').waitFor();
  await choose(page, [await sample("rocket.jpg")]);
  assert.equal((await card(page, "rocket.jpg")).state, "done");
  await keeping.close();
});

fault("A link is hostile: markup, control characters, a million letters", "It is text to the page, cut to what fits, and the page works", async () => {
  const hostile = [
    `#labels=${encodeURIComponent('<img src=x onerror="window.pwned=1">, cat')}`,
    "#labels=%00%01%E2%80%AE%FF&temperature=NaN&templates=%7B%7D%7B%7D&numbers=%3Cb%3E",
    `#labels=${"a".repeat(1_000_000)}`,
    "#=&&&%%%===",
  ];
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  for (const link of hostile) {
    await page.evaluate((link) => (location.hash = link), link);
    await page.reload();
    await waitForState(page, "ready");
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  }
  await catWins(page);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the table of faults in the documentation is that of these tests", async () => {
  const text = await readFile(TABLE, "utf8");
  const head = "| fault | outcome |\n| --- | --- |\n";
  const [before] = text.split(head);
  const whole = `${before}${head}${rows.join("\n")}\n`;
  if (process.env.GLIMPSE_WRITE) await writeFile(TABLE, whole);
  else assert.equal(text, whole, "GLIMPSE_WRITE=1 writes it anew");
});
