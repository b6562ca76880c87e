//! The optimiser: AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) on every trained weight
//! ([`Adam`]).

use super::parameters::{Parameter, Parameters};
use burn::{
    optim::{AdamW, AdamWConfig, AdamWState, Optimizer},
    tensor::Tensor,
};
use std::collections::BTreeMap;

/// The optimiser and what it remembers of each weight.
pub struct Adam {
    /// AdamW for matrices and convolutions, which weight decay pulls towards 0.
    decaying: AdamW,
    /// AdamW for vectors: biases, norms and temperatures have no size that generalises better.
    steady: AdamW,
    /// The moments by weight; a weight without gradients so far has none.
    pub states: BTreeMap<String, AdamWState<1>>,
}

impl Adam {
    /// An optimiser without moments yet.
    pub fn new(weight_decay: f64) -> Self {
        let of = |decay: f32| {
            AdamWConfig::new()
                .with_beta_2(0.98)
                .with_epsilon(1e-8)
                .with_weight_decay(decay)
                .build()
        };
        Self {
            decaying: of(weight_decay as f32),
            steady: of(0.0),
            states: BTreeMap::new(),
        }
    }

    /// Moves every weight that has a gradient; `rate` is its learning rate by name.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: BTreeMap<String, Tensor<1>>,
        rate: impl Fn(&str) -> f64,
    ) {
        for (name, gradient) in gradients {
            let Some(Parameter { value, shape }) = parameters.get_mut(&name) else {
                continue;
            };
            let adam = if shape.len() > 1 {
                &self.decaying
            } else {
                &self.steady
            };
            let state = self.states.remove(&name);
            let (moved, state) = adam.step(rate(&name), value.clone(), gradient, state);
            *value = moved;
            if let Some(state) = state {
                self.states.insert(name, state);
            }
        }
    }
}
