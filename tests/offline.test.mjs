// The page without a network, its updates, the copies of packs, and what it sends.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { PATIENCE, card, choose, launch, ranked, sample, setLabels, waitForState } from "./support/glimpse.mjs";
import { publish, removeSite, renameWorker, serveFolder, siteCopy } from "./support/server.mjs";
import { copiedFiles, openMenu } from "./support/models.mjs";

const LABELS = ["cat", "dog", "coffee cup", "rocket"];

let browser, folder, cat;
before(async () => {
  browser = await launch();
  folder = await siteCopy();
  cat = await sample("cat.jpg");
});
after(async () => {
  await browser?.close();
  if (folder) await removeSite(folder);
});

async function visit(context, server, query = "?backend=cpu") {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(new URL(query, server.address).href);
  return page;
}

const marked = (page, name, value) =>
  page.waitForFunction(([name, value]) => document.documentElement.dataset[name] === value, [name, value]);

async function catWins(page) {
  await setLabels(page, LABELS);
  await choose(page, [cat]);
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await ranked(page, LABELS);
  assert.equal((await card(page, "cat.jpg")).rows[0].label, "cat");
}

/** The site's files in the service worker's cache whose address has a part, once there are so many. */
async function keptFiles(page, part, count) {
  const find = async () =>
    page.evaluate(async (part) => {
      const keys = await (await caches.open("site")).keys();
      return keys.map(({ url }) => url).filter((url) => url.includes(part));
    }, part);
  for (let tries = 0; tries < 50; tries++) {
    if ((await find()).length === count) break;
    await page.waitForTimeout(100);
  }
  return find();
}

const manifest = async () => JSON.parse(await readFile(join(folder, "packs/default/manifest.json"), "utf8"));

test("after one visit, the page starts and works without a network", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const first = await visit(context, server);
  await marked(first, "offline", "ready");
  assert.match(await first.locator(".privacy summary").innerText(), /works offline/i);
  await first.close();

  await server.stop();
  await context.setOffline(true);
  const page = await visit(context, server);
  await waitForState(page, "ready");
  await marked(page, "offline", "ready");
  await catWins(page);
  await page.locator("[data-sample]").first().click();
  await page.waitForFunction(() => document.querySelectorAll('[data-card][data-state="done"]').length === 2);
  await openMenu(page);
  assert.match(await page.locator("#model-0").innerText(), /kept on this device · \d/);
  await context.close();
});

test("an update is offered, comes when it is wanted, and not before", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const page = await visit(context, server);
  await marked(page, "offline", "ready");
  assert.equal(await page.locator("#update").count(), 0);
  const original = await readFile(join(folder, "index.html"), "utf8");
  const worker = await readFile(join(folder, "service-worker.js"), "utf8");
  try {
    await publish(folder, "index.html", (html) => html.replace("<html", '<html data-edition="next"'));
    await page.reload();
    await marked(page, "offline", "ready");
    await marked(page, "update", "ready");
    const edition = () => page.evaluate(() => document.documentElement.dataset.edition);
    assert.equal(await edition(), undefined, "the new version is used before it was wanted");
    await catWins(page);
    assert.match(await page.locator(".update").innerText(), /new version.*photos/is);
    // Other pages of the site stay as they are, too.
    const other = await visit(context, server);
    await waitForState(other, "ready");

    await page.locator("#update").click();
    await page.waitForFunction(() => document.documentElement.dataset.edition === "next");
    await waitForState(page, "ready");
    assert.equal(await page.locator("#update").count(), 0);
    await marked(other, "update", "ready");
    assert.equal(await other.evaluate(() => document.documentElement.dataset.edition), undefined);
    await other.locator("#update").click();
    await other.waitForFunction(() => document.documentElement.dataset.edition === "next");
    await marked(other, "offline", "ready");
    assert.equal((await keptFiles(other, "index.html", 1)).length, 1, "files of the version before are still kept");
  } finally {
    await writeFile(join(folder, "index.html"), original);
    await writeFile(join(folder, "service-worker.js"), worker);
    await context.close();
    await server.stop();
  }
});

