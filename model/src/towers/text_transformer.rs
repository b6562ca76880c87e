//! The text encoders of CLIP (Radford et al. 2021, arXiv 2103.00020), which only looks back and is
//! read at the end of the text, and SigLIP (Zhai et al. 2023, arXiv 2303.15343), which looks both
//! ways and is read at its last token. CoCa's is CLIP's, read at a class token behind the text.

use super::{
    layers::{LayerNorm, Linear, Table},
    transformer::{Block, forward_read, pick},
    weights::{WeightError, WeightSource},
};
use crate::{
    pack::{TensorSpec, TextConfig},
    text::TokenBatch,
};
use burn::tensor::{Device, Tensor, TensorData};

/// The id that old CLIP configs give for end-of-text, whatever the vocabulary says; Hugging Face
/// takes it as "the highest id".
const LEGACY_EOS: u32 = 2;

/// The id that CoCa takes for filling. It is also that of an exclamation mark in OpenAI's vocabulary,
/// behind which a token is overlooked.
const COCA_FILLING: u32 = 0;

/// The family of a text transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// CLIP's: causal, read at the end of the text.
    Clip,
    /// SigLIP's: bidirectional, read at its last token; its projection has a bias.
    Siglip,
}

/// Token ids in, one embedding a sentence out.
#[derive(Debug, Clone)]
pub struct TextTransformer {
    stem: Stem,
    blocks: Vec<Block>,
    pooling: Pooling,
}

impl TextTransformer {
    /// Takes the tensors of [`TextTransformer::tensors`].
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        config: &TextConfig,
        kind: TextKind,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let layers = 0..config.transformer.num_hidden_layers;
        Ok(Self {
            stem: Stem::load(weights, config, kind)?,
            blocks: layers
                .map(|index| Block::load(weights, index, &config.transformer, device))
                .collect::<Result<_, _>>()?,
            pooling: Pooling::load(weights, config, kind, projection, device)?,
        })
    }

    /// `text_embeds` before normalisation: (batch, projection).
    pub fn forward(&self, tokens: &TokenBatch, device: &Device) -> Tensor<2> {
        let (x, sequence) = self.stem.forward(tokens, device);
        let (batch, bias) = (sequence.batch, sequence.bias.as_ref());
        let read = forward_read(&self.blocks, x, batch, bias, &sequence.rows());
        self.pooling.forward(read)
    }

    /// As [`TextTransformer::load`] and [`TextTransformer::forward`], with only one layer's
    /// weights in memory at a time.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn run_once(
        weights: &mut dyn WeightSource,
        config: &TextConfig,
        kind: TextKind,
        projection: usize,
        tokens: &TokenBatch,
        device: &Device,
    ) -> Result<Tensor<2>, WeightError> {
        let (mut x, sequence) = Stem::load(weights, config, kind)?.forward(tokens, device);
        for index in 0..config.transformer.num_hidden_layers {
            let block = Block::load(weights, index, &config.transformer, device)?;
            x = block.forward(x, sequence.batch, sequence.bias.as_ref());
        }
        let pooling = Pooling::load(weights, config, kind, projection, device)?;
        Ok(pooling.forward(pick(x, &sequence.rows())))
    }

    /// Every tensor of the tower, in running order, by Hugging Face's names without `text_model.`.
    pub fn tensors(config: &TextConfig, kind: TextKind, projection: usize) -> Vec<TensorSpec> {
        let width = config.transformer.hidden_size;
        let mut tensors = vec![
            TensorSpec::new(TOKENS, &[config.vocab_size, width]),
            TensorSpec::new(POSITIONS, &[positions(config), width]),
        ];
        if config.class_token {
            tensors.push(TensorSpec::new(CLASS, &[width]));
        }
        for index in 0..config.transformer.num_hidden_layers {
            tensors.extend(Block::tensors(index, &config.transformer));
        }
        tensors.extend(TensorSpec::norm("final_layer_norm", width));
        match kind {
            TextKind::Clip => {
                tensors.push(TensorSpec::new(
                    "text_projection.weight",
                    &[projection, width],
                ));
            }
            TextKind::Siglip => tensors.extend(TensorSpec::linear("head", [width, projection])),
        }
        tensors
    }
}

const TOKENS: &str = "embeddings.token_embedding.weight";
const POSITIONS: &str = "embeddings.position_embedding.weight";
const CLASS: &str = "embeddings.class_embedding";

/// Rows of the position table: the longest text's, and the class token's.
fn positions(config: &TextConfig) -> usize {
    config.max_position_embeddings + usize::from(config.class_token)
}

/// What the layers need to know beside the tokens.
struct Sequence {
    batch: usize,
    length: usize,
    /// The position, in its sentence, of the token that each sentence is read at.
    ends: Vec<usize>,
    /// (1 or batch, 1, length, length): CLIP's causal mask, as a bias of the scores.
    bias: Option<Tensor<4>>,
}

impl Sequence {
    /// The tokens at which the sentences are read, among all of them.
    fn rows(&self) -> Vec<usize> {
        let ends = self.ends.iter().enumerate();
        ends.map(|(sentence, end)| sentence * self.length + end)
            .collect()
    }
}

/// The embedding layers: from token ids to the first block's input.
#[derive(Debug, Clone)]
struct Stem {
    tokens: Table,
    positions: Table,
    /// The class token that stands behind each text, (width).
    class: Option<Vec<f32>>,
    kind: TextKind,
    eos_token_id: Option<u32>,
    is_causal: bool,
    width: usize,
}

