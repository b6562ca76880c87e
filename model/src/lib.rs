//! A dual encoder for pictures and words: bytes in, numbers out, natively and in wasm.
//!
//! A picture goes through [`pixels`] and an image tower, a label through [`text`] and a text
//! tower, both of [`encoder`]; [`score`] compares the two embeddings. The weights of the towers
//! travel as a [`pack`], which `checkpoint` writes from published files.
//!
//! Nothing here touches a file system, a network or a browser: callers hand over bytes.
//!
//! # Features
//! - `cpu`: towers on burn's `flex` backend (SIMD, also in wasm).
//! - `webgpu`: towers on burn's WebGPU backend.
//! - `parallel`: all cores for `cpu`, outside the browser.
//! - `import`: published checkpoints to packs.
//! - `default-towers`: the default model's published towers, too.
//!
//! Without any of them the crate is the manifest, the pixels and the scores: what the page needs.

#[cfg(feature = "import")]
pub mod checkpoint;
#[cfg(feature = "encoder")]
pub mod encoder;
pub mod pack;
pub mod pixels;
pub mod score;
pub mod text;
