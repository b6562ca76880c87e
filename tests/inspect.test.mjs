// "Look closer": the photo on every tab, maps against boxes, questions by their kind, and captions
// that leave out what is weak. In a real Chromium, with the default model.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { card, choose, launch, open, sample } from "./support/glimpse.mjs";

const CPU = "?backend=cpu";
const PICTURES = new URL("out/", import.meta.url);
const BOXES = new URL("../model/tests/fixtures/boxes.json", import.meta.url);
const TABS = ["where", "words", "ask", "numbers"];

let browser;
before(async () => {
  await mkdir(PICTURES, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

async function withSamples(names, options = {}) {
  const opened = await open(browser, { query: CPU, ...options });
  await choose(opened.page, await Promise.all(names.map(sample)));
  for (const name of names) assert.equal((await card(opened.page, name)).state, "done");
  return opened;
}

async function closer(page, name) {
  await page.locator(`[data-card][data-name="${name}"] [data-closer]`).click();
  await page.locator("#closer").waitFor();
}

const away = async (page) => {
  await page.locator("#closer-close").click();
  await page.waitForFunction(() => !document.querySelector("#closer"));
};

const said = (page) => page.locator("#place-said").innerText();

/** Types words, and reads their map. */
async function map(page, words) {
  await page.locator("#closer-words").fill(words);
  await page.waitForFunction(
    (words) => {
      const map = document.querySelector("[data-map]");
      return map?.dataset.map === words && map.dataset.heat;
    },
    words,
  );
  return page.locator("[data-map]").evaluate((map) => ({
    heat: map.dataset.heat.split(" ").map(Number),
    prominence: Number(map.dataset.prominence),
    reach: Number(map.dataset.reach),
    // The lightest colour that is drawn.
    lightest: (() => {
      const { width, height } = map;
      const pixels = map.getContext("2d").getImageData(0, 0, width, height).data;
      let most = 0;
      for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i + 3] > 0) most = Math.max(most, pixels[i] + pixels[i + 1] + pixels[i + 2]);
      }
      return most;
    })(),
  }));
}

describe("the photo stays in sight", () => {
  for (const [width, height] of [[360, 740], [768, 1024], [1280, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`on every tab at ${width} px, ${colorScheme}`, async () => {
        const { context, page, complaints } = await withSamples(["astronaut.jpg"], {
          viewport: { width, height },
          colorScheme,
          reducedMotion: "reduce",
        });
        await closer(page, "astronaut.jpg");
        await map(page, "person");
        const axe = await readFile(
          join(process.env.GLIMPSE_NODE_MODULES, "axe-core", "axe.min.js"),
          "utf8",
        );
        for (const tab of TABS) {
          await page.locator(`#tab-${tab}`).click();
          if (tab === "words") {
            await page.locator("#describe").click();
            await page.locator("#no-caption, #caption").waitFor();
          }
          if (tab === "ask") {
            await page.locator("#question").fill("What colour is the suit?");
            await page.waitForFunction(() => document.querySelectorAll("[data-answer]").length > 5);
          }
          /** How much of the photo is on the screen, and where the tab's content begins. */
          const look = () =>
            page.evaluate(() => {
              const photos = [...document.querySelectorAll("#closer img")];
              const seen = photos.map((photo) => {
                const box = photo.getBoundingClientRect();
                const x = box.x + box.width / 2;
                const y = box.y + box.height / 2;
                const top = document.elementFromPoint(x, y);
                const covers = top === photo || photo.parentElement?.contains(top);
                const shown = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
                return covers && box.width >= 40 && box.height >= 40 ? shown / box.height : 0;
              });
              const panel = document.querySelector("#closer-panel");
              const dialogue = document.querySelector("#closer").getBoundingClientRect();
              return {
                photo: Math.max(0, ...seen),
                // In a large window the dialogue is as high as what it shows, and in the middle.
                top: panel.firstElementChild.getBoundingClientRect().top - dialogue.top,
                wide: Math.max(dialogue.right - innerWidth, panel.scrollWidth - panel.clientWidth),
              };
            });
          const first = await look();
          assert.ok(first.photo > 0.95, `${tab}: ${JSON.stringify(first)}`);
          assert.ok(first.top < height / 4, `${tab}: ${JSON.stringify(first)}`);
          assert.ok(first.wide <= 0, `${tab} is too wide`);
          await page.evaluate(axe);
          const found = await page.evaluate(async () => {
            const { violations } = await globalThis.axe.run(document.querySelector("#closer"), {
              runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            });
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 120))}`);
          });
          assert.deepEqual(found, [], tab);
          const file = `inspect-${tab}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: new URL(file, PICTURES).pathname });
          // As far down as it goes.
          await page.locator("#closer-panel").evaluate((panel) => (panel.scrollTop = 1e6));
          await page.locator("#closer").evaluate((dialogue) => (dialogue.scrollTop = 1e6));
          const last = await look();
          assert.ok(last.photo > 0.95, `${tab}, scrolled: ${JSON.stringify(last)}`);
        }
        assert.deepEqual(complaints, []);
        await context.close();
      });
    }
  }

  test("and everything can be reached on a small screen", async () => {
    const { context, page } = await withSamples(["cat.jpg"], {
      viewport: { width: 320, height: 256 },
    });
    await closer(page, "cat.jpg");
    await page.locator("#tab-ask").click();
    await page.locator("#question").fill("What colour is the cat?");
    await page.waitForFunction(() => document.querySelectorAll("[data-answer]").length > 5);
    await page.locator("#candidate-answers").focus();
    const box = await page.locator("#candidate-answers").boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 256, JSON.stringify(box));
    await context.close();
  });
});

