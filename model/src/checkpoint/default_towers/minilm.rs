//! all-MiniLM-L6-v2 as sentence-transformers publishes it, a `BertModel` folder: [`minilm`].

use super::{KeyTable, TowerFileError, read_safetensors};
use crate::towers::Weights;

const KEYS: &KeyTable = &[
    // Saved from a model with a head on top, the encoder's names have a prefix.
    (r"^bert\.", ""),
    // TensorFlow conversions call a norm's weight and bias by their symbols.
    (r"LayerNorm\.gamma$", "LayerNorm.weight"),
    (r"LayerNorm\.beta$", "LayerNorm.bias"),
];

/// Reads `model.safetensors`. The pooler, which mean pooling does not use, is left behind.
///
/// # Errors
/// [`TowerFileError`].
pub fn minilm(model: Vec<u8>) -> Result<Weights<'static>, TowerFileError> {
    let mut weights = read_safetensors(model, "model.safetensors", KEYS)?;
    weights
        .tensors
        .retain(|name, _| !name.starts_with("pooler."));
    Ok(weights)
}
