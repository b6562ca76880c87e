// Workers on further cores: they share the photos, and nobody depends on them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { choose, cosine, facts, launch, open, results, sample } from "./support/glimpse.mjs";

const NAMES = ["cat.jpg", "coffee.jpg", "rocket.jpg"];
const COUNT = 30;

let browser;
let photos;
before(async () => {
  browser = await launch();
  const samples = await Promise.all(NAMES.map(sample));
  photos = Array.from({ length: COUNT }, (_, place) => ({
    ...samples[place % NAMES.length],
    name: `${place}.jpg`,
  }));
});
after(() => browser?.close());

const ended = (page, count) =>
  page.waitForFunction(
    (count) => document.querySelectorAll('[data-state="done"], [data-state="failed"]').length === count,
    count,
  );

/** Embeddings by names. */
async function embeddings(page) {
  const { images } = await results(page);
  return new Map(images.map(({ file, embedding }) => [file, embedding]));
}

test("three workers answer as one does, and rest when nothing is left", async () => {
  const found = [];
  for (const workers of [1, 3]) {
    const { context, page, complaints } = await open(browser, { query: `?backend=cpu&workers=${workers}` });
    await page.evaluate(() => {
      globalThis.most = 1;
      const count = () => (most = Math.max(most, Number(document.documentElement.dataset.workers ?? 1)));
      new MutationObserver(count).observe(document.documentElement, { attributes: true });
    });
    await choose(page, photos);
    await ended(page, COUNT);
    assert.equal(await page.evaluate(() => most), workers, "workers that look at photos");
    found.push(await embeddings(page));
    await page.waitForFunction(() => Number(document.documentElement.dataset.workers ?? 1) === 1);
    // Called once more, they come once more.
    await choose(page, photos.slice(0, 12));
    await ended(page, COUNT + 12);
    assert.deepEqual(complaints, []);
    await context.close();
  }
  const [alone, together] = found;
  assert.equal(together.size, COUNT);
  for (const [name, embedding] of together) {
    assert.ok(cosine(embedding, alone.get(name)) > 0.999999, name);
  }
});

test("a few photos call nobody", async () => {
  const { context, page, requests } = await open(browser, { query: "?backend=cpu&workers=3" });
  const before = requests.length;
  await choose(page, photos.slice(0, 4));
  await ended(page, 4);
  assert.deepEqual(requests.slice(before).filter((url) => url.startsWith("http")), []);
  assert.equal((await facts(page)).workers ?? "1", "1");
  await context.close();
});

test("where no worker can be added, the first does everything", async () => {
  // Every worker but the first finds no script.
  const prepare = (context) =>
    context.addInitScript(() => {
      let started = 0;
      globalThis.Worker = class extends Worker {
        constructor(script, options) {
          super(started++ === 0 ? script : "nothing-there.js", options);
        }
      };
    });
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=3", prepare });
  await choose(page, photos);
  await ended(page, COUNT);
  const failed = await page.locator('[data-card][data-state="failed"]').count();
  assert.equal(failed, 0);
  assert.equal((await facts(page)).workers, "1");
  await context.close();
});

test("a photo taken away while workers look at many is gone for good", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu&workers=2" });
  await choose(page, photos);
  await page.waitForFunction(() => Number(document.documentElement.dataset.workers) === 2);
  await page.getByRole("button", { name: "Remove all", exact: true }).click();
  await choose(page, photos.slice(0, 10));
  await ended(page, 10);
  assert.equal(await page.locator("[data-card]").count(), 10);
  await context.close();
});