describe("maps", () => {
  test("point at things more often than chance", async () => {
    const boxes = JSON.parse(await readFile(BOXES, "utf8"));
    const names = Object.keys(boxes);
    const { context, page } = await withSamples(names);
    let [hits, maps] = [0, 0];
    for (const name of names) {
      await closer(page, name);
      for (const [words, rectangles] of Object.entries(boxes[name])) {
        const { heat } = await map(page, words);
        const side = Math.sqrt(heat.length);
        const hottest = heat.indexOf(Math.max(...heat));
        // The default model sees the middle square.
        const [width, height] = await page
          .locator(".stage img")
          .evaluate((photo) => [photo.naturalWidth, photo.naturalHeight]);
        const square = Math.min(width, height);
        const x = ((width - square) / 2 + ((hottest % side) + 0.5) * (square / side)) / width;
        const y = ((height - square) / 2 + (Math.floor(hottest / side) + 0.5) * (square / side)) / height;
        const hit = rectangles.some(
          ([left, top, right, bottom]) => left <= x && x < right && top <= y && y < bottom,
        );
        if (name === "astronaut.jpg" && words === "person") {
          assert.ok(hit, `"person" is at ${x}, ${y}`);
        }
        hits += hit;
        maps += 1;
      }
      await away(page);
    }
    assert.ok(hits >= 0.7 * maps, `${hits} of ${maps}`);
    await context.close();
  });

  test("say faintly, and stay dark, where words stand out no more than others", async () => {
    const { context, page } = await withSamples(["photographer.jpg", "coffee.jpg"]);
    await closer(page, "coffee.jpg");
    const clock = await map(page, "clock");
    assert.ok(clock.prominence <= 1 && clock.reach <= 0.5, JSON.stringify(clock));
    assert.match(await said(page), /stands out only faintly/);
    await away(page);
    await closer(page, "photographer.jpg");
    const tripod = await map(page, "tripod");
    assert.ok(tripod.prominence > 1.5 && tripod.reach > 0.75, JSON.stringify(tripod));
    assert.ok(!(await said(page)).includes("faintly"));
    assert.ok(tripod.lightest > clock.lightest + 100, `${tripod.lightest}, ${clock.lightest}`);
    await context.close();
  });

  test("say so in German, too", async () => {
    const { context, page } = await withSamples(["coffee.jpg"], { locale: "de-DE" });
    await closer(page, "coffee.jpg");
    await map(page, "clock");
    assert.match(await said(page), /hebt sich nur schwach ab/);
    await context.close();
  });
});

