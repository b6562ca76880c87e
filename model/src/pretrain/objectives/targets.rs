//! Soft targets of a contrastive loss ([`Targets`]): which sentences of a batch a picture should be
//! matched with, and the other way round.

use super::unit_rows;
use crate::pretrain::batch::Matches;
use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

/// The targets of a contrastive loss: for every picture a distribution over the batch's sentences,
/// and the other way round.
#[derive(Debug, Clone)]
pub struct Targets {
    /// (pictures, sentences): rows sum to 1.
    pub image_to_text: Tensor<2>,
    /// (sentences, pictures): rows sum to 1.
    pub text_to_image: Tensor<2>,
}

impl Targets {
    /// Targets that give equal shares to all that match.
    pub fn of_matches(matches: &Matches, device: &Device) -> Self {
        let rows = |[rows, columns]: [usize; 2], is: &dyn Fn(usize, usize) -> bool| {
            let mut values = Vec::with_capacity(rows * columns);
            for row in 0..rows {
                let all = (0..columns)
                    .filter(|&column| is(row, column))
                    .count()
                    .max(1);
                let share = |column| f32::from(u8::from(is(row, column))) / all as f32;
                values.extend((0..columns).map(share));
            }
            Tensor::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let (pictures, sentences) = (matches.pictures, matches.sentences);
        let is = |picture: usize, sentence: usize| {
            let value = matches.values.get(picture * sentences + sentence);
            value.is_some_and(|&is| is)
        };
        Self {
            image_to_text: rows([pictures, sentences], &is),
            text_to_image: rows([sentences, pictures], &|sentence, picture| {
                is(picture, sentence)
            }),
        }
    }

    /// Gives a share of each row to what resembles the row's own sentences: `weight` of
    /// `softmax(cosines / temperature)`, the rest as before. A picture is stood for by the mean
    /// direction of its sentences. `texts` are (sentences, width) rows of unit length, of a frozen
    /// tower.
    pub fn softened(self, texts: Tensor<2>, weight: f64, temperature: f64) -> Self {
        if weight <= 0.0 {
            return self;
        }
        let pictures = unit_rows(self.image_to_text.clone().matmul(texts.clone()));
        let cosines = pictures.matmul(texts.transpose()) / temperature;
        let mix = |hard: Tensor<2>, cosines: Tensor<2>| {
            hard * (1.0 - weight) + softmax(cosines, 1) * weight
        };
        Self {
            text_to_image: mix(self.text_to_image, cosines.clone().transpose()),
            image_to_text: mix(self.image_to_text, cosines),
        }
    }
}
