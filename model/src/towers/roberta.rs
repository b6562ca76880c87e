//! RoBERTa (Liu et al. 2019, arXiv 1907.11692) and XLM-RoBERTa (Conneau et al. 2019, arXiv 1911.02116)
//! as open_clip's text tower: the mean of their tokens, or the first, and a projection.

use super::{
    attention::SelfAttention,
    bert::{mean_of_tokens, padding_bias},
    layers::{LayerNorm, Linear, Table},
    transformer::{Mlp, pick},
    weights::{WeightError, WeightSource},
};
use crate::{
    pack::{Activation, RobertaConfig, RobertaProjection, RobertaReadout, TensorSpec},
    text::TokenBatch,
};
use burn::tensor::{Device, Tensor, TensorData};

/// Token ids in, one embedding a sentence out.
#[derive(Debug, Clone)]
pub struct Roberta {
    tokens: Table,
    positions: Table,
    first_position: usize,
    norm: LayerNorm,
    blocks: Vec<Block>,
    readout: RobertaReadout,
    projection: Projection,
    width: usize,
}

const TOKENS: &str = "embeddings.token_embedding.weight";
const POSITIONS: &str = "embeddings.position_embedding.weight";
const NORM: &str = "embeddings.norm";

impl Roberta {
    /// Takes the tensors of [`Roberta::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        config: &RobertaConfig,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (width, epsilon) = (
            config.transformer.hidden_size,
            config.transformer.layer_norm_eps,
        );
        let rows = config.max_position_embeddings;
        Ok(Self {
            tokens: Table::load(weights, TOKENS, [config.vocab_size, width])?,
            positions: Table::load(weights, POSITIONS, [rows, width])?,
            first_position: config.first_position,
            norm: LayerNorm::load(weights, NORM, width, epsilon, device)?,
            blocks: (0..config.transformer.num_hidden_layers)
                .map(|index| Block::load(weights, index, config, device))
                .collect::<Result<_, _>>()?,
            readout: config.readout,
            projection: Projection::load(weights, config, projection, device)?,
            width,
        })
    }

    /// Every tensor of the tower, in running order.
    pub fn tensors(config: &RobertaConfig, projection: usize) -> Vec<TensorSpec> {
        let width = config.transformer.hidden_size;
        let mut tensors = vec![
            TensorSpec::new(TOKENS, &[config.vocab_size, width]),
            TensorSpec::new(POSITIONS, &[config.max_position_embeddings, width]),
        ];
        tensors.extend(TensorSpec::norm(NORM, width));
        for index in 0..config.transformer.num_hidden_layers {
            tensors.extend(Block::tensors(index, config));
        }
        tensors.extend(Projection::tensors(config, projection));
        tensors
    }

    /// `text_embeds` before normalisation: (batch, projection).
    pub fn forward(&self, tokens: &TokenBatch, device: &Device) -> Tensor<2> {
        let batch = tokens.batch();
        let padding = padding_bias(tokens, device);
        let mut x = self.norm.forward(self.embed(tokens, device));
        for block in &self.blocks {
            x = block.forward(x, batch, padding.as_ref());
        }
        let read = match self.readout {
            RobertaReadout::Mean => mean_of_tokens(x, tokens),
            RobertaReadout::FirstToken => {
                let firsts: Vec<usize> = (0..batch).map(|text| text * tokens.length()).collect();
                pick(x, &firsts)
            }
        };
        self.projection.forward(read)
    }

    /// Word and position embeddings: (batch · length, width).
    fn embed(&self, tokens: &TokenBatch, device: &Device) -> Tensor<2> {
        let mut embeds = vec![0.0; tokens.ids.len() * self.width];
        let rows = embeds.chunks_exact_mut(self.width);
        for (index, (embed, &id)) in rows.zip(&tokens.ids).enumerate() {
            self.tokens.add_row(id as usize, embed);
            let position = self.first_position + index % tokens.length();
            self.positions.add_row(position, embed);
        }
        let shape = [tokens.ids.len(), self.width];
        Tensor::from_data(TensorData::new(embeds, shape), device)
    }
}

