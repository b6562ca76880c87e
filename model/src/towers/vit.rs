//! The vision transformer (Dosovitskiy et al. 2020, arXiv 2010.11929) in its two dual-encoder
//! forms: CLIP's, read at a class token (or at the mean of its patches, or by CoCa's query), and
//! SigLIP's, read by an attention-pooling head.

use super::{
    attention::{attend_one_query, split_heads},
    layers::{LayerNorm, Linear},
    transformer::{Block, Mlp, forward_read, pick},
    weights::{WeightError, WeightSource, tensor},
};
use crate::{
    pack::{Readout, TensorSpec, VisionConfig},
    pixels::{Grid, Rectangle},
};
use burn::tensor::{Device, Tensor, TensorData};

/// Channels of a pixel: red, green, blue.
const CHANNELS: usize = 3;

/// The family of a vision transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VitKind {
    /// A class token, norms before and after the layers, a projection to this many numbers.
    Clip {
        /// Length of the embeddings, `projection_dim`.
        projection: usize,
    },
    /// As CLIP's, without a norm before the layers, and with biases at patches and projection.
    Eva {
        /// Length of the embeddings, `projection_dim`.
        projection: usize,
    },
    /// No class token; a learned probe attends to all patches.
    Siglip,
}

/// A vision transformer: patches in, one embedding a picture out.
#[derive(Debug, Clone)]
pub struct VisionTransformer {
    stem: Stem,
    blocks: Vec<Block>,
    pooling: Pooling,
}

impl VisionTransformer {
    /// Takes the tensors of [`VisionTransformer::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        config: &VisionConfig,
        kind: VitKind,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let layers = 0..config.transformer.num_hidden_layers;
        Ok(Self {
            stem: Stem::load(weights, config, kind, device)?,
            blocks: layers
                .map(|index| Block::load(weights, index, &config.transformer, device))
                .collect::<Result<_, _>>()?,
            pooling: Pooling::load(weights, config, kind, device)?,
        })
    }

    /// `image_embeds` before normalisation: (batch · 3 · side · side) values to (batch,
    /// projection).
    pub fn forward(&self, pixel_values: &[f32], device: &Device) -> Tensor<2> {
        let (mut x, batch) = self.stem.forward(pixel_values, device);
        if let Pooling::Class(_, Readout::ClassToken) = self.pooling {
            let classes = class_tokens(&x, batch);
            let classes = forward_read(&self.blocks, x, batch, None, &classes);
            return self.pooling.forward_alone(classes);
        }
        for block in &self.blocks {
            x = block.forward(x, batch, None);
        }
        self.pooling.forward(x, batch)
    }

    /// An embedding for each patch of one picture, before normalisation: (patches, projection), in
    /// the way that [`super::regions`] explains.
    pub fn patch_embeds(&self, pixel_values: &[f32], device: &Device) -> (Tensor<2>, Grid) {
        let (mut x, batch) = self.stem.forward(pixel_values, device);
        let (last, before) = match (&self.pooling, self.blocks.split_last()) {
            (Pooling::Class(_, Readout::ClassToken), Some((last, before))) => (Some(last), before),
            _ => (None, &self.blocks[..]),
        };
        for block in before {
            x = block.forward(x, batch, None);
        }
        let grid = self.stem.grid();
        // The class token goes before the patches.
        let [tokens, width] = x.dims();
        let patches = x.slice([tokens - grid.patches()..tokens, 0..width]);
        let patches = match last {
            Some(last) => last.attend_alone(patches),
            None => patches,
        };
        (self.pooling.forward_alone(patches), grid)
    }

    /// As [`VisionTransformer::load`] and [`VisionTransformer::forward`], with only one layer's
    /// weights in memory at a time.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn run_once(
        weights: &mut dyn WeightSource,
        config: &VisionConfig,
        kind: VitKind,
        pixel_values: &[f32],
        device: &Device,
    ) -> Result<Tensor<2>, WeightError> {
        let (mut x, batch) =
            Stem::load(weights, config, kind, device)?.forward(pixel_values, device);
        for index in 0..config.transformer.num_hidden_layers {
            x = Block::load(weights, index, &config.transformer, device)?.forward(x, batch, None);
        }
        Ok(Pooling::load(weights, config, kind, device)?.forward(x, batch))
    }

    /// Every tensor of the tower, in running order, by Hugging Face's names without
    /// `vision_model.`.
    pub fn tensors(config: &VisionConfig, kind: VitKind) -> Vec<TensorSpec> {
        let width = config.transformer.hidden_size;
        let mut tensors = Vec::new();
        if kind.has_class(config) {
            tensors.push(TensorSpec::new(CLASS, &[width]));
        }
        let side = config.patch_size;
        tensors.push(TensorSpec::new(PATCH, &[width, CHANNELS, side, side]));
        if kind.has_patch_bias() {
            tensors.push(TensorSpec::new(PATCH_BIAS, &[width]));
        }
        tensors.push(TensorSpec::new(POSITION, &[kind.tokens(config), width]));
        if kind.has_pre_norm() {
            tensors.extend(TensorSpec::norm("pre_layrnorm", width));
        }
        for index in 0..config.transformer.num_hidden_layers {
            tensors.extend(Block::tensors(index, &config.transformer));
        }
        if let (VitKind::Clip { projection }, Some(_)) = (kind, config.pooling_heads) {
            tensors.extend(CocaPooling::tensors(width, projection));
            return tensors;
        }
        tensors.extend(TensorSpec::norm("post_layernorm", width));
        match kind {
            VitKind::Clip { projection } => {
                tensors.push(TensorSpec::new(
                    "visual_projection.weight",
                    &[projection, width],
                ));
            }
            VitKind::Eva { projection } => {
                tensors.extend(TensorSpec::linear("visual_projection", [width, projection]));
            }
            VitKind::Siglip => {
                tensors.push(TensorSpec::new("head.probe", &[1, 1, width]));
                tensors.push(TensorSpec::new(HEAD_WEIGHT, &[3 * width, width]));
                tensors.push(TensorSpec::new(HEAD_BIAS, &[3 * width]));
                tensors.extend(TensorSpec::linear(
                    "head.attention.out_proj",
                    [width, width],
                ));
                tensors.extend(TensorSpec::norm("head.layernorm", width));
                tensors.extend(Mlp::tensors("head.mlp", &config.transformer));
            }
        }
        tensors
    }
}

