//! What of a batch should be found for what.

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

/// For every picture a distribution over the batch's sentences, and the other way round.
#[derive(Debug, Clone)]
pub struct Targets {
    /// (pictures, sentences): rows sum to 1.
    pub image_to_text: Tensor<2>,
    /// (sentences, pictures): rows sum to 1.
    pub text_to_image: Tensor<2>,
}

impl Targets {
    /// Equal shares for all that match: `matches` is (pictures · sentences).
    pub fn of_matches(matches: &[bool], size: usize, device: &Device) -> Self {
        let rows = |of: &dyn Fn(usize, usize) -> bool| {
            let mut values = Vec::with_capacity(size * size);
            for row in 0..size {
                let all = (0..size).filter(|&column| of(row, column)).count().max(1);
                let share = |column| f32::from(u8::from(of(row, column))) / all as f32;
                values.extend((0..size).map(share));
            }
            Tensor::from_data(TensorData::new(values, [size, size]), device)
        };
        let is = |picture: usize, sentence: usize| {
            matches.get(picture * size + sentence).is_some_and(|&is| is)
        };
        Self {
            image_to_text: rows(&is),
            text_to_image: rows(&|sentence, picture| is(picture, sentence)),
        }
    }

    /// Gives a share of each row to sentences that resemble the row's own: `weight` of
    /// `softmax(cosines of captions / temperature)`, the rest as before. `texts` are (batch, width)
    /// rows of unit length, of a frozen tower.
    pub fn softened(self, texts: Tensor<2>, weight: f64, temperature: f64) -> Self {
        if weight <= 0.0 {
            return self;
        }
        let cosines = texts.clone().matmul(texts.transpose());
        let alike = softmax(cosines / temperature, 1) * weight;
        let mix = |hard: Tensor<2>| hard * (1.0 - weight) + alike.clone();
        // Sentence i stands for picture i, so one matrix serves both ways.
        Self {
            image_to_text: mix(self.image_to_text),
            text_to_image: mix(self.text_to_image),
        }
    }
}
