//! `manifest.json`: everything about a pack that isn't a weight.

use super::{Architecture, Quantisation};
use crate::{
    pixels::Preprocessing,
    score::{Calibration, Scoring},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The value of [`Manifest::format`] that this version reads and writes.
const FORMAT: &str = "glimpse-pack/1";

/// A pack's description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `glimpse-pack/1`.
    pub format: String,
    /// What people call the model.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// The languages its text tower knows, as BCP 47 tags.
    pub languages: Vec<String>,
    /// The weights' licences, as SPDX expressions.
    pub licence: String,
    /// Where the weights come from.
    pub source: Vec<String>,
    /// Both towers' shapes.
    pub architecture: Architecture,
    /// How pictures are prepared.
    pub preprocessing: Preprocessing,
    /// How words are prepared.
    pub tokenizer: TokenizerFacts,
    /// How similarities become probabilities.
    pub scoring: Scoring,
    /// How often they come true, where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// How the weights are stored.
    pub quantisation: Quantisation,
    /// Every file of the pack but this one, by name.
    pub files: BTreeMap<String, FileFacts>,
    /// Measured quality by the measure's name, where it is known.
    #[serde(default)]
    pub accuracy: BTreeMap<String, f64>,
    /// What every backend must reproduce before it is trusted.
    pub golden: Golden,
}

/// One of the two encoders with its projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tower {
    /// Pictures.
    Image,
    /// Words.
    Text,
}

impl Tower {
    /// The tower's file in a pack.
    pub fn file(self) -> &'static str {
        match self {
            Self::Image => "image.safetensors",
            Self::Text => "text.safetensors",
        }
    }
}

impl fmt::Display for Tower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image tower",
            Self::Text => "text tower",
        })
    }
}

/// How sentences become token ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizerFacts {
    /// The tokenizer's file in the pack.
    pub file: String,
    /// Longer sentences are cut to this many tokens, special ones counted.
    pub max_length: usize,
    /// What every sentence is filled up with to `max_length`, as the model was trained; without
    /// it, sentences are only filled up to the longest beside them, and the filling is masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad_token_id: Option<u32>,
    /// What is done to a sentence before the tokenizer's own normalisation.
    #[serde(
        default,
        rename = "canonical",
        skip_serializing_if = "TextNormalization::is_none"
    )]
    pub normalization: TextNormalization,
}

/// What is done to a sentence before it is tokenized, where the tokenizer's file doesn't say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextNormalization {
    /// As it was typed.
    #[default]
    None,
    /// In small letters (SigLIP 2's `do_lower_case`).
    Lower,
    /// In small letters, without ASCII punctuation, single spaces (SigLIP's `canonicalize`).
    Canonicalize,
}

impl TextNormalization {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// What a file of the pack must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Embeddings of one known picture ([`Golden::picture`]) and one sentence, from these very
/// weights on the CPU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// The sentence.
    pub sentence: String,
    /// The picture's embedding.
    pub image_embeds: Vec<f32>,
    /// The sentence's embedding.
    pub text_embeds: Vec<f32>,
}

impl Golden {
    /// The sentence that packs are made with.
    pub const SENTENCE: &str = "a photo of an orange circle on a striped green and blue background";

    /// The lowest cosine to the golden embedding at which a backend is trusted. Sound ones reach
    /// 0.99999 (they differ in the order of float additions); broken ones fall to about 0.
    pub const MIN_COSINE: f32 = 0.999;

    /// The golden picture as RGB bytes, `height` × `width`: smooth colours with a few edges, the
    /// same everywhere because it is computed in integers.
    pub fn picture(height: usize, width: usize) -> Vec<u8> {
        let mut rgb = Vec::with_capacity(height * width * 3);
        for y in 0..height {
            for x in 0..width {
                let (u, v) = (x * 255 / width, y * 255 / height);
                let inside = (u as i32 - 128).pow(2) + (v as i32 - 110).pow(2) < 70 * 70;
                let stripe = (u + 2 * v) / 32 % 2 == 0;
                rgb.extend(match (inside, stripe) {
                    (true, true) => [230, 140 - (v / 4) as u8, 40],
                    (true, false) => [200, 90, (u / 3) as u8],
                    (false, true) => [(u / 2) as u8, 120 + (v / 3) as u8, 90],
                    (false, false) => [(u / 2) as u8, 160, 255 - v as u8],
                });
            }
        }
        rgb
    }
}

/// Why a manifest was refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or not a manifest's.
    #[error("manifest.json is not a pack's manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// Another program's, or a later version's.
    #[error("manifest.json says its format is \"{0}\"; this version of Glimpse reads \"{FORMAT}\"")]
    Format(String),
    /// A file that the pack needs isn't listed.
    #[error("manifest.json does not list {0}")]
    Missing(String),
}

impl Manifest {
    /// Its file in a pack.
    pub const FILE: &str = "manifest.json";

    /// The file of sentences whose embeddings are known; few packs have one.
    pub const SENTENCES: &str = "sentences.safetensors";

    /// The value for [`Manifest::format`].
    pub fn current_format() -> String {
        FORMAT.to_owned()
    }

    /// Reads `manifest.json`.
    ///
    /// # Errors
    /// [`ManifestError`] if it isn't a manifest, is of another version or lists too little.
    pub fn from_json(json: &[u8]) -> Result<Self, ManifestError> {
        /// Read first, so that another version is told by its name and not by a missing field.
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let head: Head = serde_json::from_slice(json)?;
        if head.format != FORMAT {
            return Err(ManifestError::Format(head.format));
        }
        let manifest: Self = serde_json::from_slice(json)?;
        for file in manifest.needed() {
            if !manifest.files.contains_key(file) {
                return Err(ManifestError::Missing(file.to_owned()));
            }
        }
        Ok(manifest)
    }

    /// The facts of one file.
    ///
    /// # Errors
    /// [`ManifestError::Missing`].
    pub fn file(&self, name: &str) -> Result<&FileFacts, ManifestError> {
        self.files
            .get(name)
            .ok_or_else(|| ManifestError::Missing(name.to_owned()))
    }

    /// The files that no pack is without.
    fn needed(&self) -> [&str; 3] {
        [
            Tower::Image.file(),
            &self.tokenizer.file,
            Tower::Text.file(),
        ]
    }

    /// Whether it brings the embeddings of some sentences along, in [`Manifest::SENTENCES`].
    pub fn knows_sentences(&self) -> bool {
        self.files.contains_key(Self::SENTENCES)
    }

    /// Bytes of all files.
    pub fn total_bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}
