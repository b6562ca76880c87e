//! Linear layers on the graphics card: [`PackedLinear`] packs the weights and picks the GEMM
//! kernel.

use super::{
    device_features::DeviceFeatures,
    gemm::{Blocks, Format, Gemm, SharedRows, Tiles},
    kernel::{LANES, launch, primitive, zero_padded},
};
use crate::{
    pack::{Activation, INT4_BLOCK},
    towers::weights::{WeightData, f16_iter},
};
use burn::tensor::{Device, Int, Tensor, TensorData};
use half::f16;
use std::borrow::Cow;

/// A layer's weights and biases on the graphics card, packed as they are stored. Rows of inputs
/// that aren't whole vectors are zero-padded, here and in what is multiplied.
#[derive(Debug, Clone)]
pub struct PackedLinear {
    format: Format,
    /// The weights, packed as [`Format`] says, in 32-bit words.
    weights: Tensor<1, Int>,
    scales: Option<Tensor<1, Int>>,
    /// The bias (outputs), in float32; `None` for a layer without.
    bias: Option<Tensor<1>>,
    inputs: usize,
    outputs: usize,
}

impl PackedLinear {
    /// Packs weights (outputs, inputs) and biases (outputs) for the device.
    pub fn new(
        rows: &WeightData<'_>,
        bias: Option<&[f32]>,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Self {
        let (format, weights, scales) = packed(rows, [inputs, outputs]);
        Self {
            format,
            weights: words(weights, device),
            scales: scales.map(|scales| words(scales, device)),
            bias: bias
                .map(|bias| Tensor::from_data(TensorData::new(bias.to_vec(), [outputs]), device)),
            inputs,
            outputs,
        }
    }

    /// `activation(x Wᵀ + b) + residual`: (rows, inputs) and (rows, outputs) to (rows, outputs).
    pub fn forward(
        &self,
        x: Tensor<2>,
        activation: Activation,
        residual: Option<Tensor<2>>,
    ) -> Tensor<2> {
        let [rows, _] = x.dims();
        let gemm = Gemm {
            format: self.format,
            bias: self.bias.is_some(),
            residual: residual.is_some(),
            activation,
        };
        let buffers = [
            Some(primitive(zero_padded(x, LANES))),
            Some(primitive(self.weights.clone())),
            self.scales.clone().map(primitive),
            self.bias.clone().map(primitive),
            residual.map(primitive),
        ];
        let buffers = buffers.into_iter().flatten().collect();
        let shape = [rows, self.outputs];
        let sizes = [rows, self.inputs.div_ceil(LANES), self.outputs];
        let features = DeviceFeatures::enabled();
        if rows <= SharedRows::MAX_ROWS
            && let Some(subgroup) = features.subgroup
        {
            let kernel = SharedRows::new(gemm, rows, subgroup);
            let groups = kernel.groups(shape);
            return launch(kernel, buffers, shape, &sizes, groups);
        }
        // Few rows are bound by the weights' way here, which halves don't shorten.
        if rows > SharedRows::MAX_ROWS
            && features.half
            && let Some(kernel) = Tiles::new(gemm.clone(), rows)
        {
            let groups = kernel.groups(shape);
            return launch(kernel, buffers, shape, &sizes, groups);
        }
        let kernel = Blocks::new(gemm, rows);
        let groups = kernel.groups(shape);
        launch(kernel, buffers, shape, &sizes, groups)
    }
}

/// Weights (outputs, inputs) as [`Format`] says: their words, and their scales'.
fn packed(
    rows: &WeightData<'_>,
    [inputs, outputs]: [usize; 2],
) -> (Format, Vec<u32>, Option<Vec<u32>>) {
    match rows {
        WeightData::HalfBytes(bytes) => {
            let (halves, scales) = no_larger_than_one(bytes, inputs);
            let pairs = columns_first(&vectors(&halves, inputs), outputs).into_flattened();
            (Format::Halves, paired(&pairs), Some(scales))
        }
        WeightData::Int8 { values, scales } => {
            let words = columns_first(&vectors(values, inputs), outputs);
            let scales = scales.iter().map(|scale| scale.to_bits()).collect();
            (Format::Int8, little_endian(words), Some(scales))
        }
        WeightData::Int4 { nibbles, scales } if inputs.is_multiple_of(INT4_BLOCK) => {
            let words = columns_first(nibbles.as_chunks::<LANES>().0, outputs);
            let scales: Vec<u16> = scales.iter().map(|scale| scale.to_bits()).collect();
            let scales = paired(&columns_first(&scales, outputs));
            (Format::Int4, little_endian(words), Some(scales))
        }
        other => {
            let floats = other.to_floats();
            let words = columns_first(&vectors(&floats, inputs), outputs);
            let words = words.into_flattened().into_iter().map(f32::to_bits);
            (Format::Floats, words.collect(), None)
        }
    }
}

/// Each row's half floats divided by a power of two, so that none is larger than 1, and the powers.
/// Products in half floats then can't overflow, and the division is exact but for what is 2²⁴ times
/// smaller than its row's largest.
fn no_larger_than_one(bytes: &[u8], inputs: usize) -> (Vec<u16>, Vec<u32>) {
    let all: Vec<f32> = f16_iter(bytes).map(f16::to_f32).collect();
    let (mut bits, mut scales) = (Vec::with_capacity(all.len()), Vec::new());
    for row in all.chunks_exact(inputs.max(1)) {
        let largest = row
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let power = match largest > 0.0 && largest.is_finite() {
            true => largest.log2().ceil().exp2(),
            false => 1.0,
        };
        scales.push(power.to_bits());
        bits.extend(
            row.iter()
                .map(|value| f16::from_f32(value / power).to_bits()),
        );
    }
    (bits, scales)
}

fn words(values: Vec<u32>, device: &Device) -> Tensor<1, Int> {
    let shape = [values.len()];
    let values: Vec<i32> = values.into_iter().map(u32::cast_signed).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn little_endian(words: Vec<[u8; 4]>) -> Vec<u32> {
    words.into_iter().map(u32::from_le_bytes).collect()
}

/// Two in a word, the first in its lower half.
fn paired(halves: &[u16]) -> Vec<u32> {
    let word = |pair: &[u16]| {
        pair.iter()
            .rev()
            .fold(0, |word, &half| word << 16 | u32::from(half))
    };
    halves.chunks(2).map(word).collect()
}

/// Rows of `length` values as vectors, the last one of each row zero-padded.
fn vectors<T: Copy + Default>(rows: &[T], length: usize) -> Cow<'_, [[T; LANES]]> {
    if length.is_multiple_of(LANES) {
        return Cow::Borrowed(rows.as_chunks().0);
    }
    let vector = |values: &[T]| {
        let mut vector = [T::default(); LANES];
        vector[..values.len()].copy_from_slice(values);
        vector
    };
    let rows = rows.chunks_exact(length);
    rows.flat_map(|row| row.chunks(LANES).map(vector)).collect()
}

/// Transposes a matrix of blocks: (outputs, n) to (n, outputs).
fn columns_first<T: Copy>(rows: &[T], outputs: usize) -> Vec<T> {
    let length = rows.len() / outputs.max(1);
    let element = |index: usize| rows[index % outputs * length + index / outputs];
    (0..rows.len()).map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        adapter, assert_near, each_feature_set, tensor, tolerance, values,
    };
    use super::PackedLinear;
    use crate::{
        pack::{Activation, INT4_BLOCK},
        towers::{activation::apply_activation, weights::WeightData},
    };
    use burn::tensor::{Tensor, TensorData, activation::relu6};
    use half::f16;
    use std::borrow::Cow;

