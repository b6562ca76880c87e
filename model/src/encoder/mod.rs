//! The towers on burn: an encoder and its projection into the shared space.
//!
//! # Where weights live
//! A pack stores matrices and convolutions as int8, one scale an output channel. They are expanded
//! to float32 when a tower is built, on every backend, because burn-flex multiplies quantised
//! matrices some 20 times slower than float ones, and because one arithmetic on every backend is
//! what lets one golden embedding check them all. The token table is the exception: it stays int8
//! in ordinary memory and only the rows that a sentence uses are expanded, which spares 35 MB and,
//! on WebGPU, a 47 MB buffer.
//!
//! Memory of the default pack's weights, in MB of 10⁶ bytes, beside activations:
//!
//! | tower | download | expanded | of it |
//! | --- | --- | --- | --- |
//! | image | 6.8 | 27 | EfficientNet-Lite0 13.5, classifier 5.1, class sentences 1.5, head 6.8 |
//! | text | 23.5 | 58 | layers 42.6, token table (int8) 11.8, head 3.1, positions 0.8 |

mod attention;
mod bert;
pub mod device;
mod efficientnet;
mod heads;
mod layers;
mod text_transformer;
mod tower;
mod transformer;
mod vit;
mod weights;

pub use efficientnet::{ConvShape, EfficientNetLite0};
pub use tower::{
    EmbedError, ImageTower, TextTower, embed_images_once, embed_tokens_once, read, tower_tensors,
};
pub(crate) use weights::halves;
pub use weights::{Stored, Values, WeightError, WeightSource, Weights};

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
