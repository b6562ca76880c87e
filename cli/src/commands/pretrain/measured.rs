//! What is measured after every epoch.

use super::{
    batches::Classifier,
    history::{KeptOut, values},
    sources::{Held, Sentences},
};
use anyhow::Result;
use glimpse_model::{
    metrics::{Ranks, Resampling, retrieval_ranks},
    pretrain::Trainer,
    score::cosine,
};

/// Pictures whose embeddings are computed together.
const BATCH: usize = 64;
/// The classifier is sure of what it gives more than this.
const SURE: f32 = 0.5;

/// Pictures to measure on, and what is known of them.
pub struct Measured<'a> {
    /// Pictures of the validation, on which recall is measured.
    pub held: Held,
    /// Those of the first source that aren't trained on.
    pub kept_out: Option<Held>,
    /// Sentences of all sources and of the validation; [`Held`] refers to them by index.
    pub sentences: &'a Sentences,
    /// The image tower's own.
    pub classifier: Classifier,
    /// What its classes are called, (classes · width).
    pub class_embeds: &'a [f32],
}

impl Measured<'_> {
    /// Ranks on the validation's pictures under a trainer's present weights.
    pub fn ranks(&mut self, trainer: &Trainer) -> Result<Ranks> {
        Ok(ranks(&mut self.held, self.sentences, trainer)?.0)
    }

    /// Recall on the pictures kept out, and how often a picture of which the classifier is sure gets
    /// the same class by its names.
    pub fn kept_out(&mut self, trainer: &Trainer) -> Result<Option<KeptOut>> {
        let Some(held) = &mut self.kept_out else {
            return Ok(None);
        };
        let (ranks, images) = ranks(held, self.sentences, trainer)?;
        let names = texts(self.class_embeds, images[0].len(), trainer)?;
        let (mut sure, mut same) = (0, 0);
        for (row, image) in images.iter().enumerate() {
            let features = held.features.pooled(held.first + row)?;
            let shares = self.classifier.shares(&features, None, 0.0);
            let seen = shares.iter().position(|&share| share > SURE);
            if let Some(seen) = seen {
                let by_name = names
                    .iter()
                    .map(|name| cosine(image, name))
                    .enumerate()
                    .max_by(|a, b| a.1.total_cmp(&b.1));
                sure += 1;
                same += usize::from(by_name.is_some_and(|(class, _)| class == seen));
            }
        }
        let (text_to_image, image_to_text) =
            values(&ranks.recall(Resampling { draws: 0, seed: 0 }));
        Ok(Some(KeptOut {
            text_to_image,
            image_to_text,
            names: f64::from(same as u32) / f64::from(sure.max(1) as u32),
        }))
    }
}

/// Ranks, and the pictures' embeddings.
fn ranks(
    held: &mut Held,
    sentences: &Sentences,
    trainer: &Trainer,
) -> Result<(Ranks, Vec<Vec<f32>>)> {
    let places = (0..held.sentences.len()).map(|row| (held.first + row, 0));
    let places: Vec<(usize, usize)> = places.collect();
    let mut images = Vec::new();
    for places in places.chunks(BATCH) {
        let maps = held.features.maps(places)?;
        let embeds = pollster::block_on(trainer.embed_images(&maps))?;
        let width = embeds.len() / places.len();
        images.extend(embeds.chunks_exact(width).map(<[f32]>::to_vec));
    }
    let (mut owners, mut captions) = (Vec::new(), Vec::new());
    for (picture, places) in held.sentences.iter().enumerate() {
        for &place in places {
            owners.push(picture);
            captions.extend(sentences.embedding(place));
        }
    }
    let captions = texts(&captions, captions.len() / owners.len(), trainer)?;
    Ok((retrieval_ranks(&images, &captions, &owners), images))
}

/// Sentence embeddings, (sentences · width), in the shared space.
fn texts(sentences: &[f32], width: usize, trainer: &Trainer) -> Result<Vec<Vec<f32>>> {
    let mut embeds = Vec::with_capacity(sentences.len() / width);
    for sentences in sentences.chunks(width * 1024) {
        let rows = pollster::block_on(trainer.embed_texts(sentences))?;
        let length = rows.len() / (sentences.len() / width);
        embeds.extend(rows.chunks_exact(length).map(<[f32]>::to_vec));
    }
    Ok(embeds)
}
