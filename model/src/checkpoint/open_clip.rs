//! open_clip's folders, as its `push_to_hf_hub` writes them: [`open`].

use super::{
    Checkpoint, CheckpointError, Folder,
    config::{parse, within_limits},
    hugging_face::{card, check},
    keys::Layout,
    preprocessor,
    tensors::TensorFiles,
    tokenizer,
};
use crate::{
    pack::{
        Activation, Architecture, ImageArchitecture, Readout, TextArchitecture, TextConfig,
        TransformerConfig, VisionConfig,
    },
    score::{ScoreMode, Scoring},
};
use serde::Deserialize;
use serde_json::Value;

pub(super) const CONFIG: &str = "open_clip_config.json";

#[derive(Deserialize)]
struct Config {
    model_cfg: Model,
    #[serde(default)]
    preprocess_cfg: Value,
}

/// `model_cfg`; what stands in no field is at open_clip's default.
#[derive(Deserialize)]
struct Model {
    embed_dim: usize,
    #[serde(default)]
    quick_gelu: bool,
    #[serde(default)]
    custom_text: bool,
    #[serde(default)]
    init_logit_bias: Option<f32>,
    vision_cfg: Value,
    text_cfg: Text,
}

/// The fields of open_clip's `CLIPVisionCfg` that are read.
#[derive(Deserialize)]
struct Vision {
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

/// The fields of a `CLIPVisionCfg` with one of timm's towers.
#[derive(Deserialize)]
struct Timm {
    timm_model_name: String,
    #[serde(default = "image_size")]
    image_size: Value,
}

/// The fields of open_clip's `CLIPTextCfg` that are read.
#[derive(Deserialize)]
struct Text {
    #[serde(default = "context_length")]
    context_length: usize,
    #[serde(default = "vocab_size")]
    vocab_size: usize,
    #[serde(default)]
    hf_tokenizer_name: Option<String>,
    #[serde(default)]
    tokenizer_kwargs: Value,
    #[serde(default = "text_width")]
    width: usize,
    #[serde(default = "text_heads")]
    heads: usize,
    #[serde(default = "text_layers")]
    layers: usize,
    #[serde(default = "mlp_ratio")]
    mlp_ratio: f64,
    #[serde(default)]
    no_causal_mask: bool,
    #[serde(default)]
    proj_bias: bool,
    #[serde(default)]
    pool_type: Option<String>,
    #[serde(default = "eos_id")]
    eos_id: u32,
    #[serde(default)]
    embed_cls: bool,
    #[serde(default)]
    pad_id: u32,
    #[serde(default)]
    norm_kwargs: Option<Norm>,
    #[serde(default)]
    act_kwargs: Option<Act>,
}

/// What a norm is made with, beside its width.
#[derive(Deserialize)]
struct Norm {
    #[serde(default = "epsilon")]
    eps: f64,
}

/// What PyTorch's GELU is made with.
#[derive(Deserialize)]
struct Act {
    #[serde(default)]
    approximate: Option<String>,
}

fn eos_id() -> u32 {
    2
}
fn epsilon() -> f64 {
    EPSILON
}
fn head_width() -> usize {
    64
}
fn mlp_ratio() -> f64 {
    4.0
}
fn image_size() -> Value {
    224.into()
}
fn context_length() -> usize {
    77
}
fn vocab_size() -> usize {
    49408
}
fn text_width() -> usize {
    512
}
fn text_heads() -> usize {
    8
}
fn text_layers() -> usize {
    12
}

/// Fields that build another tower than the plain ones, and the values at which they don't.
const VISION_PLAIN: [(&str, &[&str]); 15] = [
    ("ls_init_value", &["null"]),
    // "parallel" and "cascade" are nobody's published model.
    ("attentional_pool", &["false", "true"]),
    ("no_ln_pre", &["false"]),
    ("pos_embed_type", &["\"learnable\""]),
    ("pool_type", &["\"tok\"", "\"avg\""]),
    ("output_tokens", &["false", "true"]),
    ("act_kwargs", &["null", "{}"]),
    ("norm_kwargs", &["null", "{}"]),
    ("block_type", &["null", "\"default\""]),
    ("qk_norm", &["false"]),
    ("scaled_cosine_attn", &["false"]),
    ("scale_heads", &["false"]),
    ("scale_attn_inner", &["false"]),
    ("scale_attn", &["false"]),
    ("scale_fc", &["false"]),
];
/// As [`VISION_PLAIN`], where timm has made the tower.
const TIMM_PLAIN: [(&str, &[&str]); 2] =
    [("timm_pool", &["\"map\""]), ("timm_proj", &["\"none\""])];
const TEXT_PLAIN: [(&str, &[&str]); 12] = [
    ("hf_model_name", &["null"]),
    ("ls_init_value", &["null"]),
    ("pool_type", &["\"argmax\"", "\"eos\"", "\"last\""]),
    ("proj_type", &["\"linear\""]),
    ("block_type", &["null", "\"default\""]),
    ("use_pad_mask", &["false"]),
    ("qk_norm", &["false"]),
    ("scaled_cosine_attn", &["false"]),
    ("scale_heads", &["false"]),
    ("scale_attn_inner", &["false"]),
    ("scale_attn", &["false"]),
    ("scale_fc", &["false"]),
];

pub(super) fn open(folder: &dyn Folder, name: &str) -> Result<Checkpoint, CheckpointError> {
    let json: Value = folder.json(CONFIG)?.unwrap_or_default();
    // Told first, since towers of another make have other fields as well.
    let is_timm = json["model_cfg"]["vision_cfg"]["timm_model_name"].is_string();
    let vision_plain = if is_timm {
        &TIMM_PLAIN[..]
    } else {
        &VISION_PLAIN
    };
    if is_timm {
        // By its name, rather than by how it is pooled.
        timm(&parse(CONFIG, json["model_cfg"]["vision_cfg"].clone())?)?;
    }
    for (tower, plain) in [("vision_cfg", vision_plain), ("text_cfg", &TEXT_PLAIN)] {
        plain_only(tower, &json["model_cfg"][tower], plain)?;
    }
    let config: Config = parse(CONFIG, json)?;
    let model = config.model_cfg;
    let hidden_act = if model.quick_gelu {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    };
    let mut coca = None;
    let vision = if is_timm {
        timm(&parse(CONFIG, model.vision_cfg)?)?
    } else {
        let config: Vision = parse(CONFIG, model.vision_cfg)?;
        if config.attentional_pool {
            coca = Some((config.attn_pooler_queries, config.width == model.embed_dim));
            if config.pool_type.as_deref() == Some("avg") {
                let what = "vision_cfg.attentional_pool with pool_type \"avg\"".to_owned();
                return Err(unsupported(what, "\"tok\""));
            }
        }
        vision(&config, hidden_act)?
    };
    let text = &model.text_cfg;
    if text.embed_cls && (text.no_causal_mask || text.proj_bias || text.pad_id != 0) {
        let what = "text_cfg.embed_cls with no_causal_mask, proj_bias or a pad_id".to_owned();
        return Err(unsupported(what, "without (CoCa)"));
    }
    let pool_type = text.pool_type.as_deref().unwrap_or("argmax");
    let is_siglip = match (pool_type, text.proj_bias, text.no_causal_mask) {
        ("last", true, true) => true,
        ("argmax" | "eos", false, _) => false,
        (_, proj_bias, no_causal_mask) => {
            return Err(unsupported(
                format!(
                    "text_cfg with pool_type \"{pool_type}\", proj_bias {proj_bias}, \
                     no_causal_mask {no_causal_mask}"
                ),
                "\"last\" with both (SigLIP), \"argmax\" or \"eos\" without proj_bias (CLIP)",
            ));
        }
    };
    let text_config = TextConfig {
        transformer: TransformerConfig {
            hidden_size: text.width,
            intermediate_size: (text.width as f64 * text.mlp_ratio) as usize,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            hidden_act: text_activation(text, hidden_act)?,
            layer_norm_eps: text.norm_kwargs.as_ref().map_or(EPSILON, |norm| norm.eps),
        },
        vocab_size: text.vocab_size,
        max_position_embeddings: text.context_length,
        // Without it, pooled at the highest id.
        eos_token_id: (pool_type == "eos").then_some(text.eos_id),
        is_eos_literal: pool_type == "eos",
        is_bidirectional: text.no_causal_mask && !is_siglip,
        class_token: text.embed_cls,
    };
    check(CONFIG, "text_cfg", &text_config.transformer)?;
    check(CONFIG, "vision_cfg", &vision.transformer)?;
    let preprocessing = preprocessor::open_clip(CONFIG, &config.preprocess_cfg, vision.image_size)?;
    if is_timm && vision.transformer.hidden_size != model.embed_dim {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!(
                "embed_dim {} = the width {} of the timm tower, which has no projection",
                model.embed_dim, vision.transformer.hidden_size
            ),
        });
    }
    let architecture = Architecture {
        image: match is_timm {
            true => ImageArchitecture::Siglip(vision),
            false => ImageArchitecture::Clip(vision),
        },
        text: match is_siglip {
            true => TextArchitecture::Siglip(text_config),
            false => TextArchitecture::Clip(text_config),
        },
        projection_dim: model.embed_dim,
    };
    within_limits(CONFIG, &architecture, &preprocessing)?;
    let (tokenizer, tokenizer_json) = tokenizer::open_clip(
        folder,
        text.context_length,
        text.hf_tokenizer_name.is_some(),
        &text.tokenizer_kwargs,
    )?;
    let mut tensors = TensorFiles::open(folder, &WEIGHTS)?;
    let biased = model.init_logit_bias.is_some() || tensors.has("logit_bias");
    let scoring = Scoring {
        mode: if biased {
            ScoreMode::Sigmoid
        } else {
            ScoreMode::Softmax
        },
        logit_scale: tensors.number("logit_scale")?,
        logit_bias: if biased {
            tensors.number("logit_bias")?
        } else {
            0.0
        },
    };
    let custom = model.custom_text || tensors.has("text.token_embedding.weight");
    Ok(Checkpoint {
        kind: "open_clip",
        name: name.to_owned(),
        architecture,
        preprocessing,
        tokenizer,
        scoring,
        tokenizer_json,
        card: card(folder)?,
        tensors,
        layout: Layout::OpenClip {
            text: if custom { "text." } else { "" },
            timm: is_timm,
            coca,
        },
    })
}

