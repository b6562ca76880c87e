// Draws www/icons/ from www/favicon.svg: `node tests/support/icons.mjs`, with CHROME and
// GLIMPSE_NODE_MODULES as for the tests. The pictures are kept in the repository.

import { mkdir, readFile } from "node:fs/promises";
import { launch } from "./glimpse.mjs";

const WWW = new URL("../../www/", import.meta.url);
const PAPER = "#f4f6f6";

// Name, pixels, the drawing's share of the width, and what is behind it. Launchers cut a maskable
// icon down to a circle of four fifths.
const ICONS = [
  ["192.png", 192, 0.92, "transparent"],
  ["512.png", 512, 0.92, "transparent"],
  ["maskable.png", 512, 0.6, PAPER],
  ["apple-touch.png", 180, 0.74, PAPER],
];

const svg = await readFile(new URL("favicon.svg", WWW), "utf8");
await mkdir(new URL("icons/", WWW), { recursive: true });
const browser = await launch();
for (const [name, size, share, behind] of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size }, colorScheme: "light" });
  await page.setContent(
    `<style>html, body { margin: 0; height: 100%; background: ${behind} }
     body { display: grid; place-items: center } svg { width: ${share * 100}% }</style>${svg}`,
  );
  await page.screenshot({ path: new URL(`icons/${name}`, WWW).pathname, omitBackground: true });
  await page.close();
}
await browser.close();
