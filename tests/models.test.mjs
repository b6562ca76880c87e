// Models brought to the built page in a real Chromium: imported, used, kept, deleted.

import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { card, choose, cosine, facts, launch, open, ranked, results, sample, setLabels } from "./support/glimpse.mjs";
import {
  PICTURES as FIXTURE_PICTURES, bring, checkpoint, deepened, drop, dropFolder, entry, expected, filesOf, importEnds,
  imported, keptFolders, keptPack, keptTitles, nothingKept, openMenu, pictures, refused, running, use,
} from "./support/models.mjs";
import { storedZip } from "./support/zip.mjs";

const PICTURES = new URL("out/", import.meta.url);
const CHECKPOINTS = ["clip_gelu", "clip_quick_gelu", "open_clip", "siglip"];
// Sentences of the fixtures that can be typed as labels.
const SENTENCES = [0, 1, 2, 3, 6, 7];

let browser;
before(async () => {
  await mkdir(PICTURES, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

const screenshot = (page, name) => page.screenshot({ path: new URL(`${name}.png`, PICTURES).pathname, fullPage: true });

/** The page with whole sentences as labels and the fixtures' pictures on it. */
async function openWithFixtures(options) {
  const opened = await open(browser, options);
  const { texts } = await expected("clip_gelu");
  const labels = SENTENCES.map((place) => texts[place]);
  await prepare(opened.page, labels);
  return { ...opened, labels };
}

async function prepare(page, labels) {
  await page.locator("#template-input").fill("{}");
  await setLabels(page, labels);
  await choose(page, await pictures());
}

/** What the page saves once every picture is scored against every label. */
async function answers(page, labels) {
  for (const { name } of await pictures()) assert.equal((await card(page, name)).state, "done", name);
  await ranked(page, labels);
  return results(page);
}

/** The lowest cosine of saved embeddings to the reference's, and the largest logit error. */
async function disagreement(saved, name) {
  const { images, texts, imageEmbeds, textEmbeds, logits } = await expected(name);
  let [least, off] = [1, 0];
  for (const text of saved.texts) {
    least = Math.min(least, cosine(text.embedding, textEmbeds[texts.indexOf(text.texts[0])]));
  }
  for (const image of saved.images) {
    const place = images.indexOf(image.file);
    least = Math.min(least, cosine(image.embedding, imageEmbeds[place]));
    for (const { label, logit } of image.labels) {
      off = Math.max(off, Math.abs(logit - logits[place][texts.indexOf(label)]));
    }
  }
  const all = logits.flat();
  return { least, off: off / (Math.max(...all) - Math.min(...all)) };
}

describe("published checkpoints are imported on the page", () => {
  test("and agree with the reference implementation, one after the other on the same photos", async () => {
    const { context, page, labels, complaints, requests } = await openWithFixtures({ query: "?backend=cpu" });
    await answers(page, labels);
    const before = requests.length;
    for (const name of CHECKPOINTS) {
      const title = await imported(page, checkpoint(name), { quantisation: "f32" });
      assert.equal(title, name);
      await use(page, title);
      assert.equal((await facts(page)).model, name);
      const saved = await answers(page, labels);
      assert.equal(saved.model, name);
      const { least, off } = await disagreement(saved, name);
      assert.ok(least >= 0.99999, `${name}: cosine ${least}`);
      assert.ok(off <= 1e-3, `${name}: a logit is off by ${off} of the range`);
      for (const { labels: scores } of saved.images) {
        const sum = scores.reduce((sum, { probability }) => sum + probability, 0);
        if (name !== "siglip") assert.ok(Math.abs(sum - 1) < 1e-3, `${name}: shares add up to ${sum}`);
      }
    }
    // Nobody has calibrated them.
    assert.equal(await page.locator("[data-none]").count(), 0);
    const left = requests.slice(before).filter((url) => /packs\//.test(url));
    assert.deepEqual(left, [], "a kept model was asked for over the network");
    assert.deepEqual(await keptTitles(page), CHECKPOINTS);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("and nearly so when they are shrunk to int8, which is told", async () => {
    const { context, page, labels } = await openWithFixtures({ query: "?backend=cpu" });
    const title = await imported(page, checkpoint("clip_gelu"));
    const told = await page.locator("[data-imported]").innerText();
    assert.match(told, /image tower.* alike to the original/);
    assert.match(told, /text tower.* alike to the original/);
    await use(page, title);
    const { least } = await disagreement(await answers(page, labels), "clip_gelu");
    assert.ok(least >= 0.99, `cosine ${least}`);
    assert.ok(least < 0.999999, "it was not shrunk at all");
    await context.close();
  });

  test("a sigmoid model judges each label by itself", async () => {
    const { context, page, labels } = await openWithFixtures({ query: "?backend=cpu" });
    const title = await imported(page, checkpoint("siglip"));
    await use(page, title);
    const { images, logit_bias: bias, score_mode: mode } = await answers(page, labels);
    assert.equal(mode, "sigmoid");
    assert.notEqual(bias, 0);
    for (const { label, logit, probability } of images.flatMap((image) => image.labels)) {
      const sigmoid = 1 / (1 + Math.exp(-logit));
      assert.ok(Math.abs(probability - sigmoid) < 1e-5, `${label}: ${probability} instead of ${sigmoid}`);
    }
    const several = (await card(page, "shapes_97x211.png")).rows.find((row) => row.label === labels[1]);
    await setLabels(page, [labels[1]]);
    await ranked(page, [labels[1]]);
    const alone = (await card(page, "shapes_97x211.png")).rows[0];
    assert.equal(alone.probability, several.probability, "another label had a say");
    const words = await page.locator("main").innerText();
    assert.doesNotMatch(words, /share is always 100|share 100 % among/);
    assert.match(words, /judged by itself/);
    await context.close();
  });

  test("and run on WebGPU as on the processor", async () => {
    const { context, page, labels } = await openWithFixtures({ query: "?backend=cpu" });
    await imported(page, checkpoint("siglip"), { quantisation: "f32" });
    await imported(page, checkpoint("clip_gelu"), { quantisation: "f32" });
    await use(page, "siglip");
    // The page begins with the model of the last visit, so the large default one isn't waited for.
    await page.goto(new URL("?backend=webgpu", page.url()).href);
    await running(page, "siglip");
    assert.equal((await facts(page)).backend, "webgpu");
    await prepare(page, labels);
    const first = await disagreement(await answers(page, labels), "siglip");
    assert.ok(first.least >= 0.999, `siglip: cosine ${first.least}`);
    await use(page, "clip_gelu");
    assert.equal((await facts(page)).backend, "webgpu");
    const second = await disagreement(await answers(page, labels), "clip_gelu");
    assert.ok(second.least >= 0.999, `clip_gelu: cosine ${second.least}`);
    await context.close();
  });
});

test("the menu says which published model is for what, and how to get it", async () => {
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  await openMenu(page);
  await page.locator(".suggestions summary").click();
  const models = await page.locator(".suggestions li").evaluateAll((all) => all.map((model) => {
    const [name, source] = [...model.querySelectorAll("a")].map(({ href }) => href);
    return { name, source, lines: [...model.querySelectorAll("p")].map((line) => line.innerText) };
  }));
  assert.ok(models.length >= 4);
  for (const { name, source, lines: [purpose, is, how] } of models) {
    const folder = name.replace("https://huggingface.co/", "");
    assert.match(purpose, /^For |^The one /);
    assert.match(is, /\d.[MG]B to download, .*kept as int8 · .+ · licence .+ · \d\d\.\d.% of ImageNet/);
    assert.match(source, /^https:/);
    assert.equal(how, `hf download ${folder} --local-dir ${folder.split("/")[1]}`);
  }
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a model can be dropped, as a folder or as files, and is told from photos", async () => {
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  await dropFolder(page, checkpoint("siglip"));
  await importEnds(page);
  await entry(page, "siglip").waitFor();
  await page.evaluate(() => delete document.documentElement.dataset.import);
  await drop(page, await filesOf(checkpoint("clip_gelu")));
  await importEnds(page);
  await entry(page, "Imported model").waitFor();
  assert.equal(await page.locator("[data-card]").count(), 0, "a model's file was taken for a photo");
  await dropFolder(page, FIXTURE_PICTURES);
  for (const { name } of await pictures()) assert.equal((await card(page, name)).state, "done", name);
  assert.equal((await keptTitles(page)).length, 2, "photos were taken for a model");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what was chosen last is there again", async () => {
  const { context, page, complaints } = await open(browser, { query: "?backend=cpu" });
  const title = await imported(page, checkpoint("clip_gelu"));
  await use(page, title);
  await screenshot(page, "models-kept");

  await page.reload();
  await running(page, title);
  assert.equal((await facts(page)).model, title);

  // The model of the last visit was deleted by another tab.
  await page.evaluate(async () => (await navigator.storage.getDirectory()).removeEntry("packs", { recursive: true }));
  await page.reload();
  await running(page, "Glimpse default");
  assert.match(await page.locator("#backend-line").innerText(), /no longer here/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a kept model needs no network once the page is there", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const title = await imported(page, checkpoint("siglip"));
  const cat = await sample("cat.jpg");
  await context.setOffline(true);
  await use(page, title);
  await choose(page, [cat]);
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await context.close();
});

test("namesakes are told apart, and a deleted model is gone", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  await imported(page, checkpoint("clip_gelu"));
  const second = await imported(page, checkpoint("clip_gelu"), { quantisation: "f32" });
  assert.deepEqual(await keptTitles(page), ["clip_gelu", "clip_gelu (2)"]);
  await use(page, second);

  await entry(page, second).locator("[data-delete]").click();
  assert.match(await page.locator("#doubt-question").innerText(), /Delete clip_gelu \(2\) from this browser/);
  await page.locator("#keep-model").click();
  assert.equal((await keptTitles(page)).length, 2);
  await entry(page, second).locator("[data-delete]").click();
  await page.locator("[data-delete-now]").click();
  await running(page, "Glimpse default");
  assert.deepEqual(await keptTitles(page), ["clip_gelu"]);
  assert.equal(Object.keys(await keptFolders(page)).length, 1);
  await context.close();
});

test("a cancelled import leaves nothing, and the page goes on meanwhile", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const deep = await deepened("clip_gelu", 400);
  await bring(page, deep, { quantisation: "f32" });
  await page.waitForFunction(() => document.querySelector("#import [role=progressbar]")?.ariaValueNow > 5);
  assert.equal(Object.keys(await keptFolders(page)).length, 1, "it was over too soon");
  await choose(page, [await sample("cat.jpg")]);
  assert.equal((await card(page, "cat.jpg")).state, "done");
  assert.equal((await facts(page)).import, "running", "it was over too soon");
  await screenshot(page, "models-importing");
  await page.locator("#cancel-import").click();
  assert.match(await page.locator("#import").innerText(), /Nothing of it was kept/);
  await nothingKept(page);
  assert.deepEqual(await keptTitles(page), []);
  await rm(deep, { recursive: true });
  await context.close();
});

test("what is no whole model is refused with its reason, and nothing else is lost", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const files = await filesOf(checkpoint("clip_gelu"));
  const { "tokenizer.json": _, ...untold } = files;
  const { "model.safetensors": weights, ...weightless } = files;
  for (const [what, model, sentence] of [
    ["no tokenizer", untold, /tokenizer\.json is missing/],
    ["no weights", weightless, /model\.safetensors.* is missing/],
    ["cut weights", { ...files, "model.safetensors": weights.subarray(0, 90_000) }, /model\.safetensors/],
    ["words for weights", { ...files, "model.safetensors": Buffer.from("not weights at all\n") }, /model\.safetensors is not a weight file/],
    ["another model", { ...files, "config.json": Buffer.from('{"model_type": "bert"}') }, /config\.json.*"bert".*CLIPModel/],
    ["a config of nothing", { ...files, "config.json": Buffer.from("{") }, /config\.json is not what it should be/],
    ["an archive of nothing", { "pack.zip": Buffer.from("PK, but not much of it") }, /pack\.zip is not a ZIP archive/],
    ["an archive of photos", { "photos.zip": storedZip({ "a.jpg": Buffer.from("…") }) }, /no checkpoint.*a\.jpg/],
  ]) {
    assert.match(await refused(page, model), sentence, what);
  }
  await screenshot(page, "models-refused");
  assert.deepEqual(await keptTitles(page), []);
  await choose(page, [await sample("cat.jpg")]);
  const { state, rows } = await card(page, "cat.jpg");
  assert.equal(state, "done");
  assert.equal(rows[0].label, "cat");
  await context.close();
});

test("a full storage is said as such", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const client = await context.newCDPSession(page);
  const origin = await page.evaluate(() => location.origin);
  await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 100_000 });
  assert.match(await refused(page, await filesOf(checkpoint("clip_gelu"))), /no room left in this browser/);
  assert.deepEqual(await keptTitles(page), []);
  await context.close();
});

describe("a pack", () => {
  let pack;
  before(async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu" });
    await imported(page, checkpoint("clip_gelu"));
    pack = await keptPack(page);
    await context.close();
    assert.ok("manifest.json" in pack);
  });

  test("is brought as one file", async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu" });
    const inFolder = Object.entries(pack).map(([name, bytes]) => [`clip/${name}`, bytes]);
    await drop(page, { "clip.zip": storedZip(Object.fromEntries(inFolder)) });
    await importEnds(page);
    await use(page, "clip_gelu");
    assert.deepEqual(await keptPack(page), pack, "it was changed on the way");
    await context.close();
  });

  test("is refused by the name of its damaged file", async () => {
    const { context, page } = await open(browser, { query: "?backend=cpu" });
    const spoilt = Buffer.from(pack["text.safetensors"]);
    spoilt[spoilt.length - 9] ^= 1;
    const { "tokenizer.json": _, ...lacking } = pack;
    for (const [model, sentence] of [
      [{ ...pack, "text.safetensors": spoilt }, /text\.safetensors is not the file/],
      [{ ...pack, "text.safetensors": spoilt.subarray(5) }, /text\.safetensors has .* cut short/],
      [lacking, /tokenizer\.json is missing/],
    ]) {
      assert.match(await refused(page, model), sentence);
    }
    await nothingKept(page);
    await context.close();
  });

  test("served beside the default one is offered, and can be named in the address", async () => {
    const serve = async (context) => {
      await context.route("**/packs/index.json", (route) => route.fulfill({ json: ["default", "tiny"] }));
      await context.route("**/packs/tiny/*", (route) => {
        const name = new URL(route.request().url()).pathname.split("/").pop();
        return route.fulfill({ body: pack[name], contentType: "application/octet-stream" });
      });
    };
    const { context, page } = await open(browser, { query: "?backend=cpu", prepare: serve });
    await use(page, "clip_gelu");
    assert.deepEqual(await keptTitles(page), []);
    await context.close();

    const other = await open(browser, { query: "?backend=cpu&pack=packs/tiny/", prepare: serve });
    await running(other.page, "clip_gelu");
    await other.context.close();
  });
});

test("the site lists the packs that it serves", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu" });
  const names = await page.evaluate(async () => (await fetch("packs/index.json")).json());
  assert.ok(names.includes("default"), JSON.stringify(names));
  await openMenu(page);
  const details = entry(page, "Glimpse default");
  await details.locator("summary").click();
  assert.match(await details.innerText(), /English/);
  assert.match(await details.innerText(), /Apache-2\.0/);
  assert.match(await details.innerText(), /softmax/);
  assert.match(await details.innerText(), /recall@1: \d/);
  await context.close();
});
