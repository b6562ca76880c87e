//! Distillation of a classifier's knowledge through words (Hinton et al. 2015, arXiv 1503.02531):
//! a picture's shares of a set of labels, as its zero-shot softmax gives them, should be those that
//! the frozen classifier gives. With labels in ever other words (synonyms, hypernyms, glosses) the
//! shared space learns what words have in common, not only the classes' own names.

use burn::tensor::{Tensor, activation::log_softmax};

/// The mean cross-entropy of `softmax(exp(logit_scale) · cosines)` against `shares`; both are
/// (pictures, labels), rows of `shares` sum to 1, `logit_scale` is (1).
pub fn naming(cosines: Tensor<2>, logit_scale: Tensor<1>, shares: Tensor<2>) -> Tensor<1> {
    let [pictures, _] = cosines.dims();
    let logits = cosines * logit_scale.exp().unsqueeze::<2>();
    -(log_softmax(logits, 1) * shares).sum() / pictures as f64
}
