//! 2-D convolutions with their epilogue, on maps with channels last in memory (NHWC):
//! [`Convolution`].
//!
//! Maps look like burn's, (batch, channels, height, width), but are views of memory in which a
//! pixel's channels are neighbours: a pointwise convolution is then a GEMM, and neighbouring
//! invocations read neighbouring channels.

use super::{
    kernel::{Kernel, launch, primitive},
    linear::PackedLinear,
};
use crate::{
    pack::Activation,
    towers::{
        convolution::ConvShape,
        weights::{WeightData, transpose},
    },
};
use burn::tensor::{Device, Tensor, TensorData};

/// Neighbouring outputs of a row that an invocation computes.
const COLUMNS: usize = 4;
/// Invocations of a workgroup, each with an output channel of its own.
const GROUP: usize = 32;

/// A convolution's weights on the device, by the kernel that runs it.
#[derive(Debug, Clone)]
pub struct Convolution {
    shape: ConvShape,
    weights: Weights,
}

#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it a layer, in a box"
)]
enum Weights {
    /// A 1 × 1 kernel's, as a linear layer over pixels.
    Pointwise(PackedLinear),
    /// Any other kernel's: weights (inputs of a group · kernel · kernel, outputs), and biases
    /// (outputs).
    Direct(Tensor<1>, Tensor<1>),
}

impl Convolution {
    /// Takes weights (out, in / groups, kernel, kernel) and biases (out) to the device.
    pub fn new(
        shape: &ConvShape,
        rows: WeightData<'static>,
        bias: Vec<f32>,
        device: &Device,
    ) -> Self {
        let [outputs, inputs] = shape.channels;
        let pointwise = shape.kernel == 1 && shape.stride == 1 && shape.groups == 1;
        let weights = if pointwise {
            let linear = PackedLinear::new(&rows, Some(&bias), [inputs, outputs], device);
            Weights::Pointwise(linear)
        } else {
            let floats = rows.into_floats();
            let length = floats.len();
            let beside = transpose(&floats, length / outputs.max(1));
            Weights::Direct(
                Tensor::from_data(TensorData::new(beside, [length]), device),
                Tensor::from_data(TensorData::new(bias, [outputs]), device),
            )
        };
        Self {
            shape: shape.clone(),
            weights,
        }
    }

    /// `activation(x ∗ w + bias) + residual`: (batch, channels, height, width) to (batch, channels,
    /// smaller height, smaller width), which is the residual's shape, too.
    pub fn forward(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let shape = &self.shape;
        let [batch, channels, height, width] = x.dims();
        let [outputs, inputs] = shape.channels;
        let [down, across] = [shape.outputs(height), shape.outputs(width)];
        let pixels = batch * down * across;
        let activation = shape.activation;
        let result = match &self.weights {
            Weights::Pointwise(linear) => {
                let rows = channels_last(x).reshape([pixels, channels]);
                let residual = residual.map(|map| channels_last(map).reshape([pixels, outputs]));
                linear.forward(rows, activation, residual)
            }
            Weights::Direct(weights, bias) => {
                let kernel = Direct {
                    kernel: shape.kernel,
                    stride: shape.stride,
                    inputs,
                    depthwise: shape.groups > 1,
                    activation,
                };
                let buffers = [channels_last(x)]
                    .map(primitive)
                    .into_iter()
                    .chain([primitive(weights.clone()), primitive(bias.clone())])
                    .collect();
                let (above, _) = shape.padding(height);
                let (before, _) = shape.padding(width);
                let strips = across.div_ceil(COLUMNS);
                let convolved = launch(
                    kernel,
                    buffers,
                    [pixels, outputs],
                    &[
                        height, width, channels, down, across, outputs, above, before,
                    ],
                    [outputs.div_ceil(GROUP), strips, batch * down],
                );
                match residual {
                    Some(map) => convolved + channels_last(map).reshape([pixels, outputs]),
                    None => convolved,
                }
            }
        };
        result
            .reshape([batch, down, across, outputs])
            .permute([0, 3, 1, 2])
    }
}

fn channels_last(map: Tensor<4>) -> Tensor<4> {
    map.permute([0, 2, 3, 1])
}

/// The kernel whose invocations each compute one channel of [`COLUMNS`] neighbouring outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Direct {
    kernel: usize,
    stride: usize,
    /// Channels that an output looks at: its own if depthwise, or the first ones.
    inputs: usize,
    depthwise: bool,
    activation: Activation,
}

impl Kernel for Direct {
    fn workgroup(&self) -> [u32; 2] {
        [GROUP as u32, 1]
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        ["x", "weights", "bias"].map(|name| (name, "f32")).into()
    }

    fn functions(&self) -> String {
        self.activation.wgsl().to_owned()
    }

