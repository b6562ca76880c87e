//! Antialiased resampling in the fixed-point arithmetic of Pillow and of PyTorch, so that results
//! agree to the bit. The method is documented in Pillow's `Image.resize` ("resample" and
//! "reducing"); PyTorch's `interpolate` of bytes follows it with coarser weights.

use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, ops::Range};

/// How many bits the filter's fixed-point weights have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// Pillow's: 8 bits of pixel and 2 of head-room leave 22 of 32.
    Bits22,
    /// PyTorch's: as many bits as the largest weight of an axis leaves in 16, sign included.
    Within16,
}

impl Precision {
    fn bits(self, largest: f64) -> u32 {
        let fits = |bits: &u32| (0.5 + largest * f64::from(1u32 << bits)) < f64::from(1u32 << 15);
        match self {
            Self::Bits22 => 22,
            Self::Within16 => (1..=22).take_while(fits).last().unwrap_or(0),
        }
    }
}

/// An interpolation filter, numbered as Pillow (and so `preprocessor_config.json`) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Filter {
    /// Pillow's filter 2: a triangle, two source pixels wide.
    Bilinear,
    /// Pillow's 3: Keys' cubic with a = −0.5.
    Bicubic,
}

impl TryFrom<u8> for Filter {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            2 => Ok(Self::Bilinear),
            3 => Ok(Self::Bicubic),
            other => Err(format!(
                "resample {other} is not supported: 2 (bilinear) or 3 (bicubic) are"
            )),
        }
    }
}

impl From<Filter> for u8 {
    fn from(filter: Filter) -> u8 {
        match filter {
            Filter::Bilinear => 2,
            Filter::Bicubic => 3,
        }
    }
}

impl Filter {
    /// Half the filter's width, in source pixels at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

impl Filter {
    /// The first source pixel of one output pixel, and the weights from there on, which add up to
    /// 1.
    fn weights(self, from: usize, to: usize, output: usize) -> (usize, Vec<f64>) {
        let scale = from as f64 / to as f64;
        // Shrinking widens the filter: that is the antialias.
        let filter_scale = scale.max(1.0);
        let support = self.support() * filter_scale;
        let centre = (output as f64 + 0.5) * scale;
        let start = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(from);
        let mut weights: Vec<f64> = (start..end)
            .map(|x| self.weight((x as f64 - centre + 0.5) / filter_scale))
            .collect();
        let sum: f64 = weights.iter().sum();
        if sum != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        (start, weights)
    }
}

/// The filter taps of each wanted output pixel along one axis: its first source pixel, and the
/// weights from there on.
pub(super) struct Taps {
    starts: Vec<usize>,
    weights: Vec<Vec<i32>>,
    /// Fractional bits of the weights.
    bits: u32,
}

impl Taps {
    /// Taps for the output pixels `wanted` of a resize from `from` to `to` pixels.
    pub(super) fn new(
        filter: Filter,
        precision: Precision,
        [from, to]: [usize; 2],
        wanted: Range<usize>,
    ) -> Self {
        let largest = match precision {
            Precision::Bits22 => 1.0,
            // Of the whole axis, whatever of it is wanted.
            Precision::Within16 => (0..to)
                .flat_map(|output| filter.weights(from, to, output).1)
                .fold(0.0, f64::max),
        };
        let bits = precision.bits(largest);
        let (starts, weights) = wanted
            .map(|output| {
                let (start, weights) = filter.weights(from, to, output);
                let fixed = weights.into_iter().map(|weight| fixed_point(weight, bits));
                (start, fixed.collect())
            })
            .unzip();
        Self {
            starts,
            weights,
            bits,
        }
    }

    /// The source pixels that any wanted output pixel reads.
    pub(super) fn source_range(&self) -> Range<usize> {
        let start = self.starts.iter().copied().min().unwrap_or(0);
        let end = self
            .starts
            .iter()
            .zip(&self.weights)
            .map(|(start, weights)| start + weights.len())
            .max()
            .unwrap_or(0);
        start..end
    }

    /// Half a level, so that cutting off rounds.
    fn half(&self) -> i32 {
        (1 << self.bits) >> 1
    }

    fn byte(&self, sum: i32) -> u8 {
        (sum >> self.bits).clamp(0, 255) as u8
    }

