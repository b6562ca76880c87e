//! A tokenizer of CLIP's size and frame, without CLIP's vocabulary: one token for each of some
//! everyday words, so that sentences have about as many tokens as with CLIP, and one for each byte
//! of all others.

use anyhow::Result;
use serde_json::{Map, Value, json};

/// Its file in a pack.
pub const FILE: &str = "tokenizer.json";
/// Rows of CLIP's token table.
pub const VOCABULARY: u32 = 49_408;
/// Ends a text, and fills up the rest; the highest id, as in CLIP.
pub const END_ID: u32 = VOCABULARY - 1;
const START_ID: u32 = VOCABULARY - 2;
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";

const WORDS: &str = "a an the of on in at with and that shows is photo picture painting drawing \
    nice small big old new orange red green blue white black circle striped background cat dog cup \
    coffee rocket person people man woman child bike motorcycle moon tree car house home flower \
    bird boat beach city street food face sky day night water snow mountain portrait landscape";

/// The tokenizer's file as Hugging Face's `tokenizer.json`: lower-case words, else single bytes.
pub fn json() -> Result<Vec<u8>> {
    let special = |id: u32, content: &str| {
        json!({
            "id": id, "content": content, "special": true, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        })
    };
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [special(START_ID, START), special(END_ID, END)],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"},
            "behavior": "Removed",
            "invert": true,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": START, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": END, "type_id": 0}},
            ],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {
                START: {"id": START, "ids": [START_ID], "tokens": [START]},
                END: {"id": END, "ids": [END_ID], "tokens": [END]},
            },
        },
        "decoder": null,
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false,
            "byte_fallback": true,
            // Whole words are looked up; nothing is ever put together.
            "ignore_merges": true,
            "vocab": vocabulary(),
            "merges": [],
        },
    });
    Ok(serde_json::to_vec(&tokenizer)?)
}

/// Bytes by the names that byte fallback gives them, then words; ids between them and the special
/// tokens stay unused.
fn vocabulary() -> Map<String, Value> {
    let bytes = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>"));
    let words = WORDS.split_whitespace().map(str::to_owned);
    let mut ids: Map<String, Value> = bytes.chain(words).zip((0_u32..).map(Value::from)).collect();
    ids.insert(START.to_owned(), START_ID.into());
    ids.insert(END.to_owned(), END_ID.into());
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use glimpse_model::{
        pack::{TextNormalization, TokenizerConfig},
        text::TextTokenizer,
    };

    fn ids(sentence: &str) -> Vec<u32> {
        let config = TokenizerConfig {
            file: FILE.into(),
            max_length: 77,
            pad_token_id: Some(END_ID),
            normalization: TextNormalization::None,
        };
        let tokenizer = TextTokenizer::from_json(&json().unwrap(), &config).unwrap();
        tokenizer.encode(&[sentence]).unwrap().ids
    }

    fn length(sentence: &str) -> usize {
        let ids = ids(sentence);
        assert_eq!(ids.len(), 77);
        assert_eq!(ids[0], START_ID);
        ids.iter().position(|&id| id == END_ID).unwrap() + 1
    }

    #[test]
    fn everyday_words_are_tokens_and_others_bytes() {
        assert_eq!(length("A photo of a cat"), 7);
        assert_eq!(length("a zebu"), 7);
        assert_eq!(length("a café"), 3 + 5);
        assert_eq!(length("a cat, a dog!"), 8);
        assert_eq!(length(&"a cat ".repeat(50)), 77);
        assert!(ids("日本 🦓").iter().all(|&id| id < VOCABULARY));
    }
}
