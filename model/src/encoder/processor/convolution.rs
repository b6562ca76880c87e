//! Convolutions over feature maps whose channels lie side by side in memory.
//!
//! Maps look like burn's, (batch, channels, height, width), but are views of (batch, height, width,
//! channels): a convolution of one place is then a product of matrices.

use super::{
    cores::share_chunks,
    floats,
    kernels::{OUTPUTS, relu6, vectors, write},
    matrix::{Bend, Matrix},
    values,
};
use crate::encoder::{
    efficientnet::ConvShape,
    weights::{Values, transposed},
};
use burn::tensor::{Tensor, TensorData};
use std::ops::Range;

/// From burn's order to memory's, and back.
const CHANNELS_LAST: [isize; 4] = [0, 2, 3, 1];
const CHANNELS_FIRST: [isize; 4] = [0, 3, 1, 2];

/// A convolution with its bias and, where the shape says so, a ReLU6.
#[derive(Debug)]
pub struct Convolution {
    shape: ConvShape,
    filters: Filters,
}

#[derive(Debug)]
enum Filters {
    /// Every output sees every channel of a window.
    Full(Matrix),
    /// Every output sees one channel of a window.
    Depthwise(Taps),
}

/// A depthwise convolution's.
#[derive(Debug)]
struct Taps {
    /// (window · channels).
    weights: Vec<f32>,
    /// (channels).
    bias: Vec<f32>,
}

impl Convolution {
    /// Of weights (out, in / groups, kernel, kernel) and biases (out). A depthwise one's channels
    /// are a multiple of eight, as all of EfficientNet's are.
    pub fn new(shape: &ConvShape, weights: Values<'_>, bias: Vec<f32>) -> Self {
        let [outputs, inputs] = shape.channels;
        let window = shape.kernel * shape.kernel;
        let filters = if shape.groups > 1 {
            debug_assert!(outputs.is_multiple_of(OUTPUTS));
            Filters::Depthwise(Taps {
                weights: transposed(&weights.into_floats(), window),
                bias,
            })
        } else {
            let weights = match window {
                1 => weights,
                // Channels last in windows, too.
                _ => Values::Floats(
                    (weights.into_floats().chunks_exact(inputs * window))
                        .flat_map(|filter| transposed(filter, window))
                        .collect(),
                ),
            };
            let shape = [outputs, inputs * window];
            Filters::Full(Matrix::new(weights, shape, Some(&bias)))
        };
        Self {
            shape: shape.clone(),
            filters,
        }
    }

    /// The convolution, what follows it, and `onto` added: (batch, channels, height, width) to (batch,
    /// channels, smaller height, smaller width).
    pub fn forward(&self, x: Tensor<4>, onto: Option<Tensor<4>>) -> Tensor<4> {
        let device = x.device();
        let x = x.permute(CHANNELS_LAST);
        let [batch, height, width, channels] = x.dims();
        let (from, to) = (
            [height, width],
            [self.shape.outputs(height), self.shape.outputs(width)],
        );
        let data = values(x);
        let maps = floats(&data).chunks_exact((height * width * channels).max(1));
        let mut y = match &self.filters {
            Filters::Full(matrix) if self.shape.kernel == 1 => {
                matrix.product(floats(&data), self.bend())
            }
            Filters::Full(matrix) => {
                let windows = maps.flat_map(|map| self.windows(map, from, to));
                matrix.product(&windows.collect::<Vec<_>>(), self.bend())
            }
            Filters::Depthwise(taps) => {
                let mut y = vec![0.0; batch * to[0] * to[1] * channels];
                for (map, y) in maps.zip(y.chunks_exact_mut(to[0] * to[1] * channels)) {
                    self.depthwise(taps, map, from, to, y);
                }
                y
            }
        };
        if let Some(onto) = onto {
            let onto = values(onto.permute(CHANNELS_LAST));
            y.iter_mut()
                .zip(floats(&onto))
                .for_each(|(y, onto)| *y += onto);
        }
        let shape = [batch, to[0], to[1], self.shape.channels[0]];
        Tensor::<4>::from_data(TensorData::new(y, shape), &device).permute(CHANNELS_FIRST)
    }

