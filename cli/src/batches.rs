//! Many pictures and texts through the towers, on all cores.

use crate::{
    failure::{Failed, Outcome, one_line, tell},
    pack::Pack,
    pictures::{Picture, decode},
    progress,
};
use anyhow::Result;
use glimpse_model::{pixels::Preprocessing, towers::ImageTower};
use rayon::prelude::*;
use std::{
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// Pictures in a batch: enough that weights are worth fetching, few enough that what lies between two
/// layers stays near the processor.
const PICTURES: usize = 4;
/// Batches that may wait for each thread: what it can read while the tower is loaded, in about 10 MB.
const AHEAD: usize = 4;
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

/// Decodes, prepares and embeds pictures. While the tower is loaded and some threads embed, others
/// read and prepare what comes next.
pub fn embed_pictures(pack: &Pack, pictures: &[Picture]) -> Result<PictureEmbeds> {
    if pictures.is_empty() {
        return Ok(PictureEmbeds { rows: Vec::new() });
    }
    let bar = progress::counter(pictures.len(), "pictures");
    // What shares a file is read in the order in which it lies there.
    let mut order: Vec<usize> = (0..pictures.len()).collect();
    order.sort_by_key(|&place| pictures[place].position());
    let sorted: Vec<&Picture> = order.iter().map(|&place| &pictures[place]).collect();
    let mut batches = prepare_ahead(&sorted, &pack.manifest.preprocessing, |prepared| {
        let tower = pack.image_tower()?;
        prepared
            .par_bridge()
            .map(|(place, batch)| {
                let count = batch.len();
                let rows = embed_batch(&tower, batch)?;
                bar.inc(count as u64);
                Ok((place, rows))
            })
            .collect::<Result<Vec<_>>>()
    })?;
    bar.finish_and_clear();
    batches.sort_unstable_by_key(|&(place, _)| place);
    let mut rows: Vec<_> = order
        .into_iter()
        .zip(batches.into_iter().flat_map(|(_, rows)| rows))
        .collect();
    rows.sort_unstable_by_key(|&(place, _)| place);
    Ok(PictureEmbeds {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

/// A picture's pixels, as the tower takes them, or why there are none.
type Prepared = Result<Vec<f32>, String>;

/// Reads, decodes and resizes pictures in threads of their own; `take` gets them in batches, each
/// with its place, in the order in which they are ready. Only [`AHEAD`] wait for each
/// thread, so that memory stays small however many pictures there are.
fn prepare_ahead<T>(
    pictures: &[&Picture],
    preprocessing: &Preprocessing,
    take: impl FnOnce(mpsc::IntoIter<(usize, Vec<Prepared>)>) -> T,
) -> T {
    let prepare = |picture: &Picture| -> Result<Vec<f32>> {
        let (rgba, width, height) = decode(&picture.read()?)?;
        Ok(preprocessing.apply(&rgba, width, height)?)
    };
    let threads = rayon::current_num_threads();
    let (ready, prepared) = mpsc::sync_channel(AHEAD * threads);
    let batches = Mutex::new(pictures.chunks(PICTURES).enumerate());
    let next = || {
        batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            let ready = ready.clone();
            scope.spawn(move || {
                while let Some((place, batch)) = next() {
                    let batch = batch
                        .iter()
                        .map(|picture| prepare(picture).map_err(|error| one_line(&error)));
                    // Nobody waits for more once a batch couldn't be embedded.
                    if ready.send((place, batch.collect())).is_err() {
                        break;
                    }
                }
            });
        }
        drop(ready);
        take(prepared.into_iter())
    })
}

/// Pictures' embeddings and what belongs to them.
pub type Embedded<T> = Vec<(Vec<f32>, T)>;

/// Embeds the pictures of pairs; what fails is named, left out and counted with what `failed`
/// before.
pub fn embed_pairs<T>(
    pack: &Pack,
    pairs: Vec<(Picture, T)>,
    mut failed: Vec<Failed>,
) -> Result<(Embedded<T>, Outcome)> {
    let total = pairs.len() + failed.len();
    let (pictures, others): (Vec<Picture>, Vec<T>) = pairs.into_iter().unzip();
    let embeds = embed_pictures(pack, &pictures)?;
    failed.extend(embeds.failed(&pictures));
    let outcome = tell(&failed, total)?;
    let rows = embeds.rows.into_iter().zip(others);
    let good = rows.filter_map(|(row, other)| Some((row.ok()?, other)));
    Ok((good.collect(), outcome))
}

fn embed_batch(tower: &ImageTower, batch: Vec<Prepared>) -> Result<Vec<Prepared>> {
    let good = batch.iter().filter(|picture| picture.is_ok()).count();
    if good == 0 {
        return Ok(batch);
    }
    let pixel_values = batch.iter().flatten().flatten().copied().collect();
    let embeds = pollster::block_on(tower.embed(pixel_values))?;
    let mut embeds = embeds
        .chunks_exact(embeds.len() / good)
        .map(<[f32]>::to_vec);
    let rows = batch
        .into_iter()
        .map(|picture| picture.map(|_| embeds.next().unwrap_or_default()));
    Ok(rows.collect())
}

/// Embeds texts exactly as they are, in their order.
pub fn embed_texts(pack: &Pack, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let tower = pack.text_tower()?;
    by_length(texts, TEXTS, "texts", |batch| {
        Ok(pollster::block_on(tower.embed(batch))?)
    })
}

/// Embeds texts in batches of `size`, on all cores; the rows come in the texts' order.
pub fn by_length(
    texts: &[String],
    size: usize,
    what: &'static str,
    embed: impl Fn(&[&str]) -> Result<Vec<f32>> + Sync,
) -> Result<Vec<Vec<f32>>> {
    let bar = progress::counter(texts.len(), what);
    // Texts of one length together: some towers fill the others of a batch up to the longest.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&place| texts[place].len());
    let batches = order
        .par_chunks(size)
        .map(|places| {
            let batch: Vec<&str> = places.iter().map(|&place| texts[place].as_str()).collect();
            let embeds = embed(&batch)?;
            bar.inc(batch.len() as u64);
            let rows = embeds.chunks_exact(embeds.len() / batch.len());
            Ok(rows.map(<[f32]>::to_vec).collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut rows = vec![Vec::new(); texts.len()];
    for (place, embed) in order.into_iter().zip(batches.into_iter().flatten()) {
        rows[place] = embed;
    }
    Ok(rows)
}
