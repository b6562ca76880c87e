//! The alignment heads: the small trained part that brings two frozen towers into one space
//! (locked-tower training, LiT, Zhai et al. 2021, arXiv 2111.07991).

use super::{
    layers::Linear,
    weights::{WeightError, WeightSource, tensor},
};
use burn::tensor::{
    Device, Tensor,
    activation::{gelu, softmax},
};

/// What the heads' hidden layers are wide.
const HIDDEN: usize = 1024;
/// Classes of the image encoder's own classifier.
const CLASSES: usize = 1000;

/// From image features to the shared space: what the classifier recognises, in the words of its
/// classes, and a trained correction.
#[derive(Debug, Clone)]
pub struct ImageHead {
    classifier: Linear,
    /// (classes, embedding).
    class_text_embeds: Tensor<2>,
    correction: Perceptron,
}

impl ImageHead {
    /// Takes `classifier`, `class_text_embeds` and `image.0`, `image.2`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        [features, embedding]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            classifier: Linear::load(weights, "classifier", [features, CLASSES], device)?,
            class_text_embeds: tensor(weights, "class_text_embeds", [CLASSES, embedding], device)?,
            correction: Perceptron::load(weights, "image", [features, embedding], device)?,
        })
    }

    /// The classifier's logits: (batch, features) to (batch, 1000).
    pub fn class_logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.classifier.forward(features)
    }

    /// `softmax(f Wᵀ + b) · class_text_embeds + image(f)`, not yet normalised: (batch, features)
    /// to (batch, embedding).
    pub fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        let classes = softmax(self.class_logits(features.clone()), 1);
        classes.matmul(self.class_text_embeds.clone()) + self.correction.forward(features)
    }
}

/// From a sentence embedding to the shared space: itself and a trained correction.
#[derive(Debug, Clone)]
pub struct TextHead {
    correction: Perceptron,
}

impl TextHead {
    /// Takes `text.0` and `text.2`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        embedding: usize,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            correction: Perceptron::load(weights, "text", [embedding; 2], device)?,
        })
    }

    /// `t + text(t)`, not yet normalised: (batch, embedding) to the same.
    pub fn forward(&self, sentences: Tensor<2>) -> Tensor<2> {
        sentences.clone() + self.correction.forward(sentences)
    }
}

/// Two linear layers with the exact GELU between them.
#[derive(Debug, Clone)]
struct Perceptron {
    inner: Linear,
    outer: Linear,
}

impl Perceptron {
    fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            inner: Linear::load(weights, &format!("{name}.0"), [inputs, HIDDEN], device)?,
            outer: Linear::load(weights, &format!("{name}.2"), [HIDDEN, outputs], device)?,
        })
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.outer.forward(gelu(self.inner.forward(x)))
    }
}
