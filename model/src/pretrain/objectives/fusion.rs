//! The cross-modal transformer of masked modelling: regions and words in one sequence, each attends
//! to all others (UNITER, Chen et al. 2020, arXiv 1909.11740; ALBEF, Li et al. 2021,
//! arXiv 2107.07651). It is there to ask questions of the heads, and is thrown away after training.

use crate::{
    pretrain::{
        PretrainError,
        parameters::{Leaves, Parameter, Parameters, add_linear},
        random::StepRandom,
        recipe::Masked,
    },
    towers::{
        attention::SelfAttention,
        layers::{LayerNorm, Linear},
        transformer::{Block, Mlp},
    },
};
use burn::tensor::{Device, Tensor, TensorData, activation::gelu};

/// PyTorch's epsilon of layer norms.
const EPSILON: f64 = 1e-5;
/// BERT's deviation of embeddings that training starts from.
const SPREAD: f32 = 0.02;

/// The cross-modal transformer with its weights, ready to run.
pub struct Fusion {
    word_positions: Tensor<2>,
    region_positions: Tensor<2>,
    /// (2, width): what marks a region, and a word.
    modalities: Tensor<2>,
    /// (width): the learned embedding that stands for a hidden region.
    hidden_region: Tensor<1>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    word_transform: Linear,
    word_norm: LayerNorm,
    /// (words): the logits' bias, which learns how frequent each word is.
    word_bias: Tensor<1>,
    region_transform: Linear,
}

impl Fusion {
    /// The prefix of its weights' names.
    pub const PREFIX: &str = "fusion.";

    /// Adds its weights: of the embeddings' width, for regions of `features` values and `words`
    /// words.
    pub fn add(
        parameters: &mut Parameters,
        masked: &Masked,
        [width, features, words]: [usize; 3],
        random: &mut StepRandom,
        device: &Device,
    ) {
        let mut table = |parameters: &mut Parameters, name: &str, shape: &[usize]| {
            let values = random.normal(shape.iter().product(), SPREAD);
            let name = format!("{}{name}", Self::PREFIX);
            parameters.insert(name, Parameter::new(values, shape, device));
        };
        table(parameters, "word_positions", &[masked.max_words, width]);
        table(parameters, "region_positions", &[masked.max_regions, width]);
        table(parameters, "modalities", &[2, width]);
        table(parameters, "hidden_region", &[width]);
        let norm = |parameters: &mut Parameters, name: &str| {
            for (part, value) in [("weight", 1.0), ("bias", 0.0)] {
                let parameter = Parameter::new(vec![value; width], &[width], device);
                parameters.insert(format!("{}{name}.{part}", Self::PREFIX), parameter);
            }
        };
        let mut linear = |parameters: &mut Parameters, name: &str, shape: [usize; 2]| {
            let name = format!("{}{name}", Self::PREFIX);
            add_linear(parameters, &name, shape, 1.0, random, device);
        };
        for layer in 0..masked.layers {
            norm(parameters, &format!("layers.{layer}.norm1"));
            norm(parameters, &format!("layers.{layer}.norm2"));
            for (part, shape) in [
                ("qkv", [width, 3 * width]),
                ("out", [width, width]),
                ("fc1", [width, 2 * width]),
                ("fc2", [2 * width, width]),
            ] {
                linear(parameters, &format!("layers.{layer}.{part}"), shape);
            }
        }
        norm(parameters, "norm");
        linear(parameters, "word_transform", [width, width]);
        norm(parameters, "word_norm");
        linear(parameters, "region_transform", [width, features]);
        let bias = Parameter::new(vec![0.0; words], &[words], device);
        parameters.insert(format!("{}word_bias", Self::PREFIX), bias);
    }

