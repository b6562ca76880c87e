//! What transformers bend their values with.
//!
//! burn-flex calls libm for each value, which costs a tenth of a text tower's time and keeps the
//! compiler from using SIMD. Here, on the processor, the same functions are a few multiplications
//! without a branch, over the tensor's own memory; everywhere else they are burn's.

use super::dispatch::is_plain;
use crate::pack::Activation;
use burn::tensor::{Tensor, activation};
use wide::f32x8;

/// What bends a layer's outputs.
#[cfg(any(feature = "cpu", feature = "webgpu"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bend {
    /// Nothing.
    Linear,
    /// Between 0 and 6.
    Relu6,
    /// As transformers have it.
    QuickGelu,
    /// With the exact normal distribution.
    Gelu,
    /// With its approximation by a hyperbolic tangent.
    GeluTanh,
}

#[cfg(feature = "cpu")]
impl Bend {
    /// Bends values in memory.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu6 => fast::bend_all(values, fast::relu6),
            Self::QuickGelu => fast::bend_all(values, fast::quick_gelu),
            Self::Gelu => fast::bend_all(values, fast::gelu),
            Self::GeluTanh => fast::bend_all(values, fast::gelu_tanh),
        }
    }
}

#[cfg(any(feature = "cpu", feature = "webgpu"))]
impl From<Activation> for Bend {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::QuickGelu => Self::QuickGelu,
            Activation::Gelu => Self::Gelu,
            Activation::GeluTanh => Self::GeluTanh,
        }
    }
}

/// The one of that name.
pub fn activate<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    match activation {
        Activation::QuickGelu => quick_gelu(x),
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => gelu_tanh(x),
    }
}

/// `x Φ(x)`, with the exact normal distribution (Hendrycks & Gimpel 2016, arXiv 1606.08415).
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    on_values(x, fast::gelu, activation::gelu)
}

/// The same with its approximation by a hyperbolic tangent.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    on_values(x, fast::gelu_tanh, activation::gelu_approximate)
}

/// `x σ(1.702 x)`, OpenAI's "QuickGELU".
pub fn quick_gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    on_values(x, fast::quick_gelu, |x| {
        x.clone() * activation::sigmoid(x * 1.702)
    })
}

/// Shares of 1 along the last axis.
pub fn softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let length = x.dims()[D - 1].max(1);
    let rows = |values: &mut [f32]| values.chunks_exact_mut(length).for_each(fast::softmax);
    in_memory(x, rows, |x| activation::softmax(x, D - 1))
}

/// `bend` for each value, where that can be.
fn on_values<const D: usize>(
    x: Tensor<D>,
    bend: impl Fn(f32x8) -> f32x8,
    slow: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    in_memory(x, |values| fast::bend_all(values, bend), slow)
}

/// `fast` where values are plain numbers in this program's memory and no gradient is wanted.
fn in_memory<const D: usize>(
    x: Tensor<D>,
    fast: impl FnOnce(&mut [f32]),
    slow: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let device = x.device();
    if !is_plain(&device) {
        return slow(x);
    }
    let shape = x.dims();
    let mut data = x.into_data();
    match data.as_mut_slice::<f32>() {
        Ok(values) => {
            fast(values);
            Tensor::from_data(data, &device)
        }
        // Floats of another width.
        Err(_) => slow(Tensor::<D>::from_data(data, &device).reshape(shape)),
    }
}

