//! open_clip's text towers, its own transformer and RoBERTa: [`read`].

use super::{CONFIG, EPSILON, WEIGHTS, mlp_ratio, plain_only, unsupported};
use crate::{
    checkpoint::{
        CheckpointError, Folder, config::parse, hugging_face::check, roberta, tensors::TensorFiles,
    },
    pack::{
        Activation, RobertaProjection, RobertaReadout, TextArchitecture, TextConfig,
        TransformerConfig,
    },
};
use serde::Deserialize;
use serde_json::Value;

/// A text tower, and what its tokenizer has to know.
pub(super) struct Text {
    pub architecture: TextArchitecture,
    pub context_length: usize,
    /// Whether the tokenizer is one of Hugging Face's, and not OpenAI's.
    pub has_foreign_tokenizer: bool,
    /// `tokenizer_kwargs`.
    pub tokenizer_arguments: Value,
    /// Whether it is a RoBERTa of Hugging Face's.
    pub is_roberta: bool,
}

/// The fields of open_clip's `CLIPTextCfg` that are read.
#[derive(Deserialize)]
struct Config {
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

/// Fields that build another tower than the plain one, and the values at which they don't.
const PLAIN: [(&str, &[&str]); 3] = [
    ("pool_type", &["\"argmax\"", "\"eos\"", "\"last\""]),
    ("proj_type", &["\"linear\""]),
    ("use_pad_mask", &["false"]),
];

/// Reads `text_cfg`; `hidden_act` is the model's.
pub(super) fn read(
    folder: &dyn Folder,
    config: Value,
    embed_dim: usize,
    hidden_act: Activation,
) -> Result<Text, CheckpointError> {
    if config["hf_model_name"].is_string() {
        return hugging_face(folder, config, embed_dim);
    }
    plain_only("text_cfg", &config, &PLAIN)?;
    let text: Config = parse(CONFIG, config)?;
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
    let config = TextConfig {
        transformer: TransformerConfig {
            hidden_size: text.width,
            intermediate_size: (text.width as f64 * text.mlp_ratio) as usize,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            hidden_act: activation(&text, hidden_act)?,
            layer_norm_eps: text.norm_kwargs.as_ref().map_or(EPSILON, |norm| norm.eps),
            eva: None,
        },
        vocab_size: text.vocab_size,
        max_position_embeddings: text.context_length,
        // Without it, pooled at the highest id.
        eos_token_id: (pool_type == "eos").then_some(text.eos_id),
        is_eos_literal: pool_type == "eos",
        is_bidirectional: text.no_causal_mask && !is_siglip,
        class_token: text.embed_cls,
    };
    check(CONFIG, "text_cfg", &config.transformer)?;
    Ok(Text {
        architecture: match is_siglip {
            true => TextArchitecture::Siglip(config),
            false => TextArchitecture::Clip(config),
        },
        context_length: text.context_length,
        has_foreign_tokenizer: text.hf_tokenizer_name.is_some(),
        tokenizer_arguments: text.tokenizer_kwargs,
        is_roberta: false,
    })
}

/// The fields of a `CLIPTextCfg` with a tower of Hugging Face's.
#[derive(Deserialize)]
struct HuggingFace {
    hf_model_name: String,
    #[serde(default = "context_length")]
    context_length: usize,
    #[serde(default = "perceptron")]
    hf_proj_type: Option<String>,
    #[serde(default = "mean_pooler")]
    hf_pooler_type: Option<String>,
    #[serde(default)]
    tokenizer_kwargs: Value,
}

fn perceptron() -> Option<String> {
    Some("mlp".to_owned())
}
fn mean_pooler() -> Option<String> {
    Some("mean_pooler".to_owned())
}

/// Reads a `text_cfg` that names a model of Hugging Face's; its shape is taken from the weights.
fn hugging_face(
    folder: &dyn Folder,
    config: Value,
    embed_dim: usize,
) -> Result<Text, CheckpointError> {
    let config: HuggingFace = parse(CONFIG, config)?;
    if !config.hf_model_name.to_lowercase().contains("roberta") {
        let what = format!("text_cfg.hf_model_name \"{}\"", config.hf_model_name);
        return Err(unsupported(
            what,
            "RoBERTa (\"roberta-…\", \"xlm-roberta-…\")",
        ));
    }
    let readout = match config.hf_pooler_type.as_deref() {
        Some("mean_pooler") | None => RobertaReadout::Mean,
        Some("cls_last_hidden_state_pooler") => RobertaReadout::FirstToken,
        Some(other) => {
            let what = format!("text_cfg.hf_pooler_type \"{other}\"");
            let poolers = "\"mean_pooler\", \"cls_last_hidden_state_pooler\"";
            return Err(unsupported(what, poolers));
        }
    };
    let projection = match config.hf_proj_type.as_deref() {
        None => RobertaProjection::None,
        Some("linear") => RobertaProjection::Linear,
        Some("mlp") => RobertaProjection::Mlp,
        Some(other) => {
            let what = format!("text_cfg.hf_proj_type \"{other}\"");
            return Err(unsupported(what, "\"mlp\", \"linear\", null"));
        }
    };
    let tensors = TensorFiles::open(folder, &WEIGHTS)?;
    let roberta = roberta::config(&tensors, readout, projection);
    check(CONFIG, "text_cfg", &roberta.transformer)?;
    let width = roberta.transformer.hidden_size;
    if projection == RobertaProjection::None && width != embed_dim {
        return Err(CheckpointError::Inconsistent {
            file: CONFIG.to_owned(),
            what: format!(
                "embed_dim {embed_dim} = {width}, the width of a tower without projection"
            ),
        });
    }
    Ok(Text {
        context_length: config.context_length,
        architecture: TextArchitecture::Roberta(roberta),
        has_foreign_tokenizer: true,
        tokenizer_arguments: config.tokenizer_kwargs,
        is_roberta: true,
    })
}

/// The text tower's activation: the model's, or GELU as its own config has it.
fn activation(text: &Config, model: Activation) -> Result<Activation, CheckpointError> {
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
