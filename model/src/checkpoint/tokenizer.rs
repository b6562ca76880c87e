//! A checkpoint's tokenizer and its settings, from the files of either layout: [`hugging_face`],
//! [`open_clip`].

use super::{CheckpointError, Folder, Purpose, hugging_face::Family};
use crate::{
    pack::{TextNormalization, TokenizerConfig},
    text::foreign,
};
use serde_json::Value;
use tokenizers::Tokenizer;

const FILE: &str = "tokenizer.json";
const CONFIG: &str = "tokenizer_config.json";
const SPECIAL: &str = "special_tokens_map.json";
/// CLIP's, which also fills sentences up unless a config says otherwise.
const END_OF_TEXT: &str = "<|endoftext|>";
/// What SigLIP's vocabularies call the filling token, where no file says which one it is.
const PADDING: &str = "<pad>";
/// Classes of transformers that write everything in small letters whatever `tokenizer.json` does.
const LOWERING: [&str; 2] = ["Siglip2Tokenizer", "Siglip2TokenizerFast"];

/// The settings and the file of a Hugging Face folder. `pad_token_id` is the model config's, which
/// for CLIP is often wrong; the tokenizer's own files go first.
pub(super) fn hugging_face(
    folder: &dyn Folder,
    family: Family,
    max_length: usize,
    pad_token_id: u32,
) -> Result<(TokenizerConfig, Vec<u8>), CheckpointError> {
    let (tokenizer, json) = read(folder)?;
    let config: Value = folder.json(CONFIG)?.unwrap_or_default();
    let own = pad_token(folder, &config, &tokenizer)?;
    let usual = match family {
        Family::Clip => tokenizer.token_to_id(END_OF_TEXT),
        Family::Siglip => tokenizer.token_to_id(PADDING),
    };
    let class = config["tokenizer_class"].as_str().unwrap_or_default();
    let lower = config["do_lower_case"] == true && family == Family::Siglip;
    let normalization = if lower || LOWERING.contains(&class) {
        TextNormalization::Lower
    } else {
        TextNormalization::None
    };
    let pad = own.or(usual).unwrap_or(pad_token_id);
    Ok((tokenizer_config(max_length, pad, normalization), json))
}

/// The settings and the file of an open_clip folder: OpenAI's tokenizer, which fills up with zeros,
/// or (`foreign`) one of Hugging Face's.
pub(super) fn open_clip(
    folder: &dyn Folder,
    max_length: usize,
    foreign: bool,
    arguments: &Value,
) -> Result<(TokenizerConfig, Vec<u8>), CheckpointError> {
    let (tokenizer, json) = read(folder)?;
    let pad = if foreign {
        let config: Value = folder.json(CONFIG)?.unwrap_or_default();
        pad_token(folder, &config, &tokenizer)?.unwrap_or(0)
    } else {
        0
    };
    let normalization = match arguments["clean"].as_str() {
        Some("canonicalize") => TextNormalization::Canonicalize,
        Some("lower") => TextNormalization::Lower,
        _ => TextNormalization::None,
    };
    Ok((tokenizer_config(max_length, pad, normalization), json))
}

fn tokenizer_config(
    max_length: usize,
    pad_token_id: u32,
    normalization: TextNormalization,
) -> TokenizerConfig {
    TokenizerConfig {
        file: FILE.to_owned(),
        max_length,
        pad_token_id: Some(pad_token_id),
        normalization,
    }
}

fn read(folder: &dyn Folder) -> Result<(Tokenizer, Vec<u8>), CheckpointError> {
    let json = folder.read(FILE)?.ok_or(CheckpointError::MissingFile {
        file: FILE.to_owned(),
        purpose: Purpose::Tokenizer,
    })?;
    let tokenizer = foreign::read(&json).map_err(|source| CheckpointError::Tokenizer {
        file: FILE.to_owned(),
        source,
    })?;
    // Many are published with line breaks and indents, which make up a third of CLIP's 2.2 MB.
    let value: Value = serde_json::from_slice(&json).map_err(|source| CheckpointError::Json {
        file: FILE.to_owned(),
        source,
    })?;
    Ok((tokenizer, value.to_string().into_bytes()))
}

/// The filling token that the tokenizer's own files name.
fn pad_token(
    folder: &dyn Folder,
    config: &Value,
    tokenizer: &Tokenizer,
) -> Result<Option<u32>, CheckpointError> {
    let special: Value = folder.json(SPECIAL)?.unwrap_or_default();
    let named = [config, &special].into_iter().find_map(|file| {
        let token = &file["pad_token"];
        // A token, or an object that describes it.
        let token = token.as_str().or_else(|| token["content"].as_str())?;
        tokenizer.token_to_id(token)
    });
    Ok(named)
}
