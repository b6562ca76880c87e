//! Pillow's antialiased resampling in its own 8-bit fixed-point arithmetic, so that results agree
//! to the bit. The method is documented in Pillow's `Image.resize` ("resample" and "reducing").

use serde::{Deserialize, Serialize};

/// Fractional bits of a coefficient: 8 bits of pixel and 2 of head-room leave 22 of 32.
const PRECISION_BITS: u32 = 32 - 8 - 2;

/// An interpolation filter, numbered as Pillow (and so `preprocessor_config.json`) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Filter {
    /// Pillow's 2: a triangle.
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

/// For each wanted output place along one axis: where its source pixels start, and their weights.
pub(super) struct Taps {
    starts: Vec<usize>,
    weights: Vec<Vec<i32>>,
}

impl Taps {
    /// Taps for the output places `offset..offset + count` of a resize from `from` to `to` pixels.
    pub(super) fn new(filter: Filter, from: usize, to: usize, offset: usize, count: usize) -> Self {
        let scale = from as f64 / to as f64;
        // Shrinking widens the filter: that is the antialias.
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let mut taps = Self {
            starts: Vec::with_capacity(count),
            weights: Vec::with_capacity(count),
        };
        for place in offset..offset + count {
            let centre = (place as f64 + 0.5) * scale;
            let start = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (start..end)
                .map(|x| filter.weight((x as f64 - centre + 0.5) / filter_scale))
                .collect();
            let sum: f64 = weights.iter().sum();
            taps.starts.push(start);
            taps.weights.push(
                weights
                    .iter()
                    .map(|weight| fixed_point(if sum == 0.0 { *weight } else { weight / sum }))
                    .collect(),
            );
        }
        taps
    }

    /// The source places that any output place reads.
    pub(super) fn source_range(&self) -> std::ops::Range<usize> {
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

    /// Resamples one row of RGB pixels into `out` (3 bytes a wanted place).
    pub(super) fn apply_to_row(&self, row: &[u8], out: &mut [u8]) {
        for ((out, &start), weights) in out.chunks_exact_mut(3).zip(&self.starts).zip(&self.weights)
        {
            let mut sums = [ROUND; 3];
            for (pixel, &weight) in row[start * 3..].chunks_exact(3).zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = to_byte(sum);
            }
        }
    }

    /// Resamples the columns of `rows` (each `stride` bytes; the first is source row `first`).
    pub(super) fn apply_to_columns(&self, rows: &[u8], first: usize, stride: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.starts.len() * stride);
        let mut sums = vec![0i32; stride];
        for (&start, weights) in self.starts.iter().zip(&self.weights) {
            sums.fill(ROUND);
            let rows = rows[(start - first) * stride..].chunks_exact(stride);
            for (row, &weight) in rows.zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += i32::from(value) * weight;
                }
            }
            out.extend(sums.iter().copied().map(to_byte));
        }
        out
    }
}

const ROUND: i32 = 1 << (PRECISION_BITS - 1);

/// Rounds half away from zero, as Pillow does.
fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1u32 << PRECISION_BITS);
    (scaled + 0.5f64.copysign(scaled)) as i32
}

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_size_changes_nothing() {
        let row: Vec<u8> = (0..30).map(|i| (i * 37 % 256) as u8).collect();
        let taps = Taps::new(Filter::Bicubic, 10, 10, 0, 10);
        let mut out = vec![0; 30];
        taps.apply_to_row(&row, &mut out);
        assert_eq!(out, row);
    }

    #[test]
    fn halving_averages_under_the_triangle() {
        // Pillow: Image.fromarray([[0, 0, 255, 255]]).resize((2, 1), BILINEAR) gives 36 and 219:
        // the weights of the first place are 3/7, 3/7 and 1/7.
        let row: Vec<u8> = [0u8, 0, 255, 255].iter().flat_map(|v| [*v; 3]).collect();
        let taps = Taps::new(Filter::Bilinear, 4, 2, 0, 2);
        let mut out = vec![0; 6];
        taps.apply_to_row(&row, &mut out);
        assert_eq!(out, [36, 36, 36, 219, 219, 219]);
    }

    #[test]
    fn rows_and_columns_agree() {
        let line: Vec<u8> = (0..23u32).map(|i| (i * i % 251) as u8).collect();
        let row: Vec<u8> = line.iter().flat_map(|v| [*v; 3]).collect();
        let taps = Taps::new(Filter::Bicubic, 23, 9, 2, 5);
        let mut across = vec![0; 15];
        taps.apply_to_row(&row, &mut across);
        let range = taps.source_range();
        let down = taps.apply_to_columns(&line[range.clone()], range.start, 1);
        assert_eq!(across.iter().step_by(3).copied().collect::<Vec<_>>(), down);
    }
}
