//! The alignment heads: the small trained part that brings two frozen towers into one space
//! (locked-tower training, LiT, Zhai et al. 2021, arXiv 2111.07991).

use super::{
    layers::Linear,
    weights::{WeightData, WeightError, WeightSource, transpose},
};
#[cfg(feature = "pretrain")]
use crate::dispatch::BurnOps;
use crate::{dispatch::Kernels, pack::Activation};
use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

/// What the heads' hidden layers are wide, where the weights don't say.
const HIDDEN: usize = 1024;
/// Classes of the image encoder's own classifier, where the weights don't say.
const CLASSES: usize = 1000;

/// The image head, from features to the shared space: the class names that the classifier
/// recognises, embedded, and a trained correction.
#[derive(Debug, Clone)]
pub struct ImageHead {
    classifier: Linear,
    /// The classes' sentence embeddings as a layer without biases, from the classes' shares to
    /// their weighted mean: (batch, classes) to (batch, embedding).
    class_text_embeds: Linear,
    correction: Perceptron,
}

impl ImageHead {
    /// Takes the tensors of `classifier`, `class_text_embeds`, `image.0` and `image.2`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        [features, embedding]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        let classes = weights.rows("classifier.weight").unwrap_or(CLASSES);
        Ok(Self {
            classifier: Linear::load(weights, "classifier", [features, classes], device)?,
            class_text_embeds: class_text_embeds(weights, [classes, embedding], device)?,
            correction: Perceptron::load(weights, "image", [features, embedding], device)?,
        })
    }

    /// A head of parts on a device; `class_text_embeds` is (classes, embedding).
    #[cfg(feature = "pretrain")]
    pub fn new(classifier: Linear, class_text_embeds: Tensor<2>, correction: Perceptron) -> Self {
        Self {
            classifier,
            class_text_embeds: Linear::by_burn(BurnOps, class_text_embeds),
            correction,
        }
    }

    /// The classifier's logits: (batch, features) to (batch, classes).
    pub fn class_logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.classifier.forward(features)
    }

    /// `softmax(f Wᵀ + b) · class_text_embeds + image(f)`, not yet normalised: (batch, features)
    /// to (batch, embedding).
    pub fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        self.forward_through(features, |_, values| values)
    }

    /// As [`ImageHead::forward`], with `noise` applied to what enters the correction's layers.
    pub fn forward_through(
        &self,
        features: Tensor<2>,
        noise: impl FnMut(Layer, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        let classes = softmax(self.class_logits(features.clone()), 1);
        let correction = self.correction.forward_through(features, noise);
        self.class_text_embeds.forward_residual(classes, correction)
    }
}

/// Takes `class_text_embeds` (classes, embedding), as the layer that multiplies by it.
fn class_text_embeds(
    weights: &mut dyn WeightSource,
    shape: [usize; 2],
    device: &Device,
) -> Result<Linear, WeightError> {
    let floats = weights.take("class_text_embeds", &shape)?.into_floats();
    Ok(match Kernels::of(device).burn() {
        Some(burn) => {
            let embeds = Tensor::from_data(TensorData::new(floats, shape), device);
            Linear::by_burn(burn, embeds)
        }
        None => {
            let rows = WeightData::Floats(transpose(&floats, shape[1]));
            Linear::of(rows, shape, None, device)
        }
    })
}

/// The text head, from a sentence embedding to the shared space: itself and a trained correction.
#[derive(Debug, Clone)]
pub struct TextHead {
    correction: Perceptron,
}

impl TextHead {
    /// Takes the tensors of `text.0` and `text.2`.
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

    /// A head of a correction on a device.
    #[cfg(feature = "pretrain")]
    pub fn new(correction: Perceptron) -> Self {
        Self { correction }
    }

    /// `t + text(t)`, not yet normalised: (batch, embedding) to the same.
    pub fn forward(&self, sentences: Tensor<2>) -> Tensor<2> {
        self.forward_through(sentences, |_, values| values)
    }

    /// As [`TextHead::forward`], with `noise` applied to what enters the correction's layers.
    pub fn forward_through(
        &self,
        sentences: Tensor<2>,
        noise: impl FnMut(Layer, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        sentences.clone() + self.correction.forward_through(sentences, noise)
    }
}

/// A layer of a [`Perceptron`], by what enters it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The first, which the input enters.
    Input,
    /// The second, which the hidden values enter.
    Hidden,
}

/// Two linear layers with the exact GELU between them.
#[derive(Debug, Clone)]
pub struct Perceptron {
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
        let (inner, outer) = (format!("{name}.0"), format!("{name}.2"));
        let hidden = weights.rows(&format!("{inner}.weight")).unwrap_or(HIDDEN);
        Ok(Self {
            inner: Linear::load(weights, &inner, [inputs, hidden], device)?,
            outer: Linear::load(weights, &outer, [hidden, outputs], device)?,
        })
    }

    /// A perceptron of layers on a device.
    #[cfg(feature = "pretrain")]
    pub fn new(inner: Linear, outer: Linear) -> Self {
        Self { inner, outer }
    }

    fn forward_through(
        &self,
        x: Tensor<2>,
        mut noise: impl FnMut(Layer, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        let hidden = self
            .inner
            .forward_activated(noise(Layer::Input, x), Activation::Gelu);
        self.outer.forward(noise(Layer::Hidden, hidden))
    }
}