    /// Single rows, rows that fill blocks and that don't, widths beside any tile's, inputs that are
    /// whole vectors and that aren't.
    const SHAPES: [[usize; 3]; 9] = [
        [1, 4, 1],
        [1, 1, 3],
        [2, 6, 5],
        [50, 147, 30],
        [1, 1280, 33],
        [3, 36, 70],
        [50, 768, 96],
        [65, 128, 24],
        [13, 12, 257],
    ];

    /// `x Wᵀ` with float64 accumulators.
    fn product(x: &[f32], rows: &WeightData<'static>, [inputs, outputs]: [usize; 2]) -> Vec<f32> {
        let floats = rows.clone().into_floats();
        let dot = |x: &[f32], row: &[f32]| -> f32 {
            let products = x
                .iter()
                .zip(row)
                .map(|(&a, &b)| f64::from(a) * f64::from(b));
            products.sum::<f64>() as f32
        };
        let rows = x.chunks_exact(inputs);
        let products = rows.flat_map(|x| floats.chunks_exact(inputs).map(move |row| dot(x, row)));
        let products: Vec<f32> = products.collect();
        assert_eq!(products.len(), x.len() / inputs * outputs);
        products
    }

    fn int8([inputs, outputs]: [usize; 2]) -> WeightData<'static> {
        let bytes = values(inputs * outputs, 5);
        WeightData::Int8 {
            // The least and the greatest byte are among them.
            values: bytes
                .iter()
                .map(|value| (value * 128.0).floor() as i8 as u8)
                .collect(),
            scales: values(outputs, 6)
                .iter()
                .map(|scale| scale / 128.0)
                .collect(),
        }
    }

    fn halves([inputs, outputs]: [usize; 2]) -> WeightData<'static> {
        let numbers = values(inputs * outputs, 7);
        // Rows of very different sizes, one of nothing but zeros.
        let sized = |(index, value): (usize, f32)| match index / inputs % 4 {
            3 if outputs > 4 => 0.0,
            row => value * [1.0, 1e-3, 3e2][row % 3],
        };
        let halves = numbers.into_iter().enumerate().map(sized);
        let bytes = halves.flat_map(|value| f16::from_f32(value).to_le_bytes());
        WeightData::HalfBytes(Cow::Owned(bytes.collect()))
    }

    fn int4([inputs, outputs]: [usize; 2]) -> WeightData<'static> {
        let count = inputs * outputs;
        let bytes = values(count / 2, 8);
        let scales = values(count / INT4_BLOCK, 9);
        WeightData::Int4 {
            nibbles: bytes
                .iter()
                .map(|value| (value * 128.0).floor() as i8 as u8)
                .collect::<Vec<_>>()
                .into(),
            scales: scales.into_iter().map(f16::from_f32).collect(),
        }
    }

    #[test]
    #[ignore = "needs a GPU"]
    fn products_are_exact() {
        let device = adapter();
        each_feature_set(|features| {
            let tolerance = tolerance(features);
            for [rows, inputs, outputs] in SHAPES {
                let shape = [inputs, outputs];
                let numbers = values(rows * inputs, 1);
                let x = TensorData::new(numbers.clone(), [rows, inputs]);
                let x = Tensor::<2>::from_data(x, &device);
                let residual = tensor::<2>([rows, outputs], 2, &device);
                let bias = values(outputs, 3);
                let as_row =
                    Tensor::<2>::from_data(TensorData::new(bias.clone(), [1, outputs]), &device);
                let floats = WeightData::Floats(values(inputs * outputs, 4));
                let mut all = vec![floats, int8(shape), halves(shape)];
                if inputs.is_multiple_of(INT4_BLOCK) {
                    all.push(int4(shape));
                }
                for weights in all {
                    let product = product(&numbers, &weights, shape);
                    let product = TensorData::new(product, [rows, outputs]);
                    let product = Tensor::<2>::from_data(product, &device);
                    let plain = PackedLinear::new(&weights, None, shape, &device);
                    let found = plain.forward(x.clone(), Activation::Linear, None);
                    assert_near(found, product.clone(), tolerance);
                    let biased = PackedLinear::new(&weights, Some(&bias), shape, &device);
                    let found =
                        biased.forward(x.clone(), Activation::Relu6, Some(residual.clone()));
                    let expected = relu6(product.clone() + as_row.clone()) + residual.clone();
                    // Where most outputs are cut off, what is left is as far from the product.
                    let most = product.abs().max().into_scalar::<f32>().max(1.0);
                    assert_near(found, expected, tolerance * most);
                }
            }
        });
    }

    /// Sums that would pass 65,504 in half floats, and inputs that do.
    #[test]
    #[ignore = "needs a GPU"]
    fn large_inputs_do_not_overflow() {
        let device = adapter();
        let shape = [64, 40];
        let ones = f16::ONE.to_le_bytes().repeat(shape[0] * shape[1]);
        let all = [
            WeightData::Int8 {
                values: Cow::Owned(vec![127; shape[0] * shape[1]]),
                scales: vec![1.0; shape[1]],
            },
            WeightData::Int4 {
                nibbles: Cow::Owned(vec![0xff; shape[0] * shape[1] / 2]),
                scales: vec![f16::ONE; shape[0] * shape[1] / INT4_BLOCK],
            },
            WeightData::HalfBytes(Cow::Owned(ones)),
        ];
        each_feature_set(|features| {
            for weights in &all {
                let linear = PackedLinear::new(weights, None, shape, &device);
                let sum: f32 = weights.to_floats()[..shape[0]].iter().sum();
                for size in [900.0_f32, -15_000.0, 1e6] {
                    let x = Tensor::<2>::ones([9, shape[0]], &device) * size;
                    let found = linear.forward(x, Activation::Linear, None);
                    // Half floats have no larger inputs.
                    let size = if features.half {
                        size.min(16_000.0)
                    } else {
                        size
                    };
                    let expected = Tensor::<2>::ones([9, shape[1]], &device) * (sum * size);
                    // Equal numbers are all rounded to the same side.
                    assert_near(found, expected, 2.0 * tolerance(features));
                }
            }
        });
    }

    /// Against the processor: burn's own makes not-a-numbers of greater values on some devices.
    #[cfg(feature = "cpu")]
    #[test]
    #[ignore = "needs a GPU"]
    fn outputs_are_activated_as_on_the_processor() {
        let device = adapter();
        let weights = WeightData::Floats(values(32 * 40, 1));
        let x = tensor::<2>([9, 32], 2, &device) * 3.0;
        let linear = PackedLinear::new(&weights, None, [32, 40], &device);
        let cpu = crate::towers::device::cpu();
        each_feature_set(|_| {
            let product = linear
                .forward(x.clone(), Activation::Linear, None)
                .into_data();
            for activation in [
                Activation::QuickGelu,
                Activation::Gelu,
                Activation::GeluTanh,
            ] {
                let found = linear.forward(x.clone(), activation, None);
                let product = Tensor::<2>::from_data(product.clone(), &cpu);
                let expected = apply_activation(activation, product);
                let expected = Tensor::from_data(expected.into_data(), &device);
                assert_near(found, expected, 1e-6);
            }
        });
    }

    #[test]
    #[ignore = "needs a GPU"]
    fn far_values_stay_numbers() {
        let device = adapter();
        let weights = WeightData::Floats(vec![1e4, 0.0, 0.0, 0.0, -1e4, 0.0, 0.0, 0.0]);
        let linear = PackedLinear::new(&weights, None, [4, 2], &device);
        each_feature_set(|_| {
            for activation in [
                Activation::QuickGelu,
                Activation::Gelu,
                Activation::GeluTanh,
            ] {
                let x = Tensor::<2>::ones([1, 4], &device);
                let found = linear.forward(x, activation, None).into_data();
                let found = found.as_slice::<f32>().unwrap();
                assert!(
                    (found[0] - 1e4).abs() < 1.0 && found[1].abs() < 1e-3,
                    "{found:?}"
                );
            }
        });
    }
}
