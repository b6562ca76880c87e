//! Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762): [`SelfAttention`].

use super::{
    activation::softmax,
    layers::{LayerNorm, Linear},
    rotary::Rotary,
    weights::{WeightError, WeightSource},
};
#[cfg(feature = "cpu")]
use crate::cpu;
use crate::dispatch::{BurnOps, Kernels};
#[cfg(feature = "webgpu")]
use crate::gpu;
use burn::tensor::{Device, Int, Tensor};

/// Multi-head self-attention: every token attends to the tokens of its own sequence.
#[derive(Debug, Clone)]
pub struct SelfAttention {
    /// The projections to query, key and value, as one layer.
    inputs: Linear,
    /// Turns queries and keys by their position, where attention is rotary.
    rotary: Option<Rotary>,
    /// The norm before the output layer; few have one.
    norm: Option<LayerNorm>,
    output: Linear,
    heads: usize,
}

impl SelfAttention {
    /// Takes the linear layers `inputs` (query, key, value) and `output`, all (width, width).
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        inputs: &[String; 3],
        output: &str,
        [width, heads]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            inputs: Linear::stacked(weights, inputs, [width, width], device)?,
            rotary: None,
            norm: None,
            output: Linear::load(weights, output, [width, width], device)?,
            heads,
        })
    }

    /// Attention of layers on a device; `inputs` gives query, key and value side by side.
    #[cfg(feature = "pretrain")]
    pub fn new(inputs: Linear, output: Linear, heads: usize) -> Self {
        Self {
            inputs,
            rotary: None,
            norm: None,
            output,
            heads,
        }
    }

    /// The same attention with queries and keys that are turned, and with a norm before its output
    /// layer.
    #[must_use]
    pub fn with(self, rotary: Option<Rotary>, norm: Option<LayerNorm>) -> Self {
        Self {
            rotary,
            norm,
            ..self
        }
    }

    /// Attention, its output layer, and `residual` added: (batch · length, width) to the same.
    /// `bias`, added to the scores, is (batch or 1, 1, length or 1, length): far below zero where a
    /// token must not look.
    pub fn forward_residual(
        &self,
        x: Tensor<2>,
        batch: usize,
        bias: Option<&Tensor<4>>,
        residual: Tensor<2>,
    ) -> Tensor<2> {
        let gathered = self.normed(self.gather(x, batch, bias));
        self.output.forward_residual(gathered, residual)
    }

    /// As [`SelfAttention::forward_residual`], with nothing added.
    pub fn forward(&self, x: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        let gathered = self.normed(self.gather(x, batch, bias));
        self.output.forward(gathered)
    }

    fn normed(&self, gathered: Tensor<2>) -> Tensor<2> {
        match &self.norm {
            Some(norm) => norm.forward(gathered),
            None => gathered,
        }
    }

    /// As [`SelfAttention::forward_residual`], for the tokens of `rows` alone; `residual` has only
    /// these.
    pub fn forward_rows_residual(
        &self,
        x: Tensor<2>,
        batch: usize,
        bias: Option<&Tensor<4>>,
        rows: Tensor<1, Int>,
        residual: Tensor<2>,
    ) -> Tensor<2> {
        let gathered = self.gather(x, batch, bias).select(0, rows);
        self.output
            .forward_residual(self.normed(gathered), residual)
    }

    /// Attention without the output layer: (batch · length, width) to the same.
    fn gather(&self, x: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        let inputs = self.inputs.forward(x);
        let inputs = match &self.rotary {
            Some(rotary) => rotary.forward(inputs, batch, self.heads),
            None => inputs,
        };
        self.attend(inputs, batch, bias)
    }

    /// Attention by the fastest kernel for the device: (batch · length, 3 · width) to (batch ·
    /// length, width).
    fn attend(&self, inputs: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        match Kernels::of(&inputs.device()) {
            #[cfg(feature = "cpu")]
            Kernels::Cpu(_) => cpu::attend(inputs, batch, self.heads, bias),
            #[cfg(feature = "webgpu")]
            Kernels::Gpu => gpu::attend(inputs, batch, self.heads, bias),
            Kernels::Burn(burn) => attend_stacked(burn, inputs, batch, self.heads, bias),
        }
    }

    /// Attention of each token to itself alone, which is its value through the output layer:
    /// (tokens, width) to the same.
    pub fn forward_alone(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, width] = x.dims();
        let value = self
            .inputs
            .forward(x)
            .slice([0..rows, 2 * width..3 * width]);
        self.output.forward(self.normed(value))
    }
}

