// Scores in sight on every screen, a word about many photos, and a way back from every removal.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { card, choose, gate, launch, open, results, sample } from "./support/glimpse.mjs";

let browser;
before(async () => {
  browser = await launch();
  await mkdir(new URL("out/", import.meta.url), { recursive: true });
});
after(() => browser.close());

const PHONE = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
const shot = (page, name) => page.screenshot({ path: new URL(`out/${name}.png`, import.meta.url).pathname });

async function many(page, count) {
  const cat = await sample("cat.jpg");
  await choose(page, Array.from({ length: count }, (_, index) => ({ ...cat, name: `${index}.jpg` })));
}

const isFetched = (request) => request.resourceType() === "fetch";

const done = (page, count) =>
  page.waitForFunction((count) => document.querySelectorAll('[data-card][data-state="done"]').length === count, count);

/** Whether the whole element is in the window, and nothing lies over its middle. */
const isInView = (locator) =>
  locator.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const row = element.closest("tr") ?? element;
    return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth && row.contains(over);
  });

describe("a photo's answer is on the first screen", () => {
  for (const [name, options, others = []] of [
    ["360 px", PHONE],
    ["360 px with three photos", PHONE, ["coffee.jpg", "rocket.jpg"]],
    ["768 px", { viewport: { width: 768, height: 800 } }],
    ["1280 px", { viewport: { width: 1280, height: 720 } }],
  ]) {
    test(`at ${name}, and changes in sight while words are typed`, async () => {
      const { context, page, complaints } = await open(browser, { query: "?backend=cpu", ...options });
      await choose(page, await Promise.all(["cat.jpg", ...others].map(sample)));
      await card(page, "cat.jpg");
      const first = page.locator("[data-label]").first();
      await first.waitFor();
      await page.waitForTimeout(500);
      assert.ok(await isInView(first.locator(".label-name")), "the first label is out of sight");
      assert.ok(await isInView(first.locator(".share")), "its share is out of sight");

      const field = page.locator("#label-input");
      assert.ok(await isInView(field), "the field is out of sight");
      const before = await first.locator(".share").innerText();
      await field.fill("tabby cat");
      await page.waitForFunction((before) => document.querySelector("[data-label] .share").innerText !== before, before);
      assert.ok(await isInView(first.locator(".share")), "the score that changed is out of sight");
      assert.ok(await isInView(field));

      // Nothing widens the page.
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await shot(page, `first-${name.split(" ")[0]}`);
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test("what is set rarely is one tap away on a phone", async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu", ...PHONE });
    await choose(page, [await sample("cat.jpg")]);
    await card(page, "cat.jpg");
    assert.ok(!(await page.locator("#dial-input").isVisible()));
    const settings = page.getByRole("button", { name: "Settings" });
    assert.equal(await settings.getAttribute("aria-expanded"), "false");
    await settings.click();
    assert.ok(await page.locator("#dial-input").isVisible());
    assert.ok(await page.locator("#template-input").isVisible());
    assert.equal(await settings.getAttribute("aria-expanded"), "true");
    await context.close();
  });
});

describe("many photos", () => {
  test("are counted, stopped with what is done, and go on", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
    await many(page, 60);
    const progress = page.locator(".photos-progress");
    await page.waitForFunction(() => /\d+ of 60 photos done.*about \d+\ss left/s.test(document.querySelector(".photos-progress")?.textContent));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-state="embedding"]').length === 0);
    const kept = await page.locator('[data-state="done"]').count();
    assert.ok(kept > 0 && kept < 60, `${kept} are done`);
    await page.waitForTimeout(1000);
    assert.equal(await page.locator('[data-state="done"]').count(), kept);
    assert.match(await progress.innerText(), new RegExp(`${kept} of 60 photos done\\s+stopped`));
    await page.getByRole("button", { name: "Go on" }).click();
    await done(page, 60);
    assert.equal(await progress.count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("are small cards with their best labels, or large ones", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
    await many(page, 30);
    await done(page, 30);
    const small = page.getByRole("button", { name: "Small cards" });
    assert.equal(await small.getAttribute("aria-pressed"), "true");
    assert.deepEqual(new Set(await page.locator("[data-best]").evaluateAll((all) => all.map(({ dataset }) => dataset.best))), new Set(["cat"]));
    const height = await page.locator("[data-card]").first().evaluate((element) => element.getBoundingClientRect().height);
    assert.ok(height < 260, `a small card is ${height} px high`);
    await shot(page, "many");
    await page.locator("[data-best]").first().click();
    await page.locator("#closer").waitFor();
    await page.keyboard.press("Escape");
    await small.click();
    await page.locator(".ranking").first().waitFor();
    assert.equal(await page.locator("[data-best]").count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});

describe("what is removed comes back", () => {
  const names = (page) => page.locator("[data-card]").evaluateAll((all) => all.map(({ dataset }) => dataset.name));
  const labels = (page) => page.locator("[data-chip]").evaluateAll((all) => all.map(({ dataset }) => dataset.chip));

  test("a photo, and all of them, also those that weren't looked at yet", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
    await many(page, 3);
    await done(page, 3);
    const before = await names(page);
    await page.locator('[data-card][data-name="1.jpg"] [data-remove]').click();
    const undo = page.locator(".undo");
    assert.match(await undo.innerText(), /1\.jpg removed\./);
    await undo.getByRole("button", { name: "Undo" }).click();
    assert.deepEqual(await names(page), before);
    await page.getByRole("button", { name: "Remove all", exact: true }).click();
    assert.match(await undo.innerText(), /3 photos removed\./);
    await undo.getByRole("button", { name: "Undo" }).click();
    assert.deepEqual(await names(page), before);
    assert.equal((await card(page, "1.jpg")).rows[0].label, "cat");

    await many(page, 40);
    await page.getByRole("button", { name: "Remove all", exact: true }).click();
    await undo.getByRole("button", { name: "Undo" }).click();
    await done(page, 43);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("a label, and all of them, with what was added since", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
    const before = await labels(page);
    await page.locator("[data-chip]").first().click();
    const undo = page.locator(".undo");
    assert.match(await undo.innerText(), /“cat” removed\./);
    await undo.getByRole("button", { name: "Undo" }).click();
    assert.deepEqual(await labels(page), before);
    await page.getByRole("button", { name: "Remove all labels" }).click();
    assert.match(await undo.innerText(), /8 labels removed\./);
    await page.locator("#label-input").fill("tabby,");
    await undo.getByRole("button", { name: "Undo" }).click();
    assert.deepEqual(await labels(page), [...before, "tabby"]);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("for ten seconds", async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu" });
    await page.locator("[data-chip]").first().click();
    await page.waitForTimeout(8_000);
    assert.equal(await page.locator(".undo").count(), 1);
    await page.locator(".undo").waitFor({ state: "detached", timeout: 6_000 });
    await context.close();
  });
});

test("results are a table, or JSON with and without embeddings", async () => {
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  const cat = await sample("cat.jpg");
  await choose(page, [{ ...cat, name: "a, b.jpg" }]);
  await card(page, "a, b.jpg");
  const [header, row] = (await results(page, "table")).replace("\uFEFF", "").trim().split(/\r?\n/);
  assert.ok(header.startsWith("file,cat,dog,"), header);
  assert.match(row, /^"a, b\.jpg",0\.99\d+,/);
  const scores = await results(page, "scores");
  assert.equal(scores.images[0].labels[0].label, "cat");
  assert.ok(!("embedding" in scores.images[0]) && !("embedding" in scores.texts[0]));
  assert.equal((await results(page)).images[0].embedding.length, 384);
  assert.deepEqual(complaints, []);
  await context.close();
});

describe("for a class", () => {
  test("photos are presented one at a time, in large type, and labels are typed beside them", async () => {
    const { context, page, complaints } = await open(browser, { query: "?backend=cpu", viewport: { width: 1280, height: 720 } });
    await choose(page, [await sample("cat.jpg"), await sample("coffee.jpg"), await sample("rocket.jpg")]);
    await done(page, 3);
    const name = () => page.locator(".cards > li:not(.left-out) [data-card]").evaluateAll((all) => all.map(({ dataset }) => dataset.name));
    const size = () => page.locator(".label-name").first().evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    const before = await size();
    const all = await name();
    await page.locator("#present").click();
    await page.locator(".present-bar").waitFor();
    assert.deepEqual(await name(), all.slice(0, 1));
    assert.ok((await size()) >= before * 1.4, "the type is no larger");
    await page.waitForFunction(() => document.fullscreenElement !== null, null, { timeout: 10_000 });
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await name(), all.slice(1, 2));
    assert.match(await page.locator(".present-bar p").innerText(), /2 of 3/);
    const picture = await page.locator(".cards > li:not(.left-out) .thumb").boundingBox();
    assert.ok(picture.width > 400 && picture.height > 300, `the photo is ${picture.width} × ${picture.height}`);
    await shot(page, "present");
    // A label is typed for all to see.
    await page.locator("#label-input").fill("espresso");
    const draft = page.locator(".cards > li:not(.left-out) [data-draft]");
    await draft.waitFor();
    assert.ok(await isInView(page.locator("#label-input")));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.locator("#present-end").click();
    assert.equal((await name()).length, 3);
    await page.waitForFunction(() => document.fullscreenElement === null, null, { timeout: 10_000 });
    assert.equal(await page.evaluate(() => document.activeElement.id), "present");
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("a link names sample photos, so that everybody starts alike", async () => {
    // They stand in the order of the presses, whichever of them the network brings first.
    const { hold, release } = gate();
    const { context, page } = await open(browser, {
      query: "?backend=cpu",
      prepare: (context) =>
        context.route(/rocket\.jpg$/, (route) => (isFetched(route.request()) ? hold(route) : route.continue())),
    });
    const second = page.waitForResponse((response) => /cat\.jpg$/.test(response.url()) && isFetched(response.request()));
    await page.locator('[data-sample="rocket.jpg"]').click();
    await page.locator('[data-sample="cat.jpg"]').click();
    await second;
    release();
    await done(page, 2);
    await page.waitForFunction(() => location.hash.includes("samples=cat%2Crocket"));
    const link = page.url();
    const other = await open(browser, { query: link });
    await done(other.page, 2);
    const names = await other.page.locator("[data-card]").evaluateAll((all) => all.map(({ dataset }) => dataset.name));
    assert.deepEqual(names, ["cat.jpg", "rocket.jpg"]);
    // What isn't a sample is nothing.
    const odd = await open(browser, { query: "?backend=cpu#samples=../secret,https://example.com/x,cat" });
    await done(odd.page, 1);
    assert.deepEqual(odd.complaints, []);
    await Promise.all([context, other.context, odd.context].map((one) => one.close()));
  });
});

describe("nothing is cut off, and everything is large enough for a finger", () => {
  for (const width of [360, 600, 768, 1024, 1280]) {
    test(`at ${width} px with four numbers`, async () => {
      const { context, page } = await open(browser, { query: "?backend=cpu", viewport: { width, height: 900 } });
      await choose(page, [await sample("cat.jpg"), await sample("coffee.jpg")]);
      await done(page, 2);
      if (await page.locator(".settings-button").isVisible()) await page.locator(".settings-button").click();
      await page.locator('input[value="calibrated"]').check({ force: true });
      await page.locator("[data-none]").first().waitFor();
      await page.locator(".credits summary").first().click();
      await page.locator("#models-button").click();
      await page.locator("#ask-first").waitFor();
      const found = await page.evaluate(() => {
        const seen = (element) => element.checkVisibility() && !element.matches("#file-input, .visually-hidden *");
        const cells = [...document.querySelectorAll(".card :is(td, th)")].filter(seen);
        const cut = cells.filter((cell) => cell.getBoundingClientRect().right > cell.closest(".card").getBoundingClientRect().right);
        const targets = [...document.querySelectorAll("button, a[href], input, select, summary, textarea")].filter(seen);
        const small = targets.filter((target) => {
          const { width, height } = target.getBoundingClientRect();
          return width > 2 && (width < 24 || height < 24);
        });
        return { cut: cut.map((cell) => cell.innerText), small: small.map((target) => target.outerHTML.slice(0, 80)), wide: document.documentElement.scrollWidth > innerWidth };
      });
      assert.deepEqual(found, { cut: [], small: [], wide: false });
      await context.close();
    });
  }
});
