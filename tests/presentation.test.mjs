// Pictures whose files say how they are shown (orientation, frames), and pictures beyond a canvas's
// sides: the page embeds and shows what Pillow shows, which the terminal's tests hold the terminal to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { png } from "./support/files.mjs";
import { card, choose, cosine, launch, open, results } from "./support/glimpse.mjs";
import { PRESENTATION, filesOf } from "./support/models.mjs";

// Side in pixels of the parts whose mean colours are known.
const PART = 8;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const colours = ({ grid }) => grid.split(" ").map((hex) => [...Buffer.from(hex, "hex")]);

/** A card's photo as the page shows it: its size in pixels, and the colours of its parts' middles. */
function shownColours(page, name) {
  const image = page.locator(`[data-card][data-name=${JSON.stringify(name)}] .thumb img`);
  return image.evaluate(async (image, part) => {
    image.loading = "eager";
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const pen = new OffscreenCanvas(width, height).getContext("2d");
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, width, height);
    const colours = [];
    for (let y = part / 2; y < height; y += part) {
      for (let x = part / 2; x < width; x += part) {
        colours.push(...data.slice((y * width + x) * 4, (y * width + x) * 4 + 3));
      }
    }
    return { size: [width, height], colours };
  }, PART);
}

/** What the model sees of a picture, made of its known colours: exact where no loss is involved. */
function reference(facts) {
  const all = colours(facts);
  const across = Math.min(facts.size[0], 8 * PART) / PART;
  const rows = [];
  for (let at = 0; at < all.length; at += across) {
    const row = all.slice(at, at + across).flatMap((colour) => Array(PART).fill(colour));
    rows.push(...Array(PART).fill(row));
  }
  return png(rows);
}

test("the page embeds and shows pictures as Pillow shows them", async () => {
  const { "expected.json": json, ...files } = await filesOf(PRESENTATION);
  const expected = JSON.parse(json);
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  const given = [];
  for (const [name, facts] of Object.entries(expected)) {
    given.push({ name, buffer: files[name], mimeType: "" });
    given.push({ name: `${name}.reference`, buffer: reference(facts), mimeType: "image/png" });
  }
  await choose(page, given);
  for (const { name } of given) assert.equal((await card(page, name)).state, "done", name);
  const { images } = await results(page);
  const found = Object.fromEntries(images.map((image) => [image.file, image]));
  for (const [name, { size }] of Object.entries(expected)) {
    const { embedding, width, height } = found[name];
    assert.deepEqual([width, height], size, name);
    // The encoder of JPEG XL and lossy WebP changed the colours a little. The wrong orientation of
    // these pictures is below 0.993.
    const least = /jxl|lossy/.test(name) ? 0.999 : 0.9999;
    const likeness = cosine(embedding, found[`${name}.reference`].embedding);
    assert.ok(likeness >= least, `${name}: ${likeness}`);
  }
  // What is seen is turned, too.
  for (const name of Object.keys(expected).filter((name) => name.startsWith("exif") || name.startsWith("xmp"))) {
    const shown = await shownColours(page, name);
    assert.deepEqual(shown.size, expected[name].size, name);
    const wanted = colours(expected[name]).flat();
    const off = shown.colours.map((value, place) => Math.abs(value - wanted[place]));
    // Previews are WebP, with colours at half the resolution.
    assert.ok(off.reduce((sum, value) => sum + value, 0) / off.length < 8, `${name} is shown otherwise`);
  }
  assert.deepEqual(complaints, []);
  await context.close();
});
