//! open_clip's image towers, by the make that their config names: [`read`].

use super::{resnet, timm, unsupported, vit};
use crate::{
    checkpoint::{CheckpointError, Folder, keys::ImageLayout},
    pack::{Activation, ImageArchitecture},
};
use serde_json::Value;

/// An image tower as a config describes it.
pub(super) struct Image {
    pub architecture: ImageArchitecture,
    /// The side of its square input.
    pub side: usize,
    /// What its tensors are called.
    pub layout: ImageLayout,
}

/// Reads `vision_cfg`, and shapes that it leaves out from the folder's weights.
pub(super) fn read(
    folder: &dyn Folder,
    config: Value,
    embed_dim: usize,
    hidden_act: Activation,
) -> Result<Image, CheckpointError> {
    if config["timm_model_name"].is_string() {
        timm::read(folder, config, embed_dim)
    } else if config["layers"].is_array() {
        resnet::read(config)
    } else {
        vit::read(config, embed_dim, hidden_act)
    }
}

/// The side of a tower's square input.
pub(super) fn side(image_size: &Value) -> Result<usize, CheckpointError> {
    let square = match image_size {
        Value::Array(sides) => sides
            .first()
            .filter(|side| sides.iter().all(|s| s == *side)),
        side => Some(side),
    };
    let side = square.and_then(Value::as_u64);
    side.and_then(|side| usize::try_from(side).ok())
        .ok_or_else(|| unsupported(format!("vision_cfg.image_size {image_size}"), "a square"))
}
