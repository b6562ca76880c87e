// What many runs come to.

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
export const median = (numbers) => sorted(numbers)[numbers.length >> 1];

export const spread = (times) => ({ median_ms: median(times), min_ms: Math.min(...times), runs: times.length });

/** Of runs that took turns: a slow moment of the machine strikes both. */
export function ratios(ours, theirs) {
  const each = ours.map((time, run) => time / theirs[run]);
  return { median: median(each), least: Math.min(...each), most: Math.max(...each) };
}
