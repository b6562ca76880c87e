//! What the reference implementations answer (PyTorch, transformers, open_clip, Pillow), and what
//! this crate does, on whichever backend the features name, natively and in a browser. One program,
//! since linking one for a browser takes minutes.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod checkpoints;
mod default_towers;
#[cfg(feature = "pretrain")]
mod pretrain;
mod regions;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