test("a page of the version before starts workers of that version, until it is closed", async () => {
  const own = await siteCopy();
  const server = await serveFolder(own);
  const context = await browser.newContext();
  try {
    const page = await visit(context, server);
    await marked(page, "offline", "ready");
    const old = await visit(context, server, "?backend=cpu&workers=2");
    await marked(old, "offline", "ready");
    const before = await renameWorker(own, "f".repeat(16));
    await page.reload();
    await marked(page, "update", "ready");
    await page.locator("#update").click();
    await page.waitForFunction(() => document.documentElement.dataset.workerCpu?.endsWith("ffff"));
    await marked(page, "offline", "ready");
    await marked(old, "update", "ready");
    assert.equal((await keptFiles(old, before, 3)).length, 3, "an open page lost its files");

    // It has never started this many before.
    server.asked.length = 0;
    await choose(old, Array.from({ length: 12 }, (_, place) => ({ ...cat, name: `${place}.jpg` })));
    await marked(old, "workers", "2");
    assert.deepEqual(server.asked.filter(({ method, path }) => method === "GET" && path.startsWith("glimpse-cpu")), []);
    await old.close();
    await page.reload();
    await marked(page, "offline", "ready");
    assert.deepEqual(await keptFiles(page, before, 0), []);
  } finally {
    await context.close();
    await server.stop();
    await removeSite(own);
  }
});

describe("a page whose site has been replaced meanwhile", () => {
  const newer = (page) =>
    page.waitForFunction(() => /newer version of this page/.test(document.querySelector("#backend-line").textContent));

  test("says so when its worker is gone, and is loaded anew", async () => {
    let isOld = true;
    const server = await serveFolder(folder, {
      disturb: async (path, response, bytes) => {
        if (path !== "index.html" || !isOld) return false;
        isOld = false;
        response.end(bytes.toString().replace(/(data-worker-cpu="glimpse-cpu-)[0-9a-f]+/, `$1${"0".repeat(16)}`));
        return true;
      },
    });
    const context = await browser.newContext();
    const page = await visit(context, server);
    await marked(page, "state", "failed");
    await newer(page);
    await page.getByRole("button", { name: "Reload the page" }).click();
    await waitForState(page, "ready");
    await catWins(page);
    await context.close();
    await server.stop();
  });

  test("does not speak to a worker of another version", async () => {
    const name = /data-worker-cpu="([^"]+)"/.exec(await readFile(join(folder, "index.html"), "utf8"))[1];
    const path = join(folder, `${name}_loader.js`);
    const loader = await readFile(path, "utf8");
    const server = await serveFolder(folder);
    const context = await browser.newContext();
    try {
      // The module as it is, but that it greets as one with other messages does.
      const other = "const post = self.postMessage.bind(self); self.postMessage = (message, ...rest) =>" +
        " post(typeof message === 'string' ? 'alive 1' : message, ...rest);";
      await writeFile(path, `${other}${loader}`);
      const page = await visit(context, server);
      await marked(page, "state", "failed");
      await newer(page);
      await writeFile(path, loader);
      await page.getByRole("button", { name: "Reload the page" }).click();
      await waitForState(page, "ready");
    } finally {
      await writeFile(path, loader);
      await context.close();
      await server.stop();
    }
  });
});

test("a half-published site is not kept, and the page works all the same", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const original = await readFile(join(folder, "start.js"), "utf8");
  try {
    await writeFile(join(folder, "start.js"), `${original}\n`);
    const page = await visit(context, server);
    await waitForState(page, "ready");
    await page.waitForTimeout(2000);
    assert.notEqual(await page.evaluate(() => document.documentElement.dataset.offline), "ready");
  } finally {
    await writeFile(join(folder, "start.js"), original);
    await context.close();
    await server.stop();
  }
});

