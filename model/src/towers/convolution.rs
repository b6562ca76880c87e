//! 2-D convolutions over feature maps ([`Conv`], by its [`ConvShape`]), and what stands between them:
//! [`average_pool`], [`global_average_pool`], [`map_grid`], [`repeat_channels`], [`map_to_rows`],
//! [`rows_to_map`].
//!
//! Maps are (batch, channels, height, width), as views of memory in which a pixel's channels are
//! neighbours.

use super::{
    activation::apply_activation,
    weights::{WeightData, WeightError, WeightSource},
};
#[cfg(feature = "cpu")]
use crate::cpu;
#[cfg(feature = "webgpu")]
use crate::gpu;
use crate::{
    dispatch::{BurnOps, Kernels},
    pack::{Activation, TensorSpec},
    pixels::{Grid, Rectangle},
};
use burn::tensor::{Device, Tensor, TensorData, ops::ConvOptions};
#[cfg(feature = "cpu")]
use std::sync::Arc;

/// A convolution's name, shape and activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvShape {
    /// The prefix of its tensors' names, without the dot.
    pub name: String,
    /// Output channels, and input channels of one group.
    pub channels: [usize; 2],
    /// Side of the square kernel in pixels.
    pub kernel: usize,
    /// Pixels between neighbouring outputs, down and across.
    pub stride: usize,
    /// One, or as many as channels for a depthwise one.
    pub groups: usize,
    /// How far the kernel reaches beyond the map.
    pub padding: Padding,
    /// What follows it.
    pub activation: Activation,
}

/// Zeros around a map, by the framework that a network was trained in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// TensorFlow's "same": as many as make ⌈length / stride⌉ outputs; with a stride, the odd pixel goes
    /// behind. PyTorch's symmetric padding would shift every strided layer by half a pixel.
    Same,
    /// PyTorch's `kernel / 2` at either side.
    Symmetric,
}

impl ConvShape {
    /// A convolution of one group, as PyTorch pads it.
    pub(crate) fn symmetric(
        name: String,
        channels: [usize; 2],
        [kernel, stride]: [usize; 2],
        activation: Activation,
    ) -> Self {
        Self {
            name,
            channels,
            kernel,
            stride,
            groups: 1,
            padding: Padding::Symmetric,
            activation,
        }
    }

    /// A depthwise convolution, as PyTorch pads it.
    pub(crate) fn depthwise(
        name: String,
        channels: usize,
        sizes: [usize; 2],
        activation: Activation,
    ) -> Self {
        Self {
            groups: channels,
            ..Self::symmetric(name, [channels, 1], sizes, activation)
        }
    }

    /// The weight's shape, (out, in / groups, kernel, kernel).
    pub fn weight_shape(&self) -> [usize; 4] {
        let [outputs, inputs] = self.channels;
        [outputs, inputs, self.kernel, self.kernel]
    }

    /// Its weight and its bias, as they are stored.
    pub(crate) fn tensors(&self) -> [TensorSpec; 2] {
        let name = |part: &str| format!("{}.{part}", self.name);
        [
            TensorSpec::new(&name("weight"), &self.weight_shape()),
            TensorSpec::new(&name("bias"), &self.channels[..1]),
        ]
    }

    /// Zeros before and after an axis of `length` pixels.
    pub fn padding(&self, length: usize) -> (usize, usize) {
        match self.padding {
            Padding::Same => {
                let reach = (self.outputs(length) - 1) * self.stride + self.kernel;
                let total = reach.saturating_sub(length);
                (total / 2, total - total / 2)
            }
            Padding::Symmetric => (self.kernel / 2, self.kernel / 2),
        }
    }

    /// The output's length, in pixels, along an axis of `length` input pixels.
    pub fn outputs(&self, length: usize) -> usize {
        match self.padding {
            Padding::Same => length.div_ceil(self.stride).max(1),
            Padding::Symmetric => {
                let padded = length + 2 * (self.kernel / 2);
                padded.saturating_sub(self.kernel) / self.stride + 1
            }
        }
    }

