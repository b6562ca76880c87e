//! EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant: no squeeze-and-excite,
//! ReLU6 for swish, fixed stem and head), with batch norms already folded into the convolutions.

use super::{
    convolution::{Conv, ConvShape, Padding, global_average_pool, map_grid},
    weights::{WeightError, WeightSource},
};
use crate::{pack::Activation, pixels::Grid};
use burn::tensor::{Device, Tensor};

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

/// A convolution as TensorFlow pads it, with a ReLU6.
fn conv(name: String, channels: [usize; 2], kernel: usize, stride: usize) -> ConvShape {
    ConvShape {
        name,
        channels,
        kernel,
        stride,
        groups: 1,
        padding: Padding::Same,
        activation: Activation::Relu6,
    }
}

/// EfficientNet-Lite0 up to its pooled features.
#[derive(Debug, Clone)]
pub struct EfficientNetLite0 {
    stem: Conv,
    blocks: Vec<Block>,
    head: Conv,
}

impl EfficientNetLite0 {
    /// Length of a pooled feature vector.
    pub const FEATURES: usize = 1280;

    /// Takes the tensors of [`EfficientNetLite0::convolutions`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(weights: &mut dyn WeightSource, device: &Device) -> Result<Self, WeightError> {
        let stem = Conv::load(weights, &Self::stem(), device)?;
        let blocks = Self::blocks()
            .iter()
            .map(|block| Block::load(weights, block, device))
            .collect::<Result<_, _>>()?;
        let head = Conv::load(weights, &Self::head(), device)?;
        Ok(Self { stem, blocks, head })
    }

    /// Every convolution in running order: `{name}.weight` (out, in / groups, k, k) and
    /// `{name}.bias` (out).
    pub fn convolutions() -> Vec<ConvShape> {
        let blocks = Self::blocks().into_iter().flat_map(|block| {
            let parts = [Some(block.depthwise), Some(block.project)];
            [block.expand].into_iter().chain(parts).flatten()
        });
        let stem = std::iter::once(Self::stem());
        stem.chain(blocks).chain([Self::head()]).collect()
    }

    /// The shapes of all blocks, in running order.
    pub fn blocks() -> Vec<BlockShape> {
        let mut blocks = Vec::new();
        let mut inputs = STEM;
        for stage in &STAGES {
            for repeat in 0..stage.repeats {
                let stride = if repeat == 0 { stage.stride } else { 1 };
                let hidden = inputs * stage.expand;
                let name = |part: &str| format!("blocks.{}.{part}", blocks.len());
                let expand = conv(name("expand"), [hidden, inputs], 1, 1);
                let depthwise = ConvShape {
                    groups: hidden,
                    ..conv(name("depthwise"), [hidden, 1], stage.kernel, stride)
                };
                let project = ConvShape {
                    activation: Activation::Linear,
                    ..conv(name("project"), [stage.channels, hidden], 1, 1)
                };
                blocks.push(BlockShape {
                    expand: (stage.expand != 1).then_some(expand),
                    depthwise,
                    project,
                    residual: stride == 1 && inputs == stage.channels,
                });
                inputs = stage.channels;
            }
        }
        blocks
    }

    fn stem() -> ConvShape {
        conv("stem".into(), [STEM, 3], 3, 2)
    }

    /// The shape of the convolution behind the last block.
    pub fn head() -> ConvShape {
        let inputs = STAGES.last().map_or(STEM, |stage| stage.channels);
        conv("head".into(), [Self::FEATURES, inputs], 1, 1)
    }

    /// What enters the last `unfrozen` blocks: (batch, 3, height, width) to (batch, channels,
    /// smaller height, smaller width).
    pub fn front(&self, pixels: Tensor<4>, unfrozen: usize) -> Tensor<4> {
        let frozen = self.blocks.len().saturating_sub(unfrozen);
        let blocks = self.blocks.iter().take(frozen);
        blocks.fold(self.stem.forward(pixels), |x, block| block.forward(x))
    }

    /// The last feature map: (batch, 3, height, width) to (batch, 1280, height / 32, width / 32).
    pub fn feature_map(&self, pixels: Tensor<4>) -> Tensor<4> {
        self.head.forward(self.front(pixels, 0))
    }

    /// The last feature map's vector for each patch of one picture: (1, 3, height, width) to
    /// (patches, 1280).
    pub fn patch_features(&self, pixels: Tensor<4>) -> (Tensor<2>, Grid) {
        let picture = pixels.dims();
        let map = self.feature_map(pixels);
        let [_, channels, rows, columns] = map.dims();
        // By the padding alone ([`Padding::Same`]) each patch would lie nearly half its side
        // further on. What the vectors answer to, though, is an even share of the picture: training
        // on mirrored pictures has balanced the kernels.
        let grid = map_grid(map.dims(), picture);
        let patches = map.reshape([channels, rows * columns]).transpose();
        (patches, grid)
    }

    /// The map's mean: (batch, 3, height, width) to (batch, 1280).
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.rest(self.front(pixels, 0), 0)
    }

    /// From what [`EfficientNetLite0::front`] gives to the pooled features: (batch, channels,
    /// height, width) to (batch, 1280).
    pub fn rest(&self, maps: Tensor<4>, unfrozen: usize) -> Tensor<2> {
        let frozen = self.blocks.len().saturating_sub(unfrozen);
        let blocks = self.blocks.iter().skip(frozen);
        let x = blocks.fold(maps, |x, block| block.forward(x));
        global_average_pool(self.head.forward(x))
    }
}

/// The convolutions of a mobile inverted bottleneck (MBConv).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockShape {
    /// 1 × 1, to more channels; the first block has none.
    pub expand: Option<ConvShape>,
    /// Depthwise: a filter for each channel.
    pub depthwise: ConvShape,
    /// 1 × 1, to fewer channels, without an activation.
    pub project: ConvShape,
    /// Whether the block's input is added to its output.
    pub residual: bool,
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
    fn load(
        weights: &mut dyn WeightSource,
        shape: &BlockShape,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let expand = shape.expand.as_ref();
        Ok(Self {
            expand: expand
                .map(|expand| Conv::load(weights, expand, device))
                .transpose()?,
            depthwise: Conv::load(weights, &shape.depthwise, device)?,
            project: Conv::load(weights, &shape.project, device)?,
            residual: shape.residual,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let expanded = match &self.expand {
            Some(expand) => expand.forward(x.clone()),
            None => x.clone(),
        };
        let residual = self.residual.then_some(x);
        self.project
            .forward_residual(self.depthwise.forward(expanded), residual)
    }
}
