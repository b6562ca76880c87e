//! Training objectives: contrastive ([`info_nce()`], [`pairwise_sigmoid`]), distilled
//! ([`naming()`]) and masked ones. Each is a loss of tensors alone, usable without the others.

mod fusion;
mod info_nce;
mod masked;
mod naming;
mod sigmoid;
mod targets;
mod vocabulary;

pub(super) use fusion::Fusion;
pub use info_nce::info_nce;
pub(super) use masked::{Masking, masked_regions, masked_words};
pub use masked::{contrast_regions, regress_regions, word_loss};
pub use naming::naming;
pub use sigmoid::pairwise_sigmoid;
pub use targets::Targets;
pub use vocabulary::Vocabulary;

use burn::tensor::Tensor;

/// Rows of unit length, whose products are cosines.
pub fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    // Within the root, so that the gradient stays finite for a row of zeros.
    let norm = (x.clone().powi_scalar(2).sum_dim(1) + 1e-12).sqrt();
    x / norm
}
