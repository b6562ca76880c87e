// A browser on the built page, and what the tests do with it.
//
// GLIMPSE_URL is the site's address, CHROME the browser, GLIMPSE_NODE_MODULES the folder that
// holds playwright-core.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const SITE = new URL(process.env.GLIMPSE_URL ?? "http://127.0.0.1:8080/");
/** A software WebGPU takes its time. */
export const PATIENCE = 240_000;

export async function launch(flags = [], options = {}) {
  const require = createRequire(join(process.env.GLIMPSE_NODE_MODULES, "x.js"));
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: process.env.CHROME, args: [...FLAGS, ...flags], ...options });
}

/** Opens the page in a context of its own; `requests` collects every address it asks for. */
export async function open(browser, { query = "", ready = true, prepare, ...options } = {}) {
  const context = await browser.newContext(options);
  const requests = [];
  const complaints = [];
  context.on("request", (request) => requests.push(request.url()));
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await prepare?.(context, page);
  await page.goto(new URL(query, SITE).href);
  if (ready) await waitForState(page, "ready");
  return { context, page, requests, complaints };
}

export async function waitForState(page, state) {
  await page.waitForFunction(() => document.documentElement.dataset.state !== "loading");
  const found = await page.evaluate(() => document.documentElement.dataset.state);
  if (found !== state) {
    throw new Error(`the page is ${found}: ${await page.locator("main").innerText()}`);
  }
}

export const facts = (page) => page.evaluate(() => ({ ...document.documentElement.dataset }));

/** Takes all labels away and types others. */
export async function setLabels(page, labels) {
  for (let chips = page.locator("[data-chip]"); (await chips.count()) > 0; ) {
    await chips.first().click();
  }
  await page.locator("#label-input").fill(`${labels.join(", ")},`);
  await page.waitForFunction(
    (count) => document.querySelectorAll("[data-chip]").length === count,
    labels.length,
  );
}

/** Gives files ({name, mimeType, buffer}) to the file input. */
export async function choose(page, files) {
  await page.locator("input[type=file]").first().setInputFiles(files);
}

export async function sample(name) {
  const response = await fetch(new URL(`samples/${name}`, SITE));
  return { name, mimeType: "image/jpeg", buffer: Buffer.from(await response.arrayBuffer()) };
}

/** Waits until the named card has an end, and reads it. */
export async function card(page, name) {
  const place = page.locator(`[data-card][data-name=${JSON.stringify(name)}]`);
  await page.waitForFunction((wanted) => {
    const cards = [...document.querySelectorAll("[data-card]")];
    const found = cards.find((element) => element.dataset.name === wanted);
    return found && ["done", "failed"].includes(found.dataset.state);
  }, name);
  return place.evaluate((element) => ({
    state: element.dataset.state,
    imageMs: Number(element.dataset.imageMs),
    reason: element.querySelector("[data-reason]")?.textContent ?? "",
    rows: [...element.querySelectorAll("[data-label]")].map((row) => ({
      label: row.dataset.label,
      cosine: Number(row.dataset.cosine),
      logit: Number(row.dataset.logit),
      probability: Number(row.dataset.probability),
      share: Number(row.dataset.share),
      alone: Number(row.dataset.alone),
      draft: "draft" in row.dataset,
    })),
    none: Number(element.querySelector("[data-none]")?.dataset.none),
  }));
}

/** Waits until every card ranks exactly these labels. */
export async function ranked(page, labels) {
  await page.waitForFunction((wanted) => {
    const cards = [...document.querySelectorAll('[data-card][data-state="done"]')];
    return (
      cards.length > 0 &&
      cards.every((card) => {
        const rows = [...card.querySelectorAll("[data-label]")].map((row) => row.dataset.label);
        return rows.length === wanted.length && wanted.every((label) => rows.includes(label));
      })
    );
  }, labels);
}

/** A route's handler that holds requests, and the function that lets them go on. */
export function gate() {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const hold = async (route) => {
    await released;
    await route.continue();
  };
  return { hold, release };
}

/** What "Save results" saves: "table", "scores" or "embeddings"; parsed where it is JSON. */
export async function results(page, file = "embeddings") {
  const button = page.locator(`[data-save="${file}"]`);
  if (!(await button.isVisible())) await page.locator("#save-results").click();
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const text = await readFile(await download.path(), "utf8");
  return file === "table" ? text : JSON.parse(text);
}

export function cosine(a, b) {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}
