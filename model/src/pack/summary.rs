//! The summary of a pack: its manifest without what only the towers need ([`PackSummary`]).

use super::{Manifest, ManifestError, Quantisation, manifest::check_format};
use crate::{
    pixels::{CropSize, Preprocessing, Size},
    score::{Calibration, Scoring},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a page says of a pack and reckons with. As JSON it is a part of the manifest, by the same
/// keys, so that it is read from `manifest.json` and from a worker's message alike.
///
/// The page has this instead of a [`Manifest`], whose reader is several times as large: the towers'
/// architectures alone are nine types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackSummary {
    /// The model's name, as in [`Manifest::name`].
    pub name: String,
    /// One sentence about the model, as in [`Manifest::description`].
    pub description: String,
    /// The languages its text tower knows, as BCP 47 tags.
    pub languages: Vec<String>,
    /// The weights' licences, as SPDX expressions.
    pub licence: String,
    /// Where the weights come from, one entry a source.
    pub source: Vec<String>,
    /// How similarities become probabilities.
    pub scoring: Scoring,
    /// How often they come true, where it was measured.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// The precision in which the weights are stored.
    pub quantisation: Quantisation,
    /// Measured quality by the measure's name, where it is known.
    #[serde(default)]
    pub accuracy: BTreeMap<String, f64>,
    architecture: Embeddings,
    preprocessing: Input,
    #[serde(rename = "files", with = "bytes_of_files")]
    bytes: u64,
}

/// The part of an [`Architecture`](super::Architecture) that both towers share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Embeddings {
    projection_dim: usize,
}

/// The part of a [`Preprocessing`] that decides the encoder's input size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Input {
    size: Sides,
    #[serde(default)]
    crop_size: Option<CropSize>,
}

/// A [`Size`] in pixels: the shortest edge, or both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Sides {
    shortest_edge: usize,
    height: usize,
    width: usize,
}

/// The manifest's files as the bytes that they are together; as JSON one file of that length, by no
/// name. A map of all files would be another kilobyte of the page.
mod bytes_of_files {
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{IgnoredAny, MapAccess, Visitor},
    };
    use std::fmt;

    #[derive(Serialize, Deserialize)]
    struct File {
        bytes: u64,
    }

    pub fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("", File { bytes: *bytes })])
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        struct Sum;

        impl<'de> Visitor<'de> for Sum {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("files")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut files: A) -> Result<u64, A::Error> {
                let mut all = 0_u64;
                while let Some((_, file)) = files.next_entry::<IgnoredAny, File>()? {
                    all = all.saturating_add(file.bytes);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(Sum)
    }
}

impl PackSummary {
    /// Parses the bytes of `manifest.json`.
    ///
    /// # Errors
    /// [`ManifestError`] if it isn't a manifest or is of another version.
    pub fn from_json(manifest: &[u8]) -> Result<Self, ManifestError> {
        check_format(manifest)?;
        Ok(serde_json::from_slice(manifest)?)
    }

    /// The length of the embeddings that both towers share.
    pub fn projection_dim(&self) -> usize {
        self.architecture.projection_dim
    }

    /// (height, width) in pixels of the image tower's input, as in [`Preprocessing::output_size`].
    pub fn input_size(&self) -> (usize, usize) {
        let Input { size, crop_size } = self.preprocessing;
        match (crop_size, size.shortest_edge) {
            (Some(crop), _) => (crop.height, crop.width),
            (None, 0) => (size.height, size.width),
            (None, edge) => (edge, edge),
        }
    }

    /// The length of all files together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.bytes
    }
}

impl From<&Preprocessing> for Input {
    fn from(preprocessing: &Preprocessing) -> Self {
        let size = match preprocessing.size {
            Size::ShortestEdge { shortest_edge } => Sides {
                shortest_edge,
                ..Sides::default()
            },
            // With a border it is square.
            Size::LongestEdge { longest_edge, .. } => Sides {
                height: longest_edge,
                width: longest_edge,
                ..Sides::default()
            },
            Size::Exact { height, width } => Sides {
                height,
                width,
                ..Sides::default()
            },
        };
        Self {
            size,
            crop_size: preprocessing.crop_size,
        }
    }
}

impl From<&Manifest> for PackSummary {
    fn from(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            languages: manifest.languages.clone(),
            licence: manifest.licence.clone(),
            source: manifest.source.clone(),
            scoring: manifest.scoring,
            calibration: manifest.calibration.clone(),
            quantisation: manifest.quantisation,
            accuracy: manifest.accuracy.clone(),
            architecture: Embeddings {
                projection_dim: manifest.architecture.projection_dim,
            },
            preprocessing: Input::from(&manifest.preprocessing),
            bytes: manifest.total_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn summary() -> Value {
        json!({
            "format": Manifest::current_format(), "name": "a", "description": "", "languages": [],
            "licence": "", "source": [], "scoring": {"mode": "softmax", "logit_scale": 3.0},
            "quantisation": "int8", "architecture": {"projection_dim": 384},
            "preprocessing": {"size": {"shortest_edge": 224}},
            "files": {"a": {"bytes": 3, "sha256": ""}, "b": {"bytes": 4, "sha256": ""}},
        })
    }

    #[test]
    fn it_is_read_from_a_manifest_and_from_its_own_json() {
        let json = summary().to_string();
        let read = PackSummary::from_json(json.as_bytes()).unwrap();
        assert_eq!((read.total_bytes(), read.projection_dim()), (7, 384));
        assert_eq!(read.input_size(), (224, 224));
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<PackSummary>(&again).unwrap(), read);
    }

    #[test]
    fn another_format_is_told_by_its_name() {
        let mut other = summary();
        other["format"] = json!("glimpse-pack/9");
        let error = PackSummary::from_json(other.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ManifestError::Format(format) if format == "glimpse-pack/9"));
    }
}
