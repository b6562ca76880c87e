// Faults: workers that end or hang, requests that aren't understood, storage that holds rubbish. For
// each, nothing is lost, a clear sentence is there, and the next action works.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { card, choose, facts, launch, open, sample, waitForState } from "./support/glimpse.mjs";
import { keptFolders, openMenu } from "./support/models.mjs";

let browser;
let cat;
before(async () => {
  browser = await launch();
  cat = await sample("cat.jpg");
});
after(() => browser?.close());

const many = (count) => Array.from({ length: count }, (_, index) => ({ ...cat, name: `${index}.jpg` }));

const allDone = (page, count) =>
  page.waitForFunction(
    (count) => document.querySelectorAll('[data-card][data-state="done"]').length === count,
    count,
  );

const statusLine = (page) => page.locator("#backend-line").innerText();

test("a worker that closes itself without a word is replaced, and the photos go on", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1" });
  await page.workers()[0].evaluate(() => self.close());
  await page.waitForFunction(() => document.documentElement.dataset.state !== "ready");
  await waitForState(page, "ready");
  assert.match(await statusLine(page), /stopped and was started again/);
  await choose(page, [cat]);
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await context.close();
});

test("a worker that ends over a photo fails that one alone, which can be tried again", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1" });
  // Closed as soon as the first photo's pixels are decoded.
  await page.workers()[0].evaluate(() => {
    const decode = self.createImageBitmap;
    self.createImageBitmap = (...all) => {
      self.createImageBitmap = decode;
      self.close();
      return new Promise(() => {});
    };
  });
  await choose(page, many(6));
  await page.waitForFunction(
    () => document.querySelectorAll('[data-card][data-state="done"]').length === 5,
  );
  const failed = page.locator('[data-card][data-state="failed"]');
  assert.equal(await failed.count(), 1);
  assert.match(await failed.innerText(), /stopped while looking at this photo/);
  await failed.locator("[data-retry]").click();
  await allDone(page, 6);
  await context.close();
});

test("a photo over which a further worker ended is looked at by the first one", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=2" });
  await choose(page, many(24));
  await page.waitForFunction(() => Number(document.documentElement.dataset.workers) === 2);
  await page.workers().at(-1).evaluate(() => self.close());
  await allDone(page, 24);
  assert.equal(await page.locator('[data-card][data-state="failed"]').count(), 0);
  assert.equal((await facts(page)).workers, "1");
  await context.close();
});

test("a photo that can't be opened can be tried again, and says the same", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await choose(page, [{ name: "none.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") }]);
  const failed = page.locator('[data-card][data-state="failed"]');
  await failed.waitFor();
  await failed.locator("[data-retry]").click();
  await failed.waitFor();
  assert.match(await failed.innerText(), /This is a text file/);
  await context.close();
});

test("a request that the worker doesn't know is no wait without end", async () => {
  const prepare = (context) =>
    context.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      // The third request of each worker's life is one of another version.
      const counts = new WeakMap();
      Worker.prototype.postMessage = function (message, ...rest) {
        const count = (counts.get(this) ?? 0) + 1;
        counts.set(this, count);
        if (message.message?.includes("EmbedImage") && !globalThis.replaced) {
          globalThis.replaced = true;
          message = { ...message, message: '{"EmbedHologram":{"id":1}}' };
        }
        return post.call(this, message, ...rest);
      };
    });
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=1", prepare });
  await choose(page, [cat]);
  const failed = page.locator('[data-card][data-state="failed"]');
  await failed.waitFor();
  await waitForState(page, "ready");
  await failed.locator("[data-retry]").click();
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await context.close();
});

test("what an import left unfinished is shown, and deleted only when asked", async () => {
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
