//! open_clip's own vision transformer: [`read`].

use super::{
    CONFIG, EPSILON, head_width,
    image::{Image, side},
    image_size, mlp_ratio, plain_only, unsupported,
};
use crate::{
    checkpoint::{CheckpointError, config::parse, hugging_face::check, keys::ImageLayout},
    pack::{Activation, ImageArchitecture, Readout, TransformerConfig, VisionConfig},
};
use serde::Deserialize;
use serde_json::Value;

/// The fields of open_clip's `CLIPVisionCfg` that are read.
#[derive(Deserialize)]
struct Config {
    layers: Value,
    width: usize,
    #[serde(default = "head_width")]
    head_width: usize,
    #[serde(default = "mlp_ratio")]
    mlp_ratio: f64,
    patch_size: Option<usize>,
    #[serde(default = "image_size")]
    image_size: Value,
    #[serde(default)]
    pool_type: Option<String>,
    #[serde(default)]
    final_ln_after_pool: bool,
    #[serde(default)]
    attentional_pool: bool,
    #[serde(default = "pooler_queries")]
    attn_pooler_queries: usize,
    #[serde(default = "pooler_heads")]
    attn_pooler_heads: usize,
}

fn pooler_queries() -> usize {
    256
}
fn pooler_heads() -> usize {
    8
}

/// Fields that build another tower than the plain ones, and the values at which they don't.
const PLAIN: [(&str, &[&str]); 7] = [
    // "parallel" and "cascade" are nobody's published model.
    ("attentional_pool", &["false", "true"]),
    ("no_ln_pre", &["false"]),
    ("pos_embed_type", &["\"learnable\""]),
    ("pool_type", &["\"tok\"", "\"avg\""]),
    ("output_tokens", &["false", "true"]),
    ("act_kwargs", &["null", "{}"]),
    ("norm_kwargs", &["null", "{}"]),
];
/// Reads a `vision_cfg` without a name of timm's.
pub(super) fn read(
    config: Value,
    embed_dim: usize,
    hidden_act: Activation,
) -> Result<Image, CheckpointError> {
    plain_only("vision_cfg", &config, &PLAIN)?;
    let config: Config = parse(CONFIG, config)?;
    let coca = match config.attentional_pool {
        true if config.pool_type.as_deref() == Some("avg") => {
            let what = "vision_cfg.attentional_pool with pool_type \"avg\"".to_owned();
            return Err(unsupported(what, "\"tok\""));
        }
        true => Some((config.attn_pooler_queries, config.width == embed_dim)),
        false => None,
    };
    let vision = vision(&config, hidden_act)?;
    check(CONFIG, "vision_cfg", &vision.transformer)?;
    Ok(Image {
        side: vision.image_size,
        architecture: ImageArchitecture::Clip(vision),
        layout: ImageLayout::Vit { coca },
    })
}

fn vision(config: &Config, hidden_act: Activation) -> Result<VisionConfig, CheckpointError> {
    let layers = config.layers.as_u64();
    let Some(layers) = layers.and_then(|layers| usize::try_from(layers).ok()) else {
        let what = format!("vision_cfg.layers {}", config.layers);
        return Err(unsupported(
            what,
            "one number (a vision transformer), four (a ResNet)",
        ));
    };
    let image_size = side(&config.image_size)?;
    let patch_size = config.patch_size.unwrap_or(0);
    if patch_size == 0 || image_size < patch_size || config.head_width == 0 {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!(
                "vision_cfg.image_size {image_size} ≥ patch_size {patch_size} ≥ 1, head_width {} ≥ 1,",
                config.head_width
            ),
        });
    }
    Ok(VisionConfig {
        transformer: TransformerConfig {
            hidden_size: config.width,
            intermediate_size: (config.width as f64 * config.mlp_ratio) as usize,
            num_hidden_layers: layers,
            num_attention_heads: config.width / config.head_width,
            hidden_act,
            layer_norm_eps: EPSILON,
            eva: None,
        },
        image_size,
        patch_size,
        class_token: false,
        readout: match (config.pool_type.as_deref(), config.final_ln_after_pool) {
            (Some("avg"), true) => Readout::NormOfMean,
            (Some("avg"), false) => Readout::MeanOfNormed,
            _ => Readout::ClassToken,
        },
        pooling_heads: config.attentional_pool.then_some(config.attn_pooler_heads),
    })
}