    /// Collects its weights from a step's leaves.
    ///
    /// # Errors
    /// [`PretrainError::Untrained`].
    pub fn of(leaves: &Leaves, masked: &Masked) -> Result<Self, PretrainError> {
        let name = |name: &str| format!("{}{name}", Self::PREFIX);
        let linear = |part: &str| -> Result<Linear, PretrainError> {
            let part = name(part);
            Ok(Linear::new(
                leaves.matrix(&format!("{part}.weight"))?,
                leaves.vector(&format!("{part}.bias"))?,
            ))
        };
        let norm = |part: &str| -> Result<LayerNorm, PretrainError> {
            let part = name(part);
            let weight = leaves.vector(&format!("{part}.weight"))?;
            let bias = leaves.vector(&format!("{part}.bias"))?;
            Ok(LayerNorm::new(weight, bias, EPSILON))
        };
        let block = |layer: usize| -> Result<Block, PretrainError> {
            let part = |part: &str| format!("layers.{layer}.{part}");
            let attention =
                SelfAttention::new(linear(&part("qkv"))?, linear(&part("out"))?, masked.heads);
            let mlp = Mlp::new(linear(&part("fc1"))?, linear(&part("fc2"))?);
            Ok(Block::new(
                (norm(&part("norm1"))?, attention),
                (norm(&part("norm2"))?, mlp),
            ))
        };
        Ok(Self {
            word_positions: leaves.matrix(&name("word_positions"))?,
            region_positions: leaves.matrix(&name("region_positions"))?,
            modalities: leaves.matrix(&name("modalities"))?,
            hidden_region: leaves.vector(&name("hidden_region"))?,
            blocks: (0..masked.layers).map(block).collect::<Result<_, _>>()?,
            norm: norm("norm")?,
            word_transform: linear("word_transform")?,
            word_norm: norm("word_norm")?,
            word_bias: leaves.vector(&name("word_bias"))?,
            region_transform: linear("region_transform")?,
        })
    }

    /// Replaces the regions that `hidden` (batch · regions) marks by the learned embedding of a
    /// hidden one; regions are (batch · regions, width).
    pub fn hide_regions(&self, regions: Tensor<2>, hidden: &[bool]) -> Tensor<2> {
        let [rows, _] = regions.dims();
        let marks = hidden.iter().map(|&hidden| f32::from(u8::from(hidden)));
        let data = TensorData::new(marks.collect::<Vec<_>>(), [rows, 1]);
        let hidden = Tensor::<2>::from_data(data, &regions.device());
        let shown = regions * (hidden.clone() * -1.0 + 1.0);
        shown + hidden.matmul(self.hidden_region.clone().unsqueeze::<2>())
    }

    /// Regions (batch, regions, width) and words (batch, words, width) to the same, each having
    /// seen the others; `real` (batch · words) keeps attention off padding.
    pub fn forward(
        &self,
        regions: Tensor<3>,
        words: Tensor<3>,
        real: &[bool],
    ) -> (Tensor<3>, Tensor<3>) {
        let [batch, seen, width] = regions.dims();
        let [_, length, _] = words.dims();
        let marked = |x: Tensor<3>, positions: &Tensor<2>, kind: usize| {
            let [_, count, _] = x.dims();
            let positions = positions.clone().slice([0..count, 0..width]);
            let kind = self.modalities.clone().slice([kind..kind + 1, 0..width]);
            x + (positions + kind).unsqueeze::<3>()
        };
        let regions = marked(regions, &self.region_positions, 0);
        let words = marked(words, &self.word_positions, 1);
        let all = seen + length;
        let mut bias = Vec::with_capacity(batch * all);
        for real in real.chunks_exact(length) {
            bias.extend(std::iter::repeat_n(0.0, seen));
            // Far below any score, yet finite.
            bias.extend(real.iter().map(|&real| if real { 0.0 } else { -1e9_f32 }));
        }
        let bias = TensorData::new(bias, [batch, 1, 1, all]);
        let bias = Tensor::<4>::from_data(bias, &regions.device());
        let x = Tensor::cat(vec![regions, words], 1).reshape([batch * all, width]);
        let x = self
            .blocks
            .iter()
            .fold(x, |x, block| block.forward(x, batch, Some(&bias)));
        let x = self.norm.forward(x).reshape([batch, all, width]);
        let part = |range| x.clone().slice([0..batch, range, 0..width]);
        (part(0..seen), part(seen..all))
    }

    /// Logits of every word of a vocabulary, (rows, words), for rows of [`Fusion::forward`]: the
    /// frozen word table is also what is chosen from. `table` is (words, width).
    pub fn word_logits(&self, x: Tensor<2>, table: Tensor<2>) -> Tensor<2> {
        let x = self.word_norm.forward(gelu(self.word_transform.forward(x)));
        x.matmul(table.transpose()) + self.word_bias.clone().unsqueeze::<2>()
    }

    /// Feature vectors, (rows, features), for rows of [`Fusion::forward`].
    pub fn region_features(&self, x: Tensor<2>) -> Tensor<2> {
        self.region_transform.forward(x)
    }
}
