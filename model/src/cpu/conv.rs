//! 2-D convolutions on the CPU, over feature maps with channels last in memory (NHWC):
//! [`Convolution`].
//!
//! Maps look like burn's, (batch, channels, height, width), but are views of (batch, height, width,
//! channels): a pointwise convolution is then a GEMM without a copy, a larger one a GEMM behind
//! im2col, and a depthwise one reads neighbouring channels.

use super::{
    activation::{relu, relu6},
    floats,
    gemm::NR,
    linear::PackedLinear,
    owned,
    parallel::par_chunks,
    simd::{Isa, dispatch},
    values,
};
use crate::{
    pack::Activation,
    towers::{
        convolution::ConvShape,
        weights::{WeightData, transpose},
    },
};
use burn::tensor::{Device, Tensor, TensorData};
use std::ops::Range;
use wide::f32x8;

/// Neighbouring outputs of a row whose depthwise accumulators are computed together: each weight is
/// loaded once for all of them.
const COLUMNS: usize = 4;

/// Permutes burn's order, (batch, channels, height, width), to memory's.
const CHANNELS_LAST: [isize; 4] = [0, 2, 3, 1];
/// Permutes memory's order, (batch, height, width, channels), to burn's.
const CHANNELS_FIRST: [isize; 4] = [0, 3, 1, 2];

/// A convolution with its bias and its activation.
#[derive(Debug)]
pub struct Convolution {
    shape: ConvShape,
    filters: Filters,
}

#[derive(Debug)]
enum Filters {
    /// Every output channel sees every input channel.
    Dense(PackedLinear),
    /// Every output channel sees the input channel of its own index.
    Depthwise(Taps),
}

/// A depthwise convolution's weights, by blocks of eight channels.
#[derive(Debug)]
struct Taps {
    /// (blocks, kernel · kernel, 8): each tap's weights of a block's channels.
    weights: Vec<[f32; NR]>,
    /// (blocks, 8): each channel's bias, with which its accumulators start.
    bias: Vec<[f32; NR]>,
    kernel: usize,
    stride: usize,
}

/// The window of an output: which taps of the kernel lie on the map, and where the first of them
/// does.
struct Window {
    /// Row and column of the map that the first tap on it meets.
    first: [usize; 2],
    /// The kernel's rows that lie on the map.
    rows: Range<usize>,
    /// The kernel's columns that lie on the map.
    columns: Range<usize>,
}

impl Taps {
    /// Packs weights (channels, kernel · kernel) and biases (channels); channels are a multiple of
    /// eight.
    fn new(weights: &[f32], bias: &[f32], shape: &ConvShape) -> Self {
        let window = shape.kernel * shape.kernel;
        let eight = weights.chunks_exact(NR * window);
        Self {
            weights: eight
                .flat_map(|eight| transpose(eight, window).as_chunks().0.to_vec())
                .collect(),
            bias: bias.as_chunks().0.to_vec(),
            kernel: shape.kernel,
            stride: shape.stride,
        }
    }

    /// The accumulators, biases included, of the eight channels of `block` for `P` neighbouring
    /// outputs, the first of which has the window `seen`. The map is (height, width, blocks, 8).
    #[inline(always)]
    fn accumulate<const P: usize>(
        &self,
        isa: impl Isa,
        map: &[[f32; NR]],
        [width, blocks, block]: [usize; 3],
        seen: &Window,
    ) -> [f32x8; P] {
        let window = self.kernel * self.kernel;
        let weights = &self.weights[block * window..][..window];
        let mut accumulators = [isa.load(self.bias[block]); P];
        for (y, row) in (seen.first[0]..).zip(seen.rows.clone()) {
            for (x, column) in (seen.first[1]..).zip(seen.columns.clone()) {
                let weights = isa.load(weights[row * self.kernel + column]);
                let first = (y * width + x) * blocks + block;
                for (output, accumulator) in accumulators.iter_mut().enumerate() {
                    let values = isa.load(map[first + output * self.stride * blocks]);
                    *accumulator = isa.mul_add(values, weights, *accumulator);
                }
            }
        }
        let mut out = [f32x8::ZERO; P];
        for (out, accumulator) in out.iter_mut().zip(accumulators) {
            *out = isa.extract(accumulator);
        }
        out
    }
}

impl Convolution {
    /// Packs weights (out, in / groups, kernel, kernel) and biases (out). A depthwise one's
    /// channels are a multiple of eight, as all of EfficientNet's are.
    pub fn new(
        shape: &ConvShape,
        weights: WeightData<'_>,
        bias: Vec<f32>,
        device: &Device,
    ) -> Self {
        let [outputs, inputs] = shape.channels;
        let window = shape.kernel * shape.kernel;
        let filters = if shape.groups > 1 {
            debug_assert!(outputs.is_multiple_of(NR));
            Filters::Depthwise(Taps::new(&weights.into_floats(), &bias, shape))
        } else {
            let weights = match window {
                1 => weights,
                // Channels last in windows, too.
                _ => WeightData::Floats(
                    (weights.into_floats().chunks_exact(inputs * window))
                        .flat_map(|filter| transpose(filter, window))
                        .collect(),
                ),
            };
            let shape = [outputs, inputs * window];
            Filters::Dense(PackedLinear::new(weights, shape, Some(&bias), device))
        };
        Self {
            shape: shape.clone(),
            filters,
        }
    }