    fn body(&self) -> String {
        let (kernel, stride, inputs) = (self.kernel, self.stride, self.inputs);
        let channel = if self.depthwise { "channel" } else { "input" };
        let mut text = format!(
            "    let height = i32(sizes[0]);
    let width = i32(sizes[1]);
    let channels = i32(sizes[2]);
    let down = i32(sizes[3]);
    let across = i32(sizes[4]);
    let outputs = i32(sizes[5]);
    let channel = i32(group.x) * {GROUP} + i32(local.x);
    if channel >= outputs {{ return; }}
    let column = i32(group.y) * {COLUMNS};
    let row = i32(group.z) % down;
    let picture = i32(group.z) / down;
    let top = row * {stride} - i32(sizes[6]);
    let left = column * {stride} - i32(sizes[7]);
"
        );
        for p in 0..COLUMNS {
            text += &format!("    var acc{p} = 0.0;\n");
        }
        text += &format!(
            "    for (var input = 0; input < {inputs}; input += 1) {{
    for (var dy = 0; dy < {kernel}; dy += 1) {{
        let y = top + dy;
        if y < 0 || y >= height {{ continue; }}
        let line = (picture * height + y) * width;
        let tap = (input * {kernel} + dy) * {kernel} * outputs + channel;
"
        );
        for offset in 0..(COLUMNS - 1) * stride + kernel {
            text += &format!(
                "        let at{offset} = left + {offset};
        let near{offset} = (line + clamp(at{offset}, 0, width - 1)) * channels + {channel};
        let x{offset} = select(0.0, x[near{offset}], at{offset} >= 0 && at{offset} < width);
"
            );
        }
        for dx in 0..kernel {
            text += &format!("        let w{dx} = weights[tap + {dx} * outputs];\n");
        }
        for p in 0..COLUMNS {
            let taps: Vec<String> = (0..kernel)
                .map(|dx| format!("x{} * w{dx}", p * stride + dx))
                .collect();
            text += &format!("        acc{p} += {};\n", taps.join(" + "));
        }
        text += "    }\n    }\n    let shift = bias[channel];\n    let to = (picture * down + row) * across + column;\n";
        for p in 0..COLUMNS {
            text += &format!(
                "    if column + {p} < across {{ result[(to + {p}) * outputs + channel] = activation(acc{p} + shift); }}\n"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        adapter, assert_near, each_feature_set, tensor, tolerance, values,
    };
    use super::Convolution;
    use crate::{
        dispatch::BurnOps,
        pack::Activation,
        towers::{ConvShape, EfficientNetLite0, Padding, WeightData},
    };
    use burn::tensor::{Tensor, TensorData};
    use half::f16;
    use std::{borrow::Cow, collections::BTreeMap};

    /// One of each kernel, stride and kind, on maps that strips don't divide.
    #[test]
    #[ignore = "needs a GPU"]
    fn convolutions_are_those_of_burn() {
        let device = adapter();
        let mut kinds = BTreeMap::new();
        let depthwise =
            |sizes, activation| ConvShape::depthwise(String::new(), 40, sizes, activation);
        let symmetric = [
            depthwise([7, 2], Activation::Gelu),
            depthwise([3, 1], Activation::Linear),
            ConvShape::symmetric(String::new(), [33, 12], [3, 2], Activation::Relu),
        ];
        for shape in EfficientNetLite0::convolutions()
            .into_iter()
            .chain(symmetric)
        {
            let kind = (
                shape.kernel,
                shape.stride,
                shape.groups > 1,
                shape.activation != Activation::Linear,
                shape.padding == Padding::Symmetric,
            );
            kinds.entry(kind).or_insert(shape);
        }
        assert_eq!(kinds.len(), 10);
        for shape in kinds.values() {
            let [outputs, inputs] = shape.channels;
            let channels = inputs * shape.groups;
            let x = tensor::<4>([2, channels, 9, 7], 1, &device);
            let count = shape.weight_shape().iter().product();
            let bytes = values(count, 2).into_iter().map(f16::from_f32);
            let bytes: Vec<u8> = bytes.flat_map(f16::to_le_bytes).collect();
            let stored = WeightData::HalfBytes(Cow::Owned(bytes));
            let weight = stored.to_floats();
            let bias = values(outputs, 3);
            let convolution = Convolution::new(shape, stored, bias.clone(), &device);
            let weight = TensorData::new(weight, shape.weight_shape());
            let (weight, bias) = (
                Tensor::from_data(weight, &device),
                Tensor::from_data(TensorData::new(bias, [outputs]), &device),
            );
            let expected = shape.convolve(BurnOps, x.clone(), weight, bias);
            let residual = tensor::<4>(expected.dims(), 4, &device);
            each_feature_set(|features| {
                let tolerance = tolerance(features);
                let found = convolution.forward(x.clone(), None);
                assert_near(found, expected.clone(), tolerance);
                let found = convolution.forward(x.clone(), Some(residual.clone()));
                assert_near(found, expected.clone() + residual.clone(), tolerance);
            });
        }
    }
}
