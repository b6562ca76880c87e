//! EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant: no squeeze-and-excite,
//! ReLU6 for swish, fixed stem and head), with batch norms already folded into the convolutions.

use super::weights::{WeightError, WeightSource, tensor};
use burn::tensor::{Device, Tensor, activation::relu6, module, ops::ConvOptions};

/// A stage of the network: repeats, kernel, stride of the first repeat, expansion, output channels.
struct Stage {
    repeats: usize,
    kernel: usize,
    stride: usize,
    expand: usize,
    channels: usize,
}

const fn stage(
    repeats: usize,
    kernel: usize,
    stride: usize,
    expand: usize,
    channels: usize,
) -> Stage {
    Stage {
        repeats,
        kernel,
        stride,
        expand,
        channels,
    }
}

/// EfficientNet-B0's stages, which Lite0 keeps (table 1 of the paper).
const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 1, 16),
    stage(2, 3, 2, 6, 24),
    stage(2, 5, 2, 6, 40),
    stage(3, 3, 2, 6, 80),
    stage(3, 5, 1, 6, 112),
    stage(4, 5, 2, 6, 192),
    stage(1, 3, 1, 6, 320),
];
const STEM: usize = 32;

/// The network up to its pooled features.
#[derive(Debug, Clone)]
pub struct EfficientNetLite0 {
    stem: Conv,
    blocks: Vec<Block>,
    head: Conv,
}

impl EfficientNetLite0 {
    /// Length of a feature vector.
    pub const FEATURES: usize = 1280;

    /// Takes the tensors of [`EfficientNetLite0::convolutions`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(weights: &mut dyn WeightSource, device: &Device) -> Result<Self, WeightError> {
        let mut convolutions = Self::convolutions().into_iter();
        let mut next = |weights: &mut dyn WeightSource| {
            // `convolutions` lists what this takes, in this order.
            let shape = convolutions.next().ok_or_else(|| WeightError::Missing {
                file: String::new(),
                name: "a convolution".to_owned(),
                expected: vec![],
            })?;
            Conv::load(weights, &shape, device)
        };
        let (mut blocks, mut inputs) = (Vec::new(), STEM);
        let stem = next(weights)?;
        for stage in &STAGES {
            for repeat in 0..stage.repeats {
                let stride = if repeat == 0 { stage.stride } else { 1 };
                blocks.push(Block {
                    expand: (stage.expand != 1).then(|| next(weights)).transpose()?,
                    depthwise: next(weights)?,
                    project: next(weights)?,
                    residual: stride == 1 && inputs == stage.channels,
                });
                inputs = stage.channels;
            }
        }
        let head = next(weights)?;
        Ok(Self { stem, blocks, head })
    }

    /// Every convolution in running order: `{name}.weight` (out, in / groups, k, k) and
    /// `{name}.bias` (out).
    pub fn convolutions() -> Vec<ConvShape> {
        let mut shapes = vec![ConvShape::new("stem".into(), [STEM, 3], 3, 2)];
        let mut inputs = STEM;
        let mut index = 0;
        for stage in &STAGES {
            for repeat in 0..stage.repeats {
                let stride = if repeat == 0 { stage.stride } else { 1 };
                let hidden = inputs * stage.expand;
                let name = |part: &str| format!("blocks.{index}.{part}");
                if stage.expand != 1 {
                    shapes.push(ConvShape::new(name("expand"), [hidden, inputs], 1, 1));
                }
                shapes.push(ConvShape {
                    groups: hidden,
                    ..ConvShape::new(name("depthwise"), [hidden, 1], stage.kernel, stride)
                });
                let linear = ConvShape {
                    activation: false,
                    ..ConvShape::new(name("project"), [stage.channels, hidden], 1, 1)
                };
                shapes.push(linear);
                inputs = stage.channels;
                index += 1;
            }
        }
        shapes.push(ConvShape::new(
            "head".into(),
            [Self::FEATURES, inputs],
            1,
            1,
        ));
        shapes
    }

    /// The last feature map: (batch, 3, height, width) to (batch, 1280, height / 32, width / 32).
    pub fn feature_map(&self, pixels: Tensor<4>) -> Tensor<4> {
        let mut x = self.stem.forward(pixels);
        for block in &self.blocks {
            x = block.forward(x);
        }
        self.head.forward(x)
    }

    /// The map's mean: (batch, 3, height, width) to (batch, 1280).
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let map = self.feature_map(pixels);
        let [batch, channels, height, width] = map.dims();
        map.reshape([batch, channels, height * width])
            .mean_dim(2)
            .reshape([batch, channels])
    }
}

/// A convolution's name and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvShape {
    /// The prefix of its tensors' names.
    pub name: String,
    /// Output channels, and input channels of one group.
    pub channels: [usize; 2],
    /// Its side.
    pub kernel: usize,
    /// Its stride.
    pub stride: usize,
    /// One, or as many as channels for a depthwise one.
    pub groups: usize,
    /// Whether a ReLU6 follows.
    pub activation: bool,
}

impl ConvShape {
    fn new(name: String, channels: [usize; 2], kernel: usize, stride: usize) -> Self {
        Self {
            name,
            channels,
            kernel,
            stride,
            groups: 1,
            activation: true,
        }
    }

    /// The weight's.
    pub fn weight_shape(&self) -> [usize; 4] {
        let [outputs, inputs] = self.channels;
        [outputs, inputs, self.kernel, self.kernel]
    }
}

#[derive(Debug, Clone)]
struct Conv {
    weight: Tensor<4>,
    bias: Tensor<1>,
    kernel: usize,
    stride: usize,
    groups: usize,
    activation: bool,
}

impl Conv {
    fn load(
        weights: &mut dyn WeightSource,
        shape: &ConvShape,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let name = &shape.name;
        Ok(Self {
            weight: tensor(
                weights,
                &format!("{name}.weight"),
                shape.weight_shape(),
                device,
            )?,
            bias: tensor(
                weights,
                &format!("{name}.bias"),
                [shape.channels[0]],
                device,
            )?,
            kernel: shape.kernel,
            stride: shape.stride,
            groups: shape.groups,
            activation: shape.activation,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let options = ConvOptions::new_with_padding(
            [self.stride; 2],
            [self.padding(height), self.padding(width)],
            [1; 2],
            self.groups,
        );
        let x = module::conv2d(x, self.weight.clone(), Some(self.bias.clone()), options);
        if self.activation { relu6(x) } else { x }
    }

    /// TensorFlow's "same" padding before and after one axis: with a stride, the odd pixel goes
    /// behind. PyTorch's symmetric padding would shift every strided layer by half a pixel.
    fn padding(&self, length: usize) -> (usize, usize) {
        let outputs = length.div_ceil(self.stride);
        let total = ((outputs - 1) * self.stride + self.kernel).saturating_sub(length);
        (total / 2, total - total / 2)
    }
}

/// A mobile inverted bottleneck: expand, filter each channel, project, add.
#[derive(Debug, Clone)]
struct Block {
    expand: Option<Conv>,
    depthwise: Conv,
    project: Conv,
    residual: bool,
}

impl Block {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let expanded = match &self.expand {
            Some(expand) => expand.forward(x.clone()),
            None => x.clone(),
        };
        let y = self.project.forward(self.depthwise.forward(expanded));
        if self.residual { y + x } else { y }
    }
}