    /// Convolves by burn's own operations, activation included: (batch, channels, height, width) to
    /// (batch, channels, smaller height, smaller width).
    pub(crate) fn convolve(
        &self,
        burn: BurnOps,
        x: Tensor<4>,
        weight: Tensor<4>,
        bias: Tensor<1>,
    ) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let options = ConvOptions::new_with_padding(
            [self.stride; 2],
            [self.padding(height), self.padding(width)],
            [1; 2],
            self.groups,
        );
        apply_activation(self.activation, burn.conv2d(x, weight, bias, options))
    }
}

/// A convolution's weights on a device.
#[derive(Debug, Clone)]
pub struct Conv {
    shape: ConvShape,
    filters: Filters,
}

#[derive(Debug, Clone)]
enum Filters {
    /// Weights and biases on a device without kernels of ours.
    Tensors(BurnOps, Box<(Tensor<4>, Tensor<1>)>),
    /// Packed in host memory, for the CPU's kernels.
    #[cfg(feature = "cpu")]
    Packed(Arc<cpu::Convolution>),
    /// Packed on the graphics card, for its kernels.
    #[cfg(feature = "webgpu")]
    Graphics(Box<gpu::Convolution>),
}

impl Conv {
    /// Takes the tensors of [`ConvShape::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        shape: &ConvShape,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let name = |part: &str| format!("{}.{part}", shape.name);
        let weight = weights.take(&name("weight"), &shape.weight_shape())?;
        let weight = weight.into_owned();
        let bias = weights.take(&name("bias"), &shape.channels[..1])?;
        let filters = Filters::of(shape, weight, bias.into_floats(), device);
        Ok(Self {
            shape: shape.clone(),
            filters,
        })
    }

    /// `activation(x ∗ w + bias)`: (batch, channels, height, width) to (batch, channels, smaller
    /// height, smaller width).
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward_residual(x, None)
    }

    /// `activation(x ∗ w + bias) + residual`, on whichever device.
    pub fn forward_residual(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let (burn, (weight, bias)) = match &self.filters {
            #[cfg(feature = "cpu")]
            Filters::Packed(convolution) => return convolution.forward(x, residual),
            #[cfg(feature = "webgpu")]
            Filters::Graphics(convolution) => return convolution.forward(x, residual),
            Filters::Tensors(burn, tensors) => (*burn, (**tensors).clone()),
        };
        let x = self.shape.convolve(burn, x, weight, bias);
        match residual {
            Some(residual) => x + residual,
            None => x,
        }
    }
}

impl Filters {
    /// Packs weights (out, in / groups, kernel, kernel) and biases (out) for the device.
    fn of(shape: &ConvShape, weight: WeightData<'static>, bias: Vec<f32>, device: &Device) -> Self {
        match Kernels::of(device) {
            #[cfg(feature = "cpu")]
            Kernels::Cpu(_) => {
                let convolution = cpu::Convolution::new(shape, weight, bias, device);
                Self::Packed(Arc::new(convolution))
            }
            #[cfg(feature = "webgpu")]
            Kernels::Gpu => {
                let convolution = gpu::Convolution::new(shape, weight, bias, device);
                Self::Graphics(Box::new(convolution))
            }
            Kernels::Burn(burn) => {
                let weight = TensorData::new(weight.into_floats(), shape.weight_shape());
                let bias = TensorData::new(bias, [shape.channels[0]]);
                let tensors = (
                    Tensor::from_data(weight, device),
                    Tensor::from_data(bias, device),
                );
                Self::Tensors(burn, Box::new(tensors))
            }
        }
    }
}

/// The mean of each channel: (batch, channels, height, width) to (batch, channels).
pub fn global_average_pool(map: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = map.dims();
    map.reshape([batch, channels, height * width])
        .mean_dim(2)
        .reshape([batch, channels])
}

