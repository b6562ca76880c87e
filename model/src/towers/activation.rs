//! Activation functions (GELU variants, ReLU6, softmax) with a SIMD path for host tensors; other
//! devices use burn's.
//!
//! burn-flex calls libm for each value, which costs a tenth of a text tower's time and keeps the
//! compiler from using SIMD. Here, on the CPU, the same functions (`cpu::activation`) run over the
//! tensor's own memory. [`apply_activation`] takes any of them, [`softmax`] the last axis.

#[cfg(feature = "cpu")]
use crate::cpu;
use crate::pack::Activation;
use burn::tensor::{Tensor, activation};

/// Applies an activation function to each element of a tensor.
pub fn apply_activation<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "cpu")]
    if cpu::is_host_f32(&x.device()) {
        let apply = |values: &mut [f32]| activation.apply(values);
        return on_host(x, apply, |x| apply_by_burn(activation, x));
    }
    apply_by_burn(activation, x)
}

/// Applies an activation function by burn's operations. GELU is that of Hendrycks & Gimpel 2016
/// (arXiv 1606.08415), `QuickGelu` OpenAI's approximation of it.
fn apply_by_burn<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    match activation {
        Activation::Linear => x,
        Activation::Relu6 => activation::relu6(x),
        Activation::Relu => activation::relu(x),
        Activation::Silu => activation::silu(x),
        Activation::QuickGelu => x.clone() * activation::sigmoid(x * 1.702),
        Activation::Gelu => activation::gelu(x),
        Activation::GeluTanh => activation::gelu_approximate(x),
    }
}

/// Softmax along the last axis.
pub fn softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "cpu")]
    if cpu::is_host_f32(&x.device()) {
        let length = x.dims()[D - 1].max(1);
        let rows = |values: &mut [f32]| {
            let rows = values.chunks_exact_mut(length);
            rows.for_each(cpu::activation::softmax);
        };
        return on_host(x, rows, |x| activation::softmax(x, D - 1));
    }
    activation::softmax(x, D - 1)
}

/// Runs `fast` over a host tensor's elements in place, `slow` where they are floats of another
/// width.
#[cfg(feature = "cpu")]
fn on_host<const D: usize>(
    x: Tensor<D>,
    fast: impl FnOnce(&mut [f32]),
    slow: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let device = x.device();
    let shape = x.dims();
    let mut data = x.into_data();
    match data.as_mut_slice::<f32>() {
        Ok(values) => {
            fast(values);
            Tensor::from_data(data, &device)
        }
        Err(_) => slow(Tensor::<D>::from_data(data, &device).reshape(shape)),
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::apply_activation;
    use crate::pack::Activation;
    use burn::tensor::{Tensor, TensorData, activation};

    /// Against burn's, whose error function is libm's: relative to the input, half of the error
    /// function's error (1.9e-8, and float32's rounding of a quotient of sums, 3.5e-7 at most).
    #[test]
    fn as_burn_has_them() {
        let device = crate::towers::device::cpu();
        let values: Vec<f32> = (-4000..=4000).map(|step| step as f32 * 0.005).collect();
        let data = TensorData::new(values.clone(), [values.len()]);
        let x = || Tensor::<1>::from_data(data.clone(), &device);
        let pairs = [
            (
                apply_activation(Activation::Gelu, x()),
                activation::gelu(x()),
            ),
            (
                apply_activation(Activation::GeluTanh, x()),
                activation::gelu_approximate(x()),
            ),
            (
                apply_activation(Activation::QuickGelu, x()),
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

    /// Rows of 64 as attention has them, some of which must not be looked at; and logits that
    /// differ by far more than an exponential can hold.
    #[test]
    fn softmax_is_as_burn_has_it() {
        let device = crate::towers::device::cpu();
        let value = |index: usize| match index % 64 {
            60.. => f32::MIN / 2.0,
            column => ((index * 37 + column * 11) % 101) as f32 * 0.3 - 15.0,
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
