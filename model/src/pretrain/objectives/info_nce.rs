//! Symmetric InfoNCE, as CLIP trains (Radford et al. 2021, arXiv 2103.00020, figure 3): every
//! picture picks its sentence out of the batch, and every sentence its picture.

use super::Targets;
use burn::tensor::{Tensor, activation::log_softmax};

/// The mean of both directions' cross-entropies. `cosines` is (pictures, sentences); `logit_scale`
/// the logarithm of the inverse temperature, (1). With the pairs alone as targets this is CLIP's
/// loss; other targets weigh all that match.
pub fn info_nce(cosines: Tensor<2>, logit_scale: Tensor<1>, targets: &Targets) -> Tensor<1> {
    let [pictures, sentences] = cosines.dims();
    let logits = cosines * logit_scale.exp().unsqueeze::<2>();
    let to_text = log_softmax(logits.clone(), 1) * targets.image_to_text.clone();
    let to_image = log_softmax(logits.transpose(), 1) * targets.text_to_image.clone();
    (to_text.sum() / pictures as f64 + to_image.sum() / sentences as f64) * -0.5
}
