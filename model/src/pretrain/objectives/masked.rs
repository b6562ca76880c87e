//! Masked modelling across modalities: hidden words are predicted from the rest and the picture,
//! hidden regions from the rest and the caption (UNITER, Chen et al. 2020, arXiv 1909.11740).
//!
//! Regions enter through the image head and words through the text head, each as if it were a
//! picture or a sentence of its own, so that what helps here trains the alignment too.

use super::{Fusion, Vocabulary, unit_rows};
use crate::pretrain::{PretrainError, batch::Words, random::StepRandom, recipe::RegionTarget};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::log_softmax};

/// Divides the cosines between predicted and real regions.
const REGION_TEMPERATURE: f64 = 0.1;

/// Cross-entropy of the right words: `logits` (rows, words), `right` (rows).
pub fn word_loss(logits: Tensor<2>, right: Tensor<1, Int>) -> Tensor<1> {
    let [rows, _] = logits.dims();
    let right = right.reshape([rows, 1]);
    -log_softmax(logits, 1).gather(1, right).mean()
}

/// The loss of telling the hidden regions apart: which of them each prediction is, by cosine over a
/// temperature of 0.1. `predicted` and `real` are (regions, features). No gradient flows into what
/// is real: else all regions could be made alike.
pub fn contrast_regions(predicted: Tensor<2>, real: Tensor<2>) -> Tensor<1> {
    let [regions, _] = predicted.dims();
    let cosines = unit_rows(predicted).matmul(unit_rows(real.detach()).transpose());
    let right = Tensor::<1, Int>::arange(0..regions as i64, &cosines.device());
    word_loss(cosines / REGION_TEMPERATURE, right)
}

/// The mean squared error to real features, standardised by region: (regions, features) both. No
/// gradient flows into what is real.
pub fn regress_regions(predicted: Tensor<2>, real: Tensor<2>) -> Tensor<1> {
    let real = real.detach();
    let centred = real.clone() - real.mean_dim(1);
    let deviation = (centred.clone().powi_scalar(2).mean_dim(1) + 1e-6).sqrt();
    (predicted - centred / deviation).powi_scalar(2).mean()
}

/// A batch prepared for masked modelling.
pub struct Masking<'a> {
    /// The cross-modal transformer that predicts.
    pub fusion: &'a Fusion,
    /// One caption of each picture, as tokens.
    pub words: &'a Words,
    /// The words that are chosen among.
    pub vocabulary: &'a Vocabulary,
    /// (words, width): the vocabulary's rows.
    pub table: Tensor<2>,
    /// Feature vectors of all regions, (batch · regions, features).
    pub features: Tensor<2>,
    /// The regions through the image head, of unit length: (batch · regions, width).
    pub regions: Tensor<2>,
    /// Number of pictures, and of regions in each.
    pub shape: [usize; 2],
    /// The device that all tensors are on.
    pub device: Device,
}

impl Masking<'_> {
    /// The table's rows of all tokens, (batch · length, width); those whose indices are in `hidden`
    /// are shown as hidden words.
    fn word_rows(&self, hidden: &[usize]) -> Tensor<2> {
        let row = |&id: &u32| self.vocabulary.row(id).0;
        let mut rows: Vec<usize> = self.words.ids.iter().map(row).collect();
        for &index in hidden {
            rows[index] = self.vocabulary.mask;
        }
        self.table.clone().select(0, self.indices(&rows))
    }

    fn indices(&self, indices: &[usize]) -> Tensor<1, Int> {
        let values: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
        Tensor::from_data(TensorData::new(values, [indices.len()]), &self.device)
    }

    /// Runs the transformer; answers with all regions' and all words' rows.
    fn fuse(&self, regions: Tensor<2>, words: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [batch, seen] = self.shape;
        let [_, width] = regions.dims();
        let length = self.words.length;
        let (regions, words) = self.fusion.forward(
            regions.reshape([batch, seen, width]),
            words.reshape([batch, length, width]),
            &self.words.mask,
        );
        (
            regions.reshape([batch * seen, width]),
            words.reshape([batch * length, width]),
        )
    }
}

/// Hides words of every caption and predicts them; `text_head` brings rows of the word table into
/// the shared space. Nothing where no caption has a word that may be hidden.
pub fn masked_words(
    masking: &Masking,
    share: f64,
    random: &mut StepRandom,
    text_head: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Result<Option<Tensor<1>>, PretrainError> {
    let words = masking.words;
    let mut hidden = Vec::new();
    for caption in 0..words.ids.len() / words.length {
        let indices = caption * words.length..(caption + 1) * words.length;
        let may = |&index: &usize| words.mask[index] && masking.vocabulary.row(words.ids[index]).1;
        hidden.extend(random.some_of(indices.filter(may).collect(), share));
    }
    if hidden.is_empty() {
        return Ok(None);
    }
    let rows = unit_rows(text_head(masking.word_rows(&hidden)));
    let (_, seen) = masking.fuse(masking.regions.clone(), rows);
    let asked = seen.select(0, masking.indices(&hidden));
    let logits = masking.fusion.word_logits(asked, masking.table.clone());
    let right = |&index: &usize| masking.vocabulary.row(words.ids[index]).0;
    let right: Vec<usize> = hidden.iter().map(right).collect();
    Ok(Some(word_loss(logits, masking.indices(&right))))
}

/// Hides regions of every picture and predicts them; otherwise as [`masked_words`].
pub fn masked_regions(
    masking: &Masking,
    (share, target): (f64, RegionTarget),
    random: &mut StepRandom,
    text_head: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tensor<1> {
    let [batch, regions] = masking.shape;
    let mut hidden = Vec::new();
    for picture in 0..batch {
        let indices = picture * regions..(picture + 1) * regions;
        hidden.extend(random.some_of(indices.collect(), share));
    }
    let mut is_hidden = vec![false; batch * regions];
    for &index in &hidden {
        is_hidden[index] = true;
    }
    let shown = masking
        .fusion
        .hide_regions(masking.regions.clone(), &is_hidden);
    let rows = unit_rows(text_head(masking.word_rows(&[])));
    let (seen, _) = masking.fuse(shown, rows);
    let hidden = masking.indices(&hidden);
    let predicted = masking
        .fusion
        .region_features(seen.select(0, hidden.clone()));
    let real = masking.features.clone().select(0, hidden);
    match target {
        RegionTarget::Contrast => contrast_regions(predicted, real),
        RegionTarget::Regression => regress_regions(predicted, real),
    }
}