/// A block whose norms stand behind each sum: attention, add, norm; feed-forward, add, norm.
#[derive(Debug, Clone)]
struct Block {
    attention: SelfAttention,
    norm1: LayerNorm,
    mlp: Mlp,
    norm2: LayerNorm,
}

impl Block {
    fn load(
        weights: &mut dyn WeightSource,
        index: usize,
        config: &RobertaConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let config = &config.transformer;
        let (width, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let name = |part: &str| format!("encoder.layers.{index}.{part}");
        let inputs =
            ["q_proj", "k_proj", "v_proj"].map(|input| name(&format!("self_attn.{input}")));
        let output = name("self_attn.out_proj");
        let shape = [width, config.num_attention_heads];
        Ok(Self {
            attention: SelfAttention::load(weights, &inputs, &output, shape, device)?,
            norm1: LayerNorm::load(weights, &name("layer_norm1"), width, epsilon, device)?,
            mlp: Mlp::load(weights, &name("mlp"), config, device)?,
            norm2: LayerNorm::load(weights, &name("layer_norm2"), width, epsilon, device)?,
        })
    }

    fn tensors(index: usize, config: &RobertaConfig) -> Vec<TensorSpec> {
        let width = config.transformer.hidden_size;
        let name = |part: &str| format!("encoder.layers.{index}.{part}");
        let mut tensors = Vec::new();
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            let part = name(&format!("self_attn.{part}"));
            tensors.extend(TensorSpec::linear(&part, [width, width]));
        }
        tensors.extend(TensorSpec::norm(&name("layer_norm1"), width));
        tensors.extend(Mlp::tensors(&name("mlp"), &config.transformer));
        tensors.extend(TensorSpec::norm(&name("layer_norm2"), width));
        tensors
    }

    /// Runs the block: (batch · length, width) to the same.
    fn forward(&self, x: Tensor<2>, batch: usize, padding: Option<&Tensor<4>>) -> Tensor<2> {
        let attention = &self.attention;
        let x = attention.forward_residual(x.clone(), batch, padding, x);
        let x = self.norm1.forward(x);
        self.norm2.forward(self.mlp.forward_residual(x.clone(), x))
    }
}

/// The layers behind the readout.
#[derive(Debug, Clone)]
enum Projection {
    None,
    Linear(Linear),
    Mlp(Box<[Linear; 2]>),
}

const HIDDEN: &str = "projection.hidden";
const PROJECTION: &str = "text_projection";

impl Projection {
    /// Width between both layers, as open_clip has it.
    fn hidden(config: &RobertaConfig, projection: usize) -> usize {
        usize::midpoint(config.transformer.hidden_size, projection)
    }

    fn load(
        weights: &mut dyn WeightSource,
        config: &RobertaConfig,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let width = config.transformer.hidden_size;
        let inner = Self::hidden(config, projection);
        let mut linear =
            |name, shape: [usize; 2]| Linear::without_bias(weights, name, shape, device);
        Ok(match config.projection {
            RobertaProjection::None => Self::None,
            RobertaProjection::Linear => Self::Linear(linear(PROJECTION, [width, projection])?),
            RobertaProjection::Mlp => Self::Mlp(Box::new([
                linear(HIDDEN, [width, inner])?,
                linear(PROJECTION, [inner, projection])?,
            ])),
        })
    }

    fn tensors(config: &RobertaConfig, projection: usize) -> Vec<TensorSpec> {
        let width = config.transformer.hidden_size;
        let inner = Self::hidden(config, projection);
        let linear = |name: &str, shape: [usize; 2]| {
            let [inputs, outputs] = shape;
            TensorSpec::new(&format!("{name}.weight"), &[outputs, inputs])
        };
        match config.projection {
            RobertaProjection::None => vec![],
            RobertaProjection::Linear => vec![linear(PROJECTION, [width, projection])],
            RobertaProjection::Mlp => vec![
                linear(HIDDEN, [width, inner]),
                linear(PROJECTION, [inner, projection]),
            ],
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::None => x,
            Self::Linear(linear) => linear.forward(x),
            Self::Mlp(layers) => {
                let [hidden, output] = &**layers;
                output.forward(hidden.forward_activated(x, Activation::Gelu))
            }
        }
    }
}
