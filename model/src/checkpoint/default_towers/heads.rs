//! The alignment heads that this project trains, from `alignment.safetensors`: [`alignment_heads`].

use super::{KeyTable, TowerFileError, read_safetensors};
use crate::towers::{WeightData, Weights};

/// The heads' names are our own, so nothing is renamed.
const KEYS: &KeyTable = &[];

/// Both heads and the temperature they were trained with.
pub struct Heads {
    /// The image head's weights: `class_text_embeds`, `image.0`, `image.2`.
    pub image: Weights<'static>,
    /// The text head's weights: `text.0`, `text.2`.
    pub text: Weights<'static>,
    /// The logarithm of the inverse temperature.
    pub logit_scale: f32,
}

/// Reads `alignment.safetensors` and splits it by tower.
///
/// # Errors
/// [`TowerFileError`].
pub fn alignment_heads(bytes: Vec<u8>) -> Result<Heads, TowerFileError> {
    let mut image = read_safetensors(bytes, "alignment.safetensors", KEYS)?;
    let logit_scale = match image.take("logit_scale", &[1])? {
        WeightData::Floats(scale) => scale[0],
        other => other.to_floats()[0],
    };
    let mut text = Weights {
        file: image.file.clone(),
        ..Default::default()
    };
    let (of_text, of_image) = std::mem::take(&mut image.tensors)
        .into_iter()
        .partition(|(name, _)| name.starts_with("text."));
    text.tensors = of_text;
    image.tensors = of_image;
    Ok(Heads {
        image,
        text,
        logit_scale,
    })
}
