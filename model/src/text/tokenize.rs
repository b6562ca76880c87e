//! Hugging Face tokenizers, set to what the tower was trained with: [`TextTokenizer`].

use super::foreign;
use crate::pack::{TextNormalization, TokenizerConfig};
use std::borrow::Cow;
use tokenizers::{PaddingDirection, PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

/// Why sentences could not be tokenized.
#[derive(Debug, thiserror::Error)]
pub enum TokenizeError {
    /// The file is no `tokenizer.json`.
    #[error("{file} is not a tokenizer that can be read: {source}")]
    File {
        /// The file's name in the pack.
        file: String,
        /// The `tokenizers` crate's reason.
        source: tokenizers::Error,
    },
    /// The tokenizer refuses a sentence, such as one with a letter that it lacks.
    #[error("the tokenizer refuses this text: {0}")]
    Text(#[source] tokenizers::Error),
}

/// Token ids of several sentences, filled up to one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    /// Token ids, (batch · length).
    pub ids: Vec<u32>,
    /// (batch · length): whether a token is real, not padding.
    pub mask: Vec<bool>,
    length: usize,
}

impl TokenBatch {
    /// How many sentences the batch has.
    pub fn batch(&self) -> usize {
        self.ids.len() / self.length
    }

    /// Tokens of each, padding counted; at least 1.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// A pack's tokenizer, with the truncation and padding that its tower was trained with.
#[derive(Clone)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    normalization: TextNormalization,
}

impl TextTokenizer {
    /// Reads `tokenizer.json` and sets truncation and padding as the pack says.
    ///
    /// # Errors
    /// [`TokenizeError::File`].
    pub fn from_json(json: &[u8], config: &TokenizerConfig) -> Result<Self, TokenizeError> {
        let wrong = |source| TokenizeError::File {
            file: config.file.clone(),
            source,
        };
        let mut tokenizer = foreign::read(json).map_err(wrong)?;
        let own = tokenizer.get_padding().cloned().unwrap_or_default();
        let padding = match config.pad_token_id {
            None => PaddingParams {
                strategy: PaddingStrategy::BatchLongest,
                // A multiple that the file asks for could be of any length.
                pad_to_multiple_of: None,
                ..own
            },
            Some(pad_id) => PaddingParams {
                strategy: PaddingStrategy::Fixed(config.max_length),
                direction: PaddingDirection::Right,
                pad_to_multiple_of: None,
                pad_id,
                pad_type_id: 0,
                pad_token: tokenizer.id_to_token(pad_id).unwrap_or_default(),
            },
        };
        tokenizer.with_padding(Some(padding));
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: config.max_length,
                ..Default::default()
            }))
            .map_err(wrong)?;
        Ok(Self {
            tokenizer,
            normalization: config.normalization,
        })
    }

    /// Tokenizes at least one sentence.
    ///
    /// # Errors
    /// [`TokenizeError::Text`].
    pub fn encode<S: AsRef<str>>(&self, sentences: &[S]) -> Result<TokenBatch, TokenizeError> {
        let inputs: Vec<Cow<str>> = sentences
            .iter()
            .map(|sentence| self.normalization.apply(sentence.as_ref()))
            .collect();
        let encodings = foreign::guarded(|| self.tokenizer.encode_batch(inputs, true));
        let encodings = encodings.map_err(TokenizeError::Text)?;
        Ok(TokenBatch {
            length: encodings.first().map_or(1, |e| e.len()).max(1),
            ids: encodings
                .iter()
                .flat_map(|e| e.get_ids())
                .copied()
                .collect(),
            mask: encodings
                .iter()
                .flat_map(|e| e.get_attention_mask())
                .map(|&mask| mask != 0)
                .collect(),
        })
    }
}

impl TextNormalization {
    fn apply(self, sentence: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(sentence),
            Self::Lower => Cow::Owned(sentence.to_lowercase()),
            Self::Whitespace => {
                let words: Vec<&str> = sentence.split_whitespace().collect();
                Cow::Owned(words.join(" "))
            }
            Self::Canonicalize => {
                let plain = sentence.replace(|c: char| c.is_ascii_punctuation(), "");
                let words: Vec<&str> = plain.split_whitespace().collect();
                Cow::Owned(words.join(" ").to_lowercase())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        let sentence = " A  Cat's (big) EYE_lid. ";
        assert_eq!(TextNormalization::None.apply(sentence), sentence);
        assert_eq!(TextNormalization::Lower.apply("CAFÉ!"), "café!");
        assert_eq!(
            TextNormalization::Whitespace.apply(sentence),
            "A Cat's (big) EYE_lid."
        );
        assert_eq!(
            TextNormalization::Canonicalize.apply(sentence),
            "a cats big eyelid"
        );
    }
}
