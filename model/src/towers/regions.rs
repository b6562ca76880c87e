//! Where in a picture: an embedding for each place of an encoder's last feature map.
//!
//! The cosine between a place's embedding and a label's says how well the label fits what is there,
//! so that all places together are a heat map, for any label and without further training. Each
//! encoder's own way to its embedding is taken, for one place at a time:
//!
//! - **EfficientNet** is read by a mean over places and a head. A place's embedding is what the head
//!   makes of the mean when that place counts more: class activation mapping (Zhou et al. 2016, arXiv
//!   1512.04150), which asks what each place adds to the whole, for a head that isn't linear. A place
//!   alone would tell less: training never showed the head an empty corner, and scaled to unit length
//!   its weak features resemble anything.
//! - **CLIP's ViT** is read at the class token, which in the last block gathers the patches' values.
//!   A patch's place is what it would bring if nothing else were attended to: its value through the
//!   output layer (MaskCLIP, Zhou et al. 2022, arXiv 2112.01071), then the last norm and the
//!   projection. MaskCLIP still adds the patch's own token and the feed-forward part behind it; here
//!   both are left out. Training never read them at patches, only at the class token, and they are
//!   what makes such maps noisy (ClearCLIP, Lan et al. 2024, arXiv 2407.12442).
//! - **SigLIP's ViT** is read by a head that attends to patches. It is given one patch alone, which
//!   then has all of its attention; with a picture of one patch, that is its embedding.

use crate::pixels::Grid;
use burn::tensor::Tensor;

/// An embedding for each place of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// The places.
    pub grid: Grid,
    /// (rows · columns · projection_dim), each place's of unit length.
    pub embeds: Vec<f32>,
}

/// How far the mean of places moves towards one of them.
const SHARE: f64 = 0.6;

/// The mean of all places, with each of them counting more: (places, features) to the same.
pub fn leaning(places: Tensor<2>) -> Tensor<2> {
    let mean = places.clone().mean_dim(0);
    places * SHARE + mean * (1.0 - SHARE)
}
