//! The manifest of a pack, `manifest.json`: everything that isn't a weight ([`Manifest`]).

use super::{Architecture, Quantisation, validate::MAX_MANIFEST};
use crate::{
    limits::LimitError,
    pixels::Preprocessing,
    score::{Calibration, Scoring},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// The value of [`Manifest::format`] that this version reads and writes.
const FORMAT: &str = "glimpse-pack/1";

/// A pack's description: everything that decides what its weights mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format and its version, `glimpse-pack/1`.
    pub format: String,
    /// The model's name, as people call it.
    pub name: String,
    /// One sentence about the model.
    pub description: String,
    /// The languages its text tower knows, as BCP 47 tags.
    pub languages: Vec<String>,
    /// The weights' licences, as SPDX expressions.
    pub licence: String,
    /// Where the weights come from, one entry a source.
    pub source: Vec<String>,
    /// Both towers' shapes, and the length of their embeddings.
    pub architecture: Architecture,
    /// How pictures are resized, cropped and normalised.
    pub preprocessing: Preprocessing,
    /// How sentences become token ids.
    pub tokenizer: TokenizerConfig,
    /// How similarities become probabilities.
    pub scoring: Scoring,
    /// How often they come true, where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The precision in which the weights are stored.
    pub quantisation: Quantisation,
    /// Every file of the pack but this one, by name.
    #[serde(deserialize_with = "named_once")]
    pub files: BTreeMap<String, FileEntry>,
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
    /// The tower that embeds pictures.
    Image,
    /// The tower that embeds sentences.
    Text,
}

impl Tower {
    /// The name of the tower's file in a pack.
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

/// The tokenizer's settings: how sentences become token ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizerConfig {
    /// The name of the tokenizer's file in the pack.
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
    /// The sentence as it was typed.
    #[default]
    None,
    /// The sentence in small letters (SigLIP 2's `do_lower_case`).
    Lower,
    /// Single spaces between words, none around them (open_clip, for tokenizers of Hugging Face's).
    Whitespace,
    /// In small letters, without ASCII punctuation, single spaces (SigLIP's `canonicalize`).
    Canonicalize,
}

impl TextNormalization {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The manifest's entry for a file of the pack: its length and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Embeddings of one known picture ([`Golden::picture`]) and one sentence, from these very
/// weights on the CPU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// The sentence whose embedding is below.
    pub sentence: String,
    /// The picture's embedding, (projection_dim), of unit length.
    pub image_embeds: Vec<f32>,
    /// The sentence's embedding, (projection_dim), of unit length.
    pub text_embeds: Vec<f32>,
}

impl Golden {
    /// The sentence of packs that are made here.
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
    /// The bytes are no JSON, or lack a manifest's fields.
    #[error("manifest.json is not a pack's manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// The format is another program's, or of a later version.
    #[error("manifest.json says its format is \"{0}\"; this version of Glimpse reads \"{FORMAT}\"")]
    Format(String),
    /// A file that the pack needs isn't listed.
    #[error("manifest.json does not list {0}")]
    Missing(String),
    /// A field has a value that no pack can have.
    #[error("manifest.json: {0}")]
    Limit(#[from] LimitError),
}

/// Refuses another format or version by its name, before a missing field would.
///
/// # Errors
/// [`ManifestError`] if it isn't a manifest or is of another version.
pub(super) fn check_format(json: &[u8]) -> Result<(), ManifestError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let head: Head = serde_json::from_slice(json)?;
    match head.format.as_str() {
        FORMAT => Ok(()),
        _ => Err(ManifestError::Format(head.format)),
    }
}

impl Manifest {
    /// The name of its file in a pack.
    pub const FILE: &str = "manifest.json";

    /// The file of sentences whose embeddings are known; few packs have one.
    pub const SENTENCES: &str = "sentences.safetensors";

    /// The most bytes that the file may have.
    pub const MAX_BYTES: u64 = MAX_MANIFEST;

    /// The value of [`Manifest::format`] that this version writes.
    pub fn current_format() -> String {
        FORMAT.to_owned()
    }

    /// Parses and checks the bytes of `manifest.json`.
    ///
    /// # Errors
    /// [`ManifestError`] if it isn't a manifest, is of another version, lists too little, or has a
    /// field of a value that no pack can have.
    pub fn from_json(json: &[u8]) -> Result<Self, ManifestError> {
        if json.len() as u64 > Self::MAX_BYTES {
            let allowed = format!("at most {}", Self::MAX_BYTES);
            return Err(LimitError::new("its length in bytes", json.len(), allowed).into());
        }
        check_format(json)?;
        let manifest: Self = serde_json::from_slice(json)?;
        for file in manifest.needed() {
            if !manifest.files.contains_key(file) {
                return Err(ManifestError::Missing(file.to_owned()));
            }
        }
        manifest.validate()?;
        Ok(manifest)
    }

    /// The length and hash that file `name` must have.
    ///
    /// # Errors
    /// [`ManifestError::Missing`].
    pub fn file(&self, name: &str) -> Result<&FileEntry, ManifestError> {
        self.files
            .get(name)
            .ok_or_else(|| ManifestError::Missing(name.to_owned()))
    }

    /// The names of the files that every pack has.
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

    /// The length of all files together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        let bytes = self.files.values().map(|file| file.bytes);
        bytes.fold(0, u64::saturating_add)
    }
}

/// Reads the list of files, of which none may be named twice: readers would differ in which entry counts.
fn named_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, FileEntry>, D::Error> {
    struct Files;

    impl<'de> Visitor<'de> for Files {
        type Value = BTreeMap<String, FileEntry>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("files")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut files = BTreeMap::new();
            while let Some((name, file)) = entries.next_entry::<String, FileEntry>()? {
                if files.contains_key(&name) {
                    let twice = format!("the file \"{name}\" is named twice");
                    return Err(A::Error::custom(twice));
                }
                files.insert(name, file);
            }
            Ok(files)
        }
    }

    deserializer.deserialize_map(Files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_twice_is_refused() {
        let entry = r#"{"bytes":7,"sha256":"00"}"#;
        let read = |json: &str| {
            let mut reader = serde_json::Deserializer::from_str(json);
            named_once(&mut reader).map_err(|error| error.to_string())
        };
        let once = read(&format!(r#"{{"a":{entry},"b":{entry}}}"#)).unwrap();
        assert_eq!(once.len(), 2);
        let twice = read(&format!(r#"{{"a":{entry},"a":{entry}}}"#)).unwrap_err();
        assert!(
            twice.starts_with(r#"the file "a" is named twice"#),
            "{twice}"
        );
    }
}
