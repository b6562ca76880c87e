//! The vocabulary of masked word prediction: [`Vocabulary`].

use crate::{
    pretrain::PretrainError,
    towers::{WeightData, WeightError, Weights, normalise_rows},
};
use std::collections::BTreeMap;

/// The words that occur in the training's captions, with their rows of the text tower's word table,
/// which stays frozen.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Length of a word's row.
    pub(in crate::pretrain) width: usize,
    /// (words · width), of unit length: the text head is made for such.
    pub(in crate::pretrain) rows: Vec<f32>,
    /// The index in `rows` of each token id.
    indices: BTreeMap<u32, usize>,
    /// The index in `rows` of what stands for a hidden word.
    pub(in crate::pretrain) mask: usize,
    /// Ids of tokens that no caption is about, which are never hidden.
    special: Vec<u32>,
}

impl Vocabulary {
    const TABLE: &str = "embeddings.word_embeddings.weight";
    /// BERT's ids of [PAD], [UNK], [CLS], [SEP] and [MASK].
    const SPECIAL: [u32; 5] = [0, 100, 101, 102, Self::MASK];
    const MASK: u32 = 103;

    /// The rows of `ids` from the weights of a BERT with BERT's own special tokens.
    ///
    /// # Errors
    /// [`WeightError`] for a table that is missing or shorter than an id asks for.
    pub fn of_bert(
        weights: &Weights,
        ids: impl IntoIterator<Item = u32>,
    ) -> Result<Self, PretrainError> {
        let missing = |expected: Vec<usize>| WeightError::Missing {
            file: weights.file.clone(),
            name: Self::TABLE.to_owned(),
            expected,
        };
        let stored = weights.tensors.get(Self::TABLE);
        let Some((&[all, width], table)) = stored
            .map(|s| (s.shape.as_slice(), &s.values))
            .and_then(|(shape, values)| {
                <&[usize; 2]>::try_from(shape)
                    .ok()
                    .map(|shape| (shape, values))
            })
        else {
            return Err(missing(vec![]).into());
        };
        let table = match table {
            WeightData::Floats(floats) => floats.clone(),
            other => other.to_floats(),
        };
        let mut ids: Vec<u32> = ids.into_iter().chain(Self::SPECIAL).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows = Vec::with_capacity(ids.len() * width);
        for &id in &ids {
            let row = table.get(id as usize * width..(id as usize + 1) * width);
            rows.extend(row.ok_or_else(|| missing(vec![all.max(id as usize + 1), width]))?);
        }
        let mask = ids.binary_search(&Self::MASK).unwrap_or_default();
        Ok(Self::new(width, rows, ids, mask, &Self::SPECIAL))
    }

    /// A vocabulary of rows (ids · width): `mask` is the index of what stands for a hidden word,
    /// `special` are the ids that are never hidden.
    pub fn new(
        width: usize,
        mut rows: Vec<f32>,
        ids: Vec<u32>,
        mask: usize,
        special: &[u32],
    ) -> Self {
        normalise_rows(&mut rows, width);
        Self {
            width,
            rows,
            indices: ids.into_iter().zip(0..).collect(),
            mask,
            special: special.to_vec(),
        }
    }

    /// Words in it, those that are never hidden counted.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The index of a token's row, and whether it may be hidden. A token that is not in the
    /// vocabulary is shown as a hidden word, and never asked for.
    pub(in crate::pretrain) fn row(&self, id: u32) -> (usize, bool) {
        match self.indices.get(&id) {
            Some(&index) => (index, !self.special.contains(&id)),
            None => (self.mask, false),
        }
    }
}
