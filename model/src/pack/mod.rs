//! The quantised weight pack: a manifest, a tokenizer, and one safetensors file a tower, so that
//! either tower loads alone.

mod manifest;
#[cfg(feature = "encoder")]
mod quantise;
#[cfg(feature = "encoder")]
mod tower_file;
mod verify;

pub use manifest::{
    Architecture, BertConfig, FileFacts, Golden, ImageArchitecture, Manifest, ManifestError,
    Quantisation, TextArchitecture, TokenizerFacts, Tower,
};
#[cfg(feature = "encoder")]
pub use quantise::InputStatistics;
pub use verify::{PackError, Verifier};
