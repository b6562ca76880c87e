//! Readers of foreign file formats: [`safetensors`], PyTorch's weight files ([`pytorch`], whose
//! pickles are read by [`pickle`]) and ZIP archives ([`ZipFolder`]).
//!
//! They answer with where a tensor lies in its file ([`TensorLocation`]), so that it can be read by
//! itself, and know nothing of any model. None of them believes what a file says of itself: sizes
//! are held against the file's own and against the limits at the head of each reader, before any
//! memory is reserved. Files come from a [`Folder`], which hands out readers.

mod folder;
mod pickle;
pub mod pytorch;
pub mod safetensors;
mod tensor;
mod zip;

pub use self::zip::ZipFolder;
pub use folder::{Folder, MemoryFolder, ReadSeek};
pub use tensor::{DType, TensorLocation, elements};
