//! Products of rows with panels of weights.
//!
//! A panel holds the weights of [`OUTPUTS`] outputs, input by input, so that one pass over it gives
//! eight sums for each of four rows, all in registers.

use super::simd::Isa;
use bytemuck::{cast, cast_slice_mut};
use wide::{f32x4, f32x8, i16x8, i32x4};

/// Outputs that are computed together: two vectors of sums.
pub const OUTPUTS: usize = 8;
/// Rows that are computed together: with more, the sums don't fit 16 registers.
pub const ROWS: usize = 4;
/// The same for two panels beside one another where a register holds eight sums.
const LARGE: usize = 6;

/// For each input: the weight of each output.
pub type FloatPanel = [f32; OUTPUTS];
/// For each two inputs: both weights of the first output, of the second, and so on.
pub type Int8Panel = [i8; 2 * OUTPUTS];

/// The eight values from `first` on.
#[inline(always)]
pub fn vector(values: &[f32], first: usize) -> f32x8 {
    let chunk = values[first..].first_chunk::<OUTPUTS>();
    chunk.map_or(f32x8::ZERO, |chunk| f32x8::new(*chunk))
}

/// Writes as many values as there is room for.
#[inline(always)]
pub fn write(values: f32x8, room: &mut [f32]) {
    let values = values.to_array();
    match room.first_chunk_mut() {
        Some(room) => *room = values,
        None => room.copy_from_slice(&values[..room.len()]),
    }
}

/// Adds as many values as there is room for to what stands there.
#[inline(always)]
pub fn add(values: f32x8, room: &mut [f32]) {
    match room.first_chunk_mut::<OUTPUTS>() {
        Some(room) => *room = (f32x8::new(*room) + values).to_array(),
        None => room
            .iter_mut()
            .zip(values.to_array())
            .for_each(|(there, value)| *there += value),
    }
}

/// Panels whose outputs are rows of weights; zeros fill the last one.
pub fn panels_of_rows(rows: &[&[f32]]) -> Vec<FloatPanel> {
    let inputs = rows.first().map_or(0, |row| row.len());
    let zeros = vec![0.0; inputs];
    let mut panels = Vec::with_capacity(rows.len().div_ceil(OUTPUTS) * inputs);
    for group in rows.chunks(OUTPUTS) {
        let row = |place: usize| group.get(place).map_or(&zeros[..], |row| &row[..inputs]);
        let rows: [&[f32]; OUTPUTS] = std::array::from_fn(row);
        panels.extend((0..inputs).map(|input| rows.map(|row| row[input])));
    }
    panels
}

/// Panels whose inputs are rows of weights.
pub fn panels_of_columns(rows: &[&[f32]]) -> Vec<FloatPanel> {
    let outputs = rows.first().map_or(0, |row| row.len());
    let mut panels = Vec::with_capacity(outputs.div_ceil(OUTPUTS) * rows.len());
    for first in (0..outputs).step_by(OUTPUTS) {
        panels.extend(rows.iter().map(|row| match row[first..].first_chunk() {
            Some(chunk) => *chunk,
            None => std::array::from_fn(|place| row.get(first + place).copied().unwrap_or(0.0)),
        }));
    }
    panels
}

/// Panels of `outputs` rows of bytes.
pub fn int8_panels(bytes: &[u8], outputs: usize) -> Vec<Int8Panel> {
    let inputs = bytes.len() / outputs.max(1);
    let rows: Vec<&[u8]> = bytes.chunks_exact(inputs.max(1)).collect();
    let mut panels = Vec::with_capacity(outputs.div_ceil(OUTPUTS) * inputs.div_ceil(2));
    for group in rows.chunks(OUTPUTS) {
        let weight = |output: usize, input: usize| match group.get(output) {
            Some(row) => row.get(input).map_or(0, |&byte| byte as i8),
            None => 0,
        };
        panels.extend(
            (0..inputs)
                .step_by(2)
                .map(|input| std::array::from_fn(|place| weight(place / 2, input + place % 2))),
        );
    }
    panels
}

/// Each row's product with each panel; `take` is given the row, the first output, and the sums.
#[inline(always)]
pub fn products<I: Isa>(
    isa: I,
    rows: &[&[f32]],
    panels: &[FloatPanel],
    take: impl FnMut(usize, usize, f32x8),
) {
    over_panels(rows, panels, FloatSums(isa), take);
}