impl Stem {
    fn load(
        weights: &mut dyn WeightSource,
        config: &TextConfig,
        kind: TextKind,
    ) -> Result<Self, WeightError> {
        let width = config.transformer.hidden_size;
        Ok(Self {
            tokens: Table::load(weights, TOKENS, [config.vocab_size, width])?,
            positions: Table::load(weights, POSITIONS, [positions(config), width])?,
            class: match config.class_token {
                true => Some(weights.take(CLASS, &[width])?.into_floats()),
                false => None,
            },
            kind,
            eos_token_id: (config.eos_token_id)
                .filter(|&id| config.is_eos_literal || id != LEGACY_EOS),
            is_causal: kind == TextKind::Clip && !config.is_bidirectional,
            width,
        })
    }

    /// (batch · length, width), and what goes with it.
    fn forward(&self, tokens: &TokenBatch, device: &Device) -> (Tensor<2>, Sequence) {
        if let Some(class) = &self.class {
            return self.with_class_token(class, tokens, device);
        }
        let sentences = tokens.ids.chunks_exact(tokens.length());
        let ends: Vec<usize> = match self.kind {
            TextKind::Clip => sentences.clone().map(|ids| self.end_of_text(ids)).collect(),
            TextKind::Siglip => vec![tokens.length() - 1; tokens.batch()],
        };
        let length = match self.is_causal {
            // Nothing looks ahead, so what stands behind the last end changes nothing and is spared.
            true => ends.iter().max().map_or(1, |last| last + 1),
            false => tokens.length(),
        };
        let mut embeds = vec![0.0; ends.len() * length * self.width];
        let ids = sentences.flat_map(|ids| ids[..length].iter().enumerate());
        for (embed, (position, &id)) in embeds.chunks_exact_mut(self.width).zip(ids) {
            self.tokens.add_row(id as usize, embed);
            self.positions.add_row(position, embed);
        }
        let sequence = Sequence {
            batch: ends.len(),
            length,
            ends,
            bias: self.is_causal.then(|| causal_bias(length, device)),
        };
        let shape = [sequence.batch * length, self.width];
        (
            Tensor::from_data(TensorData::new(embeds, shape), device),
            sequence,
        )
    }

    /// As [`Stem::forward`], with a class token behind what the text is filled up with.
    fn with_class_token(
        &self,
        class: &[f32],
        tokens: &TokenBatch,
        device: &Device,
    ) -> (Tensor<2>, Sequence) {
        let (batch, length) = (tokens.batch(), tokens.length() + 1);
        let mut embeds = vec![0.0; batch * length * self.width];
        let sentences = tokens.ids.chunks_exact(tokens.length());
        for (embeds, ids) in embeds
            .chunks_exact_mut(length * self.width)
            .zip(sentences.clone())
        {
            for (position, embed) in embeds.chunks_exact_mut(self.width).enumerate() {
                match ids.get(position) {
                    Some(&id) => self.tokens.add_row(id as usize, embed),
                    None => embed.copy_from_slice(class),
                }
                self.positions.add_row(position, embed);
            }
        }
        // The published weights were trained with a mask that is one token late: a token is looked at if
        // the one before it is no filling, and the first always.
        let bias: Vec<f32> = sentences
            .flat_map(|ids| {
                (0..length * length).map(move |index| {
                    let (query, key) = (index / length, index % length);
                    let is_filling = key > 0 && ids[key - 1] == COCA_FILLING;
                    if key > query || is_filling { -1e9 } else { 0.0 }
                })
            })
            .collect();
        let bias = TensorData::new(bias, [batch, 1, length, length]);
        let sequence = Sequence {
            batch,
            length,
            ends: vec![length - 1; batch],
            bias: Some(Tensor::from_data(bias, device)),
        };
        let embeds = TensorData::new(embeds, [batch * length, self.width]);
        (Tensor::from_data(embeds, device), sequence)
    }

    /// The first end-of-text token; the first of the highest id where the config names none.
    fn end_of_text(&self, ids: &[u32]) -> usize {
        let wanted = self.eos_token_id.or_else(|| ids.iter().copied().max());
        ids.iter()
            .position(|&id| Some(id) == wanted)
            // As the reference does where there is none.
            .unwrap_or(0)
    }
}

/// (1, 1, length, length): nothing for a token and those before it, far below any score for those
/// behind it, yet finite: −∞ makes not-a-numbers on some devices.
fn causal_bias(length: usize, device: &Device) -> Tensor<4> {
    let bias: Vec<f32> = (0..length * length)
        .map(|index| {
            let (query, key) = (index / length, index % length);
            if key > query { -1e9 } else { 0.0 }
        })
        .collect();
    Tensor::from_data(TensorData::new(bias, [1, 1, length, length]), device)
}

/// The last norm and the projection: from a token to an embedding.
#[derive(Debug, Clone)]
struct Pooling {
    norm: LayerNorm,
    projection: Linear,
}

impl Pooling {
    fn load(
        weights: &mut dyn WeightSource,
        config: &TextConfig,
        kind: TextKind,
        projection: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let width = config.transformer.hidden_size;
        let epsilon = config.transformer.layer_norm_eps;
        let shape = [width, projection];
        Ok(Self {
            norm: LayerNorm::load(weights, "final_layer_norm", width, epsilon, device)?,
            projection: match kind {
                TextKind::Clip => Linear::without_bias(weights, "text_projection", shape, device)?,
                TextKind::Siglip => Linear::load(weights, "head", shape, device)?,
            },
        })
    }

    /// (batch, width) to (batch, projection). Norms work token by token, so only the tokens that
    /// are read need one.
    fn forward(&self, read: Tensor<2>) -> Tensor<2> {
        self.projection.forward(self.norm.forward(read))
    }
}
