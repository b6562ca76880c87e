//! Packs of quantised weights: a manifest ([`Manifest`]), a tokenizer, and one safetensors file a
//! tower ([`Tower::read`], `write_tower`), so that either tower loads alone; perhaps with the
//! embeddings of some sentences (`KnownSentences`), so that these need no text tower.

mod architecture;
mod file_bytes;
mod file_name;
#[cfg(feature = "encoder")]
mod int4;
mod manifest;
#[cfg(feature = "encoder")]
mod precision;
mod quantisation;
#[cfg(feature = "encoder")]
mod quantise;
#[cfg(feature = "encoder")]
mod sentences;
mod summary;
#[cfg(feature = "encoder")]
mod tower_file;
#[cfg(feature = "encoder")]
mod tower_writer;
mod validate;
mod verify;

pub use architecture::{
    Activation, Architecture, BertConfig, EvaConfig, FastVitConfig, FastVitMixer, FastVitStage,
    ImageArchitecture, Readout, ResNetConfig, RobertaConfig, RobertaProjection, RobertaReadout,
    RotaryConfig, TextArchitecture, TextConfig, TransformerConfig, VisionConfig,
};
pub use file_bytes::FileBytes;
pub use file_name::is_plain_file_name;
#[cfg(any(feature = "webgpu", all(test, feature = "encoder")))]
pub(crate) use int4::BLOCK as INT4_BLOCK;
#[cfg(feature = "encoder")]
pub(crate) use int4::expand as expand_int4;
pub use manifest::{
    FileEntry, Golden, Manifest, ManifestError, TextNormalization, TokenizerConfig, Tower,
};
pub use quantisation::{Quantisation, UnknownQuantisation};
#[cfg(feature = "encoder")]
pub use quantise::InputStatistics;
#[cfg(feature = "encoder")]
pub use sentences::{KnownSentences, SentencesError};
pub use summary::PackSummary;
#[cfg(feature = "encoder")]
pub use tower_writer::{TensorSpec, WriteError, write_tower};
pub use verify::{PackError, Verifier, hexadecimal};
