//! BERT (Devlin et al. 2018, arXiv 1810.04805) with the mean pooling of Sentence-BERT (Reimers &
//! Gurevych 2019, arXiv 1908.10084).

use super::{
    attention::SelfAttention,
    layers::{LayerNorm, Linear, Table},
    weights::{WeightError, WeightSource},
};
use crate::{
    dispatch::Kernels,
    pack::{Activation, BertConfig},
    text::TokenBatch,
};
use burn::tensor::{Device, Tensor, TensorData};

/// The encoder up to its pooled sentence embedding.
#[derive(Debug, Clone)]
pub struct Bert {
    words: Table,
    positions: Table,
    segments: Table,
    norm: LayerNorm,
    layers: Vec<Layer>,
    config: BertConfig,
    device: Device,
}

impl Bert {
    /// Takes the tensors of Hugging Face's `BertModel`, by their names there.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        config: &BertConfig,
        weights: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let width = config.hidden_size;
        let mut table = |name: &str, rows: usize| {
            let name = format!("embeddings.{name}_embeddings.weight");
            Table::load(weights, &name, [rows, width])
        };
        let words = table("word", config.vocab_size)?;
        let positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        let epsilon = config.layer_norm_eps;
        let norm = LayerNorm::load(weights, "embeddings.LayerNorm", width, epsilon, device)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(weights, &format!("encoder.layer.{index}"), config, device))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            words,
            positions,
            segments,
            norm,
            layers,
            config: config.clone(),
            device: device.clone(),
        })
    }

    /// The mean over each sentence's tokens, L2-normalised: (batch, width).
    pub fn forward(&self, tokens: &TokenBatch) -> Tensor<2> {
        let batch = tokens.batch();
        let mut x = self.norm.forward(self.embed(tokens));
        let padding = padding_bias(tokens, &self.device);
        for layer in &self.layers {
            x = layer.forward(x, batch, padding.as_ref());
        }
        let pooled = mean_of_tokens(x, tokens);
        let norm = pooled.clone().powf_scalar(2.0).sum_dim(1).sqrt();
        pooled / norm.clamp_min(1e-12)
    }

    /// Word, position and segment embeddings: (batch · length, width).
    fn embed(&self, tokens: &TokenBatch) -> Tensor<2> {
        let width = self.config.hidden_size;
        let mut embeds = vec![0.0; tokens.ids.len() * width];
        for (index, (embed, &id)) in embeds.chunks_exact_mut(width).zip(&tokens.ids).enumerate() {
            self.words.add_row(id as usize, embed);
            self.positions.add_row(index % tokens.length(), embed);
            self.segments.add_row(0, embed);
        }
        let shape = [tokens.ids.len(), width];
        Tensor::from_data(TensorData::new(embeds, shape), &self.device)
    }
}

/// What keeps attention off padding: (batch, 1, 1, length), or nothing where no sentence is padded.
pub fn padding_bias(tokens: &TokenBatch, device: &Device) -> Option<Tensor<4>> {
    if tokens.mask.iter().all(|&real| real) {
        return None;
    }
    let bias: Vec<f32> = tokens
        .mask
        .iter()
        // Far below any score, yet finite: −∞ makes not-a-numbers on some devices.
        .map(|&real| if real { 0.0 } else { -1e9 })
        .collect();
    let shape = [tokens.batch(), 1, 1, tokens.length()];
    Some(Tensor::from_data(TensorData::new(bias, shape), device))
}

/// The mean over each sentence's real tokens: (batch · length, width) to (batch, width).
pub fn mean_of_tokens(x: Tensor<2>, tokens: &TokenBatch) -> Tensor<2> {
    let [batch, length] = [tokens.batch(), tokens.length()];
    let (device, width) = (x.device(), x.dims()[1]);
    let x = x.reshape([batch, length, width]);
    let weights = pooling_weights(tokens, &device);
    let pooled = match Kernels::of(&device).burn() {
        Some(burn) => burn.matmul(weights, x),
        None => (x * weights.swap_dims(1, 2)).sum_dim(1),
    };
    pooled.reshape([batch, width])
}

/// Weights of mean pooling: (batch, 1, length), 1 / tokens at real ones, 0 at padding.
fn pooling_weights(tokens: &TokenBatch, device: &Device) -> Tensor<3> {
    let mut weights = Vec::with_capacity(tokens.mask.len());
    for mask in tokens.mask.chunks_exact(tokens.length()) {
        let count = mask.iter().filter(|&&real| real).count().max(1) as f32;
        weights.extend(mask.iter().map(|&real| f32::from(u8::from(real)) / count));
    }
    let shape = [tokens.batch(), 1, tokens.length()];
    Tensor::from_data(TensorData::new(weights, shape), device)
}

/// A post-norm block: attention, add, norm, feed-forward, add, norm.
#[derive(Debug, Clone)]
struct Layer {
    attention: SelfAttention,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

impl Layer {
    fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        config: &BertConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let part = |part: &str| format!("{name}.{part}");
        let inputs =
            ["query", "key", "value"].map(|input| part(&format!("attention.self.{input}")));
        let output = part("attention.output.dense");
        let heads = config.num_attention_heads;
        let norm = |weights: &mut dyn WeightSource, name: &str| {
            LayerNorm::load(weights, &part(name), width, config.layer_norm_eps, device)
        };
        Ok(Self {
            attention: SelfAttention::load(weights, &inputs, &output, [width, heads], device)?,
            attention_norm: norm(weights, "attention.output.LayerNorm")?,
            intermediate: Linear::load(
                weights,
                &part("intermediate.dense"),
                [width, inner],
                device,
            )?,
            output: Linear::load(weights, &part("output.dense"), [inner, width], device)?,
            output_norm: norm(weights, "output.LayerNorm")?,
        })
    }

    /// Runs the block: (batch · length, width) to the same.
    fn forward(&self, x: Tensor<2>, batch: usize, padding: Option<&Tensor<4>>) -> Tensor<2> {
        let x = self
            .attention
            .forward_residual(x.clone(), batch, padding, x);
        let x = self.attention_norm.forward(x);
        let inner = self
            .intermediate
            .forward_activated(x.clone(), Activation::Gelu);
        self.output_norm
            .forward(self.output.forward_residual(inner, x))
    }
}
