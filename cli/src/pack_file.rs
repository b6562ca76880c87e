//! Packs as folders.

use anyhow::{Context, Result};
use glimpse_model::{
    encoder::{ImageTower, TextTower, device},
    pack::{Manifest, Tower},
    text::TextTokenizer,
};
use std::path::{Path, PathBuf};

/// A pack's folder and its manifest.
pub struct PackFolder {
    folder: PathBuf,
    /// What the folder says it holds.
    pub manifest: Manifest,
}

impl PackFolder {
    /// Reads the manifest.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            manifest: Manifest::from_json(&read(&folder.join(Manifest::FILE))?)?,
        })
    }

    /// Reads, checks and builds the image tower.
    pub fn image_tower(&self) -> Result<ImageTower> {
        let bytes = self.file(Tower::Image.file())?;
        let mut weights = Tower::Image.read(&bytes)?;
        Ok(ImageTower::load(
            &self.manifest,
            &mut weights,
            &device::cpu(),
        )?)
    }

    /// Reads, checks and builds the text tower.
    pub fn text_tower(&self) -> Result<TextTower> {
        let facts = &self.manifest.tokenizer;
        let tokenizer = TextTokenizer::from_json(&self.file(&facts.file)?, facts)?;
        let bytes = self.file(Tower::Text.file())?;
        let mut weights = Tower::Text.read(&bytes)?;
        Ok(TextTower::load(
            &self.manifest,
            tokenizer,
            &mut weights,
            &device::cpu(),
        )?)
    }

    fn file(&self, name: &str) -> Result<Vec<u8>> {
        let bytes = read(&self.folder.join(name))?;
        self.manifest.file(name)?.verify(name, &bytes)?;
        Ok(bytes)
    }
}

/// A file's bytes, or an error that names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}
