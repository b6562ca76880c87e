//! What the frozen text tower makes of sentences, kept on the disk too.

use super::towers::Published;
use crate::{batches::by_length, disk};
use anyhow::{Context, Result};
use glimpse_model::pack::hexadecimal;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Sentences in a batch.
const BATCH: usize = 32;

/// Embeddings of unit length, (sentences · width), in the sentences' order.
pub fn embed(sentences: &[String], towers: &Published, cache: &Path) -> Result<Vec<f32>> {
    let mut hash = Sha256::new();
    hash.update(&towers.text_hash);
    for sentence in sentences {
        hash.update(sentence);
        hash.update([0]);
    }
    let key = hexadecimal(&hash.finalize()[..8]);
    let file = cache.join(format!("{key}.f32"));
    if let Ok(bytes) = fs::read(&file)
        && bytes.len() == sentences.len() * towers.width() * 4
    {
        let values = bytes.as_chunks::<4>().0.iter();
        return Ok(values.map(|&bytes| f32::from_le_bytes(bytes)).collect());
    }
    let front = towers.text_front()?;
    let embeds = by_length(sentences, BATCH, "sentences", |batch| {
        Ok(pollster::block_on(front.embed(batch))?)
    })?
    .concat();
    fs::create_dir_all(cache).with_context(|| format!("{} can't be made", cache.display()))?;
    let bytes: Vec<u8> = embeds
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    disk::write(&file, &bytes)?;
    Ok(embeds)
}