    /// `activation(x ∗ w + bias) + residual`: (batch, channels, height, width) to (batch, channels,
    /// smaller height, smaller width), which is the residual's shape, too.
    pub fn forward(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let device = x.device();
        let x = x.permute(CHANNELS_LAST);
        let [batch, height, width, channels] = x.dims();
        let (from, to) = (
            [height, width],
            [self.shape.outputs(height), self.shape.outputs(width)],
        );
        let data = values(x);
        let maps = floats(&data).chunks_exact((height * width * channels).max(1));
        let residual = residual.map(|residual| owned(residual.permute(CHANNELS_LAST)));
        let y = match &self.filters {
            Filters::Dense(linear) if self.shape.kernel == 1 && self.shape.stride == 1 => {
                linear.forward_slice(floats(&data), self.shape.activation, residual)
            }
            Filters::Dense(linear) => {
                let windows = self.im2col(maps, from, to);
                linear.forward_slice(&windows, self.shape.activation, residual)
            }
            Filters::Depthwise(taps) => {
                // A curve is applied to whole lines, before anything is added to them.
                let (initial, afterwards) = match self.shape.activation.is_curved() {
                    true => (None, residual),
                    false => (residual, None),
                };
                let mut y = initial.unwrap_or_else(|| vec![0.0; batch * to[0] * to[1] * channels]);
                for (map, y) in maps.zip(y.chunks_exact_mut(to[0] * to[1] * channels)) {
                    self.depthwise(taps, map, from, to, y);
                }
                for (y, residual) in y.iter_mut().zip(afterwards.into_iter().flatten()) {
                    *y += residual;
                }
                y
            }
        };
        let shape = [batch, to[0], to[1], self.shape.channels[0]];
        Tensor::<4>::from_data(TensorData::new(y, shape), &device).permute(CHANNELS_FIRST)
    }

    /// The windows along an axis of `length` pixels: for an output's index, the first pixel that it
    /// sees, and the taps that lie on the axis.
    fn windows(&self, length: usize) -> impl Fn(usize) -> (usize, Range<usize>) {
        let ((before, _), kernel, stride) = (
            self.shape.padding(length),
            self.shape.kernel,
            self.shape.stride,
        );
        move |output| {
            let start = output * stride;
            let taps = before.saturating_sub(start)..kernel.min(length + before - start);
            (start + taps.start - before, taps)
        }
    }

