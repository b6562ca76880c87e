//! Packed general matrix multiplication (GEMM): rows of the left-hand side with panels of weights.
//!
//! A panel holds the weights of [`NR`] outputs, input by input, so that one pass over it gives
//! eight accumulators for each of [`MR`] rows, all in registers ([`pack_rows`], [`pack_columns`],
//! [`pack_int8`]). [`gemm`] multiplies floats, [`QuantizedLhs::gemm`] integers; both hand each
//! accumulated vector to an epilogue, which adds biases, activates and stores.

use super::simd::Isa;
use bytemuck::{cast, cast_slice_mut};
use wide::{f32x4, f32x8, i16x8, i32x4};

/// Columns of a tile: the outputs of a panel, computed together in one vector of eight lanes.
pub const NR: usize = 8;
/// Rows of a tile: with more, the accumulators don't fit 16 registers of 128 bits.
pub const MR: usize = 4;
/// Rows of a tile of two panels, with AVX2: a register holds eight accumulators there, so twelve
/// of 16 do.
const MR_AVX2: usize = 6;

/// The float weights of a panel at one input, one for each output.
pub type FloatPanel = [f32; NR];
/// The int8 weights of a panel at two inputs: both of the first output, both of the second, and so
/// on.
pub type Int8Panel = [i8; 2 * NR];

/// Loads the eight values from `first` on; zeros if there are fewer.
#[inline(always)]
pub fn load8(values: &[f32], first: usize) -> f32x8 {
    let chunk = values[first..].first_chunk::<NR>();
    chunk.map_or(f32x8::ZERO, |chunk| f32x8::new(*chunk))
}

/// Stores as many of the values as `out` has room for.
#[inline(always)]
pub fn store(values: f32x8, out: &mut [f32]) {
    let values = values.to_array();
    match out.first_chunk_mut() {
        Some(out) => *out = values,
        None => out.copy_from_slice(&values[..out.len()]),
    }
}

/// Adds as many of the values as `out` has room for to what it holds.
#[inline(always)]
pub fn store_add(values: f32x8, out: &mut [f32]) {
    match out.first_chunk_mut::<NR>() {
        Some(out) => *out = (f32x8::new(*out) + values).to_array(),
        None => out
            .iter_mut()
            .zip(values.to_array())
            .for_each(|(out, value)| *out += value),
    }
}

/// Packs a matrix (outputs, inputs), given as rows, into float panels; zeros fill the last one.
pub fn pack_rows(rows: &[&[f32]]) -> Vec<FloatPanel> {
    let inputs = rows.first().map_or(0, |row| row.len());
    let zeros = vec![0.0; inputs];
    let mut panels = Vec::with_capacity(rows.len().div_ceil(NR) * inputs);
    for group in rows.chunks(NR) {
        let row = |index: usize| group.get(index).map_or(&zeros[..], |row| &row[..inputs]);
        let rows: [&[f32]; NR] = std::array::from_fn(row);
        panels.extend((0..inputs).map(|input| rows.map(|row| row[input])));
    }
    panels
}

/// Packs a matrix (inputs, outputs), given as rows, into float panels; zeros fill the last one.
pub fn pack_columns(rows: &[&[f32]]) -> Vec<FloatPanel> {
    let outputs = rows.first().map_or(0, |row| row.len());
    let mut panels = Vec::with_capacity(outputs.div_ceil(NR) * rows.len());
    for first in (0..outputs).step_by(NR) {
        panels.extend(rows.iter().map(|row| match row[first..].first_chunk() {
            Some(chunk) => *chunk,
            None => std::array::from_fn(|lane| row.get(first + lane).copied().unwrap_or(0.0)),
        }));
    }
    panels
}

/// Packs a matrix (outputs, inputs) of two's-complement bytes into int8 panels; zeros fill the last
/// one, and the second half of an odd last input.
pub fn pack_int8(bytes: &[u8], outputs: usize) -> Vec<Int8Panel> {
    let inputs = bytes.len() / outputs.max(1);
    let rows: Vec<&[u8]> = bytes.chunks_exact(inputs.max(1)).collect();
    let mut panels = Vec::with_capacity(outputs.div_ceil(NR) * inputs.div_ceil(2));
    for group in rows.chunks(NR) {
        let weight = |output: usize, input: usize| match group.get(output) {
            Some(row) => row.get(input).map_or(0, |&byte| byte as i8),
            None => 0,
        };
        panels.extend(
            (0..inputs)
                .step_by(2)
                .map(|input| std::array::from_fn(|index| weight(index / 2, input + index % 2))),
        );
    }
    panels
}

