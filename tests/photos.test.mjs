// Photos of phones, scanners and cameras that the browser can't decode: HEIC, TIFF, the previews in
// raw files, and JPEG XL where the browser lacks it. The page embeds and shows what the reference
// decoders make of them, which the terminal's tests hold the terminal to; decoders that break over a
// file take nothing else with them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { png } from "./support/files.mjs";
import { card, choose, cosine, launch, open, results } from "./support/glimpse.mjs";
import { PHOTOS, PRESENTATION, filesOf } from "./support/models.mjs";

// Side in pixels of the parts whose mean colours are known, and of what they are parts of, the
// picture's middle, at most.
const PART = 8;
const MIDDLE = 64;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const asksForDecoders = (requests) => requests.filter((address) => /glimpse-decoder.*\.wasm/.test(address)).length;

/** A card's photo as the page shows it: its size in pixels, and the colours of its parts' middles. */
function shownColours(page, name) {
  const image = page.locator(`[data-card][data-name=${JSON.stringify(name)}] .thumb img`);
  return image.evaluate(
    async (image, [part, middle]) => {
      image.loading = "eager";
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const pen = new OffscreenCanvas(width, height).getContext("2d");
      pen.fillStyle = "white";
      pen.fillRect(0, 0, width, height);
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, width, height);
      const [across, down] = [width, height].map((side) => Math.min(side, middle));
      const colours = [];
      for (let y = part / 2; y < down; y += part) {
        for (let x = part / 2; x < across; x += part) {
          const [left, top] = [(width - across) / 2 + x, (height - down) / 2 + y];
          colours.push(...data.slice((top * width + left) * 4, (top * width + left) * 4 + 3));
        }
      }
      return { size: [width, height], colours };
    },
    [PART, MIDDLE],
  );
}

/** What the model sees of a small picture, made of its known colours. */
function reference({ size, grid }) {
  const colours = grid.split(" ").map((hex) => [...Buffer.from(hex, "hex")]);
  const across = size[0] / PART;
  const rows = [];
  for (let at = 0; at < colours.length; at += across) {
    const row = colours.slice(at, at + across).flatMap((colour) => Array(PART).fill(colour));
    rows.push(...Array(PART).fill(row));
  }
  return png(rows);
}

