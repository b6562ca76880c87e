// The page in another language: chosen by the browser's, switched by the visitor, kept for the next visit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { card, choose, launch, open, ranked, sample, setLabels } from "./support/glimpse.mjs";

const CPU = "?backend=cpu";
const TITLE = { en: "Drop a photo. See which words fit it.", de: "Leg ein Foto ab. Sieh, welche Wörter dazu passen." };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const language = (page) => page.evaluate(() => document.documentElement.lang);
const title = (page) => page.locator("h1").innerText();

/** Waits for the page in a language. */
const speaks = (page, tag) => page.waitForFunction((tag) => document.documentElement.lang === tag, tag);

test("a German browser is greeted in German, and a photo answered so", async () => {
  const { context, page, complaints, requests } = await open(browser, { query: CPU, locale: "de-AT" });
  assert.equal(await language(page), "de");
  assert.equal(await title(page), TITLE.de);
  await setLabels(page, ["cat", "dog"]);
  await choose(page, [await sample("cat.jpg")]);
  await ranked(page, ["cat", "dog"]);
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
  // Numbers with a comma.
  const shown = await page.locator('[data-label="cat"] td').first().innerText();
  assert.match(shown, /^\u2212?0,\d{3}$/);
  // Nothing of English is left where a visitor reads.
  const text = await page.locator("body").innerText();
  for (const english of ["Photos", "Labels", "Remove", "Share", "Choose", "Running", "bytes sent"]) {
    assert.ok(!text.includes(english), `${english} in: ${text}`);
  }
  const origins = new Set(requests.map((address) => new URL(address).origin));
  assert.equal(origins.size, 1, `${[...origins]}`);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("another language is one choice away, and chosen again at the next visit", async () => {
  const { context, page, complaints } = await open(browser, { query: CPU, locale: "en-GB" });
  assert.equal(await title(page), TITLE.en);
  await setLabels(page, ["cat", "dog"]);
  await choose(page, [await sample("cat.jpg")]);
  await ranked(page, ["cat", "dog"]);
  await page.locator("#language").selectOption("de");
  await speaks(page, "de");
  await page.waitForFunction((wanted) => document.querySelector("h1").innerText === wanted, TITLE.de);
  // Photos and labels stay.
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
  assert.equal(await page.locator("[data-chip]").count(), 2);
  assert.equal(await page.locator("#language").inputValue(), "de");

  await page.reload();
  await page.waitForSelector("h1");
  await speaks(page, "de");
  assert.equal(await title(page), TITLE.de);
  await page.locator("#language").selectOption("en");
  await page.waitForFunction((wanted) => document.querySelector("h1").innerText === wanted, TITLE.en);
  assert.equal(await language(page), "en");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("where the words of a language can't be had, the page speaks English and says so", async () => {
  const prepare = (context) => context.route("**/text/de.json", (route) => route.abort());
  const { context, page } = await open(browser, { query: CPU, locale: "de", prepare });
  assert.equal(await title(page), TITLE.en);
  assert.equal(await language(page), "en");
  await page.locator("#language").selectOption("de");
  const told = page.locator(".language .note").filter({ hasText: "Deutsch could not be fetched" });
  await told.waitFor();
  assert.equal(await page.locator("#language").inputValue(), "en");
  await context.close();
});
