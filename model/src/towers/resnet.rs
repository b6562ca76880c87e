//! The ResNets of CLIP (Radford et al. 2021, arXiv 2103.00020, section 2.4): a stem of three
//! convolutions, means where others have strides (Zhang 2019, arXiv 1904.11486), and attention pooling.
//!
//! Batch norms are folded into the convolutions before them.

use super::{
    activation::apply_activation,
    attention::{attend_one_query, split_heads},
    convolution::{Conv, ConvShape, average_pool, global_average_pool, map_grid, map_to_rows},
    layers::Linear,
    weights::{WeightError, WeightSource, tensor},
};
use crate::{
    pack::{Activation, ResNetConfig, TensorSpec},
    pixels::Grid,
};
use burn::tensor::{Device, Tensor};

/// How much wider a block's output is than its middle.
const EXPANSION: usize = 4;

/// A ResNet with its attention pooling: pictures in, one embedding each out.
#[derive(Debug, Clone)]
pub struct ResNet {
    stem: Vec<Conv>,
    blocks: Vec<Bottleneck>,
    pooling: AttentionPool,
}

impl ResNet {
    /// Takes the tensors of [`ResNet::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        config: &ResNetConfig,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            stem: (stem(config).iter())
                .map(|shape| Conv::load(weights, shape, device))
                .collect::<Result<_, _>>()?,
            blocks: (blocks(config).iter())
                .map(|shape| Bottleneck::load(weights, shape, device))
                .collect::<Result<_, _>>()?,
            pooling: AttentionPool::load(weights, config, projection, device)?,
        })
    }

    /// Every tensor of the tower, in running order.
    pub fn tensors(config: &ResNetConfig, projection: usize) -> Vec<TensorSpec> {
        let stem = stem(config).into_iter();
        let blocks = blocks(config).into_iter().flat_map(|block| {
            let convolutions = block.convolutions.into_iter();
            convolutions.chain(block.shortcut)
        });
        let mut tensors: Vec<TensorSpec> = (stem.chain(blocks))
            .flat_map(|shape| shape.tensors())
            .collect();
        tensors.extend(AttentionPool::tensors(config, projection));
        tensors
    }

    /// `image_embeds` before normalisation: (batch, 3, height, width) to (batch, projection).
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.pooling.forward(self.feature_map(pixels))
    }

    /// An embedding for each patch of one picture, before normalisation: (patches, projection), in
    /// the way that [`super::regions`] explains.
    pub fn patch_embeds(&self, pixels: Tensor<4>) -> (Tensor<2>, Grid) {
        let picture = pixels.dims();
        let map = self.feature_map(pixels);
        let grid = map_grid(map.dims(), picture);
        (self.pooling.forward_alone(map), grid)
    }

    /// The last map: (batch, 3, height, width) to (batch, channels, height / 32, width / 32).
    fn feature_map(&self, pixels: Tensor<4>) -> Tensor<4> {
        let x = (self.stem.iter()).fold(pixels, |x, conv| conv.forward(x));
        let x = average_pool(x, 2);
        (self.blocks.iter()).fold(x, |x, block| block.forward(x))
    }
}

/// The three convolutions before the first mean.
fn stem(config: &ResNetConfig) -> [ConvShape; 3] {
    let (half, width) = (config.width / 2, config.width);
    let conv = |index: usize, channels, stride| {
        let name = format!("stem.{index}");
        ConvShape::symmetric(name, channels, [3, stride], Activation::Relu)
    };
    [
        conv(0, [half, 3], 2),
        conv(1, [half, half], 1),
        conv(2, [width, half], 1),
    ]
}

/// A block's convolutions, and how far the means in it shrink the map.
struct BottleneckShape {
    convolutions: [ConvShape; 3],
    shortcut: Option<ConvShape>,
    stride: usize,
}

/// The shapes of all blocks, in running order.
fn blocks(config: &ResNetConfig) -> Vec<BottleneckShape> {
    let mut blocks = Vec::new();
    let mut inputs = config.width;
    for (stage, &repeats) in config.layers.iter().enumerate() {
        let width = config.width << stage;
        for repeat in 0..repeats {
            let stride = if stage > 0 && repeat == 0 { 2 } else { 1 };
            let outputs = EXPANSION * width;
            let conv = |part: &str, channels, kernel, activation| {
                let name = format!("stages.{stage}.{repeat}.{part}");
                ConvShape::symmetric(name, channels, [kernel, 1], activation)
            };
            blocks.push(BottleneckShape {
                convolutions: [
                    conv("conv1", [width, inputs], 1, Activation::Relu),
                    conv("conv2", [width, width], 3, Activation::Relu),
                    conv("conv3", [outputs, width], 1, Activation::Linear),
                ],
                shortcut: (stride > 1 || inputs != outputs)
                    .then(|| conv("shortcut", [outputs, inputs], 1, Activation::Linear)),
                stride,
            });
            inputs = outputs;
        }
    }
    blocks
}

