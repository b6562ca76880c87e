// How much memory the worker takes.

import { readFile } from "node:fs/promises";

const megabytes = (bytes) => Math.round(bytes / 1e5) / 10;

/** Megabytes that the browser ascribes to the page's workers. A module's memory never shrinks, so
 *  this is the most that the module has ever had. */
export async function workerMemory(page) {
  const found = await page.evaluate(async () => {
    try {
      return await performance.measureUserAgentSpecificMemory();
    } catch (error) {
      return error.message;
    }
  });
  if (typeof found === "string") return `unknown (${found})`;
  const inWorkers = ({ attribution }) => attribution.some(({ scope }) => scope === "DedicatedWorkerGlobalScope");
  return megabytes(found.breakdown.filter(inWorkers).reduce((sum, { bytes }) => sum + bytes, 0));
}

/** The most that the page's process ever had in memory, downloads on their way included. Known on
 *  Linux. */
export async function peakMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const peaks = await Promise.all(renderers.map(({ id }) => peakOf(id)));
  // The others are spare ones, of empty pages.
  const most = Math.max(0, ...peaks.filter(Boolean));
  return most > 0 ? megabytes(most) : "unknown (not told by this system)";
}

async function peakOf(process) {
  const status = await readFile(`/proc/${process}/status`, "utf8").catch(() => "");
  return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