    /// Copies every output's window into a row of its own (im2col): (maps · height · width, kernel
    /// · kernel · channels), with zeros beyond the edge. `from` and `to` are the height and width
    /// of maps before and after.
    fn im2col<'a>(
        &self,
        maps: impl ExactSizeIterator<Item = &'a [f32]>,
        from: [usize; 2],
        to: [usize; 2],
    ) -> Vec<f32> {
        let (kernel, channels) = (self.shape.kernel, self.shape.channels[1]);
        let (down, across) = (self.windows(from[0]), self.windows(from[1]));
        let (outputs, one) = (to[0] * to[1], kernel * kernel * channels);
        let mut windows = vec![0.0; maps.len() * outputs * one];
        for (map, windows) in maps.zip(windows.chunks_exact_mut(outputs * one)) {
            for (output, window) in windows.chunks_exact_mut(one).enumerate() {
                let (top, rows) = down(output / to[1]);
                let (left, columns) = across(output % to[1]);
                for (y, row) in (top..).zip(rows) {
                    let length = columns.len() * channels;
                    let (source, target) = (
                        (y * from[1] + left) * channels,
                        (row * kernel + columns.start) * channels,
                    );
                    window[target..target + length].copy_from_slice(&map[source..source + length]);
                }
            }
        }
        windows
    }

    /// Adds the depthwise convolution of a map, activated, to `output` (height · width · channels).
    fn depthwise(
        &self,
        taps: &Taps,
        map: &[f32],
        from: [usize; 2],
        to: [usize; 2],
        output: &mut [f32],
    ) {
        let (map, _) = map.as_chunks::<NR>();
        let length = to[1] * taps.bias.len() * NR;
        par_chunks(output, length, |y, line| {
            let (blocks, _) = line.as_chunks_mut::<NR>();
            dispatch!(|isa| self.depthwise_line(isa, taps, (map, from), (blocks, to[1], y)));
            if self.shape.activation.is_curved() {
                self.shape.activation.apply(line);
            }
        });
    }

    /// The depthwise convolution's line `y`, of so many outputs.
    #[inline(always)]
    fn depthwise_line(
        &self,
        isa: impl Isa,
        taps: &Taps,
        (map, from): (&[[f32; NR]], [usize; 2]),
        (line, outputs, y): (&mut [[f32; NR]], usize, usize),
    ) {
        let blocks = taps.bias.len();
        let (down, across) = (self.windows(from[0]), self.windows(from[1]));
        let is_whole = |x: usize| x < outputs && across(x).1.len() == self.shape.kernel;
        let (top, rows) = down(y);
        let mut x = 0;
        while x < outputs {
            let (left, columns) = across(x);
            let seen = Window {
                first: [top, left],
                rows: rows.clone(),
                columns,
            };
            // At the edges windows differ, so outputs are computed one by one.
            let together = is_whole(x) && is_whole(x + COLUMNS - 1);
            for block in 0..blocks {
                let sizes = [from[1], blocks, block];
                let line = line[x * blocks + block..].iter_mut().step_by(blocks);
                if together {
                    self.finish(taps.accumulate::<COLUMNS>(isa, map, sizes, &seen), line);
                } else {
                    self.finish(taps.accumulate::<1>(isa, map, sizes, &seen), line);
                }
            }
            x += if together { COLUMNS } else { 1 };
        }
    }

    /// Adds accumulated sums, activated unless by a curve, to the outputs that they belong to.
    #[inline(always)]
    fn finish<'a, const P: usize>(
        &self,
        sums: [f32x8; P],
        outputs: impl Iterator<Item = &'a mut [f32; NR]>,
    ) {
        for (sums, output) in sums.into_iter().zip(outputs) {
            let sums = match self.shape.activation {
                Activation::Relu6 => relu6(sums),
                Activation::Relu => relu(sums),
                _ => sums,
            };
            *output = (f32x8::new(*output) + sums).to_array();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dispatch::BurnOps, towers::Padding};

    fn numbers(count: usize) -> Vec<f32> {
        (0..count)
            .map(|index| ((index * 37 % 101) as f32 - 50.0) / 40.0)
            .collect()
    }

    fn shape(channels: [usize; 2], kernel: usize, stride: usize, groups: usize) -> ConvShape {
        ConvShape {
            name: String::new(),
            channels,
            kernel,
            stride,
            groups,
            padding: Padding::Same,
            activation: match kernel {
                1 => Activation::Linear,
                _ => Activation::Relu6,
            },
        }
    }

    /// As PyTorch pads it, with another activation.
    fn symmetric(shape: ConvShape, activation: Activation) -> ConvShape {
        ConvShape {
            padding: Padding::Symmetric,
            activation,
            ..shape
        }
    }

    /// Against burn's convolution, over maps of even and odd sides, for every kind that
    /// the towers have.
    #[test]
    fn as_burn_has_them() {
        let device = crate::towers::device::cpu();
        for shape in [
            shape([32, 3], 3, 2, 1),
            shape([11, 24], 1, 1, 1),
            shape([24, 1], 3, 1, 24),
            shape([24, 1], 3, 2, 24),
            shape([16, 1], 5, 1, 16),
            shape([16, 1], 5, 2, 16),
            symmetric(shape([16, 3], 3, 2, 1), Activation::Relu),
            symmetric(shape([16, 8], 3, 1, 1), Activation::Gelu),
            symmetric(shape([16, 1], 3, 2, 16), Activation::Gelu),
            symmetric(shape([8, 1], 7, 2, 8), Activation::Gelu),
            symmetric(shape([8, 1], 7, 1, 8), Activation::Linear),
        ] {
            for [height, width] in [[14, 14], [9, 8], [3, 5], [1, 1]] {
                let inputs = shape.channels[1] * shape.groups;
                let x = TensorData::new(
                    numbers(2 * inputs * height * width),
                    [2, inputs, height, width],
                );
                let x = Tensor::<4>::from_data(x, &device);
                let weights = numbers(shape.weight_shape().iter().product());
                let bias = numbers(shape.channels[0]);
                let weight = TensorData::new(weights.clone(), shape.weight_shape());
                let expected = shape.convolve(
                    BurnOps,
                    x.clone(),
                    Tensor::from_data(weight, &device),
                    Tensor::from_data(TensorData::new(bias.clone(), [bias.len()]), &device),
                );
                let convolution =
                    Convolution::new(&shape, WeightData::Floats(weights), bias, &device);
                let residual = expected.clone() * 0.5;
                let expected = expected + residual.clone();
                let found = convolution.forward(x, Some(residual));
                assert_eq!(found.dims(), expected.dims());
                let (found, expected) = (values(found), values(expected));
                for (found, expected) in floats(&found).iter().zip(floats(&expected)) {
                    // Sums of up to 75 numbers around 1, in another order.
                    assert!(
                        (found - expected).abs() < 2e-5,
                        "{shape:?}: {found}, not {expected}"
                    );
                }
            }
        }
    }
}