/// How the products of a few rows with a few panels are computed.
trait Sums<T: Copy + Default, Panel: Copy>: Copy {
    /// As [`Isa::LARGE_TILES`].
    const LARGE_TILES: bool;
    /// What is multiplied.
    type Factors: Copy;
    /// Eight sums.
    type Sum: Copy;

    /// A value, eight times.
    fn value(self, value: T) -> Self::Factors;
    /// Eight outputs' weights.
    fn weights(self, weights: Panel) -> Self::Factors;
    /// Nothing yet.
    fn none(self) -> Self::Sum;
    /// `a b + sum`.
    fn add(self, a: Self::Factors, b: Self::Factors, sum: Self::Sum) -> Self::Sum;
    /// As floats.
    fn out(self, sum: Self::Sum) -> f32x8;

    /// Of each row with each panel. In loops, since the closures of `map` aren't compiled into a
    /// caller that is for certain processors only.
    #[inline(always)]
    fn sums<const R: usize, const P: usize>(
        self,
        rows: [&[T]; R],
        panels: [&[Panel]; P],
    ) -> [[f32x8; P]; R] {
        let length = panels[0].len();
        let (rows, panels) = (rows.map(|row| &row[..length]), panels.map(|p| &p[..length]));
        let mut sums = [[self.none(); P]; R];
        for input in 0..length {
            let mut weights = [self.value(T::default()); P];
            for (weights, panel) in weights.iter_mut().zip(panels) {
                *weights = self.weights(panel[input]);
            }
            for (sums, row) in sums.iter_mut().zip(rows) {
                let value = self.value(row[input]);
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = self.add(value, weights, *sum);
                }
            }
        }
        let mut all = [[f32x8::ZERO; P]; R];
        for (all, sums) in all.iter_mut().zip(sums) {
            for (one, sum) in all.iter_mut().zip(sums) {
                *one = self.out(sum);
            }
        }
        all
    }
}

/// Two panels together where they fit, then those that are left one by one.
#[inline(always)]
fn over_panels<T: Copy + Default, Panel: Copy, S: Sums<T, Panel>>(
    rows: &[&[T]],
    panels: &[Panel],
    sums: S,
    mut take: impl FnMut(usize, usize, f32x8),
) {
    let length = rows.first().map_or(0, |row| row.len()).max(1);
    let mut first = 0;
    let mut rest = panels;
    if S::LARGE_TILES {
        let pairs = panels.chunks_exact(2 * length);
        rest = pairs.remainder();
        for pair in pairs {
            let (left, right) = pair.split_at(length);
            over_tiles(
                rows,
                [left, right],
                sums,
                #[inline(always)]
                |row, [left, right]| {
                    take(row, first, left);
                    take(row, first + OUTPUTS, right);
                },
            );
            first += 2 * OUTPUTS;
        }
    }
    for panel in rest.chunks_exact(length) {
        over_tiles(
            rows,
            [panel],
            sums,
            #[inline(always)]
            |row, [sums]| take(row, first, sums),
        );
        first += OUTPUTS;
    }
}

/// Tiles of rows, then those that are left one by one.
#[inline(always)]
fn over_tiles<T: Copy + Default, Panel: Copy, S: Sums<T, Panel>, const P: usize>(
    rows: &[&[T]],
    panels: [&[Panel]; P],
    sums: S,
    mut take: impl FnMut(usize, [f32x8; P]),
) {
    let mut first = 0;
    if S::LARGE_TILES {
        first = in_large_tiles(rows.len());
        over_rows::<T, Panel, LARGE, P>(&rows[..first], 0, panels, sums, &mut take);
    }
    let last = rows.len() - (rows.len() - first) % ROWS;
    over_rows::<T, Panel, ROWS, P>(&rows[first..last], first, panels, sums, &mut take);
    over_rows::<T, Panel, 1, P>(&rows[last..], last, panels, sums, &mut take);
}

/// How many of so many rows are computed in large tiles: single rows take as long as several
/// together, so rather two small tiles are left than two or three rows.
fn in_large_tiles(rows: usize) -> usize {
    let left = rows % LARGE;
    let more = if matches!(left, 2 | 3) { LARGE } else { 0 };
    rows.saturating_sub(left + more)
}

/// `R` rows together; `first` is the number of the first one.
#[inline(always)]
fn over_rows<T: Copy + Default, Panel: Copy, const R: usize, const P: usize>(
    rows: &[&[T]],
    first: usize,
    panels: [&[Panel]; P],
    sums: impl Sums<T, Panel>,
    take: &mut impl FnMut(usize, [f32x8; P]),
) {
    for (tile, rows) in rows.as_chunks::<R>().0.iter().enumerate() {
        for (row, sums) in sums.sums(*rows, panels).into_iter().enumerate() {
            take(first + tile * R + row, sums);
        }
    }
}

