// The site's page as a visitor meets it, and an empty page of the same origin.

import { get } from "node:http";
import { SITE, card, choose, ranked, sample } from "../support/glimpse.mjs";

/** A model of any size loads and answers within this. */
const LIMIT_MS = 600_000;

/** A page of the site's origin without the site on it. */
export async function bare(browser) {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  await page.route("**/bench.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: "<!doctype html><title>bench</title>",
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    }),
  );
  await page.goto(new URL("bench.html", SITE).href);
  return { context, page };
}

/** Milliseconds from opening the page to a photo's ranked labels, with nothing cached and with
 *  everything; and the bytes that the first took. */
export async function firstAnswer(browser, backend, pack) {
  const photo = await sample("cat.jpg");
  const context = await browser.newContext();
  const requests = [];
  // What is only asked about has no bytes.
  context.on("request", (request) => request.method() === "GET" && requests.push(request.url()));
  const answer = async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    const start = Date.now();
    await page.goto(new URL(`?backend=${backend}&pack=${pack}`, SITE).href);
    await page.locator("input[type=file]").first().waitFor({ state: "attached" });
    await choose(page, [photo]);
    const { state, reason } = await card(page, photo.name);
    if (state !== "done") throw new Error(`the photo got no answer: ${reason}`);
    await ranked(page, await page.locator("[data-chip]").evaluateAll((chips) => chips.map((chip) => chip.dataset.chip)));
    const time = Date.now() - start;
    await page.close();
    return time;
  };
  const cold = await answer();
  const bytes = await served(new Set(requests.filter((url) => url.startsWith("http"))));
  const warm = await answer();
  await context.close();
  return { cold, warm, bytes };
}

/** The bytes of all these files on the wire, of the pack's, and of each module. */
async function served(urls) {
  const files = {};
  for (const url of urls) files[new URL(url).pathname] = await servedBytes(url);
  const sum = (wanted) =>
    Object.entries(files).reduce((sum, [name, bytes]) => sum + (wanted(name) ? bytes : 0), 0);
  return {
    all: sum(() => true),
    pack: sum((name) => name.startsWith("/packs/")),
    wasm: Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith(".wasm"))),
  };
}

/** A file's length on the wire, compressed as the server does it. */
function servedBytes(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br, gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (piece) => (bytes += piece.length));
      response.on("end", () => resolve(bytes));
    }).on("error", reject);
  });
}
