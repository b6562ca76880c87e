//! What the frozen text tower makes of sentences, kept on the disk too.

use super::towers::Published;
use crate::progress;
use anyhow::{Context, Result};
use rayon::prelude::*;
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
    let digest = hash.finalize();
    let key: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = cache.join(format!("{key}.f32"));
    if let Ok(bytes) = fs::read(&file)
        && bytes.len() == sentences.len() * towers.width() * 4
    {
        let values = bytes.as_chunks::<4>().0.iter();
        return Ok(values.map(|&bytes| f32::from_le_bytes(bytes)).collect());
    }
    let embeds = compute(sentences, towers)?;
    fs::create_dir_all(cache).with_context(|| format!("{} can't be made", cache.display()))?;
    let part = file.with_extension("part");
    let bytes: Vec<u8> = embeds
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(&part, bytes).with_context(|| format!("{} can't be written", part.display()))?;
    fs::rename(&part, &file)?;
    Ok(embeds)
}

fn compute(sentences: &[String], towers: &Published) -> Result<Vec<f32>> {
    let front = towers.text_front()?;
    let width = towers.width();
    let bar = progress::counter(sentences.len(), "sentences");
    // Those of one length together, since each is filled up to the longest beside it.
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    order.sort_by_key(|&place| (sentences[place].len(), place));
    let rows = order
        .par_chunks(BATCH)
        .map(|places| {
            let batch: Vec<&str> = places.iter().map(|&p| sentences[p].as_str()).collect();
            let rows = pollster::block_on(front.embed(&batch))?;
            bar.inc(places.len() as u64);
            Ok(rows)
        })
        .collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut embeds = vec![0.0; sentences.len() * width];
    let rows = rows.iter().flat_map(|rows| rows.chunks_exact(width));
    for (place, row) in order.into_iter().zip(rows) {
        embeds[place * width..][..width].copy_from_slice(row);
    }
    Ok(embeds)
}
