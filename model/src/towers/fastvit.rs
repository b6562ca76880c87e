//! FastViT (Vasu et al. 2023, arXiv 2303.14189) as the image tower of MobileCLIP (Vasu et al. 2023,
//! arXiv 2311.17049) and MobileCLIP2: convolutions in the first stages, attention in the last.
//!
//! Its branches and batch norms are folded into one convolution each, and its layer scales into the
//! layers before them.

use super::{
    activation::apply_activation,
    attention::SelfAttention,
    convolution::{
        Conv, ConvShape, global_average_pool, map_grid, map_to_rows, repeat_channels, rows_to_map,
    },
    layers::{LayerNorm, Linear},
    regions::patch_weighted_means,
    squeeze_excite::SqueezeExcite,
    transformer::Mlp,
    weights::{WeightError, WeightSource},
};
use crate::{
    pack::{Activation, FastVitConfig, FastVitMixer, FastVitStage, TensorSpec, TransformerConfig},
    pixels::Grid,
};
use burn::tensor::{Device, Tensor};

/// What timm's layer norms over channels add to the variance.
const EPSILON: f64 = 1e-5;

/// A FastViT with its projection: pictures in, one embedding each out.
#[derive(Debug, Clone)]
pub struct FastVit {
    stem: Vec<Conv>,
    stages: Vec<Stage>,
    /// Filters for each channel of the last stage.
    last: Conv,
    /// How many filters that are.
    filters: usize,
    squeeze: SqueezeExcite,
    head: Linear,
}

impl FastVit {
    /// Takes the tensors of [`FastVit::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        config: &FastVitConfig,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let features = config.features;
        let before = config.stages.last().map_or(1, |stage| stage.width);
        Ok(Self {
            stem: stem(config)
                .iter()
                .map(|shape| Conv::load(weights, shape, device))
                .collect::<Result<_, _>>()?,
            stages: (config.stages().enumerate())
                .map(|(index, (before, stage))| Stage::load(weights, index, before, stage, device))
                .collect::<Result<_, _>>()?,
            last: Conv::load(weights, &last(config), device)?,
            filters: features / before,
            squeeze: SqueezeExcite::load(weights, SQUEEZE, [features, config.squeeze], device)?,
            head: Linear::load(weights, HEAD, [features, projection], device)?,
        })
    }

    /// Every tensor of the tower, in running order.
    pub fn tensors(config: &FastVitConfig, projection: usize) -> Vec<TensorSpec> {
        let mut tensors: Vec<TensorSpec> =
            stem(config).iter().flat_map(ConvShape::tensors).collect();
        for (index, (before, stage)) in config.stages().enumerate() {
            tensors.extend(Stage::tensors(index, before, stage));
        }
        tensors.extend(last(config).tensors());
        let squeeze = [config.features, config.squeeze];
        tensors.extend(SqueezeExcite::tensors(SQUEEZE, squeeze));
        tensors.extend(TensorSpec::linear(HEAD, [config.features, projection]));
        tensors
    }

    /// `image_embeds` before normalisation: (batch, 3, height, width) to (batch, projection).
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.head
            .forward(global_average_pool(self.feature_map(pixels)))
    }

    /// An embedding for each patch of one picture, before normalisation: (patches, projection), in
    /// the way that [`super::regions`] explains. The grid lies in pixels of this input.
    pub fn patch_embeds(&self, pixels: Tensor<4>) -> (Tensor<2>, Grid) {
        let picture = pixels.dims();
        let map = self.feature_map(pixels);
        let grid = map_grid(map.dims(), picture);
        let means = patch_weighted_means(map_to_rows(map));
        (self.head.forward(means), grid)
    }

    /// The map whose mean is projected: (batch, 3, height, width) to (batch, features, smaller height,
    /// smaller width).
    fn feature_map(&self, pixels: Tensor<4>) -> Tensor<4> {
        let x = (self.stem.iter()).fold(pixels, |x, conv| conv.forward(x));
        let x = (self.stages.iter()).fold(x, |x, stage| stage.forward(x));
        let x = self.last.forward(repeat_channels(x, self.filters));
        apply_activation(Activation::Gelu, self.squeeze.forward(x))
    }
}

const SQUEEZE: &str = "last.squeeze";
const HEAD: &str = "head";