describe("a pack's download", () => {
  test("that breaks off goes on where it stopped", async () => {
    let cuts = 0;
    const server = await serveFolder(folder, {
      disturb: async (path, response, bytes, start) => {
        if (!path.endsWith("image.safetensors") || cuts === 2) return false;
        cuts++;
        await new Promise((resolve) => response.write(bytes.subarray(start, start + 2e6), resolve));
        // What was sent has to arrive before the cut.
        setTimeout(() => response.destroy(), 200);
        return true;
      },
    });
    const context = await browser.newContext();
    const page = await visit(context, server);
    await waitForState(page, "ready");
    const ranges = server.asked.filter(({ method, path }) => method === "GET" && path.endsWith("image.safetensors")).map(({ range }) => range);
    assert.deepEqual(ranges, [undefined, "bytes=2000000-", "bytes=4000000-"]);
    await catWins(page);
    await context.close();
    await server.stop();
  });

  test("that comes compressed goes on where it stopped, and tells how far it is", async () => {
    let cut = false;
    const server = await serveFolder(folder, {
      compressed: /\.safetensors$/,
      disturb: async (path, response, bytes, start) => {
        if (!path.endsWith("text.safetensors") || cut) return false;
        cut = true;
        await new Promise((resolve) => response.write(bytes.subarray(start, start + 3e6), resolve));
        setTimeout(() => response.destroy(), 500);
        return true;
      },
    });
    const context = await browser.newContext();
    await context.addInitScript(() => {
      window.seen = [];
      const note = () => {
        const bar = document.querySelector("[role=progressbar]");
        if (bar?.ariaValueNow) window.seen.push(Number(bar.ariaValueNow));
      };
      new MutationObserver(note).observe(document, { attributes: true, childList: true, subtree: true });
    });
    const page = await visit(context, server);
    await waitForState(page, "ready");
    const texts = server.asked.filter(({ method, path }) => method === "GET" && path.endsWith("text.safetensors"));
    assert.equal(texts.length, 2, JSON.stringify(texts));
    assert.match(texts[0].takes, /br/);
    const from = Number(/^bytes=(\d+)-$/.exec(texts[1].range)?.[1]);
    // More than came: it is counted as it was before it was compressed.
    assert.ok(from > 3e6, `it goes on at ${texts[1].range}`);
    assert.doesNotMatch(texts[1].takes, /br|gzip/);
    const seen = await page.evaluate(() => window.seen);
    assert.ok(seen.length > 5, `progress was told ${seen.length} times`);
    assert.ok(seen.every((percent, place) => percent <= 100 && percent >= (seen[place - 1] ?? 0)), `${seen}`);
    await catWins(page);
    await context.close();
    await server.stop();
  });

  test("goes on at the next visit, and its copy is used from then on", async () => {
    let cut = true;
    const server = await serveFolder(folder, {
      disturb: async (path, response, bytes, start) => {
        if (!path.endsWith("image.safetensors") || !cut) return false;
        if (start > 0) response.destroy();
        else response.write(bytes.subarray(0, 3e6));
        // Left hanging, until the page is closed.
        return true;
      },
    });
    const context = await browser.newContext();
    const first = await visit(context, server);
    const { files } = await manifest();
    const name = files["image.safetensors"].sha256;
    while ((await copiedFiles(first))[name] !== 3e6) await first.waitForTimeout(100);
    await first.close();

    cut = false;
    server.asked.length = 0;
    const second = await visit(context, server);
    await waitForState(second, "ready");
    const images = () => server.asked.filter(({ method, path }) => method === "GET" && path.endsWith("image.safetensors"));
    assert.deepEqual(images().map(({ range }) => range), ["bytes=3000000-"]);
    await second.close();

    server.asked.length = 0;
    const third = await visit(context, server);
    await waitForState(third, "ready");
    const weights = server.asked.filter(({ method, path }) => method === "GET" && path.endsWith(".safetensors"));
    assert.deepEqual(weights, [], "what is kept was asked for again");
    await context.close();
    await server.stop();
  });

  test("heals a damaged copy", async () => {
    const server = await serveFolder(folder);
    const context = await browser.newContext();
    const first = await visit(context, server);
    await waitForState(first, "ready");
    const { files } = await manifest();
    const { sha256: name, bytes } = files["text.safetensors"];
    await first.evaluate(async (name) => {
      const root = await navigator.storage.getDirectory();
      const copies = await root.getDirectoryHandle("copies");
      for await (const pack of copies.values()) {
        const stream = await (await pack.getFileHandle(name)).createWritable({ keepExistingData: true });
        await stream.write({ type: "write", position: 1e6, data: "damage" });
        await stream.close();
      }
    }, name);
    await first.close();
    server.asked.length = 0;
    const second = await visit(context, server);
    await waitForState(second, "ready");
    assert.equal(server.asked.filter(({ method, path }) => method === "GET" && path.endsWith("text.safetensors")).length, 1);
    assert.equal((await copiedFiles(second))[name], bytes);
    await context.close();
    await server.stop();
  });

  test("that came wrong is asked for again, past what the browser keeps", async () => {
    // The browser's own cache takes no large ones here.
    const SMALL = "tokenizer.json";
    let isWrong = true;
    const server = await serveFolder(folder, {
      // As servers do that don't compare the hash.
      caching: (_, search) => (search.startsWith("?sha256=") ? "public, max-age=31536000, immutable" : undefined),
      disturb: async (path, response, bytes) => {
        if (!path.endsWith(SMALL) || !isWrong) return false;
        response.end(Buffer.alloc(bytes.length));
        return true;
      },
    });
    const context = await browser.newContext();
    // Where packs can't be kept, only the browser's own cache does.
    await writeFile(join(folder, "empty.html"), "<!doctype html>");
    const empty = await visit(context, server, "empty.html");
    await empty.evaluate(async () => (await navigator.storage.getDirectory()).getFileHandle("copies", { create: true }));
    await empty.close();
    const page = await visit(context, server);
    await marked(page, "state", "failed");
    isWrong = false;
    server.asked.length = 0;
    await page.reload();
    await waitForState(page, "ready");
    assert.equal(server.asked.filter(({ method, path }) => method === "GET" && path.endsWith(SMALL)).length, 1);
    await context.close();
    await server.stop();
  });

  test("of a new version leaves nothing of the old one", async () => {
    const server = await serveFolder(folder);
    const context = await browser.newContext();
    const path = join(folder, "packs/default/manifest.json");
    const original = await readFile(path, "utf8");
    try {
      const first = await visit(context, server);
      await marked(first, "offline", "ready");
      await first.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const copies = await root.getDirectoryHandle("copies");
        for await (const pack of copies.values()) await pack.getFileHandle("0".repeat(64), { create: true });
      });
      await first.close();
      await writeFile(path, JSON.stringify({ ...JSON.parse(original), description: "The next version." }));
      const second = await visit(context, server);
      await marked(second, "offline", "ready");
      const { files } = await manifest();
      const wanted = ["manifest.json", ...Object.values(files).map(({ sha256 }) => sha256)];
      assert.deepEqual(Object.keys(await copiedFiles(second)).sort(), wanted.sort());
      await openMenu(second);
      await second.locator("#model-0 summary").click();
      assert.match(await second.locator("#model-0").innerText(), /The next version/);
    } finally {
      await writeFile(path, original);
      await context.close();
      await server.stop();
    }
  });

  test("can be deleted, which frees the room", async () => {
    const server = await serveFolder(folder);
    const context = await browser.newContext();
    const page = await visit(context, server);
    await marked(page, "offline", "ready");
    await openMenu(page);
    await page.locator("#model-0 [data-delete]").click();
    assert.match(await page.locator("#doubt-question").innerText(), /downloaded again/);
    await page.locator("[data-delete-now]").click();
    await page.locator("#model-0[data-copied]").waitFor({ state: "detached" });
    assert.deepEqual(await copiedFiles(page), {});
    await marked(page, "offline", "not-yet");
    // The model itself goes on.
    await catWins(page);
    await context.close();
    await server.stop();
  });
});

