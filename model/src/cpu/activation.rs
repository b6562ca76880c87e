//! Activation functions on slices and on SIMD vectors of eight: a few multiplications without a
//! branch, where libm takes a call for each value.

use crate::pack::Activation;
use bytemuck::cast;
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LOG2_E};
use wide::{f32x8, i32x8};

impl Activation {
    /// Whether it takes an exponential or more, rather than a comparison.
    pub(super) fn is_curved(self) -> bool {
        !matches!(self, Self::Linear | Self::Relu6 | Self::Relu)
    }

    /// Applies the function to each value of a slice, in place.
    pub(crate) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu6 => map_in_place(values, relu6),
            Self::Relu => map_in_place(values, relu),
            Self::Silu => map_in_place(values, silu),
            Self::QuickGelu => map_in_place(values, quick_gelu),
            Self::Gelu => map_in_place(values, gelu),
            Self::GeluTanh => map_in_place(values, gelu_tanh),
        }
    }
}

/// Maps each value of a slice, in place; `function` takes eight values at once.
#[inline(never)]
pub fn map_in_place(values: &mut [f32], function: impl Fn(f32x8) -> f32x8) {
    let (chunks, rest) = values.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = function(f32x8::new(*chunk)).to_array();
    }
    let mut last = [0.0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mapped = function(f32x8::new(last)).to_array();
    rest.copy_from_slice(&mapped[..rest.len()]);
}

/// The coefficients' polynomial in `x`, the highest power first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32x8, coefficients: [f32; N]) -> f32x8 {
    let mut sum = f32x8::splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = sum * x + f32x8::splat(coefficient);
    }
    sum
}

/// Not less than `least`; what is no number stays none.
#[inline(always)]
fn at_least(x: f32x8, least: f32) -> f32x8 {
    let least = f32x8::splat(least);
    x.simd_lt(least).select(least, x)
}

/// Not more than `most`; what is no number stays none.
#[inline(always)]
fn at_most(x: f32x8, most: f32) -> f32x8 {
    let most = f32x8::splat(most);
    x.simd_gt(most).select(most, x)
}

/// e to the `x`, within 2 units in the last place; beyond ±87 as at ±87.
#[inline(always)]
pub fn exp(x: f32x8) -> f32x8 {
    // 1.5 · 2²³: a sum with it is rounded to a whole number, which then stands in its last bits.
    const WHOLE: f32 = 12_582_912.0;
    // ln 2 in two parts, so that no digit of the remainder is lost (Cody & Waite 1980).
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = at_most(at_least(x, -87.0), 87.0);
    let whole = x * LOG2_E + f32x8::splat(WHOLE);
    let power = whole - f32x8::splat(WHOLE);
    let rest = x - power * LN_2[0] - power * LN_2[1];
    let series = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let bits: i32x8 = cast(whole);
    let two_to_power: f32x8 = cast((bits << 23) + i32x8::splat(127 << 23));
    polynomial(rest, series) * two_to_power
}

/// The logarithm of the least part of the greatest share that [`softmax`] keeps. All below it, tokens
/// behind a mask for example, together change no sum in float32, and would be subnormal numbers
/// once they are multiplied: x86 takes a hundred cycles for each of those.
const LEAST_LOG_SHARE: f32 = -60.0;

/// A row of logits becomes shares of 1. Shares below e⁻⁶⁰ (8.8e-27) of the greatest are zero.
pub fn softmax(row: &mut [f32]) {
    let (chunks, rest) = row.as_chunks::<8>();
    let most = chunks.iter().fold(f32x8::splat(f32::MIN), |most, chunk| {
        most.fast_max(f32x8::new(*chunk))
    });
    let lanes = most.to_array();
    let most = lanes.iter().chain(rest).fold(
        f32::MIN,
        |most, &value| if value > most { value } else { most },
    );
    map_in_place(row, |value| {
        let log_share = value - f32x8::splat(most);
        let is_nothing = log_share.simd_lt(f32x8::splat(LEAST_LOG_SHARE));
        is_nothing.select(f32x8::ZERO, exp(log_share))
    });
    let sum: f32 = row.iter().sum();
    let one = 1.0 / sum;
    map_in_place(row, |value| value * one);
}

#[inline(always)]
fn sigmoid(x: f32x8) -> f32x8 {
    f32x8::ONE / (exp(-x) + f32x8::ONE)
}

/// ReLU: `max(x, 0)`.
#[inline(always)]
pub fn relu(values: f32x8) -> f32x8 {
    values.fast_max(f32x8::ZERO)
}

#[inline(always)]
fn silu(values: f32x8) -> f32x8 {
    values * sigmoid(values)
}

/// ReLU6: `min(max(x, 0), 6)`.
#[inline(always)]
pub fn relu6(values: f32x8) -> f32x8 {
    values.fast_max(f32x8::ZERO).fast_min(f32x8::splat(6.0))
}

/// GELU, with the error function of `x / √2` as `x P(x²) / Q(x²)`, fitted over ±5.6, where its
/// greatest error is 1.9e-8; further on, it is ±1 within float32.
#[inline(always)]
pub fn gelu(x: f32x8) -> f32x8 {
    let (reach, one) = (f32x8::splat(5.6), f32x8::ONE);
    let square = x * x;
    let above = [
        4.429_041e-8,
        1.271_308_7e-5,
        3.477_045_4e-4,
        9.414_537e-3,
        6.875_251e-2,
        7.978_844_6e-1,
    ];
    let below = [
        1.180_209_7e-6,
        7.510_242e-5,
        1.912_986_9e-3,
        2.894_017_3e-2,
        2.528_342e-1,
        1.0,
    ];
    let erf = x * polynomial(square, above) / polynomial(square, below);
    let erf = x.simd_gt(reach).select(one, erf);
    let erf = x.simd_lt(-reach).select(-one, erf);
    x * 0.5 * (erf + one)
}

/// `(1 + tanh u) / 2` is `σ(2 u)`.
#[inline(always)]
pub fn gelu_tanh(x: f32x8) -> f32x8 {
    let u = (x * x * x * 0.044_715 + x) * (FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    x * sigmoid(u * 2.0)
}

#[inline(always)]
pub fn quick_gelu(x: f32x8) -> f32x8 {
    x * sigmoid(x * 1.702)
}

#[cfg(test)]
mod tests {
    use wide::f32x8;

    fn exp(x: f32) -> f32 {
        super::exp(f32x8::splat(x)).to_array()[0]
    }

    #[test]
    fn exp_is_exact_to_two_units() {
        for x in (-4000..=4000).map(|step| step as f32 * 0.02) {
            let (found, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (found / exact - 1.0).abs() < 2.0 * f64::from(f32::EPSILON),
                "{x}: {found}, {exact}"
            );
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(1e9).is_finite());
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn what_is_behind_a_mask_is_zero_and_nothing_is_subnormal() {
        let mut row: Vec<f32> = (0..21).map(|index| -5.0 * index as f32).collect();
        row.extend([-1e9, -1e9, f32::NEG_INFINITY]);
        super::softmax(&mut row);
        assert!(
            row.iter().all(|share| *share == 0.0 || *share > 1e-27),
            "{row:?}"
        );
        assert_eq!(row[21..], [0.0; 3]);
        let sum: f32 = row.iter().sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        let mut unknown = [f32::NAN, 1.0];
        super::softmax(&mut unknown);
        assert!(unknown[0].is_nan());
    }
}