const CLASS: &str = "embeddings.class_embedding";
const PATCH: &str = "embeddings.patch_embedding.weight";
const PATCH_BIAS: &str = "embeddings.patch_embedding.bias";
const POSITION: &str = "embeddings.position_embedding.weight";
const HEAD_WEIGHT: &str = "head.attention.in_proj_weight";
const HEAD_BIAS: &str = "head.attention.in_proj_bias";

impl VitKind {
    fn tokens(self, config: &VisionConfig) -> usize {
        config.patches() + usize::from(self.has_class(config))
    }

    /// Whether a class token goes before the patches.
    fn has_class(self, config: &VisionConfig) -> bool {
        self != Self::Siglip || config.class_token
    }

    fn has_patch_bias(self) -> bool {
        !matches!(self, Self::Clip { .. })
    }

    fn has_pre_norm(self) -> bool {
        matches!(self, Self::Clip { .. })
    }
}

/// The patch embedding: from pixels to the first block's input.
#[derive(Debug, Clone)]
struct Stem {
    /// The projection of a patch, from 3 · patch · patch values to the width.
    patches: Linear,
    width: usize,
    /// The class token, (1, 1, width).
    class: Option<Tensor<3>>,
    /// The position embeddings, (1, tokens, width).
    position: Tensor<3>,
    pre_norm: Option<LayerNorm>,
    image_size: usize,
    patch_size: usize,
}

impl Stem {
    fn load(
        weights: &mut dyn WeightSource,
        config: &VisionConfig,
        kind: VitKind,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (width, side) = (config.transformer.hidden_size, config.patch_size);
        let class = if kind.has_class(config) {
            Some(tensor(weights, CLASS, [width], device)?.reshape([1, 1, width]))
        } else {
            None
        };
        let patch = weights.take(PATCH, &[width, CHANNELS, side, side])?;
        let patch = patch.into_owned();
        let patch_bias = match kind.has_patch_bias() {
            true => Some(weights.take(PATCH_BIAS, &[width])?.into_floats()),
            false => None,
        };
        let tokens = kind.tokens(config);
        let epsilon = config.transformer.layer_norm_eps;
        Ok(Self {
            patches: Linear::of(patch, [CHANNELS * side * side, width], patch_bias, device),
            width,
            class,
            position: tensor(weights, POSITION, [tokens, width], device)?
                .reshape([1, tokens, width]),
            pre_norm: if kind.has_pre_norm() {
                Some(LayerNorm::load(
                    weights,
                    "pre_layrnorm",
                    width,
                    epsilon,
                    device,
                )?)
            } else {
                None
            },
            image_size: config.image_size,
            patch_size: side,
        })
    }

