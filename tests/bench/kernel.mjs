// A fixed piece of work, to measure others by: a machine that is slower, or busy, takes longer for both.

/** Milliseconds that a page takes for a product of two matrices of 160 × 160 floats, eight times over. */
export function fixedKernel() {
  const SIDE = 160;
  const TIMES = 8;
  const filled = (step) => Float32Array.from({ length: SIDE * SIDE }, (_, place) => ((place * step) % 17) / 17);
  window.matrices ??= { a: filled(3), b: filled(5), out: new Float32Array(SIDE * SIDE) };
  const { a, b, out } = window.matrices;
  const start = performance.now();
  for (let time = 0; time < TIMES; time++) {
    for (let row = 0; row < SIDE; row++) {
      for (let inner = 0; inner < SIDE; inner++) {
        const factor = a[row * SIDE + inner];
        for (let column = 0; column < SIDE; column++) {
          out[row * SIDE + column] += factor * b[inner * SIDE + column];
        }
      }
    }
  }
  return performance.now() - start;
}
