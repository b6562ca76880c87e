//! Packs that are made in memory and written to a folder: [`NewPack`] any, [`default_pack`] the
//! default model's from its published towers and this project's alignment heads.

pub mod default_pack;
mod new_pack;

pub use new_pack::NewPack;
