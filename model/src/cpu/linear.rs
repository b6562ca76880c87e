//! Linear layers on the CPU: `activation(x Wᵀ + b) + residual`, by the packed GEMM where it is the
//! faster one, by burn's elsewhere ([`PackedLinear`]).

use super::{
    activation::{relu, relu6},
    floats,
    gemm::{
        FloatPanel, Int8Panel, MR, NR, QuantizedLhs, gemm, load8, pack_int8, pack_rows, store_add,
    },
    owned,
    parallel::{par_chunks, par_rows},
    simd::{Isa, dispatch},
    values,
};
use crate::{pack::Activation, towers::weights::WeightData};
use burn::tensor::{Device, Tensor, TensorData};
use wide::f32x8;

/// Whether weights are packed for [`gemm`]: with AVX2, and in WebAssembly. Elsewhere burn's GEMM
/// does better.
fn packs() -> bool {
    #[cfg(target_arch = "x86_64")]
    return super::simd::Avx2::detect().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_family = "wasm");
}

/// A linear layer's weights, packed once when it is loaded, and its biases.
#[derive(Debug)]
pub struct PackedLinear {
    inputs: usize,
    outputs: usize,
    weights: Weights,
    /// `outputs` values, zero-padded to a multiple of [`NR`].
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Weights {
    /// Panels for [`gemm`], in the precision of the pack.
    Packed(Panels),
    /// For burn's GEMM: (inputs, outputs).
    Tensor(Box<Tensor<2>>),
}

#[derive(Debug)]
enum Panels {
    Int8 {
        panels: Vec<Int8Panel>,
        /// What one step of each output is worth, zero-padded as the biases are.
        scales: Vec<f32>,
    },
    Floats(Vec<FloatPanel>),
}

impl PackedLinear {
    /// Packs `W` (outputs, inputs) and `b` (outputs); `device` is where burn's GEMM would run.
    pub fn new(
        weights: WeightData<'_>,
        [outputs, inputs]: [usize; 2],
        bias: Option<&[f32]>,
        device: &Device,
    ) -> Self {
        match packs() {
            true => Self::packed(weights, [outputs, inputs], bias),
            false => Self::of_tensor(weights, [outputs, inputs], bias, device),
        }
    }

    /// As [`PackedLinear::new`], with the weights as a tensor.
    fn of_tensor(
        weights: WeightData<'_>,
        [outputs, inputs]: [usize; 2],
        bias: Option<&[f32]>,
        device: &Device,
    ) -> Self {
        let weights = TensorData::new(weights.into_floats(), [outputs, inputs]);
        Self {
            inputs,
            outputs,
            weights: Weights::Tensor(Box::new(Tensor::from_data(weights, device).transpose())),
            bias: padded(bias.unwrap_or_default(), outputs),
        }
    }

    /// As [`PackedLinear::new`], with the weights in panels.
    fn packed(
        weights: WeightData<'_>,
        [outputs, inputs]: [usize; 2],
        bias: Option<&[f32]>,
    ) -> Self {
        let panels = match weights {
            WeightData::Int8 { values, scales } => Panels::Int8 {
                panels: pack_int8(&values, outputs),
                scales: padded(&scales, outputs),
            },
            other => {
                let floats = other.into_floats();
                let rows: Vec<&[f32]> = floats.chunks_exact(inputs.max(1)).collect();
                Panels::Floats(pack_rows(&rows))
            }
        };
        Self {
            inputs,
            outputs,
            weights: Weights::Packed(panels),
            bias: padded(bias.unwrap_or_default(), outputs),
        }
    }

    /// `activation(x Wᵀ + b) + residual`: (rows, inputs) and (rows, outputs) to (rows, outputs).
    pub fn forward(
        &self,
        x: Tensor<2>,
        activation: Activation,
        residual: Option<Tensor<2>>,
    ) -> Tensor<2> {
        let device = x.device();
        let rows = x.dims()[0];
        let residual = residual.map(owned);
        let y = match &self.weights {
            Weights::Tensor(weights) => self.forward_tensor(x, weights, activation, residual),
            Weights::Packed(panels) => {
                self.forward_panels(floats(&values(x)), panels, activation, residual)
            }
        };
        Tensor::from_data(TensorData::new(y, [rows, self.outputs]), &device)
    }

