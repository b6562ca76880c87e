//! Towers of timm's behind open_clip: its vision transformers as SigLIP has them, FastViT and EVA
//! ([`read`]).

use super::{
    CONFIG, WEIGHTS,
    image::{Image, side},
    image_size, unsupported,
};
use crate::{
    checkpoint::{
        CheckpointError, Folder, config::parse, eva, fastvit, hugging_face::check,
        keys::ImageLayout, tensors::TensorFiles,
    },
    pack::{Activation, ImageArchitecture, Readout, TransformerConfig, VisionConfig},
};
use serde::Deserialize;
use serde_json::Value;

/// The epsilon of the norms in timm's vision transformers.
const EPSILON: f64 = 1e-6;

/// What a `vision_cfg` says of a tower of timm's.
#[derive(Deserialize)]
struct Config {
    timm_model_name: String,
    #[serde(default = "image_size")]
    image_size: Value,
    /// How the trunk is read; open_clip's default is "avg".
    #[serde(default = "average")]
    timm_pool: Option<String>,
    /// What follows the trunk: a layer of its own, which is the default, or the trunk's classifier where
    /// this is null.
    #[serde(default = "linear")]
    timm_proj: Option<String>,
}

fn average() -> Option<String> {
    Some("avg".to_owned())
}
fn linear() -> Option<String> {
    Some("linear".to_owned())
}

impl Config {
    /// The model's name, of timm's "name.weights".
    fn name(&self) -> &str {
        let name = self.timm_model_name.as_str();
        name.split_once('.').map_or(name, |(name, _)| name)
    }

    /// Refuses another pooling or projection than one of these.
    fn supports(
        &self,
        pools: &[&str],
        projections: &[Option<&str>],
    ) -> Result<(), CheckpointError> {
        let quoted = |value: Option<&str>| value.map_or("null".to_owned(), |v| format!("\"{v}\""));
        let pool = self.timm_pool.as_deref();
        if !pool.is_some_and(|pool| pools.contains(&pool)) {
            let what = format!("vision_cfg.timm_pool {} of {}", quoted(pool), self.name());
            let pools: Vec<String> = pools.iter().map(|&pool| quoted(Some(pool))).collect();
            return Err(unsupported(what, &pools.join(", ")));
        }
        let projection = self.timm_proj.as_deref();
        if !projections.contains(&projection) {
            let what = format!(
                "vision_cfg.timm_proj {} of {}",
                quoted(projection),
                self.name()
            );
            let projections: Vec<String> = projections.iter().copied().map(quoted).collect();
            return Err(unsupported(what, &projections.join(", ")));
        }
        Ok(())
    }
}

/// Reads a `vision_cfg` with a name of timm's.
pub(super) fn read(
    folder: &dyn Folder,
    config: Value,
    embed_dim: usize,
) -> Result<Image, CheckpointError> {
    let config: Config = parse(CONFIG, config)?;
    if config.name().starts_with("fastvit_mci") {
        config.supports(&["avg"], &[None, Some("linear")])?;
        let side = side(&config.image_size)?;
        let tensors = TensorFiles::open(folder, &WEIGHTS)?;
        return Ok(Image {
            architecture: ImageArchitecture::FastVit(fastvit::config(&tensors, side)),
            side,
            layout: ImageLayout::FastVit {
                is_classifier: config.timm_proj.is_none(),
            },
        });
    }
    if config.name().starts_with("eva") {
        config.supports(&["token", "avg"], &[None, Some("linear")])?;
        let side = side(&config.image_size)?;
        let tensors = TensorFiles::open(folder, &WEIGHTS)?;
        let is_averaged = config.timm_pool.as_deref() == Some("avg");
        let vision = eva::config(&tensors, config.name(), side, is_averaged);
        check(CONFIG, "vision_cfg", &vision.transformer)?;
        return Ok(Image {
            architecture: ImageArchitecture::Eva(vision),
            side,
            layout: ImageLayout::Eva {
                is_classifier: config.timm_proj.is_none(),
            },
        });
    }
    // By its name, rather than by how it is pooled.
    let vision = siglip(&config)?;
    config.supports(&["map"], &[Some("none")])?;
    check(CONFIG, "vision_cfg", &vision.transformer)?;
    if vision.transformer.hidden_size != embed_dim {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!(
                "embed_dim {embed_dim} = the width {} of the timm tower, which has no projection",
                vision.transformer.hidden_size
            ),
        });
    }
    Ok(Image {
        side: vision.image_size,
        architecture: ImageArchitecture::Siglip(vision),
        layout: ImageLayout::TimmVit,
    })
}

/// The sizes of timm's vision transformers: name, width, layers, heads, width of the feed-forward
/// part.
const SIZES: [(&str, usize, usize, usize, usize); 6] = [
    ("tiny", 192, 12, 3, 768),
    ("small", 384, 12, 6, 1536),
    ("base", 768, 12, 12, 3072),
    ("large", 1024, 24, 16, 4096),
    ("so400m", 1152, 27, 16, 4304),
    ("giantopt", 1536, 40, 16, 6144),
];

/// Those of timm's SigLIP towers that have GELU by its tanh approximation; the others have it exactly.
const TANH: [&str; 7] = [
    "vit_base_patch32_siglip_256",
    "vit_large_patch16_siglip_512",
    "vit_so400m_patch16_siglip_256",
    "vit_so400m_patch16_siglip_384",
    "vit_so400m_patch16_siglip_512",
    "vit_giantopt_patch16_siglip_256",
    "vit_giantopt_patch16_siglip_384",
];

/// timm's `vit_SIZE_patchN_siglip_SIDE`, and its plain `vit_SIZE_patchN_SIDE`, which has a class token.
fn siglip(config: &Config) -> Result<VisionConfig, CheckpointError> {
    let name = config.name();
    let parts: Vec<&str> = name.split('_').collect();
    let (size, patch, class_token) = match parts[..] {
        ["vit", size, patch, "siglip", _] => (size, patch, false),
        ["vit", size, patch, _] => (size, patch, true),
        _ => ("", "", false),
    };
    let size = SIZES.iter().find(|(known, ..)| *known == size);
    let patch = patch
        .strip_prefix("patch")
        .and_then(|side| side.parse().ok());
    let (Some(&(_, width, layers, heads, inner)), Some(patch_size)) = (size, patch) else {
        let what = format!("vision_cfg.timm_model_name \"{name}\"");
        return Err(unsupported(
            what,
            "\"vit_…_patch…_siglip_…\" (SigLIP, SigLIP 2), \"fastvit_mci0\" to \"fastvit_mci4\" (MobileCLIP), \"eva_…\", \"eva02_…\" (EVA)",
        ));
    };
    let image_size = side(&config.image_size)?;
    if patch_size == 0 || image_size < patch_size {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!("vision_cfg.image_size {image_size} ≥ patch size {patch_size} ≥ 1"),
        });
    }
    Ok(VisionConfig {
        transformer: TransformerConfig {
            hidden_size: width,
            intermediate_size: inner,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            hidden_act: match TANH.contains(&name) {
                true => Activation::GeluTanh,
                false => Activation::Gelu,
            },
            layer_norm_eps: EPSILON,
            eva: None,
        },
        image_size,
        patch_size,
        class_token,
        readout: Readout::ClassToken,
        pooling_heads: None,
    })
}