/// Fewer channels, a 3 × 3 convolution, more channels; the input is added.
#[derive(Debug, Clone)]
struct Bottleneck {
    convolutions: [Conv; 3],
    shortcut: Option<Conv>,
    stride: usize,
}

impl Bottleneck {
    fn load(
        weights: &mut dyn WeightSource,
        shape: &BottleneckShape,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let [first, second, third] = &shape.convolutions;
        Ok(Self {
            convolutions: [
                Conv::load(weights, first, device)?,
                Conv::load(weights, second, device)?,
                Conv::load(weights, third, device)?,
            ],
            shortcut: (shape.shortcut.as_ref())
                .map(|shape| Conv::load(weights, shape, device))
                .transpose()?,
            stride: shape.stride,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shrunk = |map: Tensor<4>| match self.stride {
            1 => map,
            stride => average_pool(map, stride),
        };
        let [first, second, third] = &self.convolutions;
        let inner = shrunk(second.forward(first.forward(x.clone())));
        let residual = match &self.shortcut {
            Some(shortcut) => shortcut.forward(shrunk(x)),
            None => x,
        };
        let sum = third.forward_residual(inner, Some(residual));
        apply_activation(Activation::Relu, sum)
    }
}

/// Attention pooling: the mean of all pixels attends to itself and to each of them.
#[derive(Debug, Clone)]
struct AttentionPool {
    /// The position embeddings, (1, 1 + pixels, channels): the mean's, then each pixel's.
    position: Tensor<3>,
    query: Linear,
    key_value: Linear,
    projection: Linear,
    heads: usize,
}

const POSITION: &str = "pooling.position_embedding.weight";
const PROJECTION: &str = "visual_projection";

impl AttentionPool {
    fn load(
        weights: &mut dyn WeightSource,
        config: &ResNetConfig,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (tokens, channels) = (1 + config.patches(), config.channels());
        let position = tensor(weights, POSITION, [tokens, channels], device)?;
        let name = |part: &str| format!("pooling.{part}");
        let square = [channels, channels];
        let inputs = [name("k_proj"), name("v_proj")];
        Ok(Self {
            position: position.reshape([1, tokens, channels]),
            query: Linear::load(weights, &name("q_proj"), square, device)?,
            key_value: Linear::stacked(weights, &inputs, square, device)?,
            projection: Linear::load(weights, PROJECTION, [channels, projection], device)?,
            heads: config.heads,
        })
    }

    fn tensors(config: &ResNetConfig, projection: usize) -> Vec<TensorSpec> {
        let channels = config.channels();
        let shape = [1 + config.patches(), channels];
        let mut tensors = vec![TensorSpec::new(POSITION, &shape)];
        for part in ["q_proj", "k_proj", "v_proj"] {
            let name = format!("pooling.{part}");
            tensors.extend(TensorSpec::linear(&name, [channels, channels]));
        }
        tensors.extend(TensorSpec::linear(PROJECTION, [channels, projection]));
        tensors
    }

    /// (batch, channels, height, width) to (batch, embedding).
    fn forward(&self, map: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = map.dims();
        let length = 1 + height * width;
        let mean = global_average_pool(map.clone()).reshape([batch, 1, channels]);
        let pixels = map_to_rows(map).reshape([batch, height * width, channels]);
        let tokens = Tensor::cat(vec![mean, pixels], 1) + self.position.clone();
        let means = tokens.clone().slice([0..batch, 0..1, 0..channels]);
        let query = self.query.forward(means.reshape([batch, channels]));
        let rows = batch * length;
        let key_value = self.key_value.forward(tokens.reshape([rows, channels]));
        let part = |columns| {
            let columns = key_value.clone().slice([0..rows, columns]);
            split_heads(columns, batch, self.heads)
        };
        let (key, value) = (part(0..channels), part(channels..2 * channels));
        let query = split_heads(query, batch, self.heads);
        self.projection.forward(attend_one_query(query, key, value))
    }

    /// As [`AttentionPool::forward`], where all attention is on one pixel: (1, channels, height,
    /// width) to (pixels, embedding).
    fn forward_alone(&self, map: Tensor<4>) -> Tensor<2> {
        let rows = map_to_rows(map);
        let [pixels, channels] = rows.dims();
        let position = (self.position.clone())
            .slice([0..1, 1..1 + pixels, 0..channels])
            .reshape([pixels, channels]);
        let key_value = self.key_value.forward(rows + position);
        let values = key_value.slice([0..pixels, channels..2 * channels]);
        self.projection.forward(values)
    }
}
