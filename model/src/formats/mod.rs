//! Readers of foreign file formats: [`safetensors`], PyTorch's weight files ([`pytorch`], whose
//! pickles are read by [`pickle`]) and ZIP archives ([`ZipFolder`]).
//!
//! They answer with where a tensor lies in its file ([`TensorLocation`]), so that it can be read by
//! itself, and know nothing of any model. Files come from a [`Folder`], which hands out readers.

mod folder;
mod pickle;
pub mod pytorch;
pub mod safetensors;
mod tensor;
mod zip;

pub use self::zip::ZipFolder;
pub use folder::{Folder, MemoryFolder, ReadSeek};
pub use tensor::{DType, TensorLocation};
