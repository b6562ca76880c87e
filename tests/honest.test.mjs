// What the page says is true at once: sizes, room, the network, copied links; and it asks before it
// spends megabytes where these may cost money.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { choose, launch, open, sample, waitForState } from "./support/glimpse.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const CPU = "?backend=cpu";

/** The rectangle on top at an element's middle belongs to the element. */
const isOnTop = (locator) =>
  locator.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
  });

describe("before megabytes are spent", () => {
  /** As a browser with a data saver, or on a mobile network, tells pages. */
  const connection = (value) => async (context) => {
    await context.addInitScript((value) => {
      Object.defineProperty(Navigator.prototype, "connection", { get: () => value });
    }, value);
  };

  for (const [name, value, why] of [
    ["with a data saver", { saveData: true }, /data saver is on/],
    ["on a mobile network", { type: "cellular" }, /mobile network/],
  ]) {
    test(`${name} the page says how large the model is, and waits for a tap`, async () => {
      const { context, page, requests, complaints } = await open(browser, { query: CPU, ready: false, prepare: connection(value) });
      await page.locator("#fetch-model").waitFor();
      await page.waitForFunction(() => /Glimpse default: [\d.]+\s?MB/.test(document.querySelector(".permission").innerText));
      assert.match(await page.locator(".permission").innerText(), why);
      // A photo that is brought meanwhile waits.
      await choose(page, [await sample("cat.jpg")]);
      await page.waitForTimeout(1500);
      assert.equal(await page.locator("[data-card]").getAttribute("data-state"), "waiting");
      const fetched = await page.evaluate(() =>
        performance.getEntriesByType("resource").filter(({ name, decodedBodySize }) => /safetensors/.test(name) && decodedBodySize > 0).length,
      );
      assert.equal(fetched, 0);
      assert.ok(!requests.some((address) => address.includes("glimpse-cpu")), "the model's program was fetched");
      await page.locator("#fetch-model").click();
      await waitForState(page, "ready");
      await page.waitForFunction(() => document.querySelector('[data-card][data-state="done"] [data-label="cat"]'));
      // What is there needs no question.
      await page.reload();
      await waitForState(page, "ready");
      assert.equal(await page.locator("#fetch-model").count(), 0);
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test("a visitor may want to be asked", async () => {
    const { context, page } = await open(browser, { query: CPU });
    assert.match(await page.locator("html").getAttribute("data-state"), /ready/);
    await page.locator("#models-button").click();
    await page.locator("#ask-first").check();
    // Without the copy there is something to ask about.
    await page.locator("[data-delete]").first().click();
    await page.locator("[data-delete-now]").click();
    await page.waitForFunction(() => !document.querySelector("[data-copied]"));
    await page.reload();
    await page.locator("#fetch-model").waitFor();
    assert.match(await page.locator(".permission").innerText(), /wanted to be asked/);
    await context.close();
  });
});

test("the models' dialog tells what this browser keeps without a reload", async () => {
  const { context, page } = await open(browser, { query: CPU });
  await page.locator("#models-button").click();
  await page.waitForFunction(() => /[1-9][\d.]*\s?MB/.test(document.querySelector("[data-space]")?.innerText));
  assert.doesNotMatch(await page.locator("[data-space]").innerText(), /\b0\s?kB/);
  await context.close();
});

test("a copied link is told where one looks", async () => {
  const { context, page } = await open(browser, { query: CPU, viewport: { width: 1280, height: 720 }, permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#copy-link").click();
  const told = page.locator(".undos p");
  await told.waitFor();
  assert.ok(await isOnTop(told), "the note is out of sight");
  assert.ok(await told.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight));
  await context.close();
});

test("where there is no room to keep the model, the page says that it needs a network", async () => {
  const { context, page } = await open(browser, {
    query: CPU,
    ready: false,
    prepare: async (context, page) => {
      const cdp = await context.newCDPSession(page);
      await cdp.send("Storage.overrideQuotaForOrigin", { origin: new URL(process.env.GLIMPSE_URL).origin, quotaSize: 500_000 });
    },
  });
  await waitForState(page, "ready");
  await page.waitForFunction(() => document.documentElement.dataset.offline === "no-room");
  const header = page.locator(".privacy");
  assert.match(await header.innerText(), /The next visit needs a network/);
  await header.locator("summary").click();
  assert.match(await header.innerText(), /lack of room/);
  await context.close();
});

test("a network that is lost in the first download is told, also minutes later", async () => {
  const { context, page } = await open(browser, { query: CPU, ready: false });
  await page.waitForFunction(() => /Fetching/.test(document.querySelector(".status")?.innerText));
  await context.setOffline(true);
  const line = page.locator("#backend-line");
  for (const seconds of [8, 20]) {
    await page.waitForTimeout(seconds * 1000);
    assert.match(await line.innerText(), /goes on by itself when it is back/);
  }
  await context.setOffline(false);
  await waitForState(page, "ready").catch(() => {});
  await page.waitForFunction(() => document.documentElement.dataset.state === "ready");
  await context.close();
});

test("nothing is said of the processor on a visit where all is well", async () => {
  const { context, page } = await open(browser, { query: CPU });
  assert.ok(await page.locator("#backend-line").isHidden());
  assert.doesNotMatch(await page.locator("main").innerText(), /processor/i);
  await page.locator(".how summary").click();
  assert.match(await page.locator("#how-it-runs").innerText(), /processor/);
  await context.close();
});