    /// Embeds pictures (batch · 3 · side · side values): answers with (batch · tokens, width) and
    /// the batch.
    fn forward(&self, pixel_values: &[f32], device: &Device) -> (Tensor<2>, usize) {
        let one = CHANNELS * self.image_size * self.image_size;
        let batch = pixel_values.len() / one.max(1);
        let (inputs, width) = (CHANNELS * self.patch_size * self.patch_size, self.width);
        // A convolution whose stride is its size is a product with each patch.
        let patches = patches(pixel_values, self.image_size, self.patch_size);
        let rows = patches.len() / inputs;
        let patches = Tensor::<2>::from_data(TensorData::new(patches, [rows, inputs]), device);
        let x = self.patches.forward(patches);
        let mut x = x.reshape([batch, rows / batch, width]);
        if let Some(class) = &self.class {
            x = Tensor::cat(vec![class.clone().repeat_dim(0, batch), x], 1);
        }
        let x = x + self.position.clone();
        let [_, tokens, _] = x.dims();
        let x = x.reshape([batch * tokens, width]);
        let x = match &self.pre_norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        (x, batch)
    }

    /// Where the patches lie in the encoder's input.
    fn grid(&self) -> Grid {
        let across = self.image_size / self.patch_size;
        let side = across * self.patch_size;
        Grid {
            rows: across,
            columns: across,
            area: Rectangle::of(side, side),
        }
    }
}

/// Planes to patches: (batch · 3 · side · side) to (batch · patches · 3 · patch · patch). Pixels
/// beyond the last whole patch are left out, as a convolution does.
fn patches(pixel_values: &[f32], side: usize, patch: usize) -> Vec<f32> {
    let across = side / patch;
    let mut patches = Vec::with_capacity(pixel_values.len());
    for picture in pixel_values.chunks_exact(CHANNELS * side * side) {
        for (top, left) in
            (0..across).flat_map(|y| (0..across).map(move |x| (y * patch, x * patch)))
        {
            for plane in picture.chunks_exact(side * side) {
                for row in top..top + patch {
                    let start = row * side + left;
                    patches.extend_from_slice(&plane[start..start + patch]);
                }
            }
        }
    }
    patches
}

/// Where the class tokens stand, each before its picture's patches.
fn class_tokens(x: &Tensor<2>, batch: usize) -> Vec<usize> {
    let length = x.dims()[0] / batch.max(1);
    (0..batch).map(|picture| picture * length).collect()
}

/// Leaves the class tokens out: (batch · tokens, width) to (batch, tokens − 1, width).
fn without_class_tokens(x: Tensor<2>, batch: usize) -> Tensor<3> {
    let [rows, width] = x.dims();
    let tokens = rows / batch.max(1);
    x.reshape([batch, tokens, width])
        .slice([0..batch, 1..tokens, 0..width])
}

/// The mean of each picture's patches: (batch · tokens, width) to (batch, width).
fn mean_of_patches(x: Tensor<2>, batch: usize) -> Tensor<2> {
    let [_, width] = x.dims();
    without_class_tokens(x, batch)
        .mean_dim(1)
        .reshape([batch, width])
}

/// The pooling: from tokens to one embedding.
#[derive(Debug, Clone)]
enum Pooling {
    Class(Box<(LayerNorm, Linear)>, Readout),
    Attention(Box<AttentionPooling>),
    Coca(Box<CocaPooling>),
}

impl Pooling {
    fn load(
        weights: &mut dyn WeightSource,
        config: &VisionConfig,
        kind: VitKind,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let shape = &config.transformer;
        let (width, epsilon) = (shape.hidden_size, shape.layer_norm_eps);
        if let (VitKind::Clip { projection }, Some(heads)) = (kind, config.pooling_heads) {
            let shape = [width, projection, heads];
            let pooling = CocaPooling::load(weights, shape, epsilon, device)?;
            return Ok(Self::Coca(Box::new(pooling)));
        }
        let norm = LayerNorm::load(weights, "post_layernorm", width, epsilon, device)?;
        Ok(match kind {
            VitKind::Clip { projection } => {
                let shape = [width, projection];
                let projection = Linear::without_bias(weights, "visual_projection", shape, device)?;
                Self::Class(Box::new((norm, projection)), config.readout)
            }
            VitKind::Eva { projection } => {
                let shape = [width, projection];
                let projection = Linear::load(weights, "visual_projection", shape, device)?;
                Self::Class(Box::new((norm, projection)), config.readout)
            }
            VitKind::Siglip => Self::Attention(Box::new(AttentionPooling::load(
                weights, norm, config, device,
            )?)),
        })
    }