    /// As [`PackedLinear::forward`], of slices: (rows · inputs) and (rows · outputs) to
    /// (rows · outputs).
    pub fn forward_slice(
        &self,
        x: &[f32],
        activation: Activation,
        residual: Option<Vec<f32>>,
    ) -> Vec<f32> {
        match &self.weights {
            Weights::Tensor(weights) => {
                let shape = [self.rows_of(x), self.inputs];
                let x = TensorData::new(x.to_vec(), shape);
                let x = Tensor::from_data(x, &weights.device());
                self.forward_tensor(x, weights, activation, residual)
            }
            Weights::Packed(panels) => self.forward_panels(x, panels, activation, residual),
        }
    }

    fn rows_of(&self, x: &[f32]) -> usize {
        x.len() / self.inputs.max(1)
    }

    fn forward_tensor(
        &self,
        x: Tensor<2>,
        weights: &Tensor<2>,
        activation: Activation,
        residual: Option<Vec<f32>>,
    ) -> Vec<f32> {
        let mut y = owned(x.matmul(weights.clone()));
        par_chunks(&mut y, self.outputs, |_, y| {
            for (y, bias) in y.iter_mut().zip(&self.bias) {
                *y += bias;
            }
            activation.apply(y);
        });
        add_all(&mut y, residual);
        y
    }

    fn forward_panels(
        &self,
        x: &[f32],
        panels: &Panels,
        activation: Activation,
        residual: Option<Vec<f32>>,
    ) -> Vec<f32> {
        // A curve is many constants, which are loaded once for a long row of values, but again and
        // again in the epilogue: there it takes more than twice as long.
        let (initial, afterwards) = if activation.is_curved() {
            (None, residual)
        } else {
            (residual, None)
        };
        let mut y = initial.unwrap_or_else(|| vec![0.0; self.rows_of(x) * self.outputs]);
        par_rows(
            (x, self.inputs),
            (&mut y, self.outputs),
            MR,
            |x, y| match activation {
                Activation::Relu6 => self.add_rows(x, panels, y, relu6),
                Activation::Relu => self.add_rows(x, panels, y, relu),
                _ => {
                    self.add_rows(x, panels, y, |values| values);
                    activation.apply(y);
                }
            },
        );
        add_all(&mut y, afterwards);
        y
    }

    /// Adds each row's outputs, activated, to `y` (rows · outputs). A function of its own, since
    /// browsers' compilers keep the accumulators in registers in one of this size, but not in one
    /// that holds five of it.
    #[inline(never)]
    fn add_rows(
        &self,
        x: &[f32],
        panels: &Panels,
        y: &mut [f32],
        activation: impl Fn(f32x8) -> f32x8,
    ) {
        dispatch!(|isa| self.add_rows_with(isa, x, panels, y, activation));
    }

    /// As [`PackedLinear::add_rows`], by the instruction set `isa`.
    #[inline(always)]
    fn add_rows_with(
        &self,
        isa: impl Isa,
        x: &[f32],
        panels: &Panels,
        y: &mut [f32],
        activation: impl Fn(f32x8) -> f32x8,
    ) {
        let outputs = self.outputs;
        match panels {
            Panels::Floats(panels) => {
                let rows: Vec<&[f32]> = x.chunks_exact(self.inputs.max(1)).collect();
                gemm(
                    isa,
                    &rows,
                    panels,
                    #[inline(always)]
                    |row, first, sums| {
                        let values = activation(sums + load8(&self.bias, first));
                        store_add(values, &mut y[row * outputs..][first..outputs]);
                    },
                );
            }
            Panels::Int8 { panels, scales } => {
                let x = QuantizedLhs::new(x, self.inputs);
                x.gemm(
                    isa,
                    panels,
                    #[inline(always)]
                    |row, first, sums| {
                        let sums = sums * load8(scales, first);
                        let values = activation(sums + load8(&self.bias, first));
                        store_add(values, &mut y[row * outputs..][first..outputs]);
                    },
                );
            }
        }
    }
}

fn add_all(y: &mut [f32], residual: Option<Vec<f32>>) {
    for (y, residual) in y.iter_mut().zip(residual.into_iter().flatten()) {
        *y += residual;
    }
}

/// `values` with zeros behind them, to a whole panel; zeros alone where there are no biases.
fn padded(values: &[f32], outputs: usize) -> Vec<f32> {
    let mut values = values.to_vec();
    values.resize(outputs.next_multiple_of(NR), 0.0);
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cpu::simd::Portable, testing::values as numbers};
    use std::borrow::Cow;

