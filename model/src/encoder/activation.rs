//! What transformers bend their values with.
//!
//! burn-flex calls libm for each value, which costs a tenth of a text tower's time and keeps the
//! compiler from using SIMD. Here, on the processor, the same functions are a few multiplications
//! without a branch, over the tensor's own memory; everywhere else they are burn's.

use super::processor::is_plain;
use crate::pack::Activation;
use burn::tensor::{Tensor, activation};

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

/// `fast` for each value, where that can be.
fn on_values<const D: usize>(
    x: Tensor<D>,
    fast: impl Fn(f32) -> f32,
    slow: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let all = |values: &mut [f32]| {
        for value in values {
            *value = fast(*value);
        }
    };
    in_memory(x, all, slow)
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

/// One value each, written so that the compiler takes several at a time.
pub(super) mod fast {
    use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LOG2_E};

    /// e to the `x`, within 2 units in the last place; beyond ±87 as at ±87.
    #[inline(always)]
    pub fn exp(x: f32) -> f32 {
        // 1.5 · 2²³: a sum with it is rounded to a whole number, which then stands in its last bits.
        const WHOLE: f32 = 12_582_912.0;
        // ln 2 in two parts, so that no digit of the remainder is lost (Cody & Waite 1980).
        const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
        let x = x.clamp(-87.0, 87.0);
        let whole = x * LOG2_E + WHOLE;
        let power = whole - WHOLE;
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
        let sum = series.into_iter().fold(0.0, |sum, term| sum * rest + term);
        let two_to_power = f32::from_bits((whole.to_bits() << 23).wrapping_add(127 << 23));
        sum * two_to_power
    }

    /// A row of logits becomes shares of 1.
    pub fn softmax(row: &mut [f32]) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in row.iter_mut() {
            *value = exp(*value - most);
        }
        let sum: f32 = row.iter().sum();
        for value in row.iter_mut() {
            *value /= sum;
        }
    }

    #[inline(always)]
    fn sigmoid(x: f32) -> f32 {
        1.0 / (1.0 + exp(-x))
    }

    /// The error function within 2e-7 (Abramowitz & Stegun 1964, 7.1.26).
    #[inline(always)]
    fn erf(x: f32) -> f32 {
        let size = x.abs();
        let t = 1.0 / (1.0 + 0.327_591_1 * size);
        let series = [
            1.061_405_4,
            -1.453_152_1,
            1.421_413_8,
            -0.284_496_72,
            0.254_829_6,
        ];
        let sum = series.into_iter().fold(0.0, |sum, term| sum * t + term);
        (1.0 - sum * t * exp(-size * size)).copysign(x)
    }

    #[inline(always)]
    pub fn gelu(x: f32) -> f32 {
        0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))
    }

    /// `(1 + tanh u) / 2` is `σ(2 u)`.
    #[inline(always)]
    pub fn gelu_tanh(x: f32) -> f32 {
        let u = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044_715 * x * x * x);
        x * sigmoid(2.0 * u)
    }

    #[inline(always)]
    pub fn quick_gelu(x: f32) -> f32 {
        x * sigmoid(1.702 * x)
    }
}

#[cfg(test)]
mod tests {
    use super::fast;

    fn steps() -> impl Iterator<Item = f32> {
        (-4000..=4000).map(|step| step as f32 * 0.005)
    }

    #[test]
    fn exp_is_exact_to_two_units() {
        for x in steps().map(|x| x * 4.0) {
            let (found, exact) = (f64::from(fast::exp(x)), f64::from(x).exp());
            assert!(
                (found / exact - 1.0).abs() < 2.0 * f64::from(f32::EPSILON),
                "{x}: {found}, {exact}"
            );
        }
        assert!(fast::exp(f32::NEG_INFINITY) < 1e-37 && fast::exp(1e9).is_finite());
        assert!(fast::exp(f32::NAN).is_nan());
    }

    /// Against burn's, whose error function is libm's: 2e-7 of the value bent, which is what the
    /// error function's own bound comes to, and rounding.
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
