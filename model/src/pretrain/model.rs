//! The trained part of both towers, put together for one step: [`Model`].

use super::{
    PretrainError,
    objectives::{Fusion, unit_rows},
    parameters::Leaves,
    random::StepRandom,
    recipe::Recipe,
    start::Frozen,
    tail::Tail,
};
use crate::towers::{
    heads::{ImageHead, Layer, Perceptron, TextHead},
    layers::Linear,
};
use burn::tensor::Tensor;

/// Everything between the frozen parts and the shared space.
pub struct Model {
    tail: Option<Tail>,
    /// The image head, by the same formula as the tower's.
    pub image: ImageHead,
    /// The text head, by the same formula as the tower's.
    pub text: TextHead,
    /// The cross-modal transformer, where masked modelling is on.
    pub fusion: Option<Fusion>,
}

impl Model {
    /// Puts trained and frozen weights together.
    ///
    /// # Errors
    /// [`PretrainError::Untrained`].
    pub fn of(leaves: &Leaves, frozen: &Frozen, recipe: &Recipe) -> Result<Self, PretrainError> {
        let linear = |name: &str| -> Result<Linear, PretrainError> {
            Ok(Linear::new(
                leaves.matrix(&format!("{name}.weight"))?,
                leaves.vector(&format!("{name}.bias"))?,
            ))
        };
        let perceptron = |name: &str| -> Result<Perceptron, PretrainError> {
            let (inner, outer) = (format!("{name}.0"), format!("{name}.2"));
            Ok(Perceptron::new(linear(&inner)?, linear(&outer)?))
        };
        let (weight, bias) = frozen.classifier.clone();
        Ok(Self {
            tail: match &frozen.blocks[..] {
                [] => None,
                blocks => Some(Tail::of(leaves, blocks, &frozen.head)?),
            },
            image: ImageHead::new(
                Linear::new(weight, bias),
                frozen.class_text_embeds.clone(),
                perceptron("image")?,
            ),
            text: TextHead::new(perceptron("text")?),
            fusion: match recipe.masks() {
                true => Some(Fusion::of(leaves, &recipe.masked)?),
                false => None,
            },
        })
    }

    /// Maps to the feature vectors of their regions: (batch, channels, height, width) to
    /// (batch · regions, features).
    pub fn regions(&self, maps: Tensor<4>) -> Tensor<2> {
        match &self.tail {
            Some(tail) => tail.forward(maps),
            None => {
                let [batch, channels, height, width] = maps.dims();
                let regions = height * width;
                let maps = maps.reshape([batch, channels, regions]).swap_dims(1, 2);
                maps.reshape([batch * regions, channels])
            }
        }
    }

    /// `image_embeds` of pooled features, of unit length.
    pub fn embed_images(&self, features: Tensor<2>) -> Tensor<2> {
        unit_rows(self.image.forward(features))
    }

    /// As [`Model::embed_texts`], with a step's noise and dropout.
    pub fn embed_texts_noisily(
        &self,
        sentences: Tensor<2>,
        recipe: &Recipe,
        random: &mut StepRandom,
    ) -> Tensor<2> {
        let device = sentences.device();
        let sentences = random.noise(sentences, recipe.feature_noise, &device);
        unit_rows(self.text.forward_through(sentences, |layer, values| {
            let share = dropped(layer, recipe.input_dropout[1], recipe);
            random.dropout(values, share, &device)
        }))
    }

    /// `text_embeds` of sentences, of unit length.
    pub fn embed_texts(&self, sentences: Tensor<2>) -> Tensor<2> {
        unit_rows(self.text.forward(sentences))
    }
}

/// The mean over each picture's regions: (batch · regions, features) to (batch, features).
pub fn pooled(regions: Tensor<2>, batch: usize) -> Tensor<2> {
    let [rows, features] = regions.dims();
    let regions = regions.reshape([batch, rows / batch, features]);
    regions.mean_dim(1).reshape([batch, features])
}

/// The share of a layer's values that a step drops.
fn dropped(layer: Layer, of_input: f64, recipe: &Recipe) -> f64 {
    match layer {
        Layer::Input => of_input,
        Layer::Hidden => recipe.dropout,
    }
}

/// Both embeddings with a step's noise and dropout.
pub fn embed_noisily(
    model: &Model,
    features: Tensor<2>,
    sentences: Tensor<2>,
    recipe: &Recipe,
    random: &mut StepRandom,
) -> (Tensor<2>, Tensor<2>) {
    let device = sentences.device();
    let features = random.noise(features, recipe.feature_noise, &device);
    let images = model.image.forward_through(features, |layer, values| {
        let share = dropped(layer, recipe.input_dropout[0], recipe);
        random.dropout(values, share, &device)
    });
    let texts = model.embed_texts_noisily(sentences, recipe, random);
    (unit_rows(images), texts)
}
