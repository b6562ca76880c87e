//! Convolutions over feature maps whose channels lie side by side in memory.
//!
//! Maps look like burn's, (batch, channels, height, width), but are views of (batch, height, width,
//! channels): a convolution of one place is then a product of matrices.

use super::{
    cores::share_chunks,
    floats,
    kernels::OUTPUTS,
    matrix::Matrix,
    owned, values,
    vectors::{Vectors, with_vectors},
};
use crate::encoder::{
    activation::{Bend, fast},
    efficientnet::ConvShape,
    weights::{Values, transposed},
};
use burn::tensor::{Device, Tensor, TensorData};
use std::ops::Range;
use wide::f32x8;

/// Places beside one another whose depthwise sums are computed together: each weight is read once
/// for all of them.
const PLACES: usize = 4;

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
    /// For each eight channels, for each place of the window: each channel's weight.
    weights: Vec<[f32; OUTPUTS]>,
    /// For each eight channels.
    bias: Vec<[f32; OUTPUTS]>,
    kernel: usize,
    stride: usize,
}

/// The part of a map that a place's window sees: the first row and column, and which of the window's
/// rows and columns lie on the map.
struct Seen {
    first: [usize; 2],
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Taps {
    /// Of weights (channels, window) and biases (channels); channels are a multiple of eight.
    fn new(weights: &[f32], bias: &[f32], shape: &ConvShape) -> Self {
        let window = shape.kernel * shape.kernel;
        let eight = weights.chunks_exact(OUTPUTS * window);
        Self {
            weights: eight
                .flat_map(|eight| transposed(eight, window).as_chunks().0.to_vec())
                .collect(),
            bias: bias.as_chunks().0.to_vec(),
            kernel: shape.kernel,
            stride: shape.stride,
        }
    }

    /// The sums of the eight channels of `block` at `P` places from the one on that sees `seen`. A
    /// map's places (`width` of them beside one another) hold `blocks` of eight channels.
    #[inline(always)]
    fn sums<const P: usize>(
        &self,
        vectors: impl Vectors,
        map: &[[f32; OUTPUTS]],
        [width, blocks, block]: [usize; 3],
        seen: &Seen,
    ) -> [f32x8; P] {
        let window = self.kernel * self.kernel;
        let weights = &self.weights[block * window..][..window];
        let mut sums = [vectors.floats(self.bias[block]); P];
        for (y, row) in (seen.first[0]..).zip(seen.rows.clone()) {
            for (x, column) in (seen.first[1]..).zip(seen.columns.clone()) {
                let weights = vectors.floats(weights[row * self.kernel + column]);
                let first = (y * width + x) * blocks + block;
                for (place, sums) in sums.iter_mut().enumerate() {
                    let values = vectors.floats(map[first + place * self.stride * blocks]);
                    *sums = vectors.mul_add(values, weights, *sums);
                }
            }
        }
        let mut out = [f32x8::ZERO; P];
        for (out, sums) in out.iter_mut().zip(sums) {
            *out = vectors.out(sums);
        }
        out
    }
}

impl Convolution {
    /// Of weights (out, in / groups, kernel, kernel) and biases (out). A depthwise one's channels
    /// are a multiple of eight, as all of EfficientNet's are.
    pub fn new(shape: &ConvShape, weights: Values<'_>, bias: Vec<f32>, device: &Device) -> Self {
        let [outputs, inputs] = shape.channels;
        let window = shape.kernel * shape.kernel;
        let filters = if shape.groups > 1 {
            debug_assert!(outputs.is_multiple_of(OUTPUTS));
            Filters::Depthwise(Taps::new(&weights.into_floats(), &bias, shape))
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
            Filters::Full(Matrix::new(weights, shape, Some(&bias), device))
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
        let onto = onto.map(|onto| owned(onto.permute(CHANNELS_LAST)));
        let y = match &self.filters {
            Filters::Full(matrix) if self.shape.kernel == 1 => {
                matrix.product(floats(&data), self.bend(), onto)
            }
            Filters::Full(matrix) => {
                let windows = self.windows(maps, from, to);
                matrix.product(&windows, self.bend(), onto)
            }
            Filters::Depthwise(taps) => {
                let mut y = onto.unwrap_or_else(|| vec![0.0; batch * to[0] * to[1] * channels]);
                for (map, y) in maps.zip(y.chunks_exact_mut(to[0] * to[1] * channels)) {
                    self.depthwise(taps, map, from, to, y);
                }
                y
            }
        };
        let shape = [batch, to[0], to[1], self.shape.channels[0]];
        Tensor::<4>::from_data(TensorData::new(y, shape), &device).permute(CHANNELS_FIRST)
    }

    fn bend(&self) -> Bend {
        match self.shape.activation {
            true => Bend::Relu6,
            false => Bend::Linear,
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

    /// Every output's window side by side: (maps · height · width · window · channels), with zeros
    /// beyond the edge.
    fn windows<'a>(
        &self,
        maps: impl ExactSizeIterator<Item = &'a [f32]>,
        from: [usize; 2],
        to: [usize; 2],
    ) -> Vec<f32> {
        let (kernel, channels) = (self.shape.kernel, self.shape.channels[1]);
        let (down, across) = (self.views(from[0]), self.views(from[1]));
        let (places, one) = (to[0] * to[1], kernel * kernel * channels);
        let mut windows = vec![0.0; maps.len() * places * one];
        for (map, windows) in maps.zip(windows.chunks_exact_mut(places * one)) {
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
        }
        windows
    }

    /// Adds the sums of a map, bent, to what stands in `output`.
    fn depthwise(
        &self,
        taps: &Taps,
        map: &[f32],
        from: [usize; 2],
        to: [usize; 2],
        output: &mut [f32],
    ) {
        let (map, _) = map.as_chunks::<OUTPUTS>();
        let length = to[1] * taps.bias.len() * OUTPUTS;
        share_chunks(output, length, |y, line| {
            let (line, _) = line.as_chunks_mut::<OUTPUTS>();
            with_vectors!(|vectors| self.line(vectors, taps, (map, from), (line, to[1], y)));
        });
    }

    /// Of a single line: the `y`-th, of so many places.
    #[inline(always)]
    fn line(
        &self,
        vectors: impl Vectors,
        taps: &Taps,
        (map, from): (&[[f32; OUTPUTS]], [usize; 2]),
        (line, places, y): (&mut [[f32; OUTPUTS]], usize, usize),
    ) {
        let blocks = taps.bias.len();
        let (down, across) = (self.views(from[0]), self.views(from[1]));
        let is_whole = |x: usize| x < places && across(x).1.len() == self.shape.kernel;
        let (top, rows) = down(y);
        let mut x = 0;
        while x < places {
            let (left, columns) = across(x);
            let seen = Seen {
                first: [top, left],
                rows: rows.clone(),
                columns,
            };
            let together = is_whole(x) && is_whole(x + PLACES - 1);
            for block in 0..blocks {
                let place = [from[1], blocks, block];
                let line = line[x * blocks + block..].iter_mut().step_by(blocks);
                if together {
                    self.finish(taps.sums::<PLACES>(vectors, map, place, &seen), line);
                } else {
                    self.finish(taps.sums::<1>(vectors, map, place, &seen), line);
                }
            }
            x += if together { PLACES } else { 1 };
        }
    }

    /// Adds sums, bent, to what stands at their places.
    #[inline(always)]
    fn finish<'a, const P: usize>(
        &self,
        sums: [f32x8; P],
        places: impl Iterator<Item = &'a mut [f32; OUTPUTS]>,
    ) {
        for (sums, place) in sums.into_iter().zip(places) {
            let sums = match self.shape.activation {
                true => fast::relu6(sums),
                false => sums,
            };
            *place = (f32x8::new(*place) + sums).to_array();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::dispatch::BurnOps;

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
                    BurnOps,
                    x.clone(),
                    Tensor::from_data(weight, &device),
                    Tensor::from_data(TensorData::new(bias.clone(), [bias.len()]), &device),
                );
                let convolution = Convolution::new(&shape, Values::Floats(weights), bias, &device);
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
