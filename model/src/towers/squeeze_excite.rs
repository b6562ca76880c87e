//! Squeeze-and-excite (Hu et al. 2017, arXiv 1709.01507): each channel times a factor that all
//! channels' means decide ([`SqueezeExcite`]).

use super::{
    convolution::global_average_pool,
    layers::Linear,
    weights::{WeightError, WeightSource},
};
use crate::pack::{Activation, TensorSpec};
use burn::tensor::{Device, Tensor, activation::sigmoid};

/// Two linear layers from the channels' means to a factor between 0 and 1 for each.
#[derive(Debug, Clone)]
pub struct SqueezeExcite {
    squeeze: Linear,
    excite: Linear,
}

impl SqueezeExcite {
    /// Takes the tensors of `{name}.fc1` and `{name}.fc2`, for maps of `channels` with `inner` values
    /// between the layers.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        [channels, inner]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            squeeze: Linear::load(weights, &format!("{name}.fc1"), [channels, inner], device)?,
            excite: Linear::load(weights, &format!("{name}.fc2"), [inner, channels], device)?,
        })
    }

    /// Every tensor that [`SqueezeExcite::load`] takes.
    pub fn tensors(name: &str, [channels, inner]: [usize; 2]) -> Vec<TensorSpec> {
        let mut tensors = TensorSpec::linear(&format!("{name}.fc1"), [channels, inner]).to_vec();
        tensors.extend(TensorSpec::linear(
            &format!("{name}.fc2"),
            [inner, channels],
        ));
        tensors
    }

    /// Scales each channel: (batch, channels, height, width) to the same.
    pub fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        let [batch, channels, ..] = map.dims();
        let means = global_average_pool(map.clone());
        let inner = self.squeeze.forward_activated(means, Activation::Relu);
        let factors = sigmoid(self.excite.forward(inner));
        map * factors.reshape([batch, channels, 1, 1])
    }
}