describe("what is sent", () => {
  let server;
  before(async () => (server = await serveFolder(folder)));
  after(() => server.stop());
  beforeEach(() => (server.asked.length = 0));

  const sent = (page) => page.locator(".privacy").getAttribute("data-sent");

  test("is nothing, whatever is looked at", async () => {
    const context = await browser.newContext();
    const first = await visit(context, server);
    await marked(first, "offline", "ready");
    await first.reload();
    await waitForState(first, "ready");
    await catWins(first);
    assert.equal(await sent(first), "0");
    const summary = first.locator(".privacy summary");
    assert.match(await summary.innerText(), /No photo or word was sent/);
    await summary.click();
    assert.match(await first.locator(".privacy").innerText(), /service worker[\s\S]*0 bytes[\s\S]*aeroplane/);
    assert.ok(server.asked.every(({ method }) => method === "GET" || method === "HEAD"));
    await context.close();
  });

  test("is counted, from the page and from its workers", async () => {
    const context = await browser.newContext();
    const page = await visit(context, server);
    await marked(page, "offline", "ready");
    await page.reload();
    await marked(page, "offline", "ready");
    await page.evaluate(() => fetch("samples/cat.jpg?secret", { method: "POST", body: "12345" }));
    await page.waitForFunction(() => document.querySelector(".privacy").dataset.sent === "12");
    await page.workers()[0].evaluate(() => fetch("samples/cat.jpg", { method: "PUT", body: "123" }));
    await page.waitForFunction(() => document.querySelector(".privacy").dataset.sent === "15");
    assert.match(await page.locator(".privacy summary").innerText(), /15 bytes sent/);
    await context.close();
  });

  test("is told whole: as many requests as the server gets", async () => {
    const context = await browser.newContext();
    const page = await visit(context, server);
    await marked(page, "offline", "ready");
    const told = async () => {
      const text = await page.locator(".privacy .panel").evaluate((panel) => panel.textContent);
      return Number(/(\d+) requests? to the network/.exec(text)[1]);
    };
    // The browser asks for the service worker itself.
    const got = () => server.asked.filter(({ path }) => path !== "service-worker.js").length;
    const installed = await told();
    const { length } = await keptFiles(page, "?sha256=", -1);
    assert.ok(installed >= length, `${installed} requests for ${length} files`);

    // What the browser has thrown away is asked for again: the page itself, its scripts, its worker's.
    await page.evaluate(async () => {
      const cache = await caches.open("site");
      for (const { url } of await cache.keys()) if (/index\.html|start\.js|glimpse/.test(url)) await cache.delete(url);
    });
    server.asked.length = 0;
    await page.reload();
    await marked(page, "offline", "ready");
    await page.waitForFunction(() => document.querySelector(".privacy").dataset.sent === "12");
    assert.ok(got() > 6, JSON.stringify(server.asked));
    assert.equal(await told(), got(), JSON.stringify(server.asked));
    // The address that opened it went out, too: "?backend=cpu".
    assert.equal(await sent(page), "12");
    await context.close();
  });
});

