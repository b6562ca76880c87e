// Browsers of other engines than Chromium's, with as much of Playwright's page as the support code
// asks for: Firefox (puppeteer-core, WebDriver BiDi) and WebKitGTK (selenium-webdriver).
//
// GLIMPSE_FIREFOX and GLIMPSE_WEBKIT_DRIVER name the programs; where one isn't set, it isn't there.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATIENCE } from "./glimpse.mjs";

const POLL_MS = 100;
const HEIGHT = 900;
/** Wide enough for every width that is tried. */
const SCREEN = "1600x1200x24";
/** The window that WebKitWebDriver drives. */
const WEBKIT = new URL("webkit.py", import.meta.url).pathname;
/** Milliseconds until a driver must listen. */
const START_MS = 20_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** From the folder of npm's packages, which isn't beside this file. */
const modules = createRequire(join(process.env.GLIMPSE_NODE_MODULES ?? tmpdir(), "x.js"));

/**
 * Each engine: the variable that names its program, how its only page is opened, and whether files that
 * are written through access handles are kept: in WebKitGTK they stay empty, unlike in Safari.
 */
export const ENGINES = {
  Firefox: { variable: "GLIMPSE_FIREFOX", launch: firefox, keepsFiles: true },
  WebKit: { variable: "GLIMPSE_WEBKIT_DRIVER", launch: webkit, keepsFiles: false },
};

async function firefox() {
  const browser = await modules("puppeteer-core").launch({
    browser: "firefox",
    executablePath: process.env.GLIMPSE_FIREFOX,
    headless: true,
    protocolTimeout: PATIENCE,
  });
  const [page] = await browser.pages();
  const find = async (selector, index) => (await page.$$(selector))[index];
  return new Page({
    goto: (address) => page.goto(address),
    reload: () => page.reload(),
    evaluate: (call) => page.evaluate(call),
    click: async (selector, index) => (await find(selector, index)).click(),
    type: async (selector, index, text) => (await find(selector, index)).type(text),
    upload: async (selector, index, paths) => (await find(selector, index)).uploadFile(...paths),
    resize: (width) => page.setViewport({ width, height: HEIGHT }),
    screenshot: () => page.screenshot(),
    close: () => browser.close(),
  });
}

