// The built page in Firefox and in WebKit, Safari's engine: the main jobs, and that nothing is cut off.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { ENGINES } from "./support/engines.mjs";
import { card, choose, facts, launch, open, ranked, sample, setLabels, waitForState } from "./support/glimpse.mjs";
import { checkpoint, filesOf, imported, refused } from "./support/models.mjs";
import { removeSite, serveFolder, siteCopy } from "./support/server.mjs";

const LABELS = ["cat", "dog", "coffee cup", "rocket"];
const WIDTHS = [360, 768, 1024, 1280];
const PICTURES = new URL("out/", import.meta.url);
/** Pixels by which edges may differ: engines round them on their own. */
const ROUNDING = 0.6;
/**
 * How far a cosine may be from Chromium's: the same module decodes the photo and embeds it, but where an
 * engine compiles products and sums to other instructions, 8-bit activations round to a neighbour.
 */
const TOLERANCE = 0.0005;

let folder, cat, coffee, chromium;
before(async () => {
  await mkdir(PICTURES, { recursive: true });
  folder = await siteCopy();
  [cat, coffee] = await Promise.all(["cat.jpg", "coffee.jpg"].map(sample));
  const browser = await launch();
  const { page } = await open(browser, { query: "?backend=cpu" });
  await setLabels(page, LABELS);
  await choose(page, [cat]);
  await card(page, "cat.jpg");
  await ranked(page, LABELS);
  chromium = await card(page, "cat.jpg");
  await browser.close();
});
after(() => folder && removeSite(folder));

for (const [name, engine] of Object.entries(ENGINES)) {
  const skip = !process.env[engine.variable] && `needs ${name}`;
  describe(name, { skip }, () => journeys(name, engine));
}

