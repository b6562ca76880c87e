//! Training batches: frozen features of pictures and sentences, and which of them match
//! ([`Batch`]).

use super::PretrainError;
use crate::text::TokenBatch;
use burn::tensor::{Device, Tensor, TensorData};

/// Feature maps as they enter the trained part of the image tower.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// The maps' shape, (batch, channels, height, width).
    pub shape: [usize; 4],
    /// The maps' values, row-major.
    pub values: Vec<f32>,
}

/// Token ids of a batch's captions, filled up to one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Token ids, (batch · length).
    pub ids: Vec<u32>,
    /// (batch · length): whether a token is real, not padding.
    pub mask: Vec<bool>,
    /// Tokens of each caption, padding counted.
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

/// Pictures and sentences, and which belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The pictures: first those with sentences, then those that are only named.
    pub images: Maps,
    /// The text tower's own sentence embeddings, of unit length: (sentences · width).
    pub texts: Vec<f32>,
    /// All that match: (picture, sentence). Every sentence has a picture.
    pub matches: Vec<(usize, usize)>,
    /// The tokens of one caption of each picture that has sentences, for masked modelling. Without
    /// them a step leaves it out.
    pub words: Option<Words>,
    /// Labels for the naming objective. Without them a step leaves it out.
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
    /// How many pictures it has, with and without sentences.
    pub fn pictures(&self) -> usize {
        self.images.shape[0]
    }

    /// The table of matches with so many sentences, checked.
    pub(super) fn table(&self, sentences: usize) -> Result<Matches, PretrainError> {
        let paired = self.matches.iter().map(|(picture, _)| picture + 1).max();
        let mut table = Matches {
            pictures: paired.unwrap_or(0),
            sentences,
            values: vec![false; paired.unwrap_or(0) * sentences],
        };
        for &(picture, sentence) in &self.matches {
            if picture >= self.pictures() || sentence >= sentences {
                let reason = format!(
                    "picture {picture} and sentence {sentence} match, but there are only {} and \
                     {sentences}",
                    self.pictures()
                );
                return Err(PretrainError::Batch(reason));
            }
            table.values[picture * sentences + sentence] = true;
        }
        let alone = (0..table.pictures).find(|&picture| !table.row(picture).contains(&true));
        if let Some(picture) = alone {
            let reason =
                format!("picture {picture} stands among those with sentences, but has none");
            return Err(PretrainError::Batch(reason));
        }
        let is = |sentence| (0..table.pictures).any(|picture| table.row(picture)[sentence]);
        if let Some(sentence) = (0..sentences).find(|&sentence| !is(sentence)) {
            return Err(PretrainError::Batch(format!(
                "sentence {sentence} has no picture"
            )));
        }
        Ok(table)
    }
}

/// Which pictures and sentences of a batch match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches {
    /// Number of pictures that have sentences.
    pub pictures: usize,
    /// Number of sentences in the batch.
    pub sentences: usize,
    /// Whether they match, (pictures · sentences).
    pub values: Vec<bool>,
}

impl Matches {
    fn row(&self, picture: usize) -> &[bool] {
        &self.values[picture * self.sentences..][..self.sentences]
    }
}
