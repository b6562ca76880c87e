//! Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762): [`SelfAttention`].

use super::{
    activation::softmax,
    layers::Linear,
    weights::{WeightError, WeightSource},
};
use crate::cpu;
#[cfg(feature = "webgpu")]
use crate::gpu;
use burn::tensor::{Device, Int, Tensor};

/// Multi-head self-attention: every token attends to the tokens of its own sequence.
#[derive(Debug, Clone)]
pub struct SelfAttention {
    /// The projections to query, key and value, as one layer.
    inputs: Linear,
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
            output: Linear::load(weights, output, [width, width], device)?,
            heads,
        })
    }

    /// Attention of layers on a device; `inputs` gives query, key and value side by side.
    #[cfg(feature = "pretrain")]
    pub fn new(inputs: Linear, output: Linear, heads: usize) -> Self {
        Self {
            inputs,
            output,
            heads,
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
        let gathered = self.gather(x, batch, bias);
        self.output.forward_residual(gathered, residual)
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
        self.output.forward_residual(gathered, residual)
    }

    /// Attention without the output layer: (batch · length, width) to the same.
    fn gather(&self, x: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        self.attend(self.inputs.forward(x), batch, bias)
    }

    /// Attention by the fastest kernel for the device: (batch · length, 3 · width) to (batch ·
    /// length, width).
    fn attend(&self, inputs: Tensor<2>, batch: usize, bias: Option<&Tensor<4>>) -> Tensor<2> {
        if cpu::is_host_f32(&inputs.device()) {
            return cpu::attend(inputs, batch, self.heads, bias);
        }
        #[cfg(feature = "webgpu")]
        if gpu::runs_on(&inputs.device())
            && let Some(attended) = gpu::attend(inputs.clone(), batch, self.heads, bias)
        {
            return attended;
        }
        attend_stacked(inputs, batch, self.heads, bias)
    }

    /// Attention of each token to itself alone, which is its value through the output layer:
    /// (tokens, width) to the same.
    pub fn forward_alone(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, width] = x.dims();
        let value = self
            .inputs
            .forward(x)
            .slice([0..rows, 2 * width..3 * width]);
        self.output.forward(value)
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
    attend(part(0), part(1), part(2), bias)
}

/// Scaled dot-product attention by burn's operations, of (batch, heads, length, width / heads)
/// each; answers with the heads side by side again, (batch · queries, width).
pub(super) fn attend(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    bias: Option<&Tensor<4>>,
) -> Tensor<2> {
    let [batch, heads, queries, head] = query.dims();
    let mut scores = (query * (head as f64).powf(-0.5)).matmul(key.swap_dims(2, 3));
    if let Some(bias) = bias {
        scores = scores + bias.clone();
    }
    softmax(scores)
        .matmul(value)
        .swap_dims(1, 2)
        .reshape([batch * queries, heads * head])
}
