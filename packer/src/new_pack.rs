//! Packs that are made in memory: the golden embeddings, then the files.

use anyhow::{Context, Result, ensure};
use glimpse_model::{
    pack::{FileEntry, Golden, KnownSentences, Manifest, Tower},
    text::TextTokenizer,
    towers::{ImageTower, TextTower, device},
};
use std::{fs, path::Path};

/// A pack's files, and its manifest without what follows from them.
pub struct NewPack {
    /// What the pack is.
    pub manifest: Manifest,
    /// The image tower's file.
    pub image: Vec<u8>,
    /// The text tower's file.
    pub text: Vec<u8>,
    /// The tokenizer's file, which the manifest names.
    pub tokenizer: Vec<u8>,
    /// Whose embeddings come along.
    pub sentences: Vec<String>,
}

impl NewPack {
    /// Completes the manifest and writes everything to a folder, which is made if it's missing.
    ///
    /// # Errors
    /// Where the towers don't load or give what isn't a number, and where a file can't be written.
    pub fn write(mut self, folder: &Path) -> Result<Manifest> {
        let tokenizer = self.manifest.tokenizer.file.clone();
        let (golden, known) = self.run()?;
        self.manifest.golden = golden;
        let known = known.map(|known| known.to_bytes()).transpose()?;
        let mut files = vec![
            (Tower::Image.file(), &self.image),
            (Tower::Text.file(), &self.text),
            (&*tokenizer, &self.tokenizer),
        ];
        files.extend(known.iter().map(|bytes| (Manifest::SENTENCES, bytes)));
        self.manifest.files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), FileEntry::of(bytes)))
            .collect();

        fs::create_dir_all(folder)
            .with_context(|| format!("{} can't be made", folder.display()))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("{} can't be written", path.display()))
        };
        for (name, bytes) in files {
            write(name, bytes)?;
        }
        // Last, so that a pack with a manifest is whole.
        write(Manifest::FILE, &serde_json::to_vec_pretty(&self.manifest)?)?;
        Ok(self.manifest)
    }

    /// Runs the finished files once, on the CPU: for the golden embeddings, so that every backend
    /// can be held against them, and for those of the sentences that come along.
    fn run(&self) -> Result<(Golden, Option<KnownSentences>)> {
        let (manifest, device) = (&self.manifest, device::cpu());
        let tower = ImageTower::load(manifest, &mut Tower::Image.read(&self.image)?, &device)?;
        let (height, width) = manifest.preprocessing.output_size();
        let picture = Golden::picture(height, width);
        let pixels = manifest.preprocessing.normalise(&picture);
        let image_embeds = pollster::block_on(tower.embed(pixels))?;
        drop(tower);
        let tokenizer = TextTokenizer::from_json(&self.tokenizer, &manifest.tokenizer)?;
        let mut weights = Tower::Text.read(&self.text)?;
        let tower = TextTower::load(manifest, tokenizer, &mut weights, &device)?;
        let text_embeds = pollster::block_on(tower.embed(&[Golden::SENTENCE]))?;
        ensure!(
            image_embeds
                .iter()
                .chain(&text_embeds)
                .all(|v| v.is_finite()),
            "the towers gave embeddings that are not numbers"
        );
        let known = if self.sentences.is_empty() {
            None
        } else {
            Some(KnownSentences {
                embeds: pollster::block_on(tower.embed(&self.sentences))?,
                sentences: self.sentences.clone(),
            })
        };
        let golden = Golden {
            sentence: Golden::SENTENCE.to_owned(),
            image_embeds,
            text_embeds,
        };
        Ok((golden, known))
    }
}
