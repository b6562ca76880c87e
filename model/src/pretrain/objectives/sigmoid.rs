//! SigLIP's pairwise sigmoid loss (Zhai et al. 2023, arXiv 2303.15343): of every picture and
//! sentence, whether they match, on its own. A picture may match several sentences.

use burn::tensor::{Tensor, activation::log_sigmoid};

/// `−Σ log σ(z (scale · cosine + bias)) / sentences`, with z 1 for what matches and −1 for what
/// doesn't. `cosines` and `signs` (the z) are (pictures, sentences); `logit_scale` is the scale's
/// logarithm, (1), and `logit_bias` is (1).
pub fn pairwise_sigmoid(
    cosines: Tensor<2>,
    logit_scale: Tensor<1>,
    logit_bias: Tensor<1>,
    signs: Tensor<2>,
) -> Tensor<1> {
    let [_, sentences] = cosines.dims();
    let logits = cosines * logit_scale.exp().unsqueeze::<2>() + logit_bias.unsqueeze::<2>();
    -log_sigmoid(logits * signs).sum() / sentences as f64
}