/// Eight values each, without a branch.
pub(super) mod fast {
    use bytemuck::cast;
    use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LOG2_E};
    use wide::{f32x8, i32x8};

    /// Each value bent, in place.
    #[inline(never)]
    pub fn bend_all(values: &mut [f32], bend: impl Fn(f32x8) -> f32x8) {
        let (chunks, rest) = values.as_chunks_mut::<8>();
        for chunk in chunks {
            *chunk = bend(f32x8::new(*chunk)).to_array();
        }
        let mut last = [0.0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let bent = bend(f32x8::new(last)).to_array();
        rest.copy_from_slice(&bent[..rest.len()]);
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

    /// A row of logits becomes shares of 1.
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
        bend_all(row, |value| exp(value - f32x8::splat(most)));
        let sum: f32 = row.iter().sum();
        let one = 1.0 / sum;
        bend_all(row, |value| value * one);
    }

    #[inline(always)]
    fn sigmoid(x: f32x8) -> f32x8 {
        f32x8::ONE / (exp(-x) + f32x8::ONE)
    }

    /// Between 0 and 6.
    #[cfg(feature = "cpu")]
    #[inline(always)]
    pub fn relu6(values: f32x8) -> f32x8 {
        values.fast_max(f32x8::ZERO).fast_min(f32x8::splat(6.0))
    }

    /// With the error function of `x / √2` as `x P(x²) / Q(x²)`, fitted over ±5.6, where its
    /// greatest error is 1.9e-8; as far on, it is ±1 within float32.
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
}

#[cfg(test)]
mod tests {
    use super::fast;
    use wide::f32x8;

    fn exp(x: f32) -> f32 {
        fast::exp(f32x8::splat(x)).to_array()[0]
    }

    fn steps() -> impl Iterator<Item = f32> {
        (-4000..=4000).map(|step| step as f32 * 0.005)
    }

    #[test]
    fn exp_is_exact_to_two_units() {
        for x in steps().map(|x| x * 4.0) {
            let (found, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (found / exact - 1.0).abs() < 2.0 * f64::from(f32::EPSILON),
                "{x}: {found}, {exact}"
            );
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(1e9).is_finite());
        assert!(exp(f32::NAN).is_nan());
    }

    /// Against burn's, whose error function is libm's: of the value bent, half of the error
    /// function's error (1.9e-8, and float32's rounding of a quotient of sums, 3.5e-7 at most).
    #[cfg(feature = "cpu")]
    #[test]
    fn as_burn_has_them() {
        use burn::tensor::{Tensor, TensorData, activation};
        let device = crate::encoder::device::cpu();
        let values: Vec<f32> = steps().collect();
        let data = TensorData::new(values.clone(), [values.len()]);
        let x = || Tensor::<1>::from_data(data.clone(), &device);
        let pairs = [
            (super::gelu(x()), activation::gelu(x())),
            (super::gelu_tanh(x()), activation::gelu_approximate(x())),
            (
                super::quick_gelu(x()),
                x() * activation::sigmoid(x() * 1.702),
            ),
        ];
        for (found, expected) in pairs {
            let (found, expected) = (found.into_data(), expected.into_data());
            let found = found.as_slice::<f32>().unwrap();
            for ((x, a), b) in values
                .iter()
                .zip(found)
                .zip(expected.as_slice::<f32>().unwrap())
            {
                assert!(
                    (a - b).abs() <= 4e-7 * x.abs().max(1.0),
                    "{x}: {a}, not {b}"
                );
            }
        }
    }

    /// Rows of 64 as attention has them, some of which must not be looked at; and logits that differ
    /// by far more than an exponential can hold.
    #[cfg(feature = "cpu")]
    #[test]
    fn softmax_is_as_burn_has_it() {
        use burn::tensor::{Tensor, TensorData, activation};
        let device = crate::encoder::device::cpu();
        let value = |place: usize| match place % 64 {
            60.. => f32::MIN / 2.0,
            column => ((place * 37 + column * 11) % 101) as f32 * 0.3 - 15.0,
        };
        let values: Vec<f32> = (0..64 * 8).map(value).collect();
        let data = TensorData::new(values, [8, 64]);
        let x = || Tensor::<2>::from_data(data.clone(), &device);
        let (found, expected) = (
            super::softmax(x()).into_data(),
            activation::softmax(x(), 1).into_data(),
        );
        let pairs = found
            .as_slice::<f32>()
            .unwrap()
            .iter()
            .zip(expected.as_slice::<f32>().unwrap());
        for (a, b) in pairs {
            assert!((a - b).abs() < 1e-6, "{a}, not {b}");
        }
    }
}