/// The three convolutions that make a map of a quarter of the picture's side.
fn stem(config: &FastVitConfig) -> [ConvShape; 3] {
    let width = config.stages.first().map_or(1, |stage| stage.width);
    let name = |index: usize| format!("stem.{index}");
    [
        ConvShape::symmetric(name(0), [width, 3], [3, 2], Activation::Gelu),
        ConvShape::depthwise(name(1), width, [3, 2], Activation::Gelu),
        ConvShape::symmetric(name(2), [width, width], [1, 1], Activation::Gelu),
    ]
}

/// The depthwise convolution behind the last stage, without its activation: squeeze-and-excite comes
/// between.
fn last(config: &FastVitConfig) -> ConvShape {
    let name = "last".to_owned();
    ConvShape::depthwise(name, config.features, [3, 1], Activation::Linear)
}

/// A stage: what halves the map's side, what tells positions, and blocks.
#[derive(Debug, Clone)]
struct Stage {
    downsample: Option<Downsample>,
    position: Option<Conv>,
    blocks: Vec<Block>,
}

impl Stage {
    fn load(
        weights: &mut dyn WeightSource,
        index: usize,
        before: Option<usize>,
        config: &FastVitStage,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let name = format!("stages.{index}");
        Ok(Self {
            downsample: before
                .map(|before| Downsample::load(weights, &name, before, config, device))
                .transpose()?,
            position: position(&name, config)
                .map(|shape| Conv::load(weights, &shape, device))
                .transpose()?,
            blocks: (0..config.blocks)
                .map(|block| Block::load(weights, &block_name(&name, block), config, device))
                .collect::<Result<_, _>>()?,
        })
    }

    fn tensors(index: usize, before: Option<usize>, config: &FastVitStage) -> Vec<TensorSpec> {
        let name = format!("stages.{index}");
        let mut tensors = Vec::new();
        if before.is_some() {
            tensors.extend(Downsample::tensors(&name, config));
        }
        tensors.extend(position(&name, config).iter().flat_map(ConvShape::tensors));
        for block in 0..config.blocks {
            tensors.extend(Block::tensors(&block_name(&name, block), config));
        }
        tensors
    }

    fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        if let Some(downsample) = &self.downsample {
            x = downsample.forward(x);
        }
        if let Some(position) = &self.position {
            x = position.forward(x);
        }
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }
}

fn block_name(stage: &str, index: usize) -> String {
    format!("{stage}.blocks.{index}")
}

/// The convolution that tells positions in stages with attention (Chu et al. 2021, arXiv 2102.10882).
fn position(stage: &str, config: &FastVitStage) -> Option<ConvShape> {
    let name = format!("{stage}.position");
    (config.mixer != FastVitMixer::Convolution)
        .then(|| ConvShape::depthwise(name, config.width, [7, 1], Activation::Linear))
}

/// Half the side, more channels: filters for each channel, and a pointwise convolution.
#[derive(Debug, Clone)]
struct Downsample {
    conv: Conv,
    /// How many filters each channel has.
    filters: usize,
    squeeze: Option<SqueezeExcite>,
    project: Conv,
}

impl Downsample {
    fn shapes(stage: &str, width: usize) -> [ConvShape; 2] {
        let name = |part: &str| format!("{stage}.{part}");
        [
            // The activation follows squeeze-and-excite, where there is one.
            ConvShape::depthwise(name("downsample"), width, [7, 2], Activation::Linear),
            ConvShape::symmetric(name("project"), [width, width], [1, 1], Activation::Gelu),
        ]
    }

    fn load(
        weights: &mut dyn WeightSource,
        stage: &str,
        before: usize,
        config: &FastVitStage,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let [conv, project] = Self::shapes(stage, config.width);
        let squeeze = format!("{stage}.squeeze");
        Ok(Self {
            conv: Conv::load(weights, &conv, device)?,
            filters: config.width / before,
            squeeze: (config.squeeze)
                .map(|inner| SqueezeExcite::load(weights, &squeeze, [config.width, inner], device))
                .transpose()?,
            project: Conv::load(weights, &project, device)?,
        })
    }

    fn tensors(stage: &str, config: &FastVitStage) -> Vec<TensorSpec> {
        let [conv, project] = Self::shapes(stage, config.width);
        let mut tensors = conv.tensors().to_vec();
        if let Some(inner) = config.squeeze {
            let squeeze = format!("{stage}.squeeze");
            tensors.extend(SqueezeExcite::tensors(&squeeze, [config.width, inner]));
        }
        tensors.extend(project.tensors());
        tensors
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv.forward(repeat_channels(x, self.filters));
        let x = match &self.squeeze {
            Some(squeeze) => squeeze.forward(x),
            None => x,
        };
        self.project.forward(apply_activation(Activation::Gelu, x))
    }
}

