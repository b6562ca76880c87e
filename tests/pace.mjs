// node tests/pace.mjs PACKS.json [--keep]: whether each tower still takes as long as it did for pictures and
// for texts of each length. `cargo xtask bench --check` calls it.
//
// PACKS.json names folders of packs. Times are shares of what a fixed kernel takes in the same page, turn by
// turn, so that they hold on a slower or busier machine; the least of all turns counts, since what disturbs
// only adds. They are compared with tests/bench/pace.json, which --keep writes anew. GLIMPSE_URL is the
// site, GLIMPSE_DIST its folder.

import { readFile, writeFile } from "node:fs/promises";
import { makeKernel } from "./bench/kernel.mjs";
import { bare } from "./bench/page.mjs";
import { giveBack, lend } from "./bench/site.mjs";
import { embedImages, embedTexts, startWorkers } from "./bench/worker.mjs";
import { launch } from "./support/glimpse.mjs";

const KEPT = new URL("bench/pace.json", import.meta.url);
/** A time is too long beyond this share of what is kept. */
const MOST = 1.15;
const WARM_UPS = 3;
const TURNS = 10;
/** What is too long is measured again so often: a disturbance passes, a loss stays. */
const TRIES = 4;

/** A word more is a token more; two more tokens are begin and end. */
const words = (count) => Array.from({ length: count }, () => "cat").join(" ");
const TASKS = [
  { what: "an image", run: (page) => page.evaluate(embedImages, 1) },
  ...[
    ["a text of 6 tokens", [words(4)]],
    ["ten texts of 6 tokens", Array.from({ length: 10 }, () => words(4))],
    ["a text of 77 tokens", [words(75)]],
    ["four texts of 77 tokens", Array.from({ length: 4 }, () => words(75))],
  ].map(([what, sentences]) => ({ what, run: (page) => page.evaluate(embedTexts, sentences) })),
];

const [list, ...options] = process.argv.slice(2);
const packs = JSON.parse(await readFile(list, "utf8"));
const kept = options.includes("--keep") ? undefined : JSON.parse(await readFile(KEPT, "utf8"));
const least = new Map();
/** What is kept anew is measured in all tries. */
const isSlow = (name) => !kept || !(least.get(name) <= kept[name] * MOST);

const browser = await launch();
try {
  for (const [pack, folder] of Object.entries(packs)) await lend(folder, `packs/pace-${pack}`);
  let wanted = Object.keys(packs);
  for (let time = 0; time < TRIES && wanted.length > 0; time++) {
    for (const pack of wanted) await measure(pack);
    wanted = wanted.filter((pack) => TASKS.some(({ what }) => isSlow(`${pack}: ${what}`)));
  }
} finally {
  await browser.close();
  await giveBack();
}

const shown = [...least].map(([name, share]) => ({
  what: name,
  share: +share.toFixed(3),
  ...(kept && { kept: kept[name], ratio: +(share / kept[name]).toFixed(2) }),
}));
console.table(shown);
if (kept) {
  const slow = shown.filter(({ what }) => isSlow(what));
  const gone = Object.keys(kept).filter((name) => !least.has(name));
  for (const { what, ratio } of slow) console.error(`${what} takes ${ratio} of the time that is kept for it.`);
  for (const name of gone) console.error(`${name} is kept, but wasn't measured.`);
  if (shown.some(({ ratio }) => ratio < 1 / MOST)) console.log("Something has become faster: keep it with --keep.");
  process.exitCode = slow.length + gone.length > 0 ? 1 : 0;
} else {
  const rows = shown.map(({ what, share }) => [what, share]);
  await writeFile(KEPT, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}

/** Measures a pack's tasks and the kernel in turns, and keeps the least share of each. */
async function measure(pack) {
  const { page, context } = await bare(browser);
  await makeKernel(page);
  await page.evaluate(startWorkers, { backend: "cpu", pack: `packs/pace-${pack}/` });
  const times = TASKS.map(() => []);
  const kernel = [];
  for (let turn = -WARM_UPS; turn < TURNS; turn++) {
    for (const [place, { run }] of TASKS.entries()) {
      const [unit, milliseconds] = [await page.evaluate(() => kernel()), await run(page)];
      if (turn < 0) continue;
      kernel.push(unit);
      times[place].push(milliseconds);
    }
  }
  for (const [place, { what }] of TASKS.entries()) {
    const name = `${pack}: ${what}`;
    const share = Math.min(...times[place]) / Math.min(...kernel);
    least.set(name, Math.min(share, least.get(name) ?? Infinity));
  }
  await context.close();
}