    /// Pools each picture's tokens: (batch · tokens, width) to (batch, embedding).
    fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        match self {
            Self::Class(_, Readout::ClassToken) => {
                let classes = class_tokens(&x, batch);
                self.forward_alone(pick(x, &classes))
            }
            Self::Class(_, Readout::NormOfMean) => self.forward_alone(mean_of_patches(x, batch)),
            Self::Class(pooling, Readout::MeanOfNormed) => {
                let (norm, projection) = &**pooling;
                projection.forward(mean_of_patches(norm.forward(x), batch))
            }
            Self::Attention(pooling) => pooling.forward(x, batch),
            Self::Coca(pooling) => pooling.forward(x, batch),
        }
    }

    /// (tokens, width) to (tokens, embedding): each as if it were the one that is read.
    fn forward_alone(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Class(pooling, _) => {
                let (norm, projection) = &**pooling;
                projection.forward(norm.forward(x))
            }
            Self::Attention(pooling) => pooling.forward_alone(x),
            Self::Coca(pooling) => pooling.forward_alone(x),
        }
    }
}

/// CoCa's pooling (Yu et al. 2022, arXiv 2205.01917): a learned query attends to all tokens. Of its
/// many queries only the first makes the embedding.
#[derive(Debug, Clone)]
struct CocaPooling {
    key_norm: LayerNorm,
    /// (1, projection): the first query, already through its norm and projection.
    query: Tensor<2>,
    key_value: Linear,
    output: Linear,
    norm: LayerNorm,
    projection: Linear,
    heads: usize,
}

impl CocaPooling {
    fn load(
        weights: &mut dyn WeightSource,
        [width, projection, heads]: [usize; 3],
        epsilon: f64,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let square = [projection, projection];
        let probe = tensor(weights, "head.probe", [1, 1, projection], device)?;
        let query_norm = LayerNorm::load(weights, "head.query_norm", projection, epsilon, device)?;
        let query = Linear::load(weights, "head.attention.q_proj", square, device)?;
        let inputs = ["k_proj", "v_proj"].map(|input| format!("head.attention.{input}"));
        Ok(Self {
            query: query.forward(query_norm.forward(probe.reshape([1, projection]))),
            key_norm: LayerNorm::load(weights, "head.key_norm", width, epsilon, device)?,
            key_value: Linear::stacked(weights, &inputs, [width, projection], device)?,
            output: Linear::load(weights, "head.attention.out_proj", square, device)?,
            norm: LayerNorm::load(weights, "post_layernorm", projection, epsilon, device)?,
            projection: Linear::without_bias(weights, "visual_projection", square, device)?,
            heads,
        })
    }

    fn tensors(width: usize, projection: usize) -> Vec<TensorSpec> {
        let square = [projection, projection];
        let mut tensors = vec![TensorSpec::new("head.probe", &[1, 1, projection])];
        tensors.extend(TensorSpec::norm("head.query_norm", projection));
        tensors.extend(TensorSpec::linear("head.attention.q_proj", square));
        tensors.extend(TensorSpec::norm("head.key_norm", width));
        for input in ["k_proj", "v_proj"] {
            let name = format!("head.attention.{input}");
            tensors.extend(TensorSpec::linear(&name, [width, projection]));
        }
        tensors.extend(TensorSpec::linear("head.attention.out_proj", square));
        tensors.extend(TensorSpec::norm("post_layernorm", projection));
        tensors.push(TensorSpec::new("visual_projection.weight", &square));
        tensors
    }

    fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let rows = x.dims()[0];
        let key_value = self.key_value.forward(self.key_norm.forward(x));
        let width = key_value.dims()[1] / 2;
        let part = |columns| {
            let columns = key_value.clone().slice([0..rows, columns]);
            split_heads(columns, batch, self.heads)
        };
        let query = split_heads(self.query.clone().repeat_dim(0, batch), batch, self.heads);
        self.rest(attend_one_query(
            query,
            part(0..width),
            part(width..2 * width),
        ))
    }

    /// As [`CocaPooling::forward`] for sequences of one token, which has all the attention.
    fn forward_alone(&self, x: Tensor<2>) -> Tensor<2> {
        let rows = x.dims()[0];
        let key_value = self.key_value.forward(self.key_norm.forward(x));
        let width = key_value.dims()[1] / 2;
        self.rest(key_value.slice([0..rows, width..2 * width]))
    }

    fn rest(&self, pooled: Tensor<2>) -> Tensor<2> {
        let pooled = self.output.forward(pooled);
        self.projection.forward(self.norm.forward(pooled))
    }
}

/// A learned query that attends to all patches, and a feed-forward part behind it.
#[derive(Debug, Clone)]
struct AttentionPooling {
    norm: LayerNorm,
    /// (1, width): the learned probe, already through its query projection.
    query: Tensor<2>,
    key_value: Linear,
    output: Linear,
    head_norm: LayerNorm,
    mlp: Mlp,
    heads: usize,
    /// Whether the first token is a class token, which is left out.
    class_token: bool,
}

impl AttentionPooling {
    fn load(
        weights: &mut dyn WeightSource,
        norm: LayerNorm,
        config: &VisionConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let shape = &config.transformer;
        let (width, epsilon) = (shape.hidden_size, shape.layer_norm_eps);
        let probe = tensor(weights, "head.probe", [1, 1, width], device)?;
        let weight = weights.take(HEAD_WEIGHT, &[3 * width, width])?;
        let (query, key_value) = weight.split(3 * width, width);
        let mut bias = weights.take(HEAD_BIAS, &[3 * width])?.into_floats();
        let key_value_bias = bias.split_off(width);
        let query = Linear::of(query, [width, width], Some(bias), device);
        let key_value = Linear::of(key_value, [width, 2 * width], Some(key_value_bias), device);
        Ok(Self {
            norm,
            query: query.forward(probe.reshape([1, width])),
            key_value,
            output: Linear::load(weights, "head.attention.out_proj", [width, width], device)?,
            head_norm: LayerNorm::load(weights, "head.layernorm", width, epsilon, device)?,
            mlp: Mlp::load(weights, "head.mlp", shape, device)?,
            heads: shape.num_attention_heads,
            class_token: config.class_token,
        })
    }

    fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let x = match self.class_token {
            true => {
                let patches = without_class_tokens(x, batch);
                let [batch, patches_each, width] = patches.dims();
                patches.reshape([batch * patches_each, width])
            }
            false => x,
        };
        let [rows, width] = x.dims();
        let key_value = self.key_value.forward(self.norm.forward(x));
        let part = |columns| {
            let columns = key_value.clone().slice([0..rows, columns]);
            split_heads(columns, batch, self.heads)
        };
        let query = split_heads(self.query.clone().repeat_dim(0, batch), batch, self.heads);
        let pooled = attend_one_query(query, part(0..width), part(width..2 * width));
        self.rest(pooled)
    }

    /// As [`AttentionPooling::forward`] for sequences of one token, which has all the attention.
    fn forward_alone(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, width] = x.dims();
        let key_value = self.key_value.forward(self.norm.forward(x));
        self.rest(key_value.slice([0..rows, width..2 * width]))
    }

    /// The head behind the attention: output layer, norm, feed-forward.
    fn rest(&self, pooled: Tensor<2>) -> Tensor<2> {
        let pooled = self.output.forward(pooled);
        let normed = self.head_norm.forward(pooled.clone());
        self.mlp.forward_residual(normed, pooled)
    }
}

#[cfg(test)]
mod tests {
    use super::patches;

    #[test]
    fn patches_go_left_to_right_and_leave_the_rest() {
        // Three 5 × 5 planes, patches of 2: four of them, a row and a column left over.
        let planes: Vec<f32> = (0..75).map(|value| value as f32).collect();
        let patches = patches(&planes, 5, 2);
        assert_eq!(patches.len(), 4 * 3 * 4);
        assert_eq!(patches[..4], [0.0, 1.0, 5.0, 6.0]);
        assert_eq!(patches[4..8], [25.0, 26.0, 30.0, 31.0]);
        assert_eq!(patches[12..16], [2.0, 3.0, 7.0, 8.0]);
        assert_eq!(patches[24..28], [10.0, 11.0, 15.0, 16.0]);
    }
}