/// A block: pixels are mixed; then each goes through a feed-forward part, behind a depthwise
/// convolution.
#[derive(Debug, Clone)]
struct Block {
    mixer: Mixer,
    filter: Conv,
    mlp: Mlp,
}

#[derive(Debug, Clone)]
enum Mixer {
    /// RepMixer, whose skip connection is a part of the kernel.
    Convolution(Conv),
    Attention(Box<(Option<LayerNorm>, SelfAttention)>),
}

impl Block {
    fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        config: &FastVitStage,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            mixer: Mixer::load(weights, name, config, device)?,
            filter: Conv::load(weights, &filter(name, config), device)?,
            mlp: Mlp::load(weights, &format!("{name}.mlp"), &shape(config), device)?,
        })
    }

    fn tensors(name: &str, config: &FastVitStage) -> Vec<TensorSpec> {
        let mut tensors = Mixer::tensors(name, config);
        tensors.extend(filter(name, config).tensors());
        tensors.extend(Mlp::tensors(&format!("{name}.mlp"), &shape(config)));
        tensors
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.mixer.forward(x);
        let [batch, _, height, width] = x.dims();
        let filtered = map_to_rows(self.filter.forward(x.clone()));
        let rows = self.mlp.forward_residual(filtered, map_to_rows(x));
        rows_to_map(rows, [batch, height, width])
    }
}

fn filter(block: &str, config: &FastVitStage) -> ConvShape {
    let name = format!("{block}.filter");
    ConvShape::depthwise(name, config.width, [7, 1], Activation::Linear)
}

/// The stage's blocks as a transformer's.
fn shape(config: &FastVitStage) -> TransformerConfig {
    TransformerConfig {
        hidden_size: config.width,
        intermediate_size: config.intermediate_size,
        num_hidden_layers: config.blocks,
        num_attention_heads: config.width / FastVitConfig::HEAD,
        hidden_act: Activation::Gelu,
        layer_norm_eps: EPSILON,
        eva: None,
    }
}

impl Mixer {
    fn load(
        weights: &mut dyn WeightSource,
        block: &str,
        config: &FastVitStage,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let width = config.width;
        if config.mixer == FastVitMixer::Convolution {
            return Conv::load(weights, &mixing(block, config), device).map(Self::Convolution);
        }
        let name = |part: &str| format!("{block}.self_attn.{part}");
        let norm = match config.mixer {
            FastVitMixer::NormedAttention => {
                let norm = format!("{block}.norm");
                Some(LayerNorm::load(weights, &norm, width, EPSILON, device)?)
            }
            _ => None,
        };
        let inputs = ["q_proj", "k_proj", "v_proj"].map(name);
        let shape = [width, width / FastVitConfig::HEAD];
        let attention = SelfAttention::load(weights, &inputs, &name("out_proj"), shape, device)?;
        Ok(Self::Attention(Box::new((norm, attention))))
    }

    fn tensors(block: &str, config: &FastVitStage) -> Vec<TensorSpec> {
        let width = config.width;
        if config.mixer == FastVitMixer::Convolution {
            return mixing(block, config).tensors().to_vec();
        }
        let mut tensors = Vec::new();
        if config.mixer == FastVitMixer::NormedAttention {
            tensors.extend(TensorSpec::norm(&format!("{block}.norm"), width));
        }
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            let part = format!("{block}.self_attn.{part}");
            tensors.extend(TensorSpec::linear(&part, [width, width]));
        }
        tensors
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Convolution(conv) => conv.forward(x),
            Self::Attention(parts) => {
                let (norm, attention) = &**parts;
                let [batch, _, height, width] = x.dims();
                let rows = map_to_rows(x);
                let normed = match norm {
                    Some(norm) => norm.forward(rows.clone()),
                    None => rows.clone(),
                };
                let mixed = attention.forward_residual(normed, batch, None, rows);
                rows_to_map(mixed, [batch, height, width])
            }
        }
    }
}

fn mixing(block: &str, config: &FastVitStage) -> ConvShape {
    let name = format!("{block}.mixer");
    ConvShape::depthwise(name, config.width, [3, 1], Activation::Linear)
}
