//! The published towers that are aligned.

use super::config::Towers;
use crate::{cache, disk};
use anyhow::{Context, Result};
use glimpse_model::{
    checkpoint::default_towers::{efficientnet_lite0, minilm},
    pack::BertConfig,
    pretrain::{ImageFront, TextFront},
    text::TextTokenizer,
    towers::{Weights, device},
};
use glimpse_packer::default_pack::tokenizer_config;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Both towers, and what tells them from others.
pub struct Published {
    /// EfficientNet-Lite0 with its classifier.
    pub image: Weights<'static>,
    /// Of the image tower's file.
    pub image_hash: Vec<u8>,
    /// The sentence encoder all-MiniLM-L6-v2.
    pub text: Weights<'static>,
    /// Of the text tower's file.
    pub text_hash: Vec<u8>,
    bert: BertConfig,
    tokenizer: Vec<u8>,
}

impl Published {
    /// Reads what the config names, or what the set-up fetched.
    pub fn open(towers: &Towers) -> Result<Self> {
        let image = match &towers.image {
            Some(path) => path.clone(),
            None => fetched("efficientnet-lite0/efficientnet-lite0-57934424.pth")?,
        };
        let text = match &towers.text {
            Some(path) => path.clone(),
            None => fetched("all-MiniLM-L6-v2")?,
        };
        let model = disk::read(&text.join("model.safetensors"))?;
        Ok(Self {
            image_hash: Sha256::digest(disk::read(&image)?).to_vec(),
            image: efficientnet_lite0(&image)?.weights,
            text_hash: Sha256::digest(&model).to_vec(),
            text: minilm(model)?,
            bert: serde_json::from_slice(&disk::read(&text.join("config.json"))?)
                .context("config.json is not a BERT's")?,
            tokenizer: disk::read(&text.join("tokenizer.json"))?,
        })
    }

    /// The image tower up to what trains.
    pub fn image_front(&self, unfreeze: usize, regions: bool) -> Result<ImageFront> {
        let mut weights = self.image.clone();
        Ok(ImageFront::load(
            &mut weights,
            unfreeze,
            regions,
            &device::cpu(),
        )?)
    }

    /// The text tower without its head.
    pub fn text_front(&self) -> Result<TextFront> {
        let tokenizer = TextTokenizer::from_json(&self.tokenizer, &tokenizer_config())?;
        let mut weights = self.text.clone();
        Ok(TextFront::load(
            &self.bert,
            &mut weights,
            tokenizer,
            &device::cpu(),
        )?)
    }

    /// Width of a sentence embedding.
    pub fn width(&self) -> usize {
        self.bert.hidden_size
    }
}

/// Where `cargo xtask setup` keeps weights.
fn fetched(what: &str) -> Result<PathBuf> {
    let cache = cache::folder().context("there is no home folder; name the towers in [towers]")?;
    let path = cache.join("weights").join(what);
    if path.exists() {
        return Ok(path);
    }
    anyhow::bail!(
        "{} is not there: run `cargo xtask setup`, or name the towers in [towers]",
        path.display()
    )
}