/// Multiplies each row with each panel. `epilogue` is given the row's index, the panel's first
/// output, and eight accumulators.
#[inline(always)]
pub fn gemm<I: Isa>(
    isa: I,
    rows: &[&[f32]],
    panels: &[FloatPanel],
    epilogue: impl FnMut(usize, usize, f32x8),
) {
    gemm_panels(rows, panels, FloatKernel(isa), epilogue);
}

/// Kernel that computes a small tile of a GEMM, `R` rows by `P` panels, with all of its
/// accumulators in registers. `T` is an element of a row, `Panel` the weights that meet it.
trait MicroKernel<T: Copy + Default, Panel: Copy>: Copy {
    /// Whether tiles of [`MR_AVX2`] rows by two panels fit, as [`Isa::LARGE_TILES`].
    const LARGE_TILES: bool;
    /// A vector of eight factors, or of eight pairs of them.
    type Operand: Copy;
    /// A vector of eight sums.
    type Accumulator: Copy;

    /// Broadcasts an element of a row.
    fn broadcast(self, value: T) -> Self::Operand;
    /// Loads a panel's weights at one input.
    fn load(self, weights: Panel) -> Self::Operand;
    /// Accumulators of zero to start from.
    fn zero(self) -> Self::Accumulator;
    /// `a · b + accumulator`, lane by lane; of pairs, the sum of both products.
    fn mul_add(
        self,
        a: Self::Operand,
        b: Self::Operand,
        accumulator: Self::Accumulator,
    ) -> Self::Accumulator;
    /// The accumulated sums as floats.
    fn extract(self, accumulator: Self::Accumulator) -> f32x8;

    /// The accumulators of each row with each panel. In loops, since the closures of `map` aren't
    /// compiled into a caller that is for certain CPUs only.
    #[inline(always)]
    fn tile<const R: usize, const P: usize>(
        self,
        rows: [&[T]; R],
        panels: [&[Panel]; P],
    ) -> [[f32x8; P]; R] {
        let length = panels[0].len();
        let (rows, panels) = (rows.map(|row| &row[..length]), panels.map(|p| &p[..length]));
        let mut accumulators = [[self.zero(); P]; R];
        for input in 0..length {
            let mut weights = [self.broadcast(T::default()); P];
            for (weights, panel) in weights.iter_mut().zip(panels) {
                *weights = self.load(panel[input]);
            }
            for (accumulators, row) in accumulators.iter_mut().zip(rows) {
                let value = self.broadcast(row[input]);
                for (accumulator, weights) in accumulators.iter_mut().zip(weights) {
                    *accumulator = self.mul_add(value, weights, *accumulator);
                }
            }
        }
        let mut tile = [[f32x8::ZERO; P]; R];
        for (tile, accumulators) in tile.iter_mut().zip(accumulators) {
            for (sums, accumulator) in tile.iter_mut().zip(accumulators) {
                *sums = self.extract(accumulator);
            }
        }
        tile
    }
}

/// The loop over panels: two together where they fit, then those that are left one by one.
#[inline(always)]
fn gemm_panels<T: Copy + Default, Panel: Copy, K: MicroKernel<T, Panel>>(
    rows: &[&[T]],
    panels: &[Panel],
    kernel: K,
    mut epilogue: impl FnMut(usize, usize, f32x8),
) {
    let length = rows.first().map_or(0, |row| row.len()).max(1);
    let mut first = 0;
    let mut rest = panels;
    if K::LARGE_TILES {
        let pairs = panels.chunks_exact(2 * length);
        rest = pairs.remainder();
        for pair in pairs {
            let (left, right) = pair.split_at(length);
            gemm_rows(
                rows,
                [left, right],
                kernel,
                #[inline(always)]
                |row, [left, right]| {
                    epilogue(row, first, left);
                    epilogue(row, first + NR, right);
                },
            );
            first += 2 * NR;
        }
    }
    for panel in rest.chunks_exact(length) {
        gemm_rows(
            rows,
            [panel],
            kernel,
            #[inline(always)]
            |row, [sums]| epilogue(row, first, sums),
        );
        first += NR;
    }
}