    /// How many output pixels are wanted.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Resamples one row of RGB pixels into `out` (3 bytes a wanted pixel).
    pub(super) fn apply_to_row(&self, row: &[u8], out: &mut [u8]) {
        for ((out, &start), weights) in out.chunks_exact_mut(3).zip(&self.starts).zip(&self.weights)
        {
            let mut sums = [self.half(); 3];
            for (pixel, &weight) in row[start * 3..].chunks_exact(3).zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = self.byte(sum);
            }
        }
    }

    /// Resamples the columns of `rows` (each `stride` bytes; the first is source row `first`).
    pub(super) fn apply_to_columns(&self, rows: &[u8], first: usize, stride: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.starts.len() * stride);
        let mut sums = vec![0i32; stride];
        for (&start, weights) in self.starts.iter().zip(&self.weights) {
            sums.fill(self.half());
            let rows = rows[(start - first) * stride..].chunks_exact(stride);
            for (row, &weight) in rows.zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += i32::from(value) * weight;
                }
            }
            out.extend(sums.iter().map(|&sum| self.byte(sum)));
        }
        out
    }
}

/// Rows that are being resampled down, one source row after the other.
#[derive(Default)]
pub(super) struct ColumnSums {
    /// Those that have begun and are not complete.
    open: VecDeque<Vec<i32>>,
    /// How many output rows are complete.
    done: usize,
}

impl ColumnSums {
    /// Takes the row of index `source`, after those before it; hands out each output row that is
    /// complete with it.
    pub(super) fn push(
        &mut self,
        taps: &Taps,
        source: usize,
        row: &[u8],
        mut complete: impl FnMut(&[u8]),
    ) {
        while (taps.starts.get(self.done + self.open.len())).is_some_and(|&start| start <= source) {
            self.open.push_back(vec![taps.half(); row.len()]);
        }
        for (index, sums) in self.open.iter_mut().enumerate() {
            let index = self.done + index;
            if let Some(weight) = taps.weights[index].get(source - taps.starts[index]) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += i32::from(value) * weight;
                }
            }
        }
        while !self.open.is_empty()
            && taps.starts[self.done] + taps.weights[self.done].len() <= source + 1
        {
            if let Some(sums) = self.open.pop_front() {
                let row: Vec<u8> = sums.into_iter().map(|sum| taps.byte(sum)).collect();
                complete(&row);
            }
            self.done += 1;
        }
    }
}

/// Rounds half away from zero, as both libraries do.
fn fixed_point(weight: f64, bits: u32) -> i32 {
    let scaled = weight * f64::from(1u32 << bits);
    (scaled + 0.5f64.copysign(scaled)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_size_changes_nothing() {
        let row: Vec<u8> = (0..30).map(|i| (i * 37 % 256) as u8).collect();
        let taps = Taps::new(Filter::Bicubic, Precision::Bits22, [10, 10], 0..10);
        let mut out = vec![0; 30];
        taps.apply_to_row(&row, &mut out);
        assert_eq!(out, row);
    }

    #[test]
    fn halving_averages_under_the_triangle() {
        // Pillow: Image.fromarray([[0, 0, 255, 255]]).resize((2, 1), BILINEAR) gives 36 and 219:
        // the weights of the first pixel are 3/7, 3/7 and 1/7.
        let row: Vec<u8> = [0u8, 0, 255, 255].iter().flat_map(|v| [*v; 3]).collect();
        let taps = Taps::new(Filter::Bilinear, Precision::Bits22, [4, 2], 0..2);
        let mut out = vec![0; 6];
        taps.apply_to_row(&row, &mut out);
        assert_eq!(out, [36, 36, 36, 219, 219, 219]);
    }

    #[test]
    fn rows_and_columns_agree() {
        let line: Vec<u8> = (0..23u32).map(|i| (i * i % 251) as u8).collect();
        let row: Vec<u8> = line.iter().flat_map(|v| [*v; 3]).collect();
        let taps = Taps::new(Filter::Bicubic, Precision::Within16, [23, 9], 2..7);
        let mut across = vec![0; 15];
        taps.apply_to_row(&row, &mut across);
        let range = taps.source_range();
        let down = taps.apply_to_columns(&line[range.clone()], range.start, 1);
        assert_eq!(across.iter().step_by(3).copied().collect::<Vec<_>>(), down);
    }
}
