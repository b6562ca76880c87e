//! Many pictures and texts through the towers, on all cores.

use crate::{
    failure::{Failed, one_line},
    pack::Pack,
    pictures::{Picture, decode},
    progress,
};
use anyhow::Result;
use glimpse_model::{
    encoder::{ImageTower, TextTower},
    pixels::Preprocessing,
};
use rayon::prelude::*;

/// Pictures in a batch: enough to keep a core busy, few enough that two cores share a folder
/// evenly.
const PICTURES: usize = 8;
/// Texts in a batch.
const TEXTS: usize = 16;

/// Pictures' embeddings, in their order; a picture that can't be read has its reason instead.
pub struct PictureEmbeds {
    /// One for every picture.
    pub rows: Vec<Result<Vec<f32>, String>>,
}

impl PictureEmbeds {
    /// The pictures that failed.
    pub fn failed(&self, pictures: &[Picture]) -> Vec<Failed> {
        let rows = pictures.iter().zip(&self.rows);
        rows.filter_map(|(picture, row)| {
            let error = row.as_ref().err()?;
            Some(Failed {
                file: picture.name.clone(),
                error: error.clone(),
            })
        })
        .collect()
    }
}

/// Decodes, prepares and embeds pictures.
pub fn embed_pictures(pack: &Pack, pictures: &[Picture]) -> Result<PictureEmbeds> {
    if pictures.is_empty() {
        return Ok(PictureEmbeds { rows: Vec::new() });
    }
    let tower = pack.image_tower()?;
    let preprocessing = &pack.manifest.preprocessing;
    let bar = progress::counter(pictures.len(), "pictures");
    let batches = pictures
        .par_chunks(PICTURES)
        .map(|batch| {
            let rows = embed_batch(&tower, preprocessing, batch)?;
            bar.inc(batch.len() as u64);
            Ok(rows)
        })
        .collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    Ok(PictureEmbeds {
        rows: batches.into_iter().flatten().collect(),
    })
}

fn embed_batch(
    tower: &ImageTower,
    preprocessing: &Preprocessing,
    pictures: &[Picture],
) -> Result<Vec<Result<Vec<f32>, String>>> {
    let prepare = |picture: &Picture| -> Result<Vec<f32>> {
        let (rgba, width, height) = decode(&picture.read()?)?;
        Ok(preprocessing.apply(&rgba, width, height)?)
    };
    let mut pixel_values = Vec::new();
    let mut errors = Vec::with_capacity(pictures.len());
    for picture in pictures {
        errors.push(match prepare(picture) {
            Ok(pixels) => {
                pixel_values.extend(pixels);
                None
            }
            Err(error) => Some(one_line(&error)),
        });
    }
    let good = errors.iter().filter(|error| error.is_none()).count();
    if good == 0 {
        return Ok(errors.into_iter().flatten().map(Err).collect());
    }
    let embeds = pollster::block_on(tower.embed(pixel_values))?;
    let mut embeds = embeds
        .chunks_exact(embeds.len() / good)
        .map(<[f32]>::to_vec);
    let rows = errors.into_iter().map(|error| match error {
        Some(error) => Err(error),
        None => Ok(embeds.next().unwrap_or_default()),
    });
    Ok(rows.collect())
}

/// Embeds texts exactly as they are, in their order.
pub fn embed_texts(pack: &Pack, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let tower = pack.text_tower()?;
    let bar = progress::counter(texts.len(), "texts");
    // Texts of one length together: some towers fill the others of a batch up to the longest.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&place| texts[place].len());
    let batches = order
        .par_chunks(TEXTS)
        .map(|places| {
            let batch: Vec<&str> = places.iter().map(|&place| texts[place].as_str()).collect();
            let embeds = embed_text_batch(&tower, &batch)?;
            bar.inc(batch.len() as u64);
            Ok(embeds)
        })
        .collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut rows = vec![Vec::new(); texts.len()];
    for (place, embed) in order.into_iter().zip(batches.into_iter().flatten()) {
        rows[place] = embed;
    }
    Ok(rows)
}

fn embed_text_batch(tower: &TextTower, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
    let embeds = pollster::block_on(tower.embed(texts))?;
    let length = embeds.len() / texts.len();
    Ok(embeds.chunks_exact(length).map(<[f32]>::to_vec).collect())
}
