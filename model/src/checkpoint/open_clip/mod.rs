//! open_clip's folders, as its `push_to_hf_hub` writes them: [`open`].

mod image;
mod resnet;
mod text;
mod timm;
mod vit;

use super::{
    Checkpoint, CheckpointError, Folder,
    config::{parse, within_limits},
    hugging_face::card,
    keys::Layout,
    preprocessor,
    tensors::TensorFiles,
    tokenizer,
};
use crate::{
    pack::{Activation, Architecture},
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
    text_cfg: Value,
}

pub(super) fn open(folder: &dyn Folder, name: &str) -> Result<Checkpoint, CheckpointError> {
    let json: Value = folder.json(CONFIG)?.unwrap_or_default();
    let config: Config = parse(CONFIG, json)?;
    let model = config.model_cfg;
    let hidden_act = if model.quick_gelu {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    };
    let image = image::read(folder, model.vision_cfg, model.embed_dim, hidden_act)?;
    let text = text::read(folder, model.text_cfg, model.embed_dim, hidden_act)?;
    let preprocessing = preprocessor::open_clip(CONFIG, &config.preprocess_cfg, image.side)?;
    let architecture = Architecture {
        image: image.architecture,
        text: text.architecture,
        projection_dim: model.embed_dim,
    };
    within_limits(CONFIG, &architecture, &preprocessing)?;
    let (tokenizer, tokenizer_json) = tokenizer::open_clip(
        folder,
        text.context_length,
        text.has_foreign_tokenizer,
        &text.tokenizer_arguments,
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
            is_roberta: text.is_roberta,
            image: image.layout,
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

fn unsupported(what: String, supported: &str) -> CheckpointError {
    CheckpointError::Unsupported {
        file: CONFIG.to_owned(),
        what,
        supported: supported.to_owned(),
    }
}

/// Fields of either tower that build other layers than the plain ones, and the values at which they
/// don't.
const PLAIN_LAYERS: [(&str, &[&str]); 8] = [
    ("ls_init_value", &["null"]),
    ("block_type", &["null", "\"default\""]),
    ("qk_norm", &["false"]),
    ("scaled_cosine_attn", &["false"]),
    ("scale_heads", &["false"]),
    ("scale_attn_inner", &["false"]),
    ("scale_attn", &["false"]),
    ("scale_fc", &["false"]),
];

/// Refuses a config by the first field that builds another tower than the plain ones: one of `plain`, in
/// which a field is followed by the values at which it doesn't, or of [`PLAIN_LAYERS`].
fn plain_only(
    tower: &str,
    config: &Value,
    plain: &[(&str, &[&str])],
) -> Result<(), CheckpointError> {
    for (field, values) in plain.iter().chain(&PLAIN_LAYERS) {
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

fn head_width() -> usize {
    64
}
fn mlp_ratio() -> f64 {
    4.0
}
fn image_size() -> Value {
    224.into()
}
