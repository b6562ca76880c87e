//! BERT (Devlin et al. 2018, arXiv 1810.04805) with the mean pooling of Sentence-BERT (Reimers &
//! Gurevych 2019, arXiv 1908.10084).

use super::weights::{Linear, Table, WeightError, Weights};
use crate::{pack::BertConfig, text::TokenBatch};
use burn::tensor::{
    Device, Tensor, TensorData,
    activation::{gelu, softmax},
    module::layer_norm,
};

/// The encoder up to its pooled sentence embedding.
#[derive(Debug, Clone)]
pub struct Bert {
    words: Table,
    positions: Table,
    segments: Table,
    norm: Norm,
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
        weights: &mut Weights,
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
        let norm = Norm::load(weights, "embeddings.LayerNorm", config, device)?;
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
        let [batch, length] = [tokens.batch(), tokens.length()];
        let width = self.config.hidden_size;
        let mut x = self.norm.forward(self.embed(tokens));
        let padding = self.padding_bias(tokens);
        for layer in &self.layers {
            x = layer.forward(x, batch, &padding);
        }
        let pooled = self
            .pooling_weights(tokens)
            .matmul(x.reshape([batch, length, width]))
            .reshape([batch, width]);
        let norm = pooled.clone().powf_scalar(2.0).sum_dim(1).sqrt();
        pooled / norm.clamp_min(1e-12)
    }

    /// Word, position and segment embeddings: (batch · length, width).
    fn embed(&self, tokens: &TokenBatch) -> Tensor<2> {
        let width = self.config.hidden_size;
        let mut sums = vec![0.0; tokens.ids.len() * width];
        for (place, (sum, &id)) in sums.chunks_exact_mut(width).zip(&tokens.ids).enumerate() {
            self.words.add_row(id as usize, sum);
            self.positions.add_row(place % tokens.length(), sum);
            self.segments.add_row(0, sum);
        }
        let shape = [tokens.ids.len(), width];
        Tensor::from_data(TensorData::new(sums, shape), &self.device)
    }

    /// What keeps attention off padding: (batch, 1, 1, length), or nothing where no sentence is
    /// padded.
    fn padding_bias(&self, tokens: &TokenBatch) -> Option<Tensor<4>> {
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
        Some(Tensor::from_data(
            TensorData::new(bias, shape),
            &self.device,
        ))
    }

    /// Mean pooling as a product: (batch, 1, length), 1 / tokens at real ones.
    fn pooling_weights(&self, tokens: &TokenBatch) -> Tensor<3> {
        let mut weights = Vec::with_capacity(tokens.mask.len());
        for mask in tokens.mask.chunks_exact(tokens.length()) {
            let count = mask.iter().filter(|&&real| real).count().max(1) as f32;
            weights.extend(mask.iter().map(|&real| f32::from(u8::from(real)) / count));
        }
        let shape = [tokens.batch(), 1, tokens.length()];
        Tensor::from_data(TensorData::new(weights, shape), &self.device)
    }
}

#[derive(Debug, Clone)]
struct Norm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
}

impl Norm {
    fn load(
        weights: &mut Weights,
        name: &str,
        config: &BertConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            weight: weights.tensor(&format!("{name}.weight"), [config.hidden_size], device)?,
            bias: weights.tensor(&format!("{name}.bias"), [config.hidden_size], device)?,
            epsilon: config.layer_norm_eps,
        })
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        layer_norm(
            x,
            self.weight.clone(),
            Some(self.bias.clone()),
            self.epsilon,
        )
    }
}

/// A post-norm block: attention, add, norm, feed-forward, add, norm.
#[derive(Debug, Clone)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attention_norm: Norm,
    intermediate: Linear,
    output: Linear,
    output_norm: Norm,
    heads: usize,
}

impl Layer {
    fn load(
        weights: &mut Weights,
        name: &str,
        config: &BertConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let mut linear = |part: &str, from: usize, to: usize| {
            Linear::load(weights, &format!("{name}.{part}"), [from, to], device)
        };
        Ok(Self {
            query: linear("attention.self.query", width, width)?,
            key: linear("attention.self.key", width, width)?,
            value: linear("attention.self.value", width, width)?,
            attended: linear("attention.output.dense", width, width)?,
            intermediate: linear("intermediate.dense", width, inner)?,
            output: linear("output.dense", inner, width)?,
            attention_norm: Norm::load(
                weights,
                &format!("{name}.attention.output.LayerNorm"),
                config,
                device,
            )?,
            output_norm: Norm::load(weights, &format!("{name}.output.LayerNorm"), config, device)?,
            heads: config.num_attention_heads,
        })
    }

    /// (batch · length, width) to the same.
    fn forward(&self, x: Tensor<2>, batch: usize, padding: &Option<Tensor<4>>) -> Tensor<2> {
        let attended = self.attended.forward(self.attend(&x, batch, padding));
        let x = self.attention_norm.forward(x + attended);
        let y = self
            .output
            .forward(gelu(self.intermediate.forward(x.clone())));
        self.output_norm.forward(x + y)
    }

    fn attend(&self, x: &Tensor<2>, batch: usize, padding: &Option<Tensor<4>>) -> Tensor<2> {
        let [rows, width] = x.dims();
        let (length, head) = (rows / batch, width / self.heads);
        let split = |linear: &Linear| {
            linear
                .forward(x.clone())
                .reshape([batch, length, self.heads, head])
                .swap_dims(1, 2)
        };
        let query = split(&self.query) * (head as f64).powf(-0.5);
        let mut scores = query.matmul(split(&self.key).swap_dims(2, 3));
        if let Some(padding) = padding {
            scores = scores + padding.clone();
        }
        softmax(scores, 3)
            .matmul(split(&self.value))
            .swap_dims(1, 2)
            .reshape([rows, width])
    }
}