/// The epsilon of PyTorch's layer norm, which open_clip leaves at its default.
const EPSILON: f64 = 1e-5;

/// The epsilon of the norms in timm's vision transformers.
const TIMM_EPSILON: f64 = 1e-6;

/// The names of weight files, the preferred one first.
pub(super) const WEIGHTS: [&str; 4] = [
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_model.bin",
    "open_clip_pytorch_model.pt",
];

fn unsupported(what: String, supported: &str) -> CheckpointError {
    CheckpointError::Unsupported {
        file: CONFIG.to_owned(),
        what,
        supported: supported.to_owned(),
    }
}

/// The text tower's activation: the model's, or GELU as its own config has it.
fn text_activation(text: &Text, model: Activation) -> Result<Activation, CheckpointError> {
    let approximate = (text.act_kwargs.as_ref()).and_then(|act| act.approximate.as_deref());
    match (approximate, model) {
        (None, _) => Ok(model),
        (Some("none"), Activation::Gelu) => Ok(Activation::Gelu),
        (Some("tanh"), Activation::Gelu) => Ok(Activation::GeluTanh),
        (Some(other), _) => {
            let what = format!("text_cfg.act_kwargs.approximate \"{other}\"");
            Err(unsupported(
                what,
                "\"tanh\", \"none\", and none with quick_gelu",
            ))
        }
    }
}

