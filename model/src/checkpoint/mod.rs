//! Import of published checkpoints: bytes of somebody's folder in, a pack out.
//!
//! [`Checkpoint::open`] recognises a folder, by its config, as Hugging Face's `CLIPModel`,
//! `MetaClip2Model` or `SiglipModel`, or as open_clip's, and reads everything but the weights. [`convert()`] then goes
//! through the weights tensor by tensor, so that a checkpoint of any size needs little memory.

mod card;
mod config;
mod convert;
#[cfg(feature = "default-towers")]
pub mod default_towers;
mod eva;
mod fastvit;
mod files;
mod folding;
mod hugging_face;
mod keys;
mod listing;
mod open_clip;
mod preprocessor;
mod probe;
mod resnet;
mod roberta;
mod tensors;
mod tokenizer;
mod weight_files;

pub use crate::formats::{Folder, MemoryFolder, ReadSeek, ZipFolder};
pub use convert::{ConvertError, Converting, PackSink, Report, TowerReport, convert};
pub use listing::needed_files;

use crate::{
    limits::LimitError,
    pack::{Architecture, TokenizerConfig, Tower},
    pixels::Preprocessing,
    score::Scoring,
    towers::{WeightData, WeightError, WeightSource, weights::transpose},
};
use card::Card;
use keys::{ImageLayout, Layout, Part};
use std::{error::Error, fmt, io};
use tensors::TensorFiles;

/// What a file of a checkpoint is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// How pictures are resized, cropped and normalised.
    Preprocessing,
    /// How sentences are cut into tokens.
    Tokenizer,
    /// The weights, in one file.
    Weights,
    /// One shard of the weights.
    Shard,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preprocessing => "how pictures are resized, cropped and normalised",
            Self::Tokenizer => "how sentences are cut into tokens",
            Self::Weights => "the weights",
            Self::Shard => "a shard of the weights",
        })
    }
}

/// Why a folder could not be read as a checkpoint. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Neither a Hugging Face folder nor an open_clip one.
    #[error("neither config.json nor open_clip_config.json is among the files: {}", found.join(", "))]
    Foreign {
        /// The first eight files of the folder.
        found: Vec<String>,
    },
    /// A file that a checkpoint of this kind has.
    #[error("{file} is missing: {purpose}")]
    MissingFile {
        /// The file, or several to choose from.
        file: String,
        /// What it is needed for.
        purpose: Purpose,
    },
    /// The operating system can't read a file.
    #[error("{file} can't be read: {source}")]
    Read {
        /// The file's name in the folder.
        file: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file that is not JSON, or not of the right fields.
    #[error("{file} is not what it should be: {source}")]
    Json {
        /// The file's name in the folder.
        file: String,
        /// serde's reason, with line and column.
        source: serde_json::Error,
    },
    /// A field has a value that this program has no code for.
    #[error("{file}: {what} is not supported, only {supported}")]
    Unsupported {
        /// The file's name in the folder.
        file: String,
        /// The field and its value, as in the file.
        what: String,
        /// The values that are supported, as they stand in such files.
        supported: String,
    },
    /// Two parts of a config that don't fit each other.
    #[error("{file} contradicts itself: {what} should hold")]
    Inconsistent {
        /// The file's name in the folder.
        file: String,
        /// The two parts and their values, as an equation that should hold.
        what: String,
    },
    /// A number or a length that no checkpoint has.
    #[error("{file}: {source}")]
    Limit {
        /// The file's name in the folder.
        file: String,
        /// The field, what was found and what is allowed.
        source: LimitError,
    },
    /// An index that lists a file outside of the folder.
    #[error(
        "{file} lists the file {name:?}; only files beside it are opened, by their plain names"
    )]
    UnsafeName {
        /// The index.
        file: String,
        /// The name that it lists.
        name: String,
    },
    /// A weight file that is damaged, or not of its kind.
    #[error("{file} is not a weight file that can be read: {source}")]
    Weights {
        /// The file's name in the folder.
        file: String,
        /// What is wrong with it, by the format's reader.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A tensor that is missing, misshapen or unreadable.
    #[error(transparent)]
    Tensor(#[from] WeightError),
    /// A `tokenizer.json` that the `tokenizers` crate can't read.
    #[error("{file} is not a tokenizer that can be read: {source}")]
    Tokenizer {
        /// The file's name in the folder.
        file: String,
        /// The `tokenizers` crate's reason.
        source: tokenizers::Error,
    },
}

/// A published dual encoder: everything about it, and a way to its weights.
pub struct Checkpoint {
    /// What kind of folder it is, in words.
    pub kind: &'static str,
    /// The model's name, as its config or its folder has it.
    pub name: String,
    /// Both towers' shapes, and the length of their embeddings.
    pub architecture: Architecture,
    /// How pictures are resized, cropped and normalised.
    pub preprocessing: Preprocessing,
    /// How sentences become token ids.
    pub tokenizer: TokenizerConfig,
    /// How similarities become probabilities.
    pub scoring: Scoring,
    tokenizer_json: Vec<u8>,
    card: Card,
    tensors: TensorFiles,
    layout: Layout,
}

impl Checkpoint {
    /// Recognises a folder and reads everything but the weights. `name` is what the folder is
    /// called.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(folder: &dyn Folder, name: &str) -> Result<Self, CheckpointError> {
        let has = |file: &str| folder.names().iter().any(|name| name == file);
        if has(open_clip::CONFIG) {
            open_clip::open(folder, name)
        } else if has(hugging_face::CONFIG) {
            hugging_face::open(folder, name)
        } else if let Some(file) = folder
            .names()
            .into_iter()
            .find(|name| name.ends_with(".pt"))
        {
            // OpenAI's have neither a config nor a tokenizer beside them.
            Err(CheckpointError::Unsupported {
                file,
                what: "a .pt file without a config, as OpenAI publishes CLIP,".to_owned(),
                supported: "the folder of the same model at Hugging Face, such as \
                            openai/clip-vit-base-patch32, or timm/resnet50_clip.openai"
                    .to_owned(),
            })
        } else {
            let mut found = folder.names();
            found.truncate(8);
            Err(CheckpointError::Foreign { found })
        }
    }

    /// The file that the weights come from, or the first of several.
    pub fn weight_file(&self) -> &str {
        self.tensors.first_file()
    }

    /// One tower's weights as floats, by the names in our packs.
    pub fn weights(&mut self, tower: Tower) -> CheckpointWeights<'_> {
        CheckpointWeights {
            tensors: &mut self.tensors,
            layout: self.layout,
            tower,
        }
    }
}