function journeys(name, engine) {
  let server, page;
  before(async () => {
    server = await serveFolder(folder);
    page = await engine.launch();
    await page.goto(server.address);
    await waitForState(page, "ready");
  });
  after(async () => {
    await page?.close();
    await server?.stop();
  });

  test(`${name}: a photo is answered as in Chromium`, async (t) => {
    await setLabels(page, LABELS);
    await choose(page, [cat]);
    await card(page, "cat.jpg");
    await ranked(page, LABELS);
    const { state, rows } = await card(page, "cat.jpg");
    assert.equal(state, "done");
    assert.equal(rows[0].label, "cat");
    assert.deepEqual(rows.map(({ label }) => label), chromium.rows.map(({ label }) => label));
    const apart = rows.map(({ cosine }, index) => Math.abs(cosine - chromium.rows[index].cosine));
    t.diagnostic(`cosines are ${Math.max(...apart)} from Chromium's at most`);
    assert.ok(Math.max(...apart) <= TOLERANCE, `${apart}`);
  });

  test(`${name}: says where it runs, and why`, async (t) => {
    const { backend } = await facts(page);
    const says = await page.locator("#how-it-runs").evaluate((element) => element.textContent);
    t.diagnostic(says);
    const offers = await page.evaluate(() => "gpu" in navigator);
    if (!offers) {
      assert.equal(backend, "cpu");
      assert.match(says, /Running on the processor: this browser offers no WebGPU\./);
    }
  });

  test(`${name}: a label that is being typed changes the scores`, async () => {
    const before = (await card(page, "cat.jpg")).rows[0];
    await page.locator("#label-input").fill("kitten");
    await ranked(page, [...LABELS, "kitten"]);
    const { rows } = await card(page, "cat.jpg");
    assert.ok(rows.find(({ label }) => label === "kitten").draft);
    const after = rows.find(({ label }) => label === "cat");
    assert.equal(after.cosine, before.cosine);
    assert.ok(after.probability < before.probability, "the kitten takes nothing from the cat");
    await page.locator("#label-input").fill(",");
    await page.waitForFunction(() => document.querySelectorAll("[data-chip]").length === 5);
  });

  test(`${name}: a closer look has a map`, async () => {
    await page.locator('[data-card][data-name="cat.jpg"] [data-closer]').click();
    await page.waitForFunction(() => document.querySelector("#closer [data-map]")?.dataset.heat);
    const heat = (await page.locator("[data-map]").getAttribute("data-heat")).split(" ").map(Number);
    assert.ok(heat.length > 8 && new Set(heat).size > 8, `${heat}`);
    await page.screenshot(new URL(`${name}-closer.png`, PICTURES));
    await page.locator("#closer-close").click();
    await page.waitForFunction(() => !document.querySelector("#closer"));
  });

  test(`${name}: no column is cut off, and every label has its bar`, async () => {
    for (const photos of [1, 2]) {
      if (photos === 2) {
        await choose(page, [coffee]);
        await card(page, "coffee.jpg");
      }
      for (const columns of [1, 4]) {
        await show(columns);
        for (const width of WIDTHS) {
          await page.resize(width);
          await page.waitForFunction((width) => innerWidth === width, width);
          await page.evaluate(() => document.querySelector("[data-card]").scrollIntoView());
          // A card that was out of sight (content-visibility) is laid out with the next frame.
          await page.waitForFunction(() => document.querySelector(".ranking tr").getBoundingClientRect().height > 0);
          const shown = `${name}-${width}-${photos}-photos-${columns}-columns`;
          await page.screenshot(new URL(`${shown}.png`, PICTURES));
          const { cells, bars, faults } = await page.evaluate(misplaced, ROUNDING);
          assert.ok(cells >= photos * 5 * (columns + 1), `${shown}: ${cells} cells`);
          assert.ok(bars >= photos * 5, `${shown}: ${bars} bars`);
          assert.deepEqual(faults, [], shown);
        }
      }
    }
  });

  /** Shows the share alone, or all four numbers. */
  async function show(columns) {
    await page.locator(`input[value="${columns === 4 ? "calibrated" : "softmax"}"]`).click();
    const button = page.locator(".bar-of-buttons [aria-pressed]:not(#small-cards)");
    if (((await button.getAttribute("aria-pressed")) === "true") !== (columns === 4)) await button.click();
    await page.waitForFunction(
      (cells) => [...document.querySelectorAll(".ranking tr[data-label]")].every((row) => row.cells.length === cells),
      columns + 1,
    );
  }

  test(`${name}: after one visit, the page comes without a network, and answers where its model is kept`, async () => {
    if (!engine.keepsFiles) {
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      assert.doesNotMatch(await page.locator("header").innerText(), /works offline/i);
      await server.stop();
      await page.reload();
      await page.locator("#label-input").waitFor();
      return server.again();
    }
    await page.waitForFunction(() => document.documentElement.dataset.offline === "ready");
    await server.stop();
    await page.reload();
    await waitForState(page, "ready");
    await choose(page, [cat]);
    const { state, rows } = await card(page, "cat.jpg");
    assert.equal(state, "done");
    assert.equal(rows[0].label, "cat");
    await server.again();
  });

  test(`${name}: a model is imported, or the page says why not`, async (t) => {
    const model = await filesOf(checkpoint("clip_gelu"));
    if (engine.keepsFiles) return assert.ok(await imported(page, model));
    await page.reload();
    await waitForState(page, "ready");
    const sentence = await refused(page, model);
    t.diagnostic(sentence);
    assert.match(sentence, /does not let the page keep files/);
  });
}

/**
 * Cells and bars of all tables that leave their card, bars that leave their row, and those of no
 * width. Runs in the page.
 */
function misplaced(rounding) {
  const faults = [];
  let [cells, bars] = [0, 0];
  const within = (element, outer, what) => {
    const [a, b] = [element.getBoundingClientRect(), outer.getBoundingClientRect()];
    const fits =
      a.width > 0 &&
      a.left >= b.left - rounding &&
      a.right <= b.right + rounding &&
      a.top >= b.top - rounding &&
      a.bottom <= b.bottom + rounding;
    if (!fits) {
      const box = ({ left, top, right, bottom }) => [left, top, right, bottom].map(Math.round).join(" ");
      faults.push(`${what}: ${box(a)} in ${box(b)}`);
    }
  };
  for (const card of document.querySelectorAll("[data-card]")) {
    for (const row of card.querySelectorAll(".ranking tr:not(.visually-hidden *)")) {
      const label = row.dataset.label ?? row.innerText;
      for (const cell of row.cells) {
        cells++;
        within(cell, card, `${card.dataset.name}: cell ${cell.cellIndex} of ${label}`);
      }
      for (const bar of row.querySelectorAll(".fit")) {
        bars++;
        within(bar, card, `${card.dataset.name}: bar of ${label} in its card`);
        within(bar, row, `${card.dataset.name}: bar of ${label} in its row`);
      }
    }
  }
  return { cells, bars, faults };
}
