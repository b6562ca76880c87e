// What the tests do with models on the page, and the checkpoints that they bring.

import { mkdtemp, readFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTensors, rows, writeTensors } from "./safetensors.mjs";

const FIXTURES = new URL("../../model/tests/fixtures/", import.meta.url).pathname;

/** A published checkpoint's folder: tiny, of random weights. */
export const checkpoint = (name) => join(FIXTURES, "checkpoints", name);

/** A folder's files by name. */
export async function filesOf(folder) {
  const names = await readdir(folder);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])));
}

/** What the reference implementation makes of the fixtures' pictures and sentences. */
export async function expected(name) {
  const files = await filesOf(checkpoint(name));
  const { images, texts } = JSON.parse(files["expected.json"]);
  const { image_embeds, text_embeds, logits_per_image } = readTensors(files["expected.safetensors"]);
  return { images, texts, imageEmbeds: rows(image_embeds), textEmbeds: rows(text_embeds), logits: rows(logits_per_image) };
}

/** The folder of the fixtures' pictures. */
export const PICTURES = join(FIXTURES, "images");

/** The folder of pictures whose files say how they are shown, and what Pillow makes of them. */
export const PRESENTATION = join(FIXTURES, "presentation");

/** The folder of what phones, scanners and cameras write, and what the reference decoders make of it. */
export const PHOTOS = join(FIXTURES, "photos");

/** The fixtures' pictures, as a file input takes them. */
export async function pictures() {
  const files = await filesOf(PICTURES);
  return Object.entries(files).map(([name, buffer]) => ({ name, buffer, mimeType: "image/png" }));
}

/** A folder with the same checkpoint, every layer many times over, so that its import takes a while. */
export async function deepened(name, layers) {
  const files = await filesOf(checkpoint(name));
  const config = JSON.parse(files["config.json"]);
  const tensors = readTensors(files["model.safetensors"]);
  const deep = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const [before, layer, after] = name.split(/(?<=\.layers\.)(\d+)(?=\.)/);
    if (layer === undefined) deep[name] = tensor;
    else if (layer === "0") for (let i = 0; i < layers; i++) deep[`${before}${i}${after}`] = tensor;
  }
  for (const tower of ["vision_config", "text_config"]) config[tower].num_hidden_layers = layers;
  const folder = await mkdtemp(join(tmpdir(), "glimpse-deep-"));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "model.safetensors"), writeTensors(deep));
  for (const name of ["preprocessor_config.json", "tokenizer.json"]) await writeFile(join(folder, name), files[name]);
  return folder;
}

const asInput = (files) =>
  Object.entries(files).map(([name, buffer]) => ({ name, buffer, mimeType: "application/octet-stream" }));

export async function openMenu(page) {
  const button = page.locator("#models-button");
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
  await page.locator("#import").waitFor();
}

/** Gives a model to the page, a folder's path or files by name, and doesn't wait. */
export async function bring(page, model, { quantisation = "int8" } = {}) {
  await openMenu(page);
  await page.locator("#quantisation").selectOption(quantisation);
  await page.evaluate(() => delete document.documentElement.dataset.import);
  if (typeof model === "string") await page.locator("#bring-folder").setInputFiles(model);
  else await page.locator("#bring-files").setInputFiles(asInput(model));
}

/** Brings a model and waits until it is in the menu. */
export async function imported(page, model, options) {
  await bring(page, model, options);
  await importEnds(page);
  const failure = page.locator("[data-import-failed]");
  if ((await failure.count()) > 0) throw new Error(await failure.innerText());
  return page.locator("[data-imported]").getAttribute("data-imported");
}

/** Brings what is no model and gives the sentence that the page says. */
export async function refused(page, files) {
  await bring(page, files);
  await importEnds(page);
  return page.locator("[data-import-failed]").innerText();
}

export async function importEnds(page) {
  await page.waitForFunction(() => ["done", "failed"].includes(document.documentElement.dataset.import));
}

/** Changes to a model of the menu and waits until it answers. */
export async function use(page, title) {
  await openMenu(page);
  await entry(page, title).locator("[data-use]").click();
  await running(page, title);
}

/** Waits until the model of this name in the menu is the one that answers. */
export async function running(page, title) {
  await openMenu(page);
  await page.waitForFunction((title) => {
    const entry = [...document.querySelectorAll("li[data-model]")].find((entry) => entry.dataset.model === title);
    const { state } = document.documentElement.dataset;
    return state === "failed" || (state === "ready" && entry?.ariaCurrent === "true");
  }, title);
  const { state } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  if (state !== "ready") throw new Error(await page.locator("main").innerText());
}

export const entry = (page, title) => page.locator(`li[data-model=${JSON.stringify(title)}]`);

/** The names in the menu of those in the browser's storage. */
export async function keptTitles(page) {
  await openMenu(page);
  return page.locator('[data-kept="true"]').evaluateAll((entries) => entries.map((entry) => entry.dataset.model));
}

/** Waits until the browser's storage holds no folder: deleting takes its time. */
export const nothingKept = (page) =>
  page.waitForFunction(async () => {
    const root = await navigator.storage.getDirectory();
    const packs = await root.getDirectoryHandle("packs", { create: true });
    return (await packs.keys().next()).done;
  });

/** What the browser's storage holds: the files' names by folder. */
export const keptFolders = (page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const packs = await root.getDirectoryHandle("packs", { create: true });
    const folders = {};
    for await (const [name, folder] of packs) {
      folders[name] = [];
      for await (const file of folder.keys()) folders[name].push(file);
    }
    return folders;
  });

/** The copies of served packs in the browser's storage: their files' sizes in bytes by name. */
export const copiedFiles = (page) =>
  page.evaluate(async () => {
    const sizes = {};
    const root = await navigator.storage.getDirectory();
    const copies = await root.getDirectoryHandle("copies", { create: true });
    for await (const pack of copies.values()) {
      for await (const file of pack.values()) sizes[file.name] = (await file.getFile()).size;
    }
    return sizes;
  });

/** The only kept pack's files by name. */
export async function keptPack(page) {
  const files = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const packs = await root.getDirectoryHandle("packs");
    const files = {};
    for await (const folder of packs.values()) {
      for await (const handle of folder.values()) {
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        let text = "";
        for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
        files[handle.name] = btoa(text);
      }
    }
    return files;
  });
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text, "base64")]));
}

/** Drops a folder on the page, as the system's file manager would. */
export async function dropFolder(page, folder) {
  const client = await page.context().newCDPSession(page);
  const place = { x: 100, y: 100, data: { items: [], files: [folder], dragOperationsMask: 1 } };
  for (const type of ["dragEnter", "dragOver", "drop"]) await client.send("Input.dispatchDragEvent", { type, ...place });
  await client.detach();
}

/** Drops files on the page as one does from a folder's window. */
export async function drop(page, files) {
  const parts = Object.entries(files).map(([name, bytes]) => [name, bytes.toString("base64")]);
  await page.evaluate((parts) => {
    const transfer = new DataTransfer();
    for (const [name, text] of parts) {
      transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    }
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
  }, parts);
}

