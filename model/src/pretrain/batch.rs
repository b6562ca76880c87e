//! What a step trains on.

use super::PretrainError;
use crate::text::TokenBatch;
use burn::tensor::{Device, Tensor, TensorData};

/// Feature maps as they enter the trained part of the image tower.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// (batch, channels, height, width).
    pub shape: [usize; 4],
    /// Row-major.
    pub values: Vec<f32>,
}

/// Token ids of a batch's captions, filled up to one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// (batch · length).
    pub ids: Vec<u32>,
    /// (batch · length): whether a token is real, not padding.
    pub mask: Vec<bool>,
    /// Tokens of each, padding counted.
    pub length: usize,
}

impl From<TokenBatch> for Words {
    fn from(tokens: TokenBatch) -> Self {
        Self {
            length: tokens.length(),
            ids: tokens.ids,
            mask: tokens.mask,
        }
    }
}

/// Labels, and what each picture's shares of them should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The text tower's own embeddings of the labels, of unit length: (labels · width).
    pub texts: Vec<f32>,
    /// (pictures · labels); each picture's sum to 1.
    pub shares: Vec<f32>,
}

/// Pairs: picture i and sentence i belong together. There may be more pictures than sentences: the
/// others are only named.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The pictures: those of the pairs, then those that are only named.
    pub images: Maps,
    /// The text tower's own sentence embeddings, of unit length: (batch · width).
    pub texts: Vec<f32>,
    /// Pairs (picture, sentence) beside those that match too, such as another caption of the same
    /// picture, or the same class.
    pub positives: Vec<(usize, usize)>,
    /// The captions' tokens, for masked modelling. Without them a step leaves it out.
    pub words: Option<Words>,
    /// For the naming objective. Without it a step leaves it out.
    pub named: Option<Named>,
}

impl Maps {
    pub(super) fn tensor(&self, device: &Device) -> Result<Tensor<4>, PretrainError> {
        if self.values.len() != self.shape.iter().product::<usize>() || self.values.is_empty() {
            let reason = format!("{} values for maps of {:?}", self.values.len(), self.shape);
            return Err(PretrainError::Batch(reason));
        }
        let data = TensorData::new(self.values.clone(), self.shape);
        Ok(Tensor::from_data(data, device))
    }
}

impl Batch {
    /// Pictures in it.
    pub fn pictures(&self) -> usize {
        self.images.shape[0]
    }

    /// Of `size` pairs, (size · size): whether picture (row) and sentence (column) match.
    pub(super) fn matches(&self, size: usize) -> Result<Vec<bool>, PretrainError> {
        let mut matches = vec![false; size * size];
        let pairs = (0..size).map(|place| (place, place));
        for (picture, sentence) in pairs.chain(self.positives.iter().copied()) {
            if picture >= size || sentence >= size {
                let reason = format!("pair ({picture}, {sentence}) lies outside of {size} pairs");
                return Err(PretrainError::Batch(reason));
            }
            matches[picture * size + sentence] = true;
        }
        Ok(matches)
    }
}
