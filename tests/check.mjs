// node tests/check.mjs URL: drops a sample photo on the page as a visitor would, waits for its
// labels, and prints one line of JSON about it. Exits with 0 only if that worked.
//
// CHROME names the browser; GLIMPSE_NODE_MODULES is the folder that holds playwright-core.

import { launch } from "./support/glimpse.mjs";

const LIMIT_MS = 180_000;
const PHOTO = "samples/cat.jpg";
const site = new URL(process.argv[2] ?? process.env.GLIMPSE_URL);

const browser = await launch();
const complaints = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const strangers = new Set();
  page.context().on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== site.origin) strangers.add(url.origin);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });

  await page.goto(site.href);
  await page.waitForFunction(() => document.documentElement.dataset.state !== "loading");
  const start = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  if (start.state !== "ready") throw new Error("the page didn't get ready");

  await page.evaluate(dropPhoto, new URL(PHOTO, site).href);
  await page.waitForSelector('[data-card][data-state="done"], [data-card][data-state="failed"]', {
    state: "attached",
  });
  await page.waitForSelector("[data-card] [data-label]", { state: "attached" });
  const seen = await page.evaluate(() => {
    const card = document.querySelector("[data-card]");
    const row = card.querySelector("[data-label]");
    const { textMs } = document.documentElement.dataset;
    return { card: { ...card.dataset }, row: { ...row.dataset }, textMs };
  });
  if (seen.card.state !== "done") throw new Error("the photo's card says that it failed");

  const result = {
    backend: start.backend,
    top_label: seen.row.label,
    probability: Number(seen.row.probability),
    image_ms: Number(seen.card.imageMs),
    text_ms: Number(seen.textMs),
    load_ms: Number(start.loadMs),
    requests_off_origin: strangers.size,
  };
  console.log(JSON.stringify(result));
  if (strangers.size > 0) throw new Error(`requests went to ${[...strangers].join(", ")}`);
  if (!(result.probability > 0 && result.probability <= 1)) throw new Error("no probability");
} catch (error) {
  console.error(`The check failed: ${error.message}`);
  for (const complaint of complaints) console.error(`  the page: ${complaint}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

// Runs in the page: what a browser does when a file is dragged in and let go.
async function dropPhoto(address) {
  const bytes = await (await fetch(address)).arrayBuffer();
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], address.split("/").pop(), { type: "image/jpeg" }));
  const zone = document.querySelector("[data-dropzone]");
  for (const type of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
    );
  }
}
