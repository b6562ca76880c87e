// Labels at work: counts and filters, an order by a label, thousands of them, and what doesn't fit.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { card, choose, launch, open, results, sample, setLabels } from "./support/glimpse.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const done = (page, count) =>
  page.waitForFunction((count) => document.querySelectorAll('[data-card][data-state="done"]').length === count, count);

const names = (page) => page.locator(".cards > li:not(.left-out) [data-card]").evaluateAll((all) => all.map(({ dataset }) => dataset.name));
const chips = (page) => page.locator("[data-chip]").evaluateAll((all) => all.map(({ dataset }) => dataset.chip));
const count = (page, label) => page.locator(`[data-only=${JSON.stringify(label)}]`).getAttribute("data-count");

describe("labels and several photos", () => {
  test("a label counts the photos that it fits best, leaves them alone on show, and sorts all", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
    await setLabels(page, ["cat", "horse", "rocket"]);
    await choose(page, [await sample("cat.jpg")]);
    await card(page, "cat.jpg");
    assert.equal(await page.locator("[data-only]").count(), 0, "a single photo needs no counts");
    await choose(page, [await sample("rocket.jpg"), await sample("horse.jpg"), { ...(await sample("cat.jpg")), name: "again.jpg" }]);
    await done(page, 4);
    await page.waitForFunction(() => document.querySelector('[data-only="cat"]')?.dataset.count === "2");
    assert.deepEqual([await count(page, "horse"), await count(page, "rocket")], ["1", "1"]);
    await page.locator('input[value="calibrated"]').check();
    await page.locator('[data-only=""]').waitFor();
    assert.equal(await page.locator("[data-only]").count(), 4, "none of these is counted as well");
    await page.locator(`input[value="softmax"]`).check();

    // Only these, by keyboard; the page says so.
    await page.locator('[data-only="cat"]').focus();
    await page.keyboard.press("Enter");
    assert.deepEqual((await names(page)).sort(), ["again.jpg", "cat.jpg"]);
    assert.match(await page.locator("#filter").innerText(), /“cat” fits best: 2 of 4 photos/);
    assert.equal(await page.locator('[data-only="cat"]').getAttribute("aria-pressed"), "true");
    // A removed photo hands the keyboard to the next one on show.
    await page.locator('[data-name="again.jpg"] [data-remove]').click();
    assert.equal(await page.evaluate(() => document.activeElement.closest("[data-card]")?.dataset.name), "cat.jpg");
    await page.locator("#show-all").click();
    assert.equal((await names(page)).length, 3);

    // A label that goes away takes its filter along.
    await page.locator('[data-only="horse"]').click();
    assert.deepEqual(await names(page), ["horse.jpg"]);
    await page.locator('[data-chip="horse"]').click();
    assert.equal((await names(page)).length, 3);

    await page.locator("#sort").selectOption("rocket");
    assert.equal((await names(page))[0], "rocket.jpg");
    await page.locator("#sort").selectOption("cat");
    assert.equal((await names(page))[0], "cat.jpg");
    // Small cards show what they are sorted by.
    await page.locator("#small-cards").click();
    const shown = await page.locator("[data-best]").evaluateAll((all) => all.map(({ dataset }) => dataset.best));
    assert.deepEqual(shown, ["cat", "cat", "cat"]);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});

test("a label stands in its sentence as people write it", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const wanted = {
    apple: "a photo of an apple",
    water: "a photo of water",
    "night sky": "a photo of the night sky",
    "two dogs": "a photo of two dogs",
    "someone running": "a photo of someone running",
    // What a picture is, it isn't of.
    drawing: "a drawing",
  };
  await setLabels(page, Object.keys(wanted));
  await choose(page, [await sample("cat.jpg")]);
  await card(page, "cat.jpg");
  await page.waitForFunction((count) => document.querySelectorAll("[data-card] [data-label]").length === count, Object.keys(wanted).length);
  const { texts } = await results(page, "scores");
  assert.deepEqual(Object.fromEntries(texts.map(({ label, texts: [sentence] }) => [label, sentence])), wanted);
  // The bare label, where that is wanted.
  await page.locator("#template-input").fill("the {} and {a}");
  await page.waitForTimeout(1500);
  const [first] = (await results(page, "scores")).texts;
  assert.deepEqual(first.texts, ["the apple and an apple"]);
  await context.close();
});

describe("what doesn't fit", () => {
  test("stays in the field with a word about it", async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu" });
    const field = page.locator("#label-input");
    const note = () => page.locator(".labels > .note").first().innerText();
    await setLabels(page, ["cat"]);
    const long = "a very long label ".repeat(12).trim();
    await field.fill(`dog, ${long}, fox,`);
    assert.deepEqual(await chips(page), ["cat", "dog", "fox"]);
    assert.match(await field.inputValue(), /a very long label/);
    assert.match(await note(), /200 characters at most/);
    // Shortened, it becomes a label.
    await field.fill("a very long label");
    await field.press("Enter");
    assert.equal((await chips(page)).at(-1), "a very long label");
    assert.equal(await field.inputValue(), "");
    await context.close();
  });

  test("and a link with too many labels says so", async () => {
    const many = Array.from({ length: 5003 }, (_, index) => `thing ${index}`).join(",");
    const { context, page } = await open(browser, { query: `?backend=cpu#labels=${encodeURIComponent(many)}` });
    assert.match(await page.locator(".labels > .note").first().innerText(), /5\u202f000 labels fit, so 3 are still in the field/);
    assert.equal(await page.locator("#label-input").inputValue(), "thing 5000, thing 5001, thing 5002");
    await context.close();
  });
});

test("thousands of labels are read once, with progress, and the best are shown", async () => {
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  await choose(page, [await sample("cat.jpg")]);
  await card(page, "cat.jpg");
  const things = Array.from({ length: 1500 }, (_, index) => `item ${index}`);
  await page.locator("#label-list").click();
  const list = page.locator("#label-list-field");
  assert.equal((await list.inputValue()).split("\n").length, 8);
  await list.fill(["tabby cat", ...things].join("\n"));
  await page.locator("#label-list-take").click();
  await page.locator(".labels .progress").waitFor();
  assert.match(await page.locator(".labels .progress").innerText(), /Reading the labels: \d[\d\u202f]* of 1\u202f501/);
  // The field answers meanwhile.
  await page.locator("#label-input").fill("dog");
  await page.waitForFunction(() => document.querySelector('[data-label="dog"]'));
  await page.locator("#label-input").fill("");
  await page.waitForFunction(() => !document.querySelector(".labels .progress"), null, { timeout: 300_000 });
  const { rows } = await card(page, "cat.jpg");
  assert.equal(rows[0].label, "tabby cat");
  assert.equal(rows.length, 100);
  assert.match(await page.locator("[data-card] .quiet").first().innerText(), /Show the best 100 of 1\u202f501/);
  assert.equal(await page.locator("[data-chip]").count(), 100);
  assert.match(await page.locator(".chips .more").innerText(), /and 1\u202f401 more/);
  // Saved, they are all there.
  const [header, row] = (await results(page, "table")).trim().split(/\r?\n/).map((line) => line.split(","));
  assert.equal(header.length, 1 + 1501 + 1);
  assert.equal(row.slice(1, 1502).filter(Boolean).length, 1501);
  // Removed by mistake, they come back without being read again.
  await page.getByRole("button", { name: "Remove all labels" }).click();
  await page.locator("[data-undo]").click();
  await page.waitForFunction(() => document.querySelector("[data-label]")?.dataset.label === "tabby cat");
  assert.equal(await page.locator(".labels .progress").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});