describe("questions", () => {
  test("fill in the sentence by their kind, in visitors' words", async () => {
    const { context, page } = await withSamples(["coffee.jpg"]);
    await closer(page, "coffee.jpg");
    await page.locator("#tab-ask").click();
    for (const [question, label, sentence] of [
      ["What colour is the cup?", /each colour in place of \{\}/, "a photo of a {} cup"],
      ["How many cups are there?", /each number in place of \{\}/, "a photo of {} cups"],
      ["Where was this taken?", /each place in place of \{\}/, "a photo taken {}"],
      ["What is happening?", /each activity in place of \{\}/, "a photo of someone {}"],
      ["What is this?", /each thing in place of \{\}/, "a photo of {}"],
      ["Is it a cup or a bowl?", /each answer in place of \{\}/, "a photo of {}"],
      ["Is there a cup?", /true of the photo or not/, "a photo of a cup"],
    ]) {
      await page.locator("#question").fill(question);
      await page.waitForFunction(
        (sentence) => document.querySelector("#statement")?.value === sentence,
        sentence,
      );
      assert.match(await page.locator('label[for="statement"]').innerText(), label, question);
    }
    // The exact term is one tap away, and nothing of it is in the way before.
    const how = page.locator("#how-asked");
    assert.equal(await how.getAttribute("open"), null);
    await how.locator("summary").click();
    assert.match(await how.innerText(), /prompt template/);
    await context.close();
  });

  test("that aren't understood leave no answer behind, but a choice of kinds", async () => {
    const { context, page } = await withSamples(["coffee.jpg"]);
    await closer(page, "coffee.jpg");
    await page.locator("#tab-ask").click();
    await page.locator("#question").fill("Is there a cup?");
    await page.locator("[data-yes]").waitFor();
    await page.locator("#question").fill("Why is the cup there?");
    await page.locator("#kinds").waitFor();
    assert.equal(await page.locator("#answers").count(), 0);
    await page.locator('[data-kind="colour"]').focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll("[data-answer]").length > 5);
    assert.equal(await page.locator("#statement").inputValue(), "a photo of a {} thing");
    assert.equal(await page.locator('[data-kind="colour"]').getAttribute("aria-pressed"), "true");
    await context.close();
  });
});

describe("captions", () => {
  test("are offered only where their parts stand out", async () => {
    const names = ["astronaut.jpg", "cat.jpg", "coffee.jpg", "coins.jpg", "bricks.jpg"];
    const { context, page } = await withSamples(names);
    const captions = {};
    for (const name of names) {
      await closer(page, name);
      await page.locator("#tab-words").click();
      await page.locator("#describe").click();
      await page.locator("#no-caption, #caption").waitFor();
      const caption = page.locator("#caption");
      captions[name] = (await caption.count()) ? await caption.innerText() : null;
      const copies = await page.locator("#copy-caption").count();
      assert.equal(copies, captions[name] === null ? 0 : 1, name);
      if (captions[name] === null) {
        assert.match(await page.locator("#no-caption").innerText(), /No sentence is offered/);
      }
      await away(page);
    }
    assert.equal(captions["astronaut.jpg"], null, captions["astronaut.jpg"]);
    assert.equal(captions["coins.jpg"], null, captions["coins.jpg"]);
    assert.equal(captions["bricks.jpg"], null, captions["bricks.jpg"]);
    assert.equal(captions["cat.jpg"], "A cat.");
    assert.match(captions["coffee.jpg"], /^A cup of coffee\b.*\.$/);
    await context.close();
  });
});
