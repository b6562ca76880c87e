// A fixed piece of work, to measure others by: a machine that is slower, or busy, takes longer for both. It
// has the instructions that towers spend their time on: loads, products and sums of eight 16-bit integers and
// of four floats at a time.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { default: binaryen } = await import(pathToFileURL(join(process.env.GLIMPSE_NODE_MODULES, "binaryen/index.js")));

const TIMES = 16_000;
const HALF = 1 << 15;
const LANES = [0, 1, 2, 3];

/** Sums of products of a memory's two halves, so many times; in WebAssembly's text format. */
const SOURCE = `(module
  (memory (export "memory") 1)
  (func (export "run") (param $times i32) (result i32)
    (local $at i32) (local $x v128) (local $y v128)
    ${LANES.map((lane) => `(local $i${lane} v128) (local $f${lane} v128)`).join(" ")}
    (loop $again
      (local.set $at (i32.const 0))
      (loop $next
        ${LANES.map((lane) => `
        (local.set $x (v128.load offset=${16 * lane} (local.get $at)))
        (local.set $y (v128.load offset=${16 * lane + HALF} (local.get $at)))
        (local.set $i${lane} (i32x4.add (local.get $i${lane}) (i32x4.dot_i16x8_s (local.get $x) (local.get $y))))
        (local.set $f${lane} (f32x4.add (local.get $f${lane}) (f32x4.mul (local.get $x) (local.get $y))))`).join("")}
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (i32.const ${HALF}))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.xor
      ${LANES.slice(1).reduce((sum, lane) => `(i32.xor ${sum} (i32x4.extract_lane 0 (local.get $i${lane})))`, "(i32x4.extract_lane 0 (local.get $i0))")}
      ${LANES.slice(1).reduce((sum, lane) => `(i32.xor ${sum} (i32x4.extract_lane 0 (local.get $f${lane})))`, "(i32x4.extract_lane 0 (local.get $f0))")})))`;

/** Makes `window.kernel`, which gives the milliseconds that the work takes. */
export async function makeKernel(page) {
  const module = binaryen.parseText(SOURCE);
  module.setFeatures(binaryen.Features.All);
  if (!module.validate()) throw new Error("the fixed kernel is no WebAssembly");
  const bytes = [...module.emitBinary()];
  module.dispose();
  await page.evaluate(start, { bytes, times: TIMES });
}

/** Runs in the page. */
async function start({ bytes, times }) {
  const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
  const { memory, run } = instance.exports;
  // From 1 to 2: neither sums nor products ever leave what is quick to compute.
  new Float32Array(memory.buffer).forEach((_, place, floats) => (floats[place] = 1 + (place % 16) / 16));
  window.kernel = () => {
    const start = performance.now();
    run(times);
    return performance.now() - start;
  };
}