/// Splits rows into heads: (batch · length, width) to (batch, heads, length, width / heads).
pub(super) fn split_heads(x: Tensor<2>, batch: usize, heads: usize) -> Tensor<4> {
    let [rows, width] = x.dims();
    x.reshape([batch, rows / batch, heads, width / heads])
        .swap_dims(1, 2)
}

/// [`attend`] of query, key and value side by side, by burn's operations: (batch · length, 3 ·
/// width) to (batch · length, width).
pub(crate) fn attend_stacked(
    burn: BurnOps,
    inputs: Tensor<2>,
    batch: usize,
    heads: usize,
    bias: Option<&Tensor<4>>,
) -> Tensor<2> {
    let [rows, stacked] = inputs.dims();
    let width = stacked / 3;
    let part = |index: usize| {
        let columns = index * width..(index + 1) * width;
        split_heads(inputs.clone().slice([0..rows, columns]), batch, heads)
    };
    attend(burn, part(0), part(1), part(2), bias)
}

/// Scaled dot-product attention by burn's operations, of (batch, heads, length, width / heads)
/// each; answers with the heads side by side again, (batch · queries, width).
fn attend(
    burn: BurnOps,
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    bias: Option<&Tensor<4>>,
) -> Tensor<2> {
    let [batch, heads, queries, head] = query.dims();
    let query = query * (head as f64).powf(-0.5);
    let mut scores = burn.matmul(query, key.swap_dims(2, 3));
    if let Some(bias) = bias {
        scores = scores + bias.clone();
    }
    burn.matmul(softmax(scores), value)
        .swap_dims(1, 2)
        .reshape([batch * queries, heads * head])
}

/// Scaled dot-product attention of one query a sequence: (batch, heads, 1, width / heads), with
/// keys and values of (batch, heads, length, width / heads), to (batch, width).
pub(super) fn attend_one_query(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>) -> Tensor<2> {
    match Kernels::of(&query.device()).burn() {
        Some(burn) => attend(burn, query, key, value, None),
        None => sum_by_scores(query, key, value),
    }
}

/// [`attend_one_query`] without matrix products: by elementwise ones and sums, which is little work
/// for one query.
fn sum_by_scores(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>) -> Tensor<2> {
    let [batch, heads, _, head] = query.dims();
    let query = query * (head as f64).powf(-0.5);
    let scores = (key * query).sum_dim(3);
    let shares = burn::tensor::activation::softmax(scores, 2);
    (value * shares).sum_dim(2).reshape([batch, heads * head])
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::{attend, split_heads, sum_by_scores};
    use crate::{dispatch::BurnOps, testing::values, towers::device};
    use burn::tensor::{Tensor, TensorData};

    #[test]
    fn one_query_gathers_by_sums_what_it_does_by_products() {
        let device = device::cpu();
        let (batch, length, heads, head) = (3, 7, 2, 5);
        let part = |length: usize, seed| {
            let shape = [batch * length, heads * head];
            let values = TensorData::new(values(shape[0] * shape[1], seed), shape);
            split_heads(Tensor::from_data(values, &device) * 4.0, batch, heads)
        };
        let (query, key, value) = (part(1, 1), part(length, 2), part(length, 3));
        let expected = attend(BurnOps, query.clone(), key.clone(), value.clone(), None);
        let found = sum_by_scores(query, key, value);
        assert_eq!(found.dims(), [batch, heads * head]);
        let difference = (found - expected).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }
}