test("photos come in from other apps, and stay on the device", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const first = await visit(context, server);
  await marked(first, "offline", "ready");
  await first.close();

  // What a browser does when a photo is shared with an installed app.
  await writeFile(
    join(folder, "elsewhere.html"),
    '<meta charset="utf-8"><form method="post" action="share" enctype="multipart/form-data"><input type="file" name="photos" multiple></form>',
  );
  const page = await visit(context, server, "elsewhere.html");
  const named = { ...cat, name: "my cat, 100 % – 🐱.jpg" };
  await page.locator("input").setInputFiles([named, await sample("coffee.jpg")]);
  await page.evaluate(() => document.querySelector("form").submit());
  await page.waitForURL((url) => url.pathname === "/");
  assert.equal((await card(page, named.name)).state, "done");
  assert.equal((await card(page, "coffee.jpg")).state, "done");
  assert.equal(new URL(page.url()).search, "");
  assert.ok(!server.asked.some(({ method }) => method === "POST"), "the photos went to the server");
  await page.reload();
  await waitForState(page, "ready");
  assert.equal(await page.locator("[data-card]").count(), 0, "they come a second time");
  await context.close();
  await server.stop();
});

test("a photo that finds no room on its way from another app is not lost without a word", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const first = await visit(context, server);
  await marked(first, "offline", "ready");
  await first.close();
  await writeFile(
    join(folder, "elsewhere.html"),
    '<meta charset="utf-8"><form method="post" action="share" enctype="multipart/form-data"><input type="file" name="photos" multiple></form>',
  );
  const page = await visit(context, server, "elsewhere.html");
  const session = await context.newCDPSession(page);
  const { origin } = new URL(server.address);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
  await page.locator("input").setInputFiles([cat, await sample("coffee.jpg")]);
  await page.evaluate(() => document.querySelector("form").submit());
  await page.waitForURL((url) => url.pathname === "/");
  await page.getByText(/2 photos from the other app left out: the browser has no room/).waitFor();
  assert.equal(new URL(page.url()).search, "");
  await waitForState(page, "ready");
  await choose(page, [cat]);
  assert.equal((await card(page, "cat.jpg")).state, "done");
  await context.close();
  await server.stop();
});

test("without service workers the page works, and does not claim to be kept", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  await context.addInitScript(() => delete Navigator.prototype.serviceWorker);
  const page = await visit(context, server);
  await waitForState(page, "ready");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.offline), "unavailable");
  assert.doesNotMatch(await page.locator("header").innerText(), /works offline/i);
  await catWins(page);
  await context.close();
  await server.stop();
});

test("the page can be installed", async () => {
  const server = await serveFolder(folder);
  const context = await browser.newContext();
  const page = await visit(context, server);
  const link = await page.locator("link[rel=manifest]").getAttribute("href");
  const base = new URL(link, server.address);
  const response = await page.request.get(base.href);
  assert.match(response.headers()["content-type"], /manifest\+json/);
  const app = await response.json();
  assert.equal(app.name, "Glimpse");
  assert.equal(app.display, "standalone");
  assert.equal(new URL(app.start_url, base).href, server.address);
  assert.deepEqual(app.share_target.params.files, [{ name: "photos", accept: ["image/*"] }]);
  const sizes = [];
  for (const { src, sizes: stated, type, purpose = "any" } of app.icons.filter(({ type }) => type === "image/png")) {
    const icon = await page.request.get(new URL(src, base).href);
    assert.equal(icon.headers()["content-type"], type, src);
    const bytes = await icon.body();
    assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, stated, src);
    sizes.push(`${stated} ${purpose}`);
  }
  assert.deepEqual(sizes, ["192x192 any", "512x512 any", "512x512 maskable"]);
  // Chromium's own judgement.
  const session = await context.newCDPSession(page);
  const { errors } = await session.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  await context.close();
  await server.stop();
});