/// The loop over rows: tiles of the largest size that fits, then rows that are left one by one.
#[inline(always)]
fn gemm_rows<T: Copy + Default, Panel: Copy, K: MicroKernel<T, Panel>, const P: usize>(
    rows: &[&[T]],
    panels: [&[Panel]; P],
    kernel: K,
    mut epilogue: impl FnMut(usize, [f32x8; P]),
) {
    let mut first = 0;
    if K::LARGE_TILES {
        first = rows_in_large_tiles(rows.len());
        gemm_tiles::<T, Panel, MR_AVX2, P>(&rows[..first], 0, panels, kernel, &mut epilogue);
    }
    let last = rows.len() - (rows.len() - first) % MR;
    gemm_tiles::<T, Panel, MR, P>(&rows[first..last], first, panels, kernel, &mut epilogue);
    gemm_tiles::<T, Panel, 1, P>(&rows[last..], last, panels, kernel, &mut epilogue);
}

/// How many of so many rows are computed in tiles of [`MR_AVX2`]: single rows take as long as
/// several together, so rather two tiles of [`MR`] are left than two or three rows.
fn rows_in_large_tiles(rows: usize) -> usize {
    let left = rows % MR_AVX2;
    let more = if matches!(left, 2 | 3) { MR_AVX2 } else { 0 };
    rows.saturating_sub(left + more)
}

/// Tiles of `R` rows, which is what `rows` are a multiple of; `first` is the index of the first
/// one.
#[inline(always)]
fn gemm_tiles<T: Copy + Default, Panel: Copy, const R: usize, const P: usize>(
    rows: &[&[T]],
    first: usize,
    panels: [&[Panel]; P],
    kernel: impl MicroKernel<T, Panel>,
    epilogue: &mut impl FnMut(usize, [f32x8; P]),
) {
    for (tile, rows) in rows.as_chunks::<R>().0.iter().enumerate() {
        for (row, sums) in kernel.tile(*rows, panels).into_iter().enumerate() {
            epilogue(first + tile * R + row, sums);
        }
    }
}

/// Float32 accumulators of float32 products.
#[derive(Clone, Copy)]
struct FloatKernel<I>(I);

impl<I: Isa> MicroKernel<f32, FloatPanel> for FloatKernel<I> {
    const LARGE_TILES: bool = I::LARGE_TILES;
    type Operand = I::F32;
    type Accumulator = I::F32;

    #[inline(always)]
    fn broadcast(self, value: f32) -> I::F32 {
        self.0.splat(value)
    }

    #[inline(always)]
    fn load(self, weights: FloatPanel) -> I::F32 {
        self.0.load(weights)
    }

    #[inline(always)]
    fn zero(self) -> I::F32 {
        self.0.splat(0.0)
    }

    #[inline(always)]
    fn mul_add(self, a: I::F32, b: I::F32, accumulator: I::F32) -> I::F32 {
        self.0.mul_add(a, b, accumulator)
    }

    #[inline(always)]
    fn extract(self, accumulator: I::F32) -> f32x8 {
        self.0.extract(accumulator)
    }
}

/// Int32 accumulators of pairs: 16-bit inputs with weights widened from 8 to 16 bits.
#[derive(Clone, Copy)]
struct Int8Kernel<I>(I);

impl<I: Isa> MicroKernel<i32, Int8Panel> for Int8Kernel<I> {
    const LARGE_TILES: bool = I::LARGE_TILES;
    type Operand = I::I16Pairs;
    type Accumulator = I::I32;

    #[inline(always)]
    fn broadcast(self, value: i32) -> I::I16Pairs {
        self.0.splat_pair(value)
    }

    #[inline(always)]
    fn load(self, weights: Int8Panel) -> I::I16Pairs {
        self.0.load_int8(weights)
    }

