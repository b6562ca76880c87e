//! Hugging Face's `CLIPModel` and `SiglipModel` folders: [`open`].

use super::{
    Checkpoint, CheckpointError, Folder, Purpose,
    card::Card,
    config::{over, parse, within_limits},
    keys::Layout,
    preprocessor,
    tensors::TensorFiles,
    tokenizer,
};
use crate::{
    pack::{
        Architecture, ImageArchitecture, TextArchitecture, TextConfig, TransformerConfig,
        VisionConfig,
    },
    score::{ScoreMode, Scoring},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const CONFIG: &str = "config.json";

const METACLIP_2: &str = "metaclip_2";

/// What a folder of one tower is of, as `CLIPVisionModelWithProjection` and its like are published.
const HALVES: [&str; 6] = [
    "clip_vision_model",
    "clip_text_model",
    "metaclip_2_vision_model",
    "metaclip_2_text_model",
    "siglip_vision_model",
    "siglip_text_model",
];

/// The families of models that are published in Hugging Face's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Clip,
    Siglip,
}

impl Family {
    fn of(config: &Value) -> Result<Self, CheckpointError> {
        match config["model_type"].as_str() {
            // MetaCLIP 2 is CLIP with another vocabulary.
            Some("clip" | METACLIP_2) => Ok(Self::Clip),
            // SigLIP 2 of a fixed resolution is published as the same class.
            Some("siglip") => Ok(Self::Siglip),
            Some(tower) if HALVES.contains(&tower) => Err(CheckpointError::Unsupported {
                file: CONFIG.to_owned(),
                what: format!("model_type \"{tower}\", one tower alone,"),
                supported:
                    "the folder of the whole model (\"clip\", \"metaclip_2\", \"siglip\"), with \
                            an image tower and a text tower"
                        .to_owned(),
            }),
            other => Err(CheckpointError::Unsupported {
                file: CONFIG.to_owned(),
                what: format!("model_type \"{}\"", other.unwrap_or("(none)")),
                supported: "\"clip\" (CLIPModel), \"metaclip_2\" (MetaClip2Model), \"siglip\" \
                            (SiglipModel)"
                    .to_owned(),
            }),
        }
    }

    /// The defaults of `CLIPVisionConfig` and `SiglipVisionConfig` in transformers.
    fn vision_defaults(self) -> Value {
        match self {
            Self::Clip => json!({
                "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                "num_attention_heads": 12, "num_channels": 3, "image_size": 224, "patch_size": 32,
                "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
            }),
            Self::Siglip => json!({
                "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                "num_attention_heads": 12, "num_channels": 3, "image_size": 224, "patch_size": 16,
                "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6, "vision_use_head": true,
            }),
        }
    }

    /// The defaults of `CLIPTextConfig` and `SiglipTextConfig` in transformers.
    fn text_defaults(self) -> Value {
        match self {
            Self::Clip => json!({
                "vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048,
                "num_hidden_layers": 12, "num_attention_heads": 8, "max_position_embeddings": 77,
                "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "pad_token_id": 1,
                "eos_token_id": 49407,
            }),
            Self::Siglip => json!({
                "vocab_size": 32000, "hidden_size": 768, "intermediate_size": 3072,
                "num_hidden_layers": 12, "num_attention_heads": 12, "max_position_embeddings": 64,
                "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6, "pad_token_id": 1,
                "eos_token_id": 49407,
            }),
        }
    }
}

/// The fields of a vision config that decide whether it is supported.
#[derive(Deserialize)]
struct VisionExtras {
    num_channels: usize,
    #[serde(default)]
    vision_use_head: Option<bool>,
}

/// The fields of a text config that shape tokens and projection.
#[derive(Deserialize)]
struct TextExtras {
    pad_token_id: u32,
    /// SigLIP's; without it the projection is as wide as the tower.
    projection_size: Option<usize>,
}

