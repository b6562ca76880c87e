//! What is trained on and measured on: pictures' features, and what is said of them.

use super::{
    config::{Config, Kind, Source, Views},
    features::{Extractor, Features},
    sentences::embed,
    towers::Published,
    wording::{Class, Wordings},
};
use crate::{
    dataset::{self, Found, Purpose},
    failure::Failed,
    labels::mean_direction,
    pictures::Picture,
};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;

/// A source that is ready.
pub struct Ready {
    /// What stands beside its pictures.
    pub kind: Kind,
    /// Its part of every batch.
    pub share: f64,
    /// Sentences of each picture in a batch, as far as it has so many.
    pub drawn: usize,
    /// Features of its pictures, one row a picture.
    pub features: Features,
    /// For each row of `features`, the places of its sentences.
    pub sentences: Vec<Vec<usize>>,
    /// For each row, its label: pictures of one label match each other's sentences. Captioned
    /// pictures have one of their own.
    pub labels: Vec<usize>,
    /// For each row, its class of the classifier, where it has one.
    pub classes: Vec<Option<usize>>,
}

impl Ready {
    /// Takes its last `count` pictures out of it.
    pub fn keep_out(&mut self, count: usize) -> Result<Held> {
        let length = self.labels.len();
        ensure!(
            count < length,
            "[validation] keeps {count} of {length} pictures out, which leaves none to train on"
        );
        let first = length - count;
        self.labels.truncate(first);
        self.classes.truncate(first);
        Ok(Held {
            features: self.features.again()?,
            first,
            sentences: self.sentences.split_off(first),
        })
    }

    /// All of it, to be measured on.
    pub fn held(self) -> Held {
        Held {
            features: self.features,
            first: 0,
            sentences: self.sentences,
        }
    }
}

/// Captioned pictures that are measured on.
pub struct Held {
    /// Of its pictures, and perhaps of others before them.
    pub features: Features,
    /// The row of its first picture.
    pub first: usize,
    /// For each picture, the places of its sentences.
    pub sentences: Vec<Vec<usize>>,
}

/// Sentences and their embeddings, each once.
#[derive(Default)]
pub struct Sentences {
    /// The sentences as written, without duplicates, in the order they were added.
    pub all: Vec<String>,
    places: BTreeMap<String, usize>,
    /// (sentences · width), of unit length.
    pub embeds: Vec<f32>,
}

impl Sentences {
    /// The place of a sentence, which is added if it is new.
    pub fn place(&mut self, sentence: &str) -> usize {
        if let Some(&place) = self.places.get(sentence) {
            return place;
        }
        let place = self.all.len();
        self.all.push(sentence.to_owned());
        self.places.insert(sentence.to_owned(), place);
        place
    }

    /// Embeds all sentences with the frozen text tower, or reads the embeddings from the cache.
    pub fn embed(&mut self, towers: &Published, config: &Config) -> Result<()> {
        self.embeds = embed(&self.all, towers, &config.cache)?;
        Ok(())
    }

    /// The embedding at a place.
    pub fn embedding(&self, place: usize) -> &[f32] {
        let width = self.embeds.len() / self.all.len().max(1);
        &self.embeds[place * width..][..width]
    }
}

/// Reads a source's pictures and what is said of them; computes features that aren't kept.
pub fn ready(
    (source, purpose): (&Source, Purpose),
    extractor: &Extractor,
    (views, classes, templates): (&Views, &[Class], &[String]),
    sentences: &mut Sentences,
    failed: &mut Vec<Failed>,
) -> Result<Ready> {
    let mut rows: Vec<(Picture, Vec<String>, usize, Option<usize>)> = Vec::new();
    let set = dataset::read(&source.data, source.split.as_deref(), purpose, None)?;
    match source.kind {
        Kind::Captions => {
            let found = set.captioned()?;
            failed.extend(found.failed);
            for (picture, captions) in found.data.pictures {
                let label = rows.len();
                rows.push((picture, captions, label, None));
            }
        }
        Kind::Labels | Kind::Named => {
            let Found {
                data,
                failed: others,
            } = set.labelled()?;
            if data.is_multi_label {
                return Err(dataset::needs_one_label().into());
            }
            failed.extend(others);
            let ours: Vec<Option<usize>> = data
                .labels
                .iter()
                .map(|label| class_of(label, classes))
                .collect();
            for (picture, own) in data.pictures {
                let Some(&label) = own.first() else {
                    continue;
                };
                let words = templates
                    .iter()
                    .map(|template| template.replace("{}", &data.labels[label]));
                rows.push((picture, words.collect(), label, ours[label]));
            }
        }
    }
    let pictures: Vec<&Picture> = rows.iter().map(|(picture, ..)| picture).collect();
    let features = extractor
        .features(&pictures, &source.data, views)
        .with_context(|| format!("the features of {}", source.data[0].display()))?;
    let mut ready = Ready {
        kind: source.kind,
        share: source.share,
        drawn: source.sentences,
        sentences: Vec::new(),
        labels: Vec::new(),
        classes: Vec::new(),
        features,
    };
    let reasons = ready.features.failed().to_vec();
    for ((picture, words, label, class), reason) in rows.into_iter().zip(reasons) {
        if let Some(error) = reason {
            let file = picture.name;
            failed.push(Failed { file, error });
            continue;
        }
        let places = words.iter().map(|sentence| sentences.place(sentence));
        ready.sentences.push(places.collect());
        ready.labels.push(label);
        ready.classes.push(class);
    }
    if ready.labels.is_empty() {
        bail!("no picture of {} can be read", source.data[0].display());
    }
    if source.kind == Kind::Named && ready.classes.iter().all(Option::is_none) {
        bail!(
            "no label of {} is a name of one of the classifier's classes",
            source.data[0].display()
        );
    }
    Ok(ready)
}

/// The classifier's class that is called so first, or else at all.
fn class_of(label: &str, classes: &[Class]) -> Option<usize> {
    let first = |class: &Class| class.names.first().is_some_and(|name| name == label);
    let any = |class: &Class| class.names.iter().any(|name| name == label);
    let find = |is: &dyn Fn(&Class) -> bool| classes.iter().position(is);
    find(&first).or_else(|| find(&any))
}

/// What each class is called, as one direction: the mean of its plain sentences' embeddings, of
/// unit length; (classes · width).
pub fn class_text_embeds(wordings: &Wordings, embeds: &[f32], width: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(wordings.plain.len() * width);
    for range in &wordings.plain {
        let rows = embeds[range.start * width..range.end * width].chunks_exact(width);
        all.extend(mean_direction(rows));
    }
    all
}
