// What the page may do, and that it does nothing else: headers, Content-Security-Policy, Trusted Types.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { SITE, card, choose, launch, open, ranked, sample, setLabels } from "./support/glimpse.mjs";
import { checkpoint, imported } from "./support/models.mjs";

let browser;
before(async () => {
  browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
});
after(() => browser?.close());

/** Notes what the browser refuses the page. */
const prepare = (context) =>
  context.addInitScript(() => {
    globalThis.refused = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
      refused.push(`${violatedDirective}: ${blockedURI} ${sample}`),
    );
  });

test("every file comes with the headers that keep others out", async () => {
  for (const path of ["", "service-worker.js", "samples/cat.jpg", "nothing"]) {
    const { headers } = await fetch(new URL(path, SITE), { method: "HEAD" });
    const policy = headers.get("content-security-policy");
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/, path);
    for (const part of ["frame-ancestors 'none'", "require-trusted-types-for 'script'", "base-uri 'none'"]) {
      assert.ok(policy.includes(part), `${path}: ${policy}`);
    }
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:/);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(headers.get("cross-origin-embedder-policy"), "require-corp");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.match(headers.get("permissions-policy"), /camera=\(self\).*microphone=\(\)/);
  }
});

test("nothing that a visitor does runs into the policy", async () => {
  const { context, page, complaints } = await open(browser, {
    query: "?backend=cpu&workers=2",
    permissions: ["camera", "clipboard-write"],
    locale: "en-GB",
    prepare,
  });
  const warnings = [];
  page.on("console", (message) => warnings.push(message.text()));
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  await setLabels(page, ["cat", "dog"]);
  const cat = await sample("cat.jpg");
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="20"/></svg>';
  const photos = Array.from({ length: 10 }, (_, place) => ({ ...cat, name: `${place}.jpg` }));
  await choose(page, [...photos, { name: "a.svg", mimeType: "image/svg+xml", buffer: Buffer.from(drawing) }]);
  await ranked(page, ["cat", "dog"]);
  assert.equal((await card(page, "a.svg")).state, "done");
  await page.locator('[data-name="0.jpg"] [data-closer]').click();
  await page.locator("#closer-words").fill("cat");
  await page.locator("[data-input]").waitFor();
  await page.locator("#closer-close").click();
  await page.locator("#camera-button").click();
  await page.waitForFunction(() => document.querySelector("#camera [data-rate]"));
  await page.locator("#camera-keep").click();
  await page.locator("#camera-stop").click();
  await page.locator("#language").selectOption("de");
  await page.waitForFunction(() => document.documentElement.lang === "de");
  await page.locator("#language").selectOption("en");
  const kept = await imported(page, checkpoint("clip_gelu"));
  assert.ok(kept);
  await page.waitForFunction(() => document.documentElement.dataset.offline === "ready");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.state === "ready");
  assert.deepEqual(await page.evaluate(() => refused), []);
  assert.deepEqual(complaints, []);
  assert.deepEqual(warnings.filter((text) => /policy|trusted/i.test(text)), []);
  await context.close();
});

test("text becomes neither markup nor code, and only the page's own scripts run", async () => {
  const { context, page } = await open(browser, { query: "?backend=cpu", prepare });
  const outcomes = await page.evaluate(async () => {
    const attempt = async (work) => {
      try {
        await work();
        return "done";
      } catch (error) {
        return error.name;
      }
    };
    return {
      markup: await attempt(() => (document.createElement("div").innerHTML = "<img>")),
      script: await attempt(() => (document.createElement("script").src = "start.js")),
      text: await attempt(() => (document.createElement("script").textContent = "1")),
      worker: await attempt(() => new Worker("samples/cat.jpg")),
      blob: await attempt(() => new Worker(URL.createObjectURL(new Blob(["1"])))),
      service: await attempt(() => navigator.serviceWorker.register("start.js")),
      policy: await attempt(() => trustedTypes.createPolicy("other", { createHTML: (text) => text })),
      elsewhere: await attempt(() => fetch("https://example.com/")),
    };
  });
  for (const [name, outcome] of Object.entries(outcomes)) assert.equal(outcome, "TypeError", name);
  // The worker has a policy of its own.
  const elsewhere = page.workers()[0].evaluate(() => fetch("https://example.com/").catch((error) => error.name));
  assert.equal(await elsewhere, "TypeError");
  await context.close();
});

test("no other site can frame the page", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  // A site that would let itself be framed is, by this one.
  const other = createServer((_, response) => response.setHeader("content-type", "text/html").end("<p id=app>"));
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  const framed = async (address) => {
    await page.goto(`http://127.0.0.1:${other.address().port}/`);
    await page.evaluate((address) => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      const loaded = new Promise((resolve) => (frame.onload = resolve));
      frame.src = address;
      return loaded;
    }, address);
    return page.frames()[1].evaluate(() => document.querySelector("#app") !== null);
  };
  assert.equal(await framed("/framed"), true);
  assert.equal(await framed(SITE.href), false);
  other.closeAllConnections();
  other.close();
  await context.close();
});
