//! Patch embeddings, from which heat maps are made: an embedding for each patch of an encoder's
//! last feature map ([`Regions`]).
//!
//! The cosine between a patch's embedding and a label's says how well the label fits what is there,
//! so that all patches together are a heat map, for any label and without further training. Each
//! encoder's own way to its embedding is taken, for one patch at a time:
//!
//! - **EfficientNet** is read by global average pooling and a head. A patch's embedding is what the
//!   head makes of the mean when that patch counts more: class activation mapping (Zhou et al.
//!   2016, arXiv 1512.04150), which asks what each patch adds to the whole, for a head that isn't
//!   linear. One alone would tell less: training never showed the head an empty corner, and scaled
//!   to unit length its weak features resemble anything. The picture is read at twice its usual
//!   size ([`ImageTower::regions_input`](super::ImageTower::regions_input)), which a convolutional
//!   encoder allows: 14 × 14 patches point more often right than 7 × 7 do (docs/closer-look.md).
//!   FastViT is read in the same way.
//! - **CLIP's ViT** is read at the class token, which in the last block gathers the patches'
//!   values. A patch's embedding is what it would bring if nothing else were attended to: its value
//!   through the output layer (MaskCLIP, Zhou et al. 2022, arXiv 2112.01071), then the last norm
//!   and the projection. MaskCLIP still adds the patch's own token and the feed-forward part behind
//!   it; here both are left out. Training never read them at patches, only at the class token, and
//!   they are what makes such maps noisy (ClearCLIP, Lan et al. 2024, arXiv 2407.12442).
//! - **CLIP's ResNet** is read by attention pooling. As in its ViT, a patch's embedding is what it would
//!   bring if nothing else were attended to.
//! - **SigLIP's ViT** is read by a head that attends to patches. It is given one patch alone, which
//!   then has all of its attention; with a picture of one patch, that is its embedding.

use crate::pixels::Grid;
use burn::tensor::Tensor;

/// An embedding for each patch of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// Where the patches lie.
    pub grid: Grid,
    /// (rows · columns · projection_dim), each patch's of unit length.
    pub embeds: Vec<f32>,
}

/// How far the mean over patches moves towards one of them.
const SHARE: f64 = 0.4;

/// How many times as large as for an embedding a convolutional encoder's input is, across and down.
pub const CONVOLUTIONAL_SCALE: usize = 2;

/// The mean over patches, weighted towards each of them: (patches, features) to the same.
pub fn patch_weighted_means(patches: Tensor<2>) -> Tensor<2> {
    let mean = patches.clone().mean_dim(0);
    patches * SHARE + mean * (1.0 - SHARE)
}