pub(super) fn open(folder: &dyn Folder, name: &str) -> Result<Checkpoint, CheckpointError> {
    let config: Value = folder.json(CONFIG)?.unwrap_or_default();
    let family = Family::of(&config)?;
    let is_metaclip = config["model_type"] == METACLIP_2;
    let part = |tower: &str, defaults| {
        // Early configs repeat a tower's fields under a second name, which wins.
        let defaults = over(defaults, &config[format!("{tower}_config")]);
        over(defaults, &config[format!("{tower}_config_dict")])
    };
    let vision = part("vision", family.vision_defaults());
    let text = part("text", family.text_defaults());
    let vision_extras: VisionExtras = parse(CONFIG, vision.clone())?;
    let text_extras: TextExtras = parse(CONFIG, text.clone())?;
    let vision: VisionConfig = parse(CONFIG, vision)?;
    let text: TextConfig = parse(CONFIG, text)?;
    check(CONFIG, "vision_config", &vision.transformer)?;
    check(CONFIG, "text_config", &text.transformer)?;
    let unsupported = |what: String, supported: &str| CheckpointError::Unsupported {
        file: CONFIG.to_owned(),
        what,
        supported: supported.to_owned(),
    };
    if vision_extras.num_channels != 3 {
        let what = format!("vision_config.num_channels {}", vision_extras.num_channels);
        return Err(unsupported(what, "3 (red, green, blue)"));
    }
    if vision_extras.vision_use_head == Some(false) {
        let what = "vision_config.vision_use_head false".to_owned();
        return Err(unsupported(what, "true (attention pooling)"));
    }
    if vision.patch_size == 0 || vision.image_size < vision.patch_size {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!(
                "vision_config.image_size {} ≥ patch_size {} ≥ 1",
                vision.image_size, vision.patch_size
            ),
        });
    }
    let projection_dim = match family {
        // 512 is the default of `CLIPConfig`.
        Family::Clip => match &config["projection_dim"] {
            Value::Null => 512,
            given => parse(CONFIG, given.clone())?,
        },
        Family::Siglip => {
            let text_width = text_extras
                .projection_size
                .unwrap_or(text.transformer.hidden_size);
            if text_width != vision.transformer.hidden_size {
                return Err(CheckpointError::Inconsistent {
                    file: CONFIG.to_owned(),
                    what: format!(
                        "text_config.projection_size {text_width} = vision_config.hidden_size {}",
                        vision.transformer.hidden_size
                    ),
                });
            }
            text_width
        }
    };
    let preprocessing = preprocessor::hugging_face(folder, family, vision.image_size)?;
    let max_length = text.max_position_embeddings;
    let architecture = match family {
        Family::Clip => Architecture {
            image: ImageArchitecture::Clip(vision),
            text: TextArchitecture::Clip(TextConfig {
                is_eos_literal: is_metaclip,
                ..text
            }),
            projection_dim,
        },
        Family::Siglip => Architecture {
            image: ImageArchitecture::Siglip(vision),
            text: TextArchitecture::Siglip(TextConfig {
                eos_token_id: None,
                ..text
            }),
            projection_dim,
        },
    };
    within_limits(CONFIG, &architecture, &preprocessing)?;
    let (tokenizer, tokenizer_json) =
        tokenizer::hugging_face(folder, family, max_length, text_extras.pad_token_id)?;
    let mut tensors = weights(folder, &config)?;
    let scoring = Scoring {
        mode: match family {
            Family::Clip => ScoreMode::Softmax,
            Family::Siglip => ScoreMode::Sigmoid,
        },
        logit_scale: tensors.number("logit_scale")?,
        logit_bias: match family {
            Family::Clip => 0.0,
            Family::Siglip => tensors.number("logit_bias")?,
        },
    };
    let published = config["_name_or_path"]
        .as_str()
        .filter(|name| !name.is_empty());
    Ok(Checkpoint {
        kind: match family {
            Family::Clip if is_metaclip => "Hugging Face MetaClip2Model",
            Family::Clip => "Hugging Face CLIPModel",
            Family::Siglip => "Hugging Face SiglipModel",
        },
        name: published.unwrap_or(name).to_owned(),
        architecture,
        preprocessing,
        tokenizer,
        scoring,
        tokenizer_json,
        card: card(folder)?,
        tensors,
        layout: Layout::HuggingFace,
    })
}

/// Opens the weights. Folders of transformers.js have none but ONNX graphs, whose names and numbers
/// depend on the exporter; each was made from a folder that is read.
fn weights(folder: &dyn Folder, config: &Value) -> Result<TensorFiles, CheckpointError> {
    TensorFiles::open(folder, &WEIGHTS).map_err(|error| {
        let is_missing = matches!(
            error,
            CheckpointError::MissingFile {
                purpose: Purpose::Weights,
                ..
            }
        );
        let onnx = folder
            .names()
            .into_iter()
            .find(|name| name.ends_with(".onnx"));
        let is_onnx = onnx.is_some() || !config["transformers.js_config"].is_null();
        if !is_missing || !is_onnx {
            return error;
        }
        let origin = config["_name_or_path"]
            .as_str()
            .filter(|name| !name.is_empty());
        CheckpointError::Unsupported {
            file: onnx.unwrap_or_else(|| CONFIG.to_owned()),
            what: "an ONNX folder, as transformers.js has it,".to_owned(),
            supported: format!(
                "the folder that it was made from, {} (model.safetensors or pytorch_model.bin)",
                origin.unwrap_or("which its README names")
            ),
        }
    })
}

/// Weight files, the best first; an index lists the shards of one that is in several.
pub(super) const WEIGHTS: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// The model card beside the weights, if there is one.
pub(super) fn card(folder: &dyn Folder) -> Result<Card, CheckpointError> {
    let readme = folder.read("README.md")?.unwrap_or_default();
    Ok(Card::parse(&String::from_utf8_lossy(&readme)))
}

/// Checks that a transformer's width is a multiple of its heads.
pub(super) fn check(
    file: &str,
    part: &str,
    config: &TransformerConfig,
) -> Result<(), CheckpointError> {
    let (width, heads) = (config.hidden_size, config.num_attention_heads);
    if heads == 0 || width == 0 || width % heads != 0 {
        return Err(CheckpointError::Inconsistent {
            file: file.to_owned(),
            what: format!(
                "{part}: width {width} ≥ 1, a multiple of its {heads} attention heads (at least 1),"
            ),
        });
    }
    Ok(())
}