    fn bend(&self) -> Bend {
        match self.shape.activation {
            true => Bend::Relu6,
            false => Bend::None,
        }
    }

    /// What each output of an axis of `length` places sees: the first place (counted from the
    /// padding before the axis), and which taps lie on the axis.
    fn views(&self, length: usize) -> impl Fn(usize) -> (usize, Range<usize>) {
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

    /// Every output's window side by side: (height · width · window · channels), with zeros beyond
    /// the edge.
    fn windows(&self, map: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
        let (kernel, channels) = (self.shape.kernel, self.shape.channels[1]);
        let (down, across) = (self.views(from[0]), self.views(from[1]));
        let one = kernel * kernel * channels;
        let mut windows = vec![0.0; to[0] * to[1] * one];
        for (place, window) in windows.chunks_exact_mut(one).enumerate() {
            let (top, rows) = down(place / to[1]);
            let (left, columns) = across(place % to[1]);
            for (y, row) in (top..).zip(rows) {
                let length = columns.len() * channels;
                let (source, room) = (
                    (y * from[1] + left) * channels,
                    (row * kernel + columns.start) * channels,
                );
                window[room..room + length].copy_from_slice(&map[source..source + length]);
            }
        }
        windows
    }

    fn depthwise(
        &self,
        taps: &Taps,
        map: &[f32],
        from: [usize; 2],
        to: [usize; 2],
        output: &mut [f32],
    ) {
        let (kernel, channels) = (self.shape.kernel, taps.bias.len());
        let (down, across) = (self.views(from[0]), self.views(from[1]));
        share_chunks(output, to[1] * channels, |y, line| {
            let (top, rows) = down(y);
            for (x, place) in line.chunks_exact_mut(channels).enumerate() {
                let (left, columns) = across(x);
                for first in (0..channels).step_by(OUTPUTS) {
                    let mut sums = vectors(&taps.bias, first);
                    for (y, row) in (top..).zip(rows.clone()) {
                        for (x, column) in (left..).zip(columns.clone()) {
                            let values = vectors(map, (y * from[1] + x) * channels + first);
                            let tap = (row * kernel + column) * channels + first;
                            let weights = vectors(&taps.weights, tap);
                            sums[0] += values[0] * weights[0];
                            sums[1] += values[1] * weights[1];
                        }
                    }
                    if self.shape.activation {
                        sums = relu6(sums);
                    }
                    write(sums, &mut place[first..]);
                }
            }
        });
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count)
            .map(|place| ((place * 37 % 101) as f32 - 50.0) / 40.0)
            .collect()
    }

    fn shape(channels: [usize; 2], kernel: usize, stride: usize, groups: usize) -> ConvShape {
        ConvShape {
            name: String::new(),
            channels,
            kernel,
            stride,
            groups,
            activation: kernel != 1,
        }
    }

    /// Against burn's convolution, over maps of even and odd sides, for every kind that
    /// EfficientNet-Lite0 has.
    #[test]
    fn as_burn_has_them() {
        let device = crate::encoder::device::cpu();
        for shape in [
            shape([32, 3], 3, 2, 1),
            shape([11, 24], 1, 1, 1),
            shape([24, 1], 3, 1, 24),
            shape([24, 1], 3, 2, 24),
            shape([16, 1], 5, 1, 16),
            shape([16, 1], 5, 2, 16),
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
                    x.clone(),
                    Tensor::from_data(weight, &device),
                    Tensor::from_data(TensorData::new(bias.clone(), [bias.len()]), &device),
                );
                let convolution = Convolution::new(&shape, Values::Floats(weights), bias);
                let onto = expected.clone() * 0.5;
                let expected = expected + onto.clone();
                let found = convolution.forward(x, Some(onto));
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