/// One tower's weights, read from the checkpoint as they are taken; each may be taken again.
pub struct CheckpointWeights<'a> {
    tensors: &'a mut TensorFiles,
    layout: Layout,
    tower: Tower,
}

impl WeightSource for CheckpointWeights<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<WeightData<'_>, WeightError> {
        if let (
            Tower::Text,
            Layout::OpenClip {
                is_roberta: true, ..
            },
        ) = (self.tower, self.layout)
        {
            let floats = roberta::take(self.tensors, name, shape)?;
            return Ok(WeightData::Floats(floats));
        }
        if let (Tower::Image, Layout::OpenClip { image, .. }) = (self.tower, self.layout) {
            let folded = match image {
                ImageLayout::FastVit { is_classifier } => {
                    Some(fastvit::take(self.tensors, is_classifier, name, shape)?)
                }
                ImageLayout::Eva { is_classifier } => {
                    Some(eva::take(self.tensors, is_classifier, name, shape)?)
                }
                ImageLayout::ResNet => Some(resnet::take(self.tensors, name, shape)?),
                ImageLayout::Vit { .. } | ImageLayout::TimmVit => None,
            };
            if let Some(folded) = folded {
                return Ok(WeightData::Floats(folded));
            }
        }
        let published = self.layout.published(self.tower, name);
        let floats = match (published.part, shape) {
            (Part::Whole, _) => self.tensors.floats(&published.name, shape)?,
            (Part::Transposed, &[rows, columns]) => {
                let floats = self.tensors.floats(&published.name, &[columns, rows])?;
                transpose(&floats, rows)
            }
            (Part::Transposed, _) => self.tensors.floats(&published.name, shape)?,
            (Part::Third(third), _) => {
                let mut whole = shape.to_vec();
                if let Some(rows) = whole.first_mut() {
                    *rows *= 3;
                }
                let floats = self.tensors.floats(&published.name, &whole)?;
                let length = floats.len() / 3;
                floats[third * length..(third + 1) * length].to_vec()
            }
            (Part::First(rows), _) => {
                let length = shape.iter().product();
                let mut floats = self.tensors.floats(&published.name, &[rows, length])?;
                floats.truncate(length);
                floats
            }
            (Part::Above(below), _) => {
                let (mut first, mut rest) = (shape.to_vec(), shape.to_vec());
                if let ([rows, ..], [more, ..]) = (&mut first[..], &mut rest[..]) {
                    *rows /= 3;
                    *more -= *rows;
                }
                let mut floats = self.tensors.floats(&published.name, &first)?;
                floats.append(&mut self.tensors.floats(below, &rest)?);
                floats
            }
        };
        Ok(WeightData::Floats(floats))
    }
}
