// Pictures whose files say how they are shown (orientation, frames), and pictures beyond a canvas's
// sides: the page embeds what Pillow shows, which the terminal's tests hold the terminal to.

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

/** What the model sees of a picture, made of its known colours: exact where no loss is involved. */
function reference({ size, grid }) {
  const colours = grid.split(" ").map((hex) => [...Buffer.from(hex, "hex")]);
  const across = Math.min(size[0], 8 * PART) / PART;
  const rows = [];
  for (let at = 0; at < colours.length; at += across) {
    const row = colours.slice(at, at + across).flatMap((colour) => Array(PART).fill(colour));
    rows.push(...Array(PART).fill(row));
  }
  return png(rows);
}

test("the page embeds pictures as Pillow shows them", async () => {
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
    if (process.env.SHOW) console.log(name, likeness);
    if (!process.env.SHOW)     assert.ok(likeness >= least, `${name}: ${likeness}`);
  }
  assert.deepEqual(complaints, []);
  await context.close();
});
