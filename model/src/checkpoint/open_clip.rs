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
        Activation, Architecture, ImageArchitecture, TextArchitecture, TextConfig,
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
    vision_cfg: Vision,
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
const VISION_PLAIN: [(&str, &[&str]); 11] = [
    ("timm_model_name", &["null"]),
    ("ls_init_value", &["null"]),
    ("attentional_pool", &["false"]),
    ("no_ln_pre", &["false"]),
    ("pos_embed_type", &["\"learnable\""]),
    ("final_ln_after_pool", &["false"]),
    ("pool_type", &["\"tok\""]),
    ("output_tokens", &["false", "true"]),
    ("act_kwargs", &["null", "{}"]),
    ("norm_kwargs", &["null", "{}"]),
    ("block_type", &["null", "\"default\""]),
];
const TEXT_PLAIN: [(&str, &[&str]); 10] = [
    ("hf_model_name", &["null"]),
    ("ls_init_value", &["null"]),
    ("embed_cls", &["false"]),
    ("no_causal_mask", &["false"]),
    ("pool_type", &["\"argmax\""]),
    ("proj_bias", &["false"]),
    ("proj_type", &["\"linear\""]),
    ("act_kwargs", &["null", "{}"]),
    ("norm_kwargs", &["null", "{}"]),
    ("block_type", &["null", "\"default\""]),
];

pub(super) fn open(folder: &dyn Folder, name: &str) -> Result<Checkpoint, CheckpointError> {
    let json: Value = folder.json(CONFIG)?.unwrap_or_default();
    // Told first, since towers of another make have other fields as well.
    for (tower, plain) in [("vision_cfg", &VISION_PLAIN[..]), ("text_cfg", &TEXT_PLAIN)] {
        plain_only(tower, &json["model_cfg"][tower], plain)?;
    }
    let config: Config = parse(CONFIG, json)?;
    let model = config.model_cfg;
    let hidden_act = if model.quick_gelu {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    };
    let vision = vision(&model.vision_cfg, hidden_act)?;
    let text = &model.text_cfg;
    let text_config = TextConfig {
        transformer: TransformerConfig {
            hidden_size: text.width,
            intermediate_size: (text.width as f64 * text.mlp_ratio) as usize,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            hidden_act,
            layer_norm_eps: EPSILON,
        },
        vocab_size: text.vocab_size,
        max_position_embeddings: text.context_length,
        // Pooled at the highest id.
        eos_token_id: None,
    };
    check(CONFIG, "text_cfg", &text_config.transformer)?;
    check(CONFIG, "vision_cfg", &vision.transformer)?;
    let preprocessing = preprocessor::open_clip(CONFIG, &config.preprocess_cfg, vision.image_size)?;
    let architecture = Architecture {
        image: ImageArchitecture::Clip(vision),
        text: TextArchitecture::Clip(text_config),
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
        },
    })
}

/// The epsilon of PyTorch's layer norm, which open_clip leaves at its default.
const EPSILON: f64 = 1e-5;

/// The names of weight files, the preferred one first.
pub(super) const WEIGHTS: [&str; 4] = [
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_model.bin",
    "open_clip_pytorch_model.pt",
];

fn vision(config: &Vision, hidden_act: Activation) -> Result<VisionConfig, CheckpointError> {
    let unsupported = |what: String, supported: &str| CheckpointError::Unsupported {
        file: CONFIG.to_owned(),
        what,
        supported: supported.to_owned(),
    };
    let layers = config.layers.as_u64();
    let Some(layers) = layers.and_then(|layers| usize::try_from(layers).ok()) else {
        let what = format!("vision_cfg.layers {} (a ResNet)", config.layers);
        return Err(unsupported(what, "one number (a vision transformer)"));
    };
    let square = match &config.image_size {
        Value::Array(sides) => sides
            .first()
            .filter(|side| sides.iter().all(|s| s == *side)),
        side => Some(side),
    };
    let image_size = square.and_then(Value::as_u64);
    let Some(image_size) = image_size.and_then(|side| usize::try_from(side).ok()) else {
        let what = format!("vision_cfg.image_size {}", config.image_size);
        return Err(unsupported(what, "a square"));
    };
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
