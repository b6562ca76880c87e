//! The pre-norm transformer block that ViTs, CLIP's and SigLIP's text encoders share, and what EVA's has
//! beside it.

use super::{
    attention::SelfAttention,
    layers::{LayerNorm, Linear},
    rotary::Rotary,
    weights::{WeightError, WeightSource},
};
use crate::pack::{Activation, TensorSpec, TransformerConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A pre-norm transformer block: norm, attention, add; norm, feed-forward, add. Where it says so, each
/// norm stands behind the part that it is paired with.
#[derive(Debug, Clone)]
pub struct Block {
    is_post_norm: bool,
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
        let eva = config.eva.unwrap_or_default();
        let rotary = (eva.rotary).map(|rotary| Rotary::new(rotary, width / heads, device));
        let attention_norm = match eva.has_attention_norm {
            true => {
                let norm = name("self_attn.norm");
                Some(LayerNorm::load(weights, &norm, width, epsilon, device)?)
            }
            false => None,
        };
        Ok(Self {
            is_post_norm: eva.is_post_norm,
            norm1: LayerNorm::load(weights, &name("layer_norm1"), width, epsilon, device)?,
            attention: SelfAttention::load(
                weights,
                &inputs,
                &name("self_attn.out_proj"),
                [width, heads],
                device,
            )?
            .with(rotary, attention_norm),
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
            is_post_norm: false,
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
        let mut tensors = Vec::new();
        if config.eva.is_some_and(|eva| eva.has_attention_norm) {
            tensors.extend(TensorSpec::norm(&name("self_attn.norm"), width));
        }
        tensors.extend(TensorSpec::norm(&name("layer_norm1"), width));
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
        if self.is_post_norm {
            let attended = self.attention.forward(x.clone(), batch, bias);
            return self.feed_forward(x + self.norm1.forward(attended));
        }
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
        if self.is_post_norm {
            return self.forward(x, batch, bias).select(0, rows);
        }
        let normed = self.norm1.forward(x.clone());
        let x = x.select(0, rows.clone());
        let attention = &self.attention;
        self.feed_forward(attention.forward_rows_residual(normed, batch, bias, rows, x))
    }

    /// The block's second half: norm, feed-forward, add.
    fn feed_forward(&self, x: Tensor<2>) -> Tensor<2> {
        if self.is_post_norm {
            return x.clone() + self.norm2.forward(self.mlp.forward(x));
        }
        self.mlp.forward_residual(self.norm2.forward(x.clone()), x)
    }

    /// The attention part's output for tokens that attend to themselves alone: (tokens, width) to
    /// the same. Neither the residual nor the feed-forward part is in it.
    pub fn attend_alone(&self, x: Tensor<2>) -> Tensor<2> {
        if self.is_post_norm {
            return self.norm1.forward(self.attention.forward_alone(x));
        }
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
    /// A layer beside the first, by whose SiLU that one's outputs are multiplied (SwiGLU, Shazeer 2020,
    /// arXiv 2002.05202); there is no other activation then.
    gate: Option<Linear>,
    /// The norm before the second layer; few have one.
    norm: Option<LayerNorm>,
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
        let eva = config.eva.unwrap_or_default();
        let gate = format!("{name}.gate");
        let norm = format!("{name}.norm");
        Ok(Self {
            fc1: Linear::load(weights, &format!("{name}.fc1"), [width, inner], device)?,
            activation: config.hidden_act,
            gate: match eva.is_gated {
                true => Some(Linear::load(weights, &gate, [width, inner], device)?),
                false => None,
            },
            norm: match eva.has_mlp_norm {
                true => {
                    let epsilon = config.layer_norm_eps;
                    Some(LayerNorm::load(weights, &norm, inner, epsilon, device)?)
                }
                false => None,
            },
            fc2: Linear::load(weights, &format!("{name}.fc2"), [inner, width], device)?,
        })
    }

    /// A feed-forward part of layers on a device, with the exact GELU between them.
    #[cfg(feature = "pretrain")]
    pub fn new(fc1: Linear, fc2: Linear) -> Self {
        Self {
            fc1,
            activation: Activation::Gelu,
            gate: None,
            norm: None,
            fc2,
        }
    }

    /// Every tensor that [`Mlp::load`] takes.
    pub fn tensors(name: &str, config: &TransformerConfig) -> Vec<TensorSpec> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let eva = config.eva.unwrap_or_default();
        let mut tensors = TensorSpec::linear(&format!("{name}.fc1"), [width, inner]).to_vec();
        if eva.is_gated {
            tensors.extend(TensorSpec::linear(&format!("{name}.gate"), [width, inner]));
        }
        if eva.has_mlp_norm {
            tensors.extend(TensorSpec::norm(&format!("{name}.norm"), inner));
        }
        tensors.extend(TensorSpec::linear(&format!("{name}.fc2"), [inner, width]));
        tensors
    }

    /// Both layers, the activation between them, and `residual` added: (rows, width) to the same.
    pub fn forward_residual(&self, x: Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        self.fc2.forward_residual(self.hidden(x), residual)
    }

    /// As [`Mlp::forward_residual`], with nothing added.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(self.hidden(x))
    }

    /// What enters the second layer: (rows, width) to (rows, inner width).
    fn hidden(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = match &self.gate {
            Some(gate) => {
                let factors = gate.forward_activated(x.clone(), Activation::Silu);
                self.fc1.forward(x) * factors
            }
            None => self.fc1.forward_activated(x, self.activation),
        };
        match &self.norm {
            Some(norm) => norm.forward(hidden),
            None => hidden,
        }
    }
}