/// Of floats.
#[derive(Clone, Copy)]
struct FloatSums<I>(I);

impl<I: Isa> Sums<f32, FloatPanel> for FloatSums<I> {
    const LARGE_TILES: bool = I::LARGE_TILES;
    type Factors = I::F32;
    type Sum = I::F32;

    #[inline(always)]
    fn value(self, value: f32) -> I::F32 {
        self.0.splat(value)
    }

    #[inline(always)]
    fn weights(self, weights: FloatPanel) -> I::F32 {
        self.0.load(weights)
    }

    #[inline(always)]
    fn none(self) -> I::F32 {
        self.0.splat(0.0)
    }

    #[inline(always)]
    fn add(self, a: I::F32, b: I::F32, sum: I::F32) -> I::F32 {
        self.0.mul_add(a, b, sum)
    }

    #[inline(always)]
    fn out(self, sum: I::F32) -> f32x8 {
        self.0.extract(sum)
    }
}

/// Of pairs of 16-bit integers, with pairs of 8-bit ones.
#[derive(Clone, Copy)]
struct IntegerSums<I>(I);

impl<I: Isa> Sums<i32, Int8Panel> for IntegerSums<I> {
    const LARGE_TILES: bool = I::LARGE_TILES;
    type Factors = I::I16Pairs;
    type Sum = I::I32;

    #[inline(always)]
    fn value(self, value: i32) -> I::I16Pairs {
        self.0.splat_pair(value)
    }

    #[inline(always)]
    fn weights(self, weights: Int8Panel) -> I::I16Pairs {
        self.0.load_int8(weights)
    }

    #[inline(always)]
    fn none(self) -> I::I32 {
        self.0.zero_i32()
    }

    #[inline(always)]
    fn add(self, a: I::I16Pairs, b: I::I16Pairs, sum: I::I32) -> I::I32 {
        self.0.dot_add(a, b, sum)
    }

    #[inline(always)]
    fn out(self, sum: I::I32) -> f32x8 {
        self.0.convert(sum)
    }
}

/// Rows of floats as integers, each row by a scale of its own.
///
/// The instruction that multiplies them with weights takes 16-bit integers and adds pairs of
/// products in 32 bits. So steps are as fine as sums allow, 12 bits and more, at no cost beside 8
/// bits (Jacob et al. 2017, arXiv 1712.05877).
pub struct Rounded {
    /// Two integers each; a zero follows an odd row.
    pairs: Vec<i32>,
    /// Pairs of a row.
    length: usize,
    /// What one step is worth, for each row.
    scales: Vec<f32>,
}

impl Rounded {
    /// Of `x` (rows · inputs).
    pub fn new(x: &[f32], inputs: usize) -> Self {
        let length = inputs.div_ceil(2).max(1);
        let rows = x.len() / inputs.max(1);
        let most = i32::MAX as f32 / (128.0 * inputs.max(1) as f32);
        let most = most.min(f32::from(i16::MAX)).floor();
        let mut pairs = vec![0; rows * length];
        let mut scales = Vec::with_capacity(rows);
        let all = x
            .chunks_exact(inputs.max(1))
            .zip(pairs.chunks_exact_mut(length));
        for (row, pairs) in all {
            let largest = largest(row);
            let inverse = if largest > 0.0 { most / largest } else { 0.0 };
            round(row, inverse, cast_slice_mut(pairs));
            scales.push(largest / most);
        }
        Self {
            pairs,
            length,
            scales,
        }
    }

    /// As [`products`], not yet scaled by the weights' scales.
    #[inline(always)]
    pub fn products<I: Isa>(
        &self,
        isa: I,
        panels: &[Int8Panel],
        mut take: impl FnMut(usize, usize, f32x8),
    ) {
        let rows: Vec<&[i32]> = self.pairs.chunks_exact(self.length).collect();
        over_panels(
            &rows,
            panels,
            IntegerSums(isa),
            #[inline(always)]
            |row, first, sums| take(row, first, sums * self.scales[row]),
        );
    }
}

/// The largest magnitude.
fn largest(row: &[f32]) -> f32 {
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

/// Each value times `inverse`, to the nearest whole number.
fn round(row: &[f32], inverse: f32, integers: &mut [i16]) {
    /// 1.5 · 2²³: a sum with it is rounded to a whole number, which then stands in its last bits.
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