    #[inline(always)]
    fn zero(self) -> I::I32 {
        self.0.zero_i32()
    }

    #[inline(always)]
    fn mul_add(self, a: I::I16Pairs, b: I::I16Pairs, accumulator: I::I32) -> I::I32 {
        self.0.dot_add(a, b, accumulator)
    }

    #[inline(always)]
    fn extract(self, accumulator: I::I32) -> f32x8 {
        self.0.convert(accumulator)
    }
}

/// The left-hand side quantised row by row: 16-bit integers, and each row's scale.
///
/// The instruction that multiplies them with weights takes 16-bit integers and adds pairs of
/// products in 32 bits. So steps are as fine as the accumulators allow, 12 bits and more, at no
/// cost beside 8 bits (Jacob et al. 2017, arXiv 1712.05877).
pub struct QuantizedLhs {
    /// (rows · `length`): two integers each, the first in the lower half; a zero follows an odd
    /// row.
    pairs: Vec<i32>,
    /// Number of pairs in a row.
    length: usize,
    /// What one step is worth, for each row.
    scales: Vec<f32>,
}

impl QuantizedLhs {
    /// Quantises `x` (rows · inputs).
    pub fn new(x: &[f32], inputs: usize) -> Self {
        let length = inputs.div_ceil(2).max(1);
        let rows = x.len() / inputs.max(1);
        // With this many steps either side of zero, sums with weights of -128 to 127 just fit.
        let steps = i32::MAX as f32 / (128.0 * inputs.max(1) as f32);
        let steps = steps.min(f32::from(i16::MAX)).floor();
        let mut pairs = vec![0; rows * length];
        let mut scales = Vec::with_capacity(rows);
        let all = x
            .chunks_exact(inputs.max(1))
            .zip(pairs.chunks_exact_mut(length));
        for (row, pairs) in all {
            let largest = max_abs(row);
            let inverse = if largest > 0.0 { steps / largest } else { 0.0 };
            quantise(row, inverse, cast_slice_mut(pairs));
            scales.push(largest / steps);
        }
        Self {
            pairs,
            length,
            scales,
        }
    }

    /// As [`gemm`], with the rows' scales applied and not yet the weights'.
    #[inline(always)]
    pub fn gemm<I: Isa>(
        &self,
        isa: I,
        panels: &[Int8Panel],
        mut epilogue: impl FnMut(usize, usize, f32x8),
    ) {
        let rows: Vec<&[i32]> = self.pairs.chunks_exact(self.length).collect();
        gemm_panels(
            &rows,
            panels,
            Int8Kernel(isa),
            #[inline(always)]
            |row, first, sums| epilogue(row, first, sums * self.scales[row]),
        );
    }
}

/// The largest magnitude of a row.
fn max_abs(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<4>();
    let most = chunks.iter().fold(f32x4::ZERO, |most, chunk| {
        most.fast_max(f32x4::new(*chunk).abs())
    });
    let lanes = most.to_array();
    lanes
        .iter()
        .chain(rest)
        .fold(0.0, |most, value| value.abs().max(most))
}

/// Each value times `inverse`, rounded to the nearest integer.
fn quantise(row: &[f32], inverse: f32, integers: &mut [i16]) {
    /// 1.5 · 2²³: a sum with it is rounded to an integer, which then stands in its last bits.
    const WHOLE: f32 = 12_582_912.0;
    let (chunks, rest) = row.as_chunks::<8>();
    let (rounded, _) = integers.as_chunks_mut::<8>();
    for (chunk, rounded) in chunks.iter().zip(rounded) {
        let halves: [f32x4; 2] = cast(*chunk);
        let whole = halves.map(|half| {
            let sum: i32x4 = cast(half * f32x4::splat(inverse) + f32x4::splat(WHOLE));
            sum - i32x4::splat(WHOLE.to_bits() as i32)
        });
        *rounded = cast(i16x8::from_i32x8_saturate(cast(whole)));
    }
    for (value, rounded) in rest.iter().zip(&mut integers[8 * chunks.len()..]) {
        *rounded = (value * inverse).round_ties_even() as i16;
    }
}
