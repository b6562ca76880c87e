//! `glimpse evaluate zero-shot`: which share of pictures gets its own label.

use super::embed_pairs;
use crate::{commands::Common, dataset, failure::Outcome, labels::Templates, print};
use anyhow::Result;
use glimpse_model::score::cosine;
use rayon::prelude::*;
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// Zero-shot classification of labelled pictures; the labels found are the candidates.
///
/// With --json: {"top1", "top5", "mean_per_class", "n"}, shares of 1 and the number of pictures.
/// A picture counts as right among the first k if fewer than k other labels are nearer to it than
/// its own.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a folder of pictures for each label (_ is a space), or a WebDataset tar file
    /// with a "label" in each JSON
    data: PathBuf,
    #[command(flatten)]
    templates: Templates,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, PartialEq, Serialize)]
struct Accuracy {
    top1: f64,
    top5: f64,
    mean_per_class: f64,
    n: usize,
}

impl Accuracy {
    /// Of each picture's class and how many other labels come before its own.
    fn of(ranks: &[(usize, usize)]) -> Self {
        let share = |k: usize| {
            let right = ranks.iter().filter(|(_, rank)| *rank < k).count();
            right as f64 / ranks.len().max(1) as f64
        };
        let mut classes: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (class, rank) in ranks {
            let (right, all) = classes.entry(*class).or_default();
            *right += usize::from(*rank == 0);
            *all += 1;
        }
        let of_classes = classes
            .values()
            .map(|(right, all)| *right as f64 / *all as f64);
        Self {
            top1: share(1),
            top5: share(5),
            mean_per_class: of_classes.sum::<f64>() / classes.len().max(1) as f64,
            n: ranks.len(),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = arguments.common.pack.open()?;
    let dataset::Found { data, failed } = dataset::labelled(&arguments.data)?;
    let text_embeds = arguments.templates.embed(&pack, &data.labels)?;
    let (rows, outcome) = embed_pairs(&pack, data.pictures, failed)?;
    let ranks: Vec<(usize, usize)> = rows
        .par_iter()
        .map(|(embed, class)| {
            let own = cosine(embed, &text_embeds[*class]);
            let nearer = text_embeds.iter().filter(|text| cosine(embed, text) > own);
            (*class, nearer.count())
        })
        .collect();
    let accuracy = Accuracy::of(&ranks);
    if arguments.common.json {
        print::json(&accuracy)?;
    } else {
        let Accuracy {
            top1,
            top5,
            mean_per_class,
            n,
        } = accuracy;
        print::text(&format!(
            "{} of {}, by {}\n  \
             the right label is first              {:5.1} %\n  \
             it is among the first five            {:5.1} %\n  \
             it is first, mean over the labels     {:5.1} %",
            print::count(n, "picture"),
            print::count(data.labels.len(), "label"),
            pack.manifest.name,
            top1 * 100.0,
            top5 * 100.0,
            mean_per_class * 100.0,
        ))?;
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        // Class 0: right, third, seventh. Class 1: right.
        let found = Accuracy::of(&[(0, 0), (0, 2), (0, 6), (1, 0)]);
        assert_eq!((found.top1, found.top5, found.n), (0.5, 0.75, 4));
        assert!((found.mean_per_class - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
    }
}
