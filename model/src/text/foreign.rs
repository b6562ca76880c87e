//! Reading somebody's `tokenizer.json` without believing it: [`read`], [`guarded`].
//!
//! The `tokenizers` crate indexes with what the file says in some places, and panics there. What is
//! known of that is checked before; whatever else there may be becomes an error where panics can be
//! caught, which is everywhere but in a browser. There it ends the worker, and nothing else.

use crate::limits::LimitError;
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokenizers::{Error, Tokenizer};

/// Reads a `tokenizer.json`.
///
/// # Errors
/// The crate's, or [`LimitError`] for what would make it panic.
pub(crate) fn read(json: &[u8]) -> Result<Tokenizer, Error> {
    // What is no JSON is told by the crate itself.
    if let Ok(file) = serde_json::from_slice::<File>(json) {
        file.model.check()?;
    }
    guarded(|| Tokenizer::from_bytes(json))
}

/// Calls the crate; a panic becomes an error.
///
/// # Errors
/// The call's, or that it panicked.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err("the tokenizer contradicts itself".into()))
}

/// The parts of `tokenizer.json` that are checked.
#[derive(Deserialize)]
struct File {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    vocab: Longest,
    #[serde(default)]
    merges: Vec<Merge>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
}

/// Two tokens that become one: as a list, or in older files with a space between.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Line(String),
}

impl Merge {
    fn parts(&self) -> (&str, &str) {
        match self {
            Self::Pair(first, second) => (first, second),
            Self::Line(line) => line.split_once(' ').unwrap_or((line, "")),
        }
    }
}

impl Model {
    /// Both tokens of a merge make one of the vocabulary, without the second one's prefix.
    fn check(&self) -> Result<(), LimitError> {
        let prefix = self
            .continuing_subword_prefix
            .as_deref()
            .unwrap_or("")
            .len();
        let Longest(longest) = self.vocab;
        for (index, merge) in self.merges.iter().enumerate() {
            let (first, second) = merge.parts();
            let rest = second.get(prefix..);
            if rest.is_none_or(|rest| first.len() + rest.len() > longest) {
                return Err(LimitError::new(
                    format!("model.merges[{index}]"),
                    format!("{first:?} and {second:?}"),
                    format!("two tokens that make one, of at most {longest} bytes"),
                ));
            }
        }
        Ok(())
    }
}

/// Bytes of the longest token of a vocabulary; zero for one that is no map, which has no merges.
#[derive(Default)]
struct Longest(usize);

impl<'de> Deserialize<'de> for Longest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tokens;

        impl<'de> Visitor<'de> for Tokens {
            type Value = Longest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vocabulary")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Longest, A::Error> {
                let mut longest = 0;
                while let Some((token, _)) = map.next_entry::<String, IgnoredAny>()? {
                    longest = longest.max(token.len());
                }
                Ok(Longest(longest))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Longest, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Longest(0))
            }
        }

        deserializer.deserialize_any(Tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn tokenizer(prefix: &str, merges: Value) -> Result<Tokenizer, Error> {
        let json = json!({
            "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
            "post_processor": null, "decoder": null, "truncation": null, "padding": null,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null,
                "continuing_subword_prefix": prefix, "end_of_word_suffix": null,
                "fuse_unk": false, "byte_fallback": false,
                "vocab": {"a": 0, "#b": 1, "ab": 2}, "merges": merges,
            },
        });
        read(json.to_string().as_bytes())
    }

    #[test]
    fn merges_that_make_no_token_are_refused() {
        assert!(tokenizer("#", json!([["a", "#b"]])).is_ok());
        assert!(tokenizer("#", json!(["a #b"])).is_ok());
        // Neither is in the vocabulary, so the crate would refuse it, too, by an error of its own.
        let error = tokenizer("", json!([["zzz", "zzz"]])).unwrap_err();
        assert!(error.to_string().contains("model.merges[0] is"), "{error}");
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = guarded(|| -> Result<(), Error> { panic!("as the crate might") });
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("contradicts itself")
        );
    }
}