/// The side of a tower's square input.
fn side(image_size: &Value) -> Result<usize, CheckpointError> {
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

/// The sizes of timm's vision transformers: name, width, layers, heads, width of the feed-forward
/// part.
const TIMM_SIZES: [(&str, usize, usize, usize, usize); 6] = [
    ("tiny", 192, 12, 3, 768),
    ("small", 384, 12, 6, 1536),
    ("base", 768, 12, 12, 3072),
    ("large", 1024, 24, 16, 4096),
    ("so400m", 1152, 27, 16, 4304),
    ("giantopt", 1536, 40, 16, 6144),
];

/// Those of timm's SigLIP towers that have GELU by its tanh approximation; the others have it exactly.
const TIMM_TANH: [&str; 7] = [
    "vit_base_patch32_siglip_256",
    "vit_large_patch16_siglip_512",
    "vit_so400m_patch16_siglip_256",
    "vit_so400m_patch16_siglip_384",
    "vit_so400m_patch16_siglip_512",
    "vit_giantopt_patch16_siglip_256",
    "vit_giantopt_patch16_siglip_384",
];

/// timm's `vit_SIZE_patchN_siglip_SIDE`, and its plain `vit_SIZE_patchN_SIDE`, which has a class token.
fn timm(config: &Timm) -> Result<VisionConfig, CheckpointError> {
    let name = config.timm_model_name.as_str();
    // timm's "name.weights", of which the second changes nothing here.
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    let parts: Vec<&str> = name.split('_').collect();
    let (size, patch, class_token) = match parts[..] {
        ["vit", size, patch, "siglip", _] => (size, patch, false),
        ["vit", size, patch, _] => (size, patch, true),
        _ => ("", "", false),
    };
    let size = TIMM_SIZES.iter().find(|(known, ..)| *known == size);
    let patch = patch
        .strip_prefix("patch")
        .and_then(|side| side.parse().ok());
    let (Some(&(_, width, layers, heads, inner)), Some(patch_size)) = (size, patch) else {
        let what = format!("vision_cfg.timm_model_name \"{name}\"");
        return Err(unsupported(
            what,
            "\"vit_…_patch…_siglip_…\" (SigLIP, SigLIP 2)",
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
            hidden_act: match TIMM_TANH.contains(&name) {
                true => Activation::GeluTanh,
                false => Activation::Gelu,
            },
            layer_norm_eps: TIMM_EPSILON,
        },
        image_size,
        patch_size,
        class_token,
        readout: Readout::ClassToken,
        pooling_heads: None,
    })
}

fn vision(config: &Vision, hidden_act: Activation) -> Result<VisionConfig, CheckpointError> {
    let layers = config.layers.as_u64();
    let Some(layers) = layers.and_then(|layers| usize::try_from(layers).ok()) else {
        let what = format!("vision_cfg.layers {} (a ResNet)", config.layers);
        return Err(unsupported(what, "one number (a vision transformer)"));
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

fn plain_only(
    tower: &str,
    config: &Value,
    plain: &[(&str, &[&str])],
) -> Result<(), CheckpointError> {
    for (field, values) in plain {
        let value = &config[*field];
        if !value.is_null() && !values.contains(&value.to_string().as_str()) {
            return Err(CheckpointError::Unsupported {
                file: CONFIG.to_owned(),
                what: format!("{tower}.{field} {value}"),
                supported: values.join(", "),
            });
        }
    }
    Ok(())
}
