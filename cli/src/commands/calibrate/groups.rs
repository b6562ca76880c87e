//! Trials from data sets: pictures, each with labels of which one fits or none does.

use super::words::{Named, Word, tokens};
use crate::{
    batches::{Embedded, embed_pairs, embed_texts},
    dataset::{self, Purpose},
    failure::{Failed, Outcome},
    labels::Templates,
    pack::Pack,
    pictures::Picture,
};
use anyhow::{Context, Result};
use glimpse_model::score::{cosine, fit::Trial};
use rand::{
    SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use std::path::Path;

/// Trials of one kind from one data set.
pub struct Group {
    /// The data set and the kind.
    pub name: String,
    /// Half of them with a label that fits, as far as there are such.
    pub trials: Vec<Trial>,
    /// For each trial, its picture's place among the data set's. Different kinds of trials of one
    /// data set have the pictures in the same order.
    pub pictures: Vec<usize>,
    /// Whether the calibration is fitted to them, or only measured on them.
    pub fitted: bool,
    /// Whether it is fitted to the same pictures, be it with other labels.
    pub of_fitted_pictures: bool,
}

/// How trials are drawn.
pub struct Draw<'a> {
    pub pack: &'a Pack,
    pub templates: &'a Templates,
    /// Labels to look for in captions.
    pub words: &'a [Word],
    /// Labels in a trial.
    pub labels: usize,
    /// Pictures of a data set at most.
    pub pictures: usize,
    /// The split of each data set that is read.
    pub split: Option<&'a str>,
    pub seed: u64,
}

/// Which texts of a data set fit a picture, by their places.
struct Texts {
    /// Of all texts, those that fit.
    fits: Vec<usize>,
    /// Of all texts, those that don't fit; the distractors are drawn from them.
    others: Vec<usize>,
}

impl Draw<'_> {
    /// The trials of one data set.
    pub fn groups(&self, data: &Path, fitted: bool) -> Result<(Vec<Group>, Outcome)> {
        let name = data.file_stem().unwrap_or(data.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let paths = [data.to_owned()];
        let set = dataset::read(&paths, self.split, Purpose::Fit, None)?;
        match set.has_captions() {
            true => self.captioned(&name, set.captioned()?, fitted),
            false => {
                let has_labels = set.items.iter().any(|item| item.classes.is_some());
                let found = set.labelled().with_context(|| {
                    let data = data.display();
                    match has_labels {
                        true => format!("{data} can't be calibrated on"),
                        false => format!("{data} has neither captions nor labels"),
                    }
                })?;
                self.labelled(&name, found, fitted)
            }
        }
    }

    fn labelled(
        &self,
        name: &str,
        found: dataset::Found<dataset::Labelled>,
        fitted: bool,
    ) -> Result<(Vec<Group>, Outcome)> {
        let dataset::Found { data, failed } = found;
        let texts = self
            .templates
            .embed_with(self.pack, &data.labels, &data.templates)?;
        let (rows, outcome) = self.embed(data.pictures, failed)?;
        let all = 0..data.labels.len();
        let of = |classes: &Vec<usize>| Texts {
            fits: classes.clone(),
            others: all
                .clone()
                .filter(|other| !classes.contains(other))
                .collect(),
        };
        let (trials, pictures) = self.trials(&rows, &texts, of);
        let group = Group {
            name: format!("{name}, labels"),
            trials,
            pictures,
            fitted,
            of_fitted_pictures: fitted,
        };
        Ok((vec![group], outcome))
    }

    fn captioned(
        &self,
        name: &str,
        found: dataset::Found<dataset::Captioned>,
        fitted: bool,
    ) -> Result<(Vec<Group>, Outcome)> {
        let dataset::Found { data, failed } = found;
        let (rows, outcome) = self.embed(data.pictures, failed)?;
        let labels: Vec<String> = self.words.iter().map(|word| word.label.clone()).collect();
        let texts = self.templates.embed(self.pack, &labels)?;
        let named = |captions: &Vec<String>| {
            let captions: Vec<_> = captions.iter().map(|caption| tokens(caption)).collect();
            let of = |wanted: Named| {
                let words = self.words.iter().enumerate();
                let words = words.filter(|(_, word)| word.named_in(&captions) == wanted);
                words.map(|(place, _)| place).collect()
            };
            Texts {
                fits: of(Named::Yes),
                others: of(Named::No),
            }
        };
        let (trials, pictures) = self.trials(&rows, &texts, named);
        let has_words = trials.iter().any(|trial| trial.right.is_some());
        let words = Group {
            name: format!("{name}, things named in captions"),
            trials,
            pictures,
            fitted,
            of_fitted_pictures: fitted,
        };

        // Whole captions, of which each picture has its own. A typed label is hardly ever one, so
        // they are only fitted to where there is nothing else.
        let mut owners = Vec::new();
        let mut captions = Vec::new();
        for (owner, (_, own)) in rows.iter().enumerate() {
            owners.extend(own.first().map(|_| owner));
            captions.extend(own.first().cloned());
        }
        let texts = embed_texts(self.pack, &captions)?;
        let places: Vec<(Vec<f32>, usize)> = rows
            .into_iter()
            .enumerate()
            .map(|(place, (embed, _))| (embed, place))
            .collect();
        let own = |place: &usize| {
            let by_owner = |wanted: bool| {
                let owners = owners.iter().enumerate();
                let owners = owners.filter(move |(_, owner)| (*owner == place) == wanted);
                owners.map(|(caption, _)| caption).collect()
            };
            Texts {
                fits: by_owner(true),
                others: by_owner(false),
            }
        };
        let (trials, pictures) = self.trials(&places, &texts, own);
        let whole = Group {
            name: format!("{name}, whole captions"),
            trials,
            pictures,
            fitted: fitted && !has_words,
            of_fitted_pictures: fitted,
        };
        Ok(match has_words {
            true => (vec![words, whole], outcome),
            false => (vec![whole], outcome),
        })
    }

    /// Embeds so many of the pictures, drawn under the seed.
    fn embed<T>(
        &self,
        mut pairs: Vec<(Picture, T)>,
        failed: Vec<Failed>,
    ) -> Result<(Embedded<T>, Outcome)> {
        let mut random = StdRng::seed_from_u64(self.seed);
        pairs.shuffle(&mut random);
        pairs.truncate(self.pictures);
        embed_pairs(self.pack, pairs, failed)
    }

    /// Two trials a picture: among labels of which one fits, and among those of which none does;
    /// and for each of them the picture's place in `rows`.
    fn trials<T>(
        &self,
        rows: &[(Vec<f32>, T)],
        texts: &[Vec<f32>],
        of: impl Fn(&T) -> Texts,
    ) -> (Vec<Trial>, Vec<usize>) {
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut trials = Vec::with_capacity(2 * rows.len());
        let mut pictures = Vec::with_capacity(2 * rows.len());
        for (place, (embed, about)) in rows.iter().enumerate() {
            let Texts { fits, mut others } = of(about);
            let right = fits.choose(&mut random).copied();
            for right in [None].into_iter().chain(right.map(Some)) {
                let strangers = self.labels - usize::from(right.is_some());
                if others.len() < strangers {
                    continue;
                }
                let (strangers, _) = others.partial_shuffle(&mut random, strangers);
                // Where the right one stands makes no difference.
                let labels = right.iter().chain(&*strangers);
                trials.push(Trial {
                    cosines: labels.map(|&label| cosine(embed, &texts[label])).collect(),
                    right: right.map(|_| 0),
                });
                pictures.push(place);
            }
        }
        (trials, pictures)
    }
}
