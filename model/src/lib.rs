//! A dual encoder for pictures and words: bytes in, numbers out, natively and in wasm.
//!
//! A picture goes through [`pixels`] and an image tower, a label through [`text`] and a text tower,
//! both of `towers`; [`score`] compares the two embeddings, [`metrics`] says how well that works.
//! The weights of the towers travel as a [`pack`], which `checkpoint` writes from published files;
//! `pretrain` trains what aligns the towers. Inside, `cpu` and `gpu` have the kernels that towers
//! run on, `dispatch` selects them by device, and `formats` has the readers of foreign files.
//!
//! Nothing here touches a file system, a network or a browser: callers hand over bytes.
//!
//! # Features
//! - `encoder`: towers and tokenizers; all of the following but `parallel` bring it along.
//! - `cpu`: towers on burn's `flex` backend (SIMD, also in wasm).
//! - `webgpu`: towers on burn's WebGPU backend.
//! - `pretrain`: training of the alignment.
//! - `parallel`: all cores for `cpu`, outside the browser.
//! - `import`: published checkpoints to packs.
//! - `default-towers`: the default model's published towers, too.
//!
//! Without any of them the crate is the manifest, the pixels and the scores: what the page needs,
//! and how a model is measured.

#[cfg(feature = "import")]
pub mod checkpoint;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "encoder")]
mod dispatch;
#[cfg(feature = "import")]
mod formats;
#[cfg(all(any(test, fuzzing), feature = "import"))]
pub mod fuzzing;
#[cfg(feature = "webgpu")]
mod gpu;
pub mod limits;
pub mod metrics;
pub mod order;
pub mod pack;
pub mod pixels;
#[cfg(feature = "pretrain")]
pub mod pretrain;
pub mod score;
#[cfg(all(test, feature = "encoder"))]
mod testing;
pub mod text;
#[cfg(feature = "encoder")]
pub mod towers;