/// The mean of each square of `side` pixels; what is left beyond whole squares is not seen: (batch,
/// channels, height, width) to (batch, channels, height / side, width / side).
pub fn average_pool(map: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, channels, height, width] = map.dims();
    let [down, across] = [height / side, width / side];
    let squares = map
        .slice([0..batch, 0..channels, 0..down * side, 0..across * side])
        .permute(CHANNELS_LAST)
        .reshape([batch * down, side, across, side, channels]);
    let means = squares.mean_dim(1).mean_dim(3);
    means
        .reshape([batch, down, across, channels])
        .permute(CHANNELS_FIRST)
}

/// Each channel `times` times, one beside the other: (batch, channels, height, width) to (batch,
/// channels · times, height, width). A convolution with several filters a channel is a depthwise one
/// behind it.
pub fn repeat_channels(map: Tensor<4>, times: usize) -> Tensor<4> {
    if times == 1 {
        return map;
    }
    let [batch, channels, height, width] = map.dims();
    map.permute(CHANNELS_LAST)
        .reshape([batch * height * width, channels, 1])
        .repeat_dim(2, times)
        .reshape([batch, height, width, channels * times])
        .permute(CHANNELS_FIRST)
}

/// The grid of a map's places, which share the picture evenly; both by their sizes, (batch, channels,
/// height, width).
pub fn map_grid(map: [usize; 4], [_, _, height, width]: [usize; 4]) -> Grid {
    let [_, _, rows, columns] = map;
    Grid {
        rows,
        columns,
        area: Rectangle::of(width, height),
    }
}

/// A row for each pixel: (batch, channels, height, width) to (batch · height · width, channels).
pub fn map_to_rows(map: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = map.dims();
    map.permute(CHANNELS_LAST)
        .reshape([batch * height * width, channels])
}

/// A map of pixels that are rows: (batch · height · width, channels) to (batch, channels, height,
/// width), for `size` of batch, height and width.
pub fn rows_to_map(rows: Tensor<2>, [batch, height, width]: [usize; 3]) -> Tensor<4> {
    let [_, channels] = rows.dims();
    rows.reshape([batch, height, width, channels])
        .permute(CHANNELS_FIRST)
}

/// Permutes (batch, channels, height, width) to (batch, height, width, channels).
const CHANNELS_LAST: [isize; 4] = [0, 2, 3, 1];
/// Permutes (batch, height, width, channels) to (batch, channels, height, width).
const CHANNELS_FIRST: [isize; 4] = [0, 3, 1, 2];

#[cfg(all(test, feature = "cpu"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Two channels of a 2 × 5 map, counted up.
    fn map() -> Tensor<4> {
        let values = (0..20).map(|value| value as f32).collect();
        let values = TensorData::new::<f32, _>(values, [1, 2, 2, 5]);
        Tensor::from_data(values, &crate::towers::device::cpu())
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn squares_are_averaged_and_the_rest_is_left() {
        let pooled = average_pool(map(), 2);
        assert_eq!(pooled.dims(), [1, 2, 1, 2]);
        assert_eq!(values(pooled), [3.0, 5.0, 13.0, 15.0]);
    }

    #[test]
    fn channels_repeat_side_by_side() {
        let repeated = repeat_channels(map(), 2);
        assert_eq!(repeated.dims(), [1, 4, 2, 5]);
        let expected: Vec<f32> = values(map());
        let found = values(repeated);
        assert_eq!(found[..10], expected[..10]);
        assert_eq!(found[10..20], expected[..10]);
        assert_eq!(found[20..30], expected[10..]);
    }

    #[test]
    fn rows_become_the_map_that_they_were() {
        let rows = map_to_rows(map());
        assert_eq!(values(rows.clone())[..4], [0.0, 10.0, 1.0, 11.0]);
        assert_eq!(values(rows_to_map(rows, [1, 2, 5])), values(map()));
    }
}