    /// `x Wᵀ + b` in float64, by the definition.
    fn plain(x: &[f32], weights: &[f32], [outputs, inputs]: [usize; 2], bias: &[f32]) -> Vec<f64> {
        let dot = |x: &[f32], row: &[f32]| -> f64 {
            let pairs = x.iter().zip(row);
            pairs.map(|(&x, &w)| f64::from(x) * f64::from(w)).sum()
        };
        x.chunks_exact(inputs)
            .flat_map(|x| {
                (0..outputs).map(move |output| {
                    dot(x, &weights[output * inputs..][..inputs]) + f64::from(bias[output])
                })
            })
            .collect()
    }

    /// Every way in which sizes can miss whole panels, tiles and pairs.
    const SHAPES: [[usize; 3]; 9] = [
        [1, 1, 1],
        [1, 1280, 1000],
        [3, 7, 9],
        [4, 27, 32],
        [5, 16, 8],
        [8, 20, 24],
        [9, 20, 24],
        [13, 383, 17],
        [50, 768, 40],
    ];

    #[test]
    fn float_products_are_plain_ones() {
        for [rows, inputs, outputs] in SHAPES {
            let (x, weights) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2));
            let bias = numbers(outputs, 3);
            let shape = [outputs, inputs];
            let linear =
                PackedLinear::packed(WeightData::Floats(weights.clone()), shape, Some(&bias));
            let found = linear.forward_slice(&x, Activation::Linear, None);
            let expected = plain(&x, &weights, shape, &bias);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                // Sums of this many numbers up to 1, each rounded to 24 bits.
                let bound = f64::from(f32::EPSILON) * inputs as f64;
                assert!(
                    (f64::from(*found) - expected).abs() <= bound,
                    "{found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn integer_products_are_plain_ones() {
        for [rows, inputs, outputs] in SHAPES {
            let x: Vec<f32> = numbers(rows * inputs, 1).iter().map(|x| 30.0 * x).collect();
            let values = numbers(outputs * inputs, 2);
            let values: Vec<i8> = values.iter().map(|value| (value * 127.4) as i8).collect();
            let scales: Vec<f32> = numbers(outputs, 4)
                .iter()
                .map(|scale| scale.abs())
                .collect();
            let bias = numbers(outputs, 3);
            let shape = [outputs, inputs];
            let rows_of = values.chunks_exact(inputs).zip(&scales);
            let weights: Vec<f32> = rows_of
                .flat_map(|(row, scale)| row.iter().map(move |&value| f32::from(value) * scale))
                .collect();
            let bytes = values.iter().map(|&value| value as u8).collect();
            let stored = WeightData::Int8 {
                values: Cow::Owned(bytes),
                scales: scales.clone(),
            };
            let found = PackedLinear::packed(stored, shape, Some(&bias)).forward_slice(
                &x,
                Activation::Linear,
                None,
            );
            let expected = plain(&x, &weights, shape, &bias);
            let steps = (i32::MAX as f32 / (128 * inputs) as f32)
                .min(32767.0)
                .floor();
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                // Each input is off by half a step of 30 / steps, at random: six standard
                // deviations of the sum, and float32's own.
                let weight = 127.0 * scales[index % outputs];
                let bound = 6.0 * 0.29 * 30.0 / steps * weight * (inputs as f32).sqrt()
                    + f32::EPSILON * 30.0 * weight * inputs as f32;
                let off = (f64::from(*found) - expected).abs();
                assert!(
                    off <= f64::from(bound),
                    "{found}, not {expected}, within {bound}"
                );
            }
        }
    }

    /// Every weight and input at its largest: the accumulators just fit.
    #[test]
    fn integer_sums_never_overflow() {
        for inputs in [1, 130, 768, 3072, 8191] {
            for byte in [-127i8, 127] {
                let values = Cow::Owned(vec![byte as u8; inputs]);
                let stored = WeightData::Int8 {
                    values,
                    scales: vec![1.0],
                };
                let found = PackedLinear::packed(stored, [1, inputs], None).forward_slice(
                    &vec![2.0; inputs],
                    Activation::Linear,
                    None,
                );
                let expected = 2.0 * f32::from(byte) * inputs as f32;
                assert!(
                    (found[0] / expected - 1.0).abs() < 1e-5,
                    "{}, not {expected}",
                    found[0]
                );
            }
        }
    }

    #[test]
    fn zeros_and_activations() {
        let weights = WeightData::Int8 {
            values: Cow::Owned(vec![100, 156, 0]),
            scales: vec![1.0, 1.0, 0.0],
        };
        let linear = PackedLinear::packed(weights, [3, 1], Some(&[0.0, 0.0, 0.5]));
        assert_eq!(
            linear.forward_slice(&[0.0], Activation::Linear, None),
            [0.0, 0.0, 0.5]
        );
        assert_eq!(
            linear.forward_slice(&[1.0], Activation::Relu6, None),
            [6.0, 0.0, 0.5]
        );
        assert!(
            linear
                .forward_slice(&[], Activation::Linear, None)
                .is_empty()
        );
    }

    /// Over sizes that miss whole panels, and with something to add.
    #[test]
    fn activated_before_it_is_added() {
        let (x, weights) = (numbers(5 * 6, 1), numbers(11 * 6, 2));
        let linear =
            PackedLinear::packed(WeightData::Floats(weights), [11, 6], Some(&numbers(11, 4)));
        assert_activated(&linear, &x);
    }

    #[cfg(feature = "cpu")]
    #[test]
    fn products_by_burn_are_plain_ones() {
        let device = crate::towers::device::cpu();
        for [rows, inputs, outputs] in SHAPES {
            let (x, weights) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2));
            let bias = numbers(outputs, 3);
            let shape = [outputs, inputs];
            let stored = WeightData::Floats(weights.clone());
            let linear = PackedLinear::of_tensor(stored, shape, Some(&bias), &device);
            let found = linear.forward_slice(&x, Activation::Linear, None);
            let expected = plain(&x, &weights, shape, &bias);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                // As for the packed one.
                let bound = f64::from(f32::EPSILON) * inputs as f64;
                assert!((f64::from(*found) - expected).abs() <= bound);
            }
            assert_activated(&linear, &x);
        }
    }

    /// Whatever instruction set this CPU has, [`Portable`] gives the same results.
    #[test]
    fn every_instruction_set_gives_the_same() {
        for [rows, inputs, outputs] in SHAPES {
            let x = numbers(rows * inputs, 1);
            let floats = numbers(outputs * inputs, 2);
            let bytes = floats.iter().map(|value| (value * 127.4) as i8 as u8);
            let stored = [
                WeightData::Int8 {
                    values: Cow::Owned(bytes.collect()),
                    scales: vec![0.01; outputs],
                },
                WeightData::Floats(floats.clone()),
            ];
            // Integers' sums are exact; floats' as above.
            let bounds = [0.0, f32::EPSILON * inputs as f32];
            for (stored, bound) in stored.into_iter().zip(bounds) {
                let linear = PackedLinear::packed(stored, [outputs, inputs], None);
                let Weights::Packed(panels) = &linear.weights else {
                    panic!("not packed");
                };
                let found = linear.forward_slice(&x, Activation::Linear, None);
                let mut portable = vec![0.0; rows * outputs];
                linear.add_rows_with(Portable, &x, panels, &mut portable, |sums| sums);
                for (a, b) in found.iter().zip(portable) {
                    assert!((a - b).abs() <= bound, "{a}, not {b}");
                }
            }
        }
    }

    fn assert_activated(linear: &PackedLinear, x: &[f32]) {
        let sums = linear.forward_slice(x, Activation::Linear, None);
        let residual = numbers(sums.len(), 3);
        for (activation, function) in [
            (Activation::Linear, (|x| x) as fn(f32) -> f32),
            (Activation::Relu6, |x| x.clamp(0.0, 6.0)),
            (Activation::QuickGelu, |x| x / (1.0 + (-1.702 * x).exp())),
        ] {
            let found = linear.forward_slice(x, activation, Some(residual.clone()));
            assert_eq!(found.len(), sums.len());
            for ((found, &sum), residual) in found.iter().zip(&sums).zip(&residual) {
                let expected = function(sum) + residual;
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{activation:?}: {found}, not {expected}"
                );
            }
        }
    }
}
