// The built page in a real Chromium, used as a visitor uses it.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { animatedGif, heic, svg, whitePng } from "./support/files.mjs";
import {
  SITE, card, choose, cosine, facts, gate, launch, open, ranked, results, sample, setLabels, waitForState,
} from "./support/glimpse.mjs";

const LABELS = ["cat", "dog", "coffee cup", "rocket"];
const PICTURES = new URL("out/", import.meta.url);

let browser;
before(async () => {
  await mkdir(PICTURES, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

describe("a cat among four labels", () => {
  const embeddings = {};

  for (const backend of ["cpu", "webgpu"]) {
    test(`wins on ${backend}`, async () => {
      const { context, page, complaints } = await open(browser, { query: `?backend=${backend}` });
      assert.equal((await facts(page)).backend, backend);
      await setLabels(page, LABELS);
      await choose(page, [await sample("cat.jpg")]);
      const { rows } = await card(page, "cat.jpg").then(async () => {
        await ranked(page, LABELS);
        return card(page, "cat.jpg");
      });
      assert.equal(rows[0].label, "cat");
      assert.ok(rows[0].probability > 0.6, `probability ${rows[0].probability}`);
      const sum = rows.reduce((sum, row) => sum + row.probability, 0);
      assert.ok(Math.abs(sum - 1) < 1e-3, `the shares add up to ${sum}`);

      const saved = await results(page);
      embeddings[backend] = [
        ...saved.images.map((image) => image.embedding),
        ...saved.texts.map((text) => text.embedding),
      ];
      const scale = Math.exp(saved.logit_scale);
      for (const label of saved.images[0].labels) {
        assert.ok(Math.abs(label.logit - scale * label.cosine) < 1e-2, "logit = scale · cosine");
      }
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test("both backends agree", () => {
    const { cpu, webgpu } = embeddings;
    assert.ok(cpu && webgpu, "one of them gave nothing");
    assert.equal(cpu.length, 1 + LABELS.length);
    assert.equal(webgpu.length, cpu.length);
    for (const [index, embedding] of cpu.entries()) {
      const found = cosine(embedding, webgpu[index]);
      assert.ok(found >= 0.999, `embedding ${index}: cosine ${found}`);
    }
  });
});

test("a photo of none of the labels says so", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await setLabels(page, LABELS);
  await choose(page, [await sample("cat.jpg")]);
  await card(page, "cat.jpg");
  await ranked(page, LABELS);
  // Its calibration was measured to be worse than none where a label fits: it isn't shown unasked.
  assert.equal(await page.locator("[data-none]").count(), 0);
  await page.locator('input[value="calibrated"]').check();
  assert.match(await page.locator(".dial").innerText(), /Perhaps none[\s\S]*doubts too much/);
  const fits = await card(page, "cat.jpg");
  assert.ok(fits.rows[0].share > 0.6 && fits.rows[0].alone > 0.6, JSON.stringify(fits.rows[0]));
  assert.ok(fits.none < 0.2, `none ${fits.none}`);

  const others = ["rocket", "brick wall", "guitar", "pizza"];
  await setLabels(page, others);
  await ranked(page, others);
  const { rows, none } = await card(page, "cat.jpg");
  assert.ok(none > rows[0].share, `none ${none}, ${rows[0].label} ${rows[0].share}`);
  for (const row of rows) assert.ok(row.alone < 0.5, `${row.label} fits, it says: ${row.alone}`);
  const sum = rows.reduce((sum, { share }) => sum + share, none);
  assert.ok(Math.abs(sum - 1) < 1e-3, `the shares add up to ${sum}`);
  const table = page.locator("[data-card] tbody");
  assert.match(await table.locator("tr").first().innerText(), /none of these/i);

  const ask = table.getByRole("button", { name: /what.s that/i });
  assert.equal(await ask.getAttribute("aria-expanded"), "false");
  await ask.click();
  assert.equal(await ask.getAttribute("aria-expanded"), "true");
  assert.match(await table.innerText(), /none of your labels fits[\s\S]*softmax/);
  assert.match(await page.locator(".explain").innerText(), /each on its own/i);
  // A screen reader hears it, too.
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[role=status]")].some((said) => /none of your labels/.test(said.textContent)),
  );

  const { images, calibration } = await results(page);
  assert.equal(images[0].none.toFixed(5), none.toFixed(5));
  assert.ok(images[0].labels.every(({ share, alone }) => share >= 0 && alone >= 0));
  assert.ok(calibration.together.inverse_temperature > 0);
  await context.close();
});

test("a first visit is as small as promised", async (t) => {
  // What is fetched, not what is only asked about: by anybody, and by the page itself, since the service
  // worker's come once the page can be used.
  const [requests, own] = [new Set(), new Set()];
  const note = (addresses) => (request) => request.method() === "GET" && addresses.add(request.url());
  const { context } = await open(browser, {
    query: "?backend=cpu",
    prepare: (context, page) => {
      context.on("request", note(requests));
      page.on("request", note(own));
    },
  });
  await context.close();
  let [shell, all, compressed] = [0, 0, false];
  for (const address of requests) {
    if (!address.startsWith(SITE.href) || /\/(samples|icons)\//.test(address)) continue;
    const response = await fetch(address, { method: "HEAD", headers: { "accept-encoding": "br" } });
    compressed ||= response.headers.get("content-encoding") === "br";
    const bytes = Number(response.headers.get("content-length"));
    assert.ok(bytes > 0, `${address} has no length`);
    all += bytes;
    // What has to be there before a photo can be dropped.
    if (own.has(address) && !/\/packs\/|glimpse-cpu|service-worker|_deferred/.test(address)) shell += bytes;
  }
  t.diagnostic(`${shell} bytes until the page can be used, ${all} in all`);
  if (!compressed) return t.skip("this server doesn't compress");
  assert.ok(shell <= 300_000, `${shell} bytes before the page can be used`);
  assert.ok(all <= 24_000_000, `${all} bytes in all`);
});

describe("the deferred part of the page", () => {
  const DEFERRED = /_deferred\.wasm/;

  test("is waited for: photos are scored without it, and what was asked of it is done when it comes", async () => {
    const { hold, release } = gate();
    const { context, page, complaints } = await open(browser, {
      query: "?backend=cpu",
      prepare: (context) => context.route(DEFERRED, hold),
    });
    await choose(page, [await sample("cat.jpg")]);
    assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
    await page.locator("[data-closer]").click();
    await page.locator("#models-button").click();
    assert.equal(await page.locator("dialog, .model").count(), 0);
    release();
    await page.locator("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".model").first().waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("is asked for until it comes, and missed with a word", async () => {
    let cuts = 2;
    const { context, page } = await open(browser, {
      query: "?backend=cpu",
      prepare: (context) => context.route(DEFERRED, (route) => (cuts-- > 0 ? route.abort() : route.continue())),
    });
    const word = page.getByRole("status").filter({ hasText: "A part of this page hasn’t come yet." });
    await word.waitFor();
    await choose(page, [await sample("cat.jpg")]);
    assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
    await page.locator("[data-closer]").click();
    await page.locator("dialog").waitFor();
    assert.equal(await word.count(), 0);
    await context.close();
  });
});

test("photos are answered with the labels of the start before the part that reads has arrived", async () => {
  const { hold, release } = gate();
  const { context, page, complaints } = await open(browser, {
    query: "?backend=cpu",
    ready: false,
    prepare: (context) => context.route(/text\.safetensors/, hold),
  });
  await page.locator("[data-chip]").first().waitFor();
  const first = await page.locator("[data-chip]").evaluateAll((all) => all.map(({ dataset }) => dataset.chip));
  await choose(page, [await sample("cat.jpg")]);
  await card(page, "cat.jpg");
  await ranked(page, first);
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
  assert.deepEqual([(await facts(page)).state, (await facts(page)).sees], ["loading", "true"]);
  const status = page.locator("section.status");
  assert.match(await status.innerText(), /Photos are already answered/);
  assert.match(await status.innerText(), /Fetching the part that reads/);
  assert.equal(await page.locator("#late").count(), 0);

  // A set's labels are there as well; a label of one's own has to wait, and nothing else with it.
  await page.getByRole("button", { name: "Animals" }).click();
  await page.locator('[data-label="fish"]').waitFor();
  await page.locator("#label-input").fill("sleeping cat,");
  assert.match(await page.locator("#late").innerText(), /sleeping cat.*as soon as the part that reads/);
  await page.locator("[data-closer]").click();
  await page.locator("dialog").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator('[data-label="sleeping cat"]').count(), 0);
  await page.screenshot({ path: new URL("out/early.png", import.meta.url).pathname, fullPage: true });

  release();
  await waitForState(page, "ready");
  await page.locator('[data-label="sleeping cat"]').waitFor();
  assert.equal(await page.locator("#late").count(), 0);
  assert.doesNotMatch(await status.innerText(), /already answered/);
  const early = await results(page);
  assert.deepEqual(complaints, []);
  await context.close();

  // As if the pack had brought nothing: then all embeddings are computed here.
  const strip = async (route) => {
    const response = await route.fetch();
    const manifest = await response.json();
    delete manifest.files["sentences.safetensors"];
    await route.fulfill({ response, json: manifest });
  };
  const plain = await open(browser, {
    query: "?backend=cpu",
    prepare: (context) => context.route(/packs\/default\/manifest\.json/, strip),
  });
  await choose(plain.page, [await sample("cat.jpg")]);
  await card(plain.page, "cat.jpg");
  await ranked(plain.page, first.map((label) => label.trim()));
  const { texts } = await results(plain.page);
  assert.equal(texts.length, first.length);
  for (const { label, embedding } of texts) {
    const stored = early.texts.find((text) => text.label === label);
    const found = cosine(stored.embedding, embedding);
    assert.ok(found > 0.9999, `${label}: cosine ${found}`);
  }
  assert.ok(!plain.requests.some((address) => address.includes("sentences")), "it was fetched all the same");
  await plain.context.close();
});

test("a software WebGPU is left for the processor, and the page says why", async () => {
  const { context, page } = await open(browser);
  assert.equal((await facts(page)).backend, "cpu");
  assert.match(await page.locator("#how-it-runs").textContent(), /processor/i);
  await context.close();
});

test("every file has its own end, and the others go on", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const cat = await sample("cat.jpg");
  const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
  const refused = {
    "corrupt.jpg": [Buffer.concat([cat.buffer.subarray(0, 300), Buffer.alloc(500, 1)]), /JPEG.*(damaged|cut short)/],
    "words.jpg": [Buffer.from("not a picture at all\n"), /text file/],
    "empty.png": [Buffer.alloc(0), /empty \(0 bytes\)/],
    "huge.png": [whitePng(12_000, 12_000), /12000 × 12000.*144 megapixels/],
    "phone.heic": [heic(), /HEIC/],
    "broken.svg": [svg("<rect"), /SVG/],
    "paper.pdf": [Buffer.from("%PDF-1.7\n%âãÏÓ\n"), /PDF/],
  };
  const answered = {
    "moving.gif": animatedGif(),
    "drawing.svg": svg('<circle cx="150" cy="100" r="80" fill="orange"/>'),
    "boundless.svg": svg('<circle cx="5" cy="5" r="4"/>', 'viewBox="0 0 10 10"'),
    "called-a-photo.png": svg('<rect width="300" height="200" fill="green"/>'),
    "dot.png": whitePng(1, 1),
    "ribbon.png": whitePng(20_000, 10),
    '<script>alert("🐱")</script>.jpg': cat.buffer,
    "cat.jpg": cat.buffer,
  };
  await choose(page, [
    ...Object.entries(refused).map(([name, [buffer]]) => file(name, "image/jpeg", buffer)),
    ...Object.entries(answered).map(([name, buffer]) =>
      file(name, name.endsWith("svg") ? "image/svg+xml" : "image/png", buffer),
    ),
  ]);
  for (const [name, [, sentence]] of Object.entries(refused)) {
    const { state, reason } = await card(page, name);
    assert.equal(state, "failed", name);
    assert.match(reason, sentence, name);
  }
  for (const name of Object.keys(answered)) {
    const { state, reason, rows } = await card(page, name);
    assert.equal(state, "done", `${name}: ${reason}`);
    assert.ok(rows.length > 0, name);
  }
  await page.screenshot({ path: new URL("files.png", PICTURES).pathname, fullPage: true });
  // A drawing can be looked at closely, too.
  await page.locator('[data-card][data-name="drawing.svg"] [data-closer]').click();
  const input = page.locator("[data-input]");
  assert.equal(await input.getAttribute("data-input"), "224x224");
  const middle = await input.evaluate((canvas) => [
    ...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data,
  ]);
  assert.deepEqual(middle, [255, 165, 0, 255], "orange");
  await context.close();
});

test("only what is new is embedded, and a photo once", async () => {
  const { context, page } = await open(browser, {
    query: "?backend=cpu",
    prepare: (_, page) =>
      page.addInitScript(() => {
        window.asked = [];
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message, ...rest) {
          if (message?.message) window.asked.push(JSON.parse(message.message));
          return post.call(this, message, ...rest);
        };
      }),
  });
  await setLabels(page, LABELS);
  await choose(page, [await sample("cat.jpg")]);
  await card(page, "cat.jpg");
  await ranked(page, LABELS);
  const asked = () => page.evaluate(() => window.asked.splice(0));
  await asked();

  await page.locator("#label-input").pressSequentially("zebra", { delay: 30 });
  await page.locator('[data-label="zebra"][data-draft]').waitFor({ state: "attached" });
  await page.locator("#label-input").press("Enter");
  await ranked(page, [...LABELS, "zebra"]);
  const texts = (await asked()).flatMap((request) => request.EmbedTexts?.texts ?? request);
  assert.ok(texts.includes("a photo of a zebra"), JSON.stringify(texts));
  for (const text of texts) assert.match(String(text), /^a photo of a z/, "only the new label");

  await page.getByRole("button", { name: /remove.*zebra/i }).click();
  await ranked(page, LABELS);
  await page.locator("#label-input").fill("zebra");
  await page.locator("#label-input").press("Enter");
  await ranked(page, [...LABELS, "zebra"]);
  assert.deepEqual(await asked(), [], "what was embedded before is kept");
  await context.close();
});

/** The browser's objects behind a page that aren't garbage: how many there are of each class. */
async function objects(page) {
  const client = await page.context().newCDPSession(page);
  const chunks = [];
  client.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.takeHeapSnapshot");
  await client.detach();
  const { snapshot, nodes, strings } = JSON.parse(chunks.join(""));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const counts = {};
  for (let node = 0; node < nodes.length; node += fields.length) {
    const name = strings[nodes[node + fields.indexOf("name")]];
    const isNative = types[0][nodes[node + fields.indexOf("type")]] === "native";
    // The elements' names have their attributes: "<img src=…>".
    const [, label] = isNative ? (/^<?((?:blink::|HTML|SVG)?[\w:]+)/.exec(name) ?? []) : [];
    if (label) counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}

test("photos that are taken off leave nothing of theirs in the browser", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const cat = await sample("cat.jpg");
  const photos = Array.from({ length: 40 }, (_, place) => ({ ...cat, name: `${place}.jpg` }));
  const round = async () => {
    await choose(page, photos);
    await page.waitForFunction(
      (count) => document.querySelectorAll('[data-card][data-state="done"]').length === count,
      photos.length,
    );
    // Cards out of sight aren't drawn.
    for (const card of await page.locator("[data-card]").all()) await card.scrollIntoViewIfNeeded();
    await page.getByRole("button", { name: "Remove all", exact: true }).click();
    await page.waitForFunction(() => !document.querySelector("[data-card]"));
  };
  // V8's code; and what is noted of how fast the page is and, for tests, of its requests: so much and no more.
  const others = /^(?:system|Performance|LayoutShift|DOMRect|blink::NetworkResourcesData)/;
  await round();
  let before = await objects(page);
  assert.ok(before.HTMLDocument > 0, JSON.stringify(before));
  // What photos leave grows by as many each time; what waits for the browser to tidy up, only at times.
  let left;
  for (let time = 0; time < 3; time++) {
    await round();
    const after = await objects(page);
    const grown = Object.entries(after)
      .filter(([name, count]) => !others.test(name) && count - (before[name] ?? 0) >= photos.length / 2)
      .map(([name]) => name);
    left = left ? left.filter((name) => grown.includes(name)) : grown;
    if (left.length === 0) break;
    before = after;
  }
  assert.deepEqual(left, []);
  await context.close();
});

test("nothing leaves the origin, and the loaded page works without a network", async () => {
  const { context, page, requests } = await open(browser, { query: "?backend=cpu" });
  await setLabels(page, LABELS);
  const photos = [await sample("cat.jpg"), await sample("coffee.jpg")];
  await context.setOffline(true);
  const before = requests.length;
  await choose(page, photos);
  await page.locator("#label-input").fill("espresso");
  await page.locator("#label-input").press("Enter");
  await card(page, "cat.jpg");
  await card(page, "coffee.jpg");
  await ranked(page, [...LABELS, "espresso"]);
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
  assert.match((await card(page, "coffee.jpg")).rows[0].label, /coffee cup|espresso/);
  const asked = requests.slice(before).filter((url) => !/^(blob|data):/.test(url));
  assert.deepEqual(asked, [], "a photo or a label caused a request");
  for (const url of requests.filter((url) => url.startsWith("http"))) {
    assert.equal(new URL(url).origin, SITE.origin);
  }
  assert.ok(requests.some((url) => url.includes("image.safetensors")), "requests are recorded");
  await context.close();
});

describe("a damaged pack", () => {
  const damage = {
    "cut short": [(body) => body.subarray(0, body.length - 9), /image\.safetensors has .* cut short/],
    altered: [(body) => (body.writeUInt8(body[5e6] ^ 1, 5e6), body), /image\.safetensors is not the file/],
  };
  for (const [kind, [spoil, sentence]] of Object.entries(damage)) {
    test(`${kind} is refused by name`, async () => {
      const { context, page } = await open(browser, {
        query: "?backend=cpu",
        ready: false,
        prepare: (context) =>
          context.route("**/image.safetensors*", async (route) => {
            // What is only asked about has no bytes to spoil.
            if (route.request().method() === "HEAD") return route.continue();
            const body = spoil(await (await route.fetch()).body());
            await route.fulfill({ body, contentType: "application/octet-stream" });
          }),
      });
      await waitForState(page, "failed");
      assert.match(await page.locator("body").innerText(), sentence);
      await context.close();
    });
  }
});

test("a backend that gives wrong numbers is left, and the page says so", async () => {
  let spoilt = 0;
  const { context, page } = await open(browser, {
    query: "?backend=webgpu",
    prepare: (context, page) =>
      context.route("**/manifest.json*", async (route) => {
        const manifest = await (await route.fetch()).json();
        // Any sound device now disagrees with the check embedding.
        if (page.workers().some((worker) => worker.url().includes("webgpu"))) {
          manifest.golden.image_embeds.reverse();
          spoilt++;
        }
        await route.fulfill({ json: manifest });
      }),
  });
  assert.ok(spoilt > 0, "the manifest was not reached");
  assert.equal((await facts(page)).backend, "cpu");
  assert.match(await page.locator("body").innerText(), /wrong numbers|self-check|check/i);
  await context.close();
});

describe("the page looks as it should", () => {
  for (const [name, width, colorScheme] of [
    ["desktop-light", 1280, "light"],
    ["desktop-dark", 1280, "dark"],
    ["tablet-light", 768, "light"],
    ["phone-dark", 360, "dark"],
    ["phone-light", 360, "light"],
  ]) {
    test(name, async () => {
      const { context, page, complaints } = await open(browser, {
        query: "?backend=cpu",
        viewport: { width, height: 800 },
        colorScheme,
      });
      await page.screenshot({ path: new URL(`${name}-empty.png`, PICTURES).pathname });
      await choose(page, [await sample("cat.jpg"), await sample("coffee.jpg"), await sample("rocket.jpg")]);
      for (const photo of ["cat.jpg", "coffee.jpg", "rocket.jpg"]) {
        assert.equal((await card(page, photo)).state, "done");
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} pixels stick out`);
      await page.screenshot({ path: new URL(`${name}.png`, PICTURES).pathname, fullPage: true });
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }
});
