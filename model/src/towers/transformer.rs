//! The pre-norm transformer block that ViTs, CLIP's and SigLIP's text encoders share.

use super::{
    attention::SelfAttention,
    layers::{LayerNorm, Linear},
    weights::{WeightError, WeightSource},
};
use crate::pack::{Activation, TensorSpec, TransformerConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A pre-norm transformer block: norm, attention, add; norm, feed-forward, add.
#[derive(Debug, Clone)]
pub struct Block {
    norm1: LayerNorm,
    attention: SelfAttention,
    norm2: LayerNorm,
    mlp: Mlp,
}

impl Block {
    /// Takes the tensors of layer `index`, `encoder.layers.{index}`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        index: usize,
        config: &TransformerConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let name = |part: &str| format!("encoder.layers.{index}.{part}");
        let (width, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let inputs =
            ["q_proj", "k_proj", "v_proj"].map(|input| name(&format!("self_attn.{input}")));
        let heads = config.num_attention_heads;
        Ok(Self {
            norm1: LayerNorm::load(weights, &name("layer_norm1"), width, epsilon, device)?,
            attention: SelfAttention::load(
                weights,
                &inputs,
                &name("self_attn.out_proj"),
                [width, heads],
                device,
            )?,
            norm2: LayerNorm::load(weights, &name("layer_norm2"), width, epsilon, device)?,
            mlp: Mlp::load(weights, &name("mlp"), config, device)?,
        })
    }

    /// A block of parts on a device: each norm stands before the part that it is paired with.
    #[cfg(feature = "pretrain")]
    pub fn new(
        (norm1, attention): (LayerNorm, SelfAttention),
        (norm2, mlp): (LayerNorm, Mlp),
    ) -> Self {
        Self {
            norm1,
            attention,
            norm2,
            mlp,
        }
    }

    /// Every tensor that [`Block::load`] takes.
    pub fn tensors(index: usize, config: &TransformerConfig) -> Vec<TensorSpec> {
        let name = |part: &str| format!("encoder.layers.{index}.{part}");
        let width = config.hidden_size;
        let mut tensors = TensorSpec::norm(&name("layer_norm1"), width).to_vec();
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            let part = name(&format!("self_attn.{part}"));
            tensors.extend(TensorSpec::linear(&part, [width, width]));
        }
        tensors.extend(TensorSpec::norm(&name("layer_norm2"), width));
        tensors.extend(Mlp::tensors(&name("mlp"), config));
        tensors
    }

    /// Runs the block: (batch · length, width) to the same; `bias` as in
    /// [`SelfAttention::forward_residual`].
    pub fn forward(&self, x: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        let normed = self.norm1.forward(x.clone());
        let x = self.attention.forward_residual(normed, batch, bias, x);
        self.feed_forward(x)
    }

    /// As [`Block::forward`], for the tokens of `rows` alone: (batch · length, width) to (rows,
    /// width).
    fn forward_rows(
        &self,
        x: Tensor<2>,
        batch: usize,
        bias: Option<&Tensor<4>>,
        rows: Tensor<1, Int>,
    ) -> Tensor<2> {
        let normed = self.norm1.forward(x.clone());
        let x = x.select(0, rows.clone());
        let attention = &self.attention;
        self.feed_forward(attention.forward_rows_residual(normed, batch, bias, rows, x))
    }

    /// The block's second half: norm, feed-forward, add.
    fn feed_forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.mlp.forward_residual(self.norm2.forward(x.clone()), x)
    }

    /// The attention part's output for tokens that attend to themselves alone: (tokens, width) to
    /// the same. Neither the residual nor the feed-forward part is in it.
    pub fn attend_alone(&self, x: Tensor<2>) -> Tensor<2> {
        self.attention.forward_alone(self.norm1.forward(x))
    }
}

/// Runs all blocks and keeps the tokens of `rows`: (batch · length, width) to (rows, width). Nobody
/// asks what the last block makes of the others, which is most of its work, so it leaves them out.
pub fn forward_read(
    blocks: &[Block],
    mut x: Tensor<2>,
    batch: usize,
    bias: Option<&Tensor<4>>,
    rows: &[usize],
) -> Tensor<2> {
    let Some((last, before)) = blocks.split_last() else {
        return pick(x, rows);
    };
    for block in before {
        x = block.forward(x, batch, bias);
    }
    let rows = indices(rows, &x.device());
    last.forward_rows(x, batch, bias, rows)
}

/// Selects the tokens of `rows`: (tokens, width) to (rows, width).
pub fn pick(x: Tensor<2>, rows: &[usize]) -> Tensor<2> {
    let rows = indices(rows, &x.device());
    x.select(0, rows)
}

fn indices(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let indices: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
    Tensor::from_data(TensorData::new(indices, [rows.len()]), device)
}

/// The feed-forward part of a block: two linear layers with an activation between them.
#[derive(Debug, Clone)]
pub struct Mlp {
    fc1: Linear,
    activation: Activation,
    fc2: Linear,
}

impl Mlp {
    /// Takes the tensors of `{name}.fc1` and `{name}.fc2`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        config: &TransformerConfig,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        Ok(Self {
            fc1: Linear::load(weights, &format!("{name}.fc1"), [width, inner], device)?,
            activation: config.hidden_act,
            fc2: Linear::load(weights, &format!("{name}.fc2"), [inner, width], device)?,
        })
    }

    /// A feed-forward part of layers on a device, with the exact GELU between them.
    #[cfg(feature = "pretrain")]
    pub fn new(fc1: Linear, fc2: Linear) -> Self {
        Self {
            fc1,
            activation: Activation::Gelu,
            fc2,
        }
    }

    /// Every tensor that [`Mlp::load`] takes.
    pub fn tensors(name: &str, config: &TransformerConfig) -> Vec<TensorSpec> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let mut tensors = TensorSpec::linear(&format!("{name}.fc1"), [width, inner]).to_vec();
        tensors.extend(TensorSpec::linear(&format!("{name}.fc2"), [inner, width]));
        tensors
    }

    /// Both layers, the activation between them, and `residual` added: (rows, width) to the same.
    pub fn forward_residual(&self, x: Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        let inner = self.fc1.forward_activated(x, self.activation);
        self.fc2.forward_residual(inner, residual)
    }
}