test("the page embeds and shows photos as the reference decoders do", async () => {
  const { "expected.json": json, ...files } = await filesOf(PHOTOS);
  const expected = Object.entries(JSON.parse(json));
  const { context, page, requests, complaints } = await open(browser, { query: "?backend=cpu" });
  assert.equal(asksForDecoders(requests), 0, "the decoders were loaded though nothing needs them");
  const isSmall = ({ size }) => Math.max(...size) <= MIDDLE;
  const given = [];
  for (const [name, facts] of expected) {
    given.push({ name, buffer: files[name], mimeType: "" });
    if (isSmall(facts)) given.push({ name: `${name}.reference`, buffer: reference(facts), mimeType: "image/png" });
  }
  await choose(page, given);
  for (const { name } of given) {
    const { state, reason } = await card(page, name);
    assert.equal(state, "done", `${name}: ${reason}`);
  }
  const { images } = await results(page);
  const found = Object.fromEntries(images.map((image) => [image.file, image]));
  // Of those that are too large for a reference of their own, the ones with the same pixels agree.
  const alike = new Map();
  for (const [name, facts] of expected) {
    const { embedding, width, height } = found[name];
    assert.deepEqual([width, height], facts.size, name);
    const key = JSON.stringify(facts);
    const first = isSmall(facts) ? `${name}.reference` : (alike.get(key) ?? name);
    alike.set(key, first);
    const likeness = cosine(embedding, found[first].embedding);
    // Black and white, opacity and the small picture's colours change within a part.
    const least = /fax|opacity|crop/.test(name) ? 0 : 0.999;
    assert.ok(likeness >= least, `${name}: ${likeness}`);
  }
  for (const [name, { size, grid }] of expected) {
    const shown = await shownColours(page, name);
    assert.deepEqual(shown.size, size, name);
    if (/fax|opacity/.test(name)) continue;
    const wanted = grid.split(" ").flatMap((hex) => [...Buffer.from(hex, "hex")]);
    assert.equal(shown.colours.length, wanted.length, name);
    const off = shown.colours.map((value, place) => Math.abs(value - wanted[place]));
    // Previews are WebP, with colours at half the resolution.
    assert.ok(off.reduce((sum, value) => sum + value, 0) / off.length < 10, `${name} is shown otherwise`);
  }
  assert.ok(asksForDecoders(requests) >= 1, "nothing needed the decoders");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("files over which a decoder fails say so, and the others go on", async () => {
  const { "irot6.heic": heic, "exif6.tif": tiff, "canon.cr2": raw } = await filesOf(PHOTOS);
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  const cut = (buffer, length) => buffer.subarray(0, length);
  const refused = {
    "cut.heic": [cut(heic, heic.length - 60), /HEIC/],
    "cut.tif": [cut(tiff, tiff.length - 900), /TIFF/],
    "cut.cr2": [cut(raw, 200), /RAW/],
    "layers.psd": [Buffer.from("8BPS\0\x01\0\0\0\0\0\0\0\x03"), /Photoshop/],
    "scan.jp2": [Buffer.from("\0\0\0\x0cjP  \r\n\x87\n", "latin1"), /JPEG 2000/],
    "film.mp4": [Buffer.from("\0\0\0\x18ftypisom\0\0\0\0isommp42", "latin1"), /video/],
  };
  const answered = { "phone.heic": heic, "scan.tif": tiff, "camera.cr2": raw };
  await choose(page, [
    ...Object.entries(refused).map(([name, [buffer]]) => ({ name, buffer, mimeType: "" })),
    ...Object.entries(answered).map(([name, buffer]) => ({ name, buffer, mimeType: "" })),
  ]);
  for (const [name, [, sentence]] of Object.entries(refused)) {
    const { state, reason } = await card(page, name);
    assert.equal(state, "failed", name);
    assert.match(reason, sentence, name);
  }
  for (const name of Object.keys(answered)) {
    const { state, reason } = await card(page, name);
    assert.equal(state, "done", `${name}: ${reason}`);
  }
  assert.match(await page.locator(".opens").innerText(), /JPEG, .*HEIC, .*RAW/);
  const accepted = await page.locator("#file-input").getAttribute("accept");
  assert.match(accepted, /\.heic,.*\.cr3/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("JPEG XL is decoded where the browser can't", async () => {
  const { "codestream6.jxl": turned, "expected.json": json } = await filesOf(PRESENTATION);
  const without = async (context) => {
    // A worker of a browser without JPEG XL, and with everything else.
    await context.route(/glimpse-cpu-[0-9a-f]+_loader\.js/, async (route) => {
      const response = await route.fetch();
      const refuse = `{
        const decode = globalThis.createImageBitmap.bind(globalThis);
        globalThis.createImageBitmap = async (source, ...rest) => {
          if (source instanceof Blob) {
            const [first, second] = new Uint8Array(await source.slice(0, 2).arrayBuffer());
            if (first === 0xff && second === 0x0a) throw new DOMException("no JPEG XL", "InvalidStateError");
          }
          return decode(source, ...rest);
        };
      }`;
      await route.fulfill({ response, body: refuse + (await response.text()) });
    });
  };
  const { context, page, requests } = await open(browser, {
    query: "?backend=cpu",
    prepare: without,
  });
  const facts = JSON.parse(json)["codestream6.jxl"];
  await choose(page, [
    { name: "turned.jxl", buffer: turned, mimeType: "" },
    { name: "reference.png", buffer: reference(facts), mimeType: "image/png" },
  ]);
  for (const name of ["turned.jxl", "reference.png"]) assert.equal((await card(page, name)).state, "done", name);
  const { images } = await results(page);
  assert.deepEqual([images[0].width, images[0].height], facts.size);
  const likeness = cosine(images[0].embedding, images[1].embedding);
  assert.ok(likeness >= 0.999, `${likeness}`);
  assert.ok(asksForDecoders(requests) >= 1);
  await context.close();
});