async function webkit() {
  const folder = await mkdtemp(join(tmpdir(), "glimpse-webkit-"));
  const processes = [];
  const start = (...command) => {
    const started = spawn(...command);
    processes.push(started);
    return started;
  };
  const stop = async () => {
    for (const one of processes.reverse()) one.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // The screen says its number once it can be drawn on.
    const screen = start("Xvfb", ["-displayfd", "3", "-screen", "0", SCREEN], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const display = await new Promise((resolve, reject) => {
      screen.on("exit", () => reject(new Error("Xvfb ended")));
      screen.on("error", reject);
      screen.stdio[3].once("data", (bytes) => resolve(String(bytes).trim()));
    });
    const port = await freePort();
    start(process.env.GLIMPSE_WEBKIT_DRIVER, [`--port=${port}`], {
      env: { ...process.env, DISPLAY: `:${display}`, GDK_BACKEND: "x11" },
      stdio: "ignore",
    });
    const server = `http://127.0.0.1:${port}`;
    await answers(`${server}/status`);
    const { Builder, By, Capabilities } = modules("selenium-webdriver");
    const capabilities = new Capabilities({
      browserName: "Glimpse",
      "webkitgtk:browserOptions": { binary: WEBKIT, args: [folder] },
    });
    const driver = await new Builder().usingServer(server).withCapabilities(capabilities).build();
    await driver.manage().setTimeouts({ script: PATIENCE, pageLoad: PATIENCE });
    const find = async (selector, index) => (await driver.findElements(By.css(selector)))[index];
    return new Page({
      goto: (address) => driver.get(address),
      reload: () => driver.navigate().refresh(),
      evaluate: async (call) => {
        const { value, error } = await driver.executeAsyncScript(settled(call));
        if (error) throw new Error(error);
        return value;
      },
      click: async (selector, index) => (await find(selector, index)).click(),
      type: async (selector, index, text) => (await find(selector, index)).sendKeys(text),
      upload: async (selector, index, paths) => (await find(selector, index)).sendKeys(paths.join("\n")),
      resize: (width) => driver.manage().window().setRect({ x: 0, y: 0, width, height: HEIGHT }),
      screenshot: async () => Buffer.from(await driver.takeScreenshot(), "base64"),
      close: async () => {
        // The window is gone before it can answer.
        await driver.quit().catch(() => {});
        await stop();
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A script that hands an expression's value, or its promise's, to WebDriver's callback. */
const settled = (call) => `
  const [done] = arguments;
  new Promise((resolve) => resolve(${call})).then(
    (value) => done({ value }),
    (error) => done({ error: String(error) }),
  );`;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(address) {
  for (const end = Date.now() + START_MS; ; await pause(POLL_MS)) {
    const response = await fetch(address).catch(() => null);
    if (response) return;
    if (Date.now() > end) throw new Error(`nothing answers at ${address}`);
  }
}

/** The part of Playwright's page that glimpse.mjs and models.mjs use, and what else is tested. */
class Page {
  constructor(driver) {
    this.driver = driver;
    this.goto = driver.goto;
    this.reload = driver.reload;
    this.resize = driver.resize;
    /** Folders of files that were chosen. */
    this.chosen = [];
  }

  evaluate(script, value) {
    return this.driver.evaluate(`(${script})(${JSON.stringify(value)})`);
  }

  /** Asks again and again: the page's policy forbids the compiled predicates of both drivers. */
  async waitForFunction(script, value) {
    for (const end = Date.now() + PATIENCE; ; await pause(POLL_MS)) {
      if (await this.evaluate(script, value)) return;
      if (Date.now() > end) throw new Error(`in vain: ${script}, of ${JSON.stringify(value)}`);
    }
  }

  locator(selector) {
    return new Locator(this, selector, 0);
  }

  async screenshot(path) {
    await writeFile(path, await this.driver.screenshot());
  }

  async close() {
    await this.driver.close();
    for (const folder of this.chosen) await rm(folder, { recursive: true });
  }
}

/** The elements of a selector, of which the one at `index` is acted on. */
class Locator {
  constructor(page, selector, index) {
    Object.assign(this, { page, selector, index });
  }

  first() {
    return this;
  }

  count() {
    return this.page.evaluate((selector) => document.querySelectorAll(selector).length, this.selector);
  }

  async waitFor() {
    await this.page.waitForFunction((selector) => document.querySelector(selector) !== null, this.selector);
  }

  async click() {
    await this.waitFor();
    // Drivers scroll no further than to the window's edge, where what can be undone lies above all.
    await this.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await this.page.driver.click(this.selector, this.index);
  }

  /** Types into an empty field. */
  async fill(text) {
    await this.waitFor();
    await this.page.driver.type(this.selector, this.index, text);
  }

  /** Runs a function, which gets the element and nothing else. */
  evaluate(script) {
    return this.page.evaluate(`(selector) => (${script})(document.querySelector(selector))`, this.selector);
  }

  innerText() {
    return this.evaluate((element) => element.innerText);
  }

  getAttribute(name) {
    const read = ([selector, name]) => document.querySelector(selector)?.getAttribute(name) ?? null;
    return this.page.evaluate(read, [this.selector, name]);
  }

  async selectOption(value) {
    const choose = ([selector, value]) => {
      const list = document.querySelector(selector);
      list.value = value;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    };
    await this.page.evaluate(choose, [this.selector, value]);
  }

  /** Files of a name and bytes; drivers take paths, so they lie in a folder while they are read. */
  async setInputFiles(files) {
    await this.waitFor();
    const folder = await mkdtemp(join(tmpdir(), "glimpse-chosen-"));
    this.page.chosen.push(folder);
    const paths = files.map(({ name }) => join(folder, name));
    await Promise.all(files.map(({ buffer }, index) => writeFile(paths[index], buffer)));
    await this.page.driver.upload(this.selector, this.index, paths);
  }
}
