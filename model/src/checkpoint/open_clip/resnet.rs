//! CLIP's ResNets in open_clip's configs: [`read`].

use super::{
    CONFIG, head_width,
    image::{Image, side},
    image_size,
};
use crate::{
    checkpoint::{CheckpointError, config::parse, keys::ImageLayout},
    pack::{ImageArchitecture, ResNetConfig},
};
use serde::Deserialize;
use serde_json::Value;

/// The fields of a `CLIPVisionCfg` that shape a ResNet.
#[derive(Deserialize)]
struct Config {
    layers: [usize; 4],
    #[serde(default = "width")]
    width: usize,
    #[serde(default = "head_width")]
    head_width: usize,
    #[serde(default = "image_size")]
    image_size: Value,
}

fn width() -> usize {
    768
}

/// Reads a `vision_cfg` whose `layers` are a list.
pub(super) fn read(config: Value) -> Result<Image, CheckpointError> {
    let config: Config = parse(CONFIG, config)?;
    let side = side(&config.image_size)?;
    let channels = config.width.saturating_mul(32);
    Ok(Image {
        architecture: ImageArchitecture::ResNet(ResNetConfig {
            image_size: side,
            layers: config.layers,
            width: config.width,
            heads: channels / config.head_width.max(1),
        }),
        side,
        layout: ImageLayout::ResNet,
    })
}
