//! Towers on burn ([`ImageTower`], [`TextTower`]): an encoder and its projection into the shared
//! space.
//!
//! Layers run on the kernels of `cpu` or `gpu`, or on burn's, as `dispatch` selects them.
//!
//! # Where weights live
//! A pack stores its weights in 4, 8 or 16 bits. On WebGPU matrices stay so; on the CPU those of 8
//! bits do. Others are expanded to float32 when a tower is built. Token tables stay as they are
//! stored, in ordinary memory, and only the rows that a sentence uses are expanded; that spares
//! 35 MB of the default model, 76 MB of a CLIP.
//!
//! Memory of weights in MB of 10⁶ bytes, beside activations:
//!
//! | tower | as int8 | expanded | of it |
//! | --- | --- | --- | --- |
//! | default, image | 6.9 | 27 | EfficientNet-Lite0 13.5, classifier 5.1, class sentences 1.5, head 6.8 |
//! | default, text | 23.9 | 58 | layers 42.6, token table (int8) 11.8, head 3.1, positions 0.6 |
//! | CLIP ViT-B/32, image | 89 | 351 | layers 340, patches 9.4, projection 1.6 |
//! | CLIP ViT-B/32, text | 64 | 178 | layers 151, token table (int8) 25.5, projection 1.0 |

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod bert;
pub(crate) mod convolution;
pub mod device;
pub(crate) mod efficientnet;
mod fastvit;
pub(crate) mod heads;
pub(crate) mod layers;
mod regions;
mod resnet;
mod roberta;
pub(crate) mod rotary;
mod squeeze_excite;
mod text_transformer;
mod tower;
pub(crate) mod transformer;
mod vit;
pub(crate) mod weights;

pub use convolution::{ConvShape, Padding};
pub use efficientnet::{BlockShape, EfficientNetLite0};
pub use regions::Regions;
pub use tower::{
    EmbedError, ImageTower, TextTower, embed_images_once, embed_tokens_once, read, tower_tensors,
};
pub use weights::{StoredTensor, WeightData, WeightError, WeightSource, Weights};

/// Scales each row of `length` values to unit L2 norm; zero rows stay zero.
pub fn normalise_rows(values: &mut [f32], length: usize) {
    for row in values.chunks_exact_mut(length.max(1)) {
        let norm = row
            .iter()
            .map(|&value| f64::from(value) * f64::from(value))
            .sum::<f64>()
            .sqrt();
        if norm > 0.0 {
            for value in row {
                *value = (f64::from(*value) / norm) as f32;
            }
        }
    }
}
