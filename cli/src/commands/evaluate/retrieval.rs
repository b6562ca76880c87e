//! `glimpse evaluate retrieval`: do captions find their pictures, and pictures their captions?

use super::interval::{Interval, interval, percent};
use crate::{
    batches::{embed_pairs, embed_texts},
    commands::Common,
    dataset::{self, Choice, Purpose},
    failure::Outcome,
    print,
};
use anyhow::Result;
use glimpse_model::metrics::{Estimate, Resampling, Retrieval, retrieval_ranks};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// Retrieval between pictures and their captions.
///
/// With --json: {"text_to_image": {"1", "5", "10"}, "image_to_text": {…}, "confidence":
/// {"text_to_image": {"1": [low, high], …}, …}, "n_images", "n_texts"}: recall at 1, 5 and 10, as
/// shares of 1. A caption finds its picture among the first k if fewer than k other pictures are
/// nearer to it; a picture finds one of its captions if fewer than k captions of other pictures are
/// nearer than the best of its own.
///
/// Other pictures of the same kind would give figures within the 95 % confidence intervals 95 times
/// of 100 (bootstrap: pictures are drawn anew a thousand times, with all their captions).
#[derive(clap::Args)]
#[command(after_help = dataset::help())]
pub struct Arguments {
    /// A data set of pictures with captions, in one of the layouts below; several files or folders
    /// are one data set
    #[arg(required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Answer {
    text_to_image: ByK<f64>,
    image_to_text: ByK<f64>,
    confidence: Confidence,
    n_images: usize,
    n_texts: usize,
}

#[derive(Debug, Serialize)]
struct Confidence {
    text_to_image: ByK<Interval>,
    image_to_text: ByK<Interval>,
}

type ByK<T> = BTreeMap<usize, T>;

fn by_k<T>(recall: [Estimate; 3], part: impl Fn(Estimate) -> T) -> ByK<T> {
    Retrieval::AMONG.into_iter().zip(recall.map(part)).collect()
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = arguments.common.pack.open()?;
    let dataset::Found { data, failed } = dataset::read(
        &arguments.data,
        arguments.choice.split.as_deref(),
        Purpose::MeasureCaptions,
        None,
    )?
    .captioned()?;
    let (rows, outcome) = embed_pairs(&pack, data.pictures, failed)?;
    let (images, captions): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let owners: Vec<usize> = captions
        .iter()
        .enumerate()
        .flat_map(|(place, captions)| vec![place; captions.len()])
        .collect();
    let texts = embed_texts(&pack, &captions.concat())?;
    let ranks = retrieval_ranks(&images, &texts, &owners);
    let Retrieval {
        text_to_image,
        image_to_text,
    } = ranks.recall(Resampling::default());
    if arguments.common.json {
        print::json(&Answer {
            text_to_image: by_k(text_to_image, |estimate| estimate.value),
            image_to_text: by_k(image_to_text, |estimate| estimate.value),
            confidence: Confidence {
                text_to_image: by_k(text_to_image, interval),
                image_to_text: by_k(image_to_text, interval),
            },
            n_images: images.len(),
            n_texts: texts.len(),
        })?;
        return Ok(outcome);
    }
    let line = |recall: [Estimate; 3]| recall.map(percent).join("  ");
    print::text(&format!(
        "{} with {}, by {}\n  \
         found among the first      {:<26}{:<26}{}\n  \
         a caption's picture      {}\n  \
         a picture's caption      {}\n\
         (In brackets: 95 % confidence intervals.)",
        print::count(images.len(), "picture"),
        print::count(texts.len(), "caption"),
        pack.manifest.name,
        1,
        5,
        10,
        line(text_to_image).trim_end(),
        line(image_to_text).trim_end(),
    ))?;
    Ok(outcome)
}
