//! A checkpoint's tokenizer and its settings, from the files of either layout: [`hugging_face`],
//! [`open_clip`].

use super::{CheckpointError, Folder, Purpose, hugging_face::Family};
use crate::{
    pack::{TextNormalization, TokenizerConfig},
    text::foreign,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokenizers::Tokenizer;

const FILE: &str = "tokenizer.json";
const CONFIG: &str = "tokenizer_config.json";
const SPECIAL: &str = "special_tokens_map.json";
/// What OpenAI's tokenizer is published as where there is no `tokenizer.json`: token ids, and pairs of
/// tokens that become one.
pub(super) const SLOW: [&str; 2] = ["vocab.json", "merges.txt"];
/// What the last token of a word ends in, in CLIP's vocabulary.
const END_OF_WORD: &str = "</w>";
/// What CLIP cuts sentences into before it joins letters: English endings, words, single digits,
/// runs of other characters.
const WORDS: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
const START_OF_TEXT: &str = "<|startoftext|>";
/// CLIP's, which also fills sentences up unless a config says otherwise.
const END_OF_TEXT: &str = "<|endoftext|>";
/// What the vocabularies of SigLIP and RoBERTa call the filling token, where no file says which one it
/// is.
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
        let named = pad_token(folder, &config, &tokenizer)?;
        named.or(tokenizer.token_to_id(PADDING)).unwrap_or(0)
    } else {
        0
    };
    let normalization = match arguments["clean"].as_str() {
        Some("canonicalize") => TextNormalization::Canonicalize,
        Some("lower") => TextNormalization::Lower,
        // OpenAI's does it itself.
        _ if foreign => TextNormalization::Whitespace,
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
    let json = match folder.read(FILE)? {
        Some(json) => json,
        None => slow(folder)?.ok_or(CheckpointError::MissingFile {
            file: FILE.to_owned(),
            purpose: Purpose::Tokenizer,
        })?,
    };
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

/// `tokenizer.json` of OpenAI's tokenizer, from the files that it has where nobody has converted it.
/// `None` if they are missing, or are another tokenizer's.
fn slow(folder: &dyn Folder) -> Result<Option<Vec<u8>>, CheckpointError> {
    let [vocabulary, merges] = SLOW;
    let Some(vocabulary) = folder.json::<BTreeMap<String, u32>>(vocabulary)? else {
        return Ok(None);
    };
    let Some(merges) = folder.read(merges)? else {
        return Ok(None);
    };
    let (Some(&start), Some(&end)) = (vocabulary.get(START_OF_TEXT), vocabulary.get(END_OF_TEXT))
    else {
        return Ok(None);
    };
    let merges = String::from_utf8_lossy(&merges);
    let merges: Vec<[&str; 2]> = merges
        .lines()
        .filter(|line| !line.starts_with("#version"))
        .filter_map(|line| line.split_once(' ').map(|(first, second)| [first, second]))
        .collect();
    // GPT-2's, which has no mark at the end of a word, may know the same special tokens.
    if !vocabulary.keys().any(|token| token.ends_with(END_OF_WORD)) {
        return Ok(None);
    }
    let special = |content: &str, id: u32| {
        json!({
            "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        })
    };
    let json = json!({
        "version": "1.0", "truncation": null, "padding": null, "decoder": null,
        "added_tokens": [special(START_OF_TEXT, start), special(END_OF_TEXT, end)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
            {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        ]},
        "post_processor": {
            "type": "RobertaProcessing", "sep": [END_OF_TEXT, end], "cls": [START_OF_TEXT, start],
            "trim_offsets": false, "add_prefix_space": false,
        },
        "model": {
            "type": "BPE", "dropout": null, "unk_token": END_OF_TEXT,
            "continuing_subword_prefix": "", "end_of_word_suffix": END_OF_WORD, "fuse_unk": false,
            "byte_fallback": false, "vocab": vocabulary, "merges": merges,
        },
    });
    Ok(Some(json.to_string().into_bytes()))
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
