//! `glimpse evaluate retrieval`: do captions find their pictures, and pictures their captions?

use super::embed_pairs;
use crate::{batches::embed_texts, commands::Common, dataset, failure::Outcome, print};
use anyhow::Result;
use glimpse_model::score::cosine;
use rayon::prelude::*;
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// Retrieval between pictures and their captions.
///
/// With --json: {"text_to_image": {"1", "5", "10"}, "image_to_text": {…}, "n_images", "n_texts"}:
/// recall at 1, 5 and 10, as shares of 1. A caption finds its picture among the first k if fewer
/// than k other pictures are nearer to it; a picture finds one of its captions if fewer than k
/// captions of other pictures are nearer than the best of its own.
#[derive(clap::Args)]
pub struct Arguments {
    /// A WebDataset tar file with "captions" in each JSON (or "caption", or a .txt with one a
    /// line), or a folder with the same files, or with a captions.json ({"a.jpg": ["…"]}) or a
    /// captions.tsv (file, tab, caption)
    data: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Answer {
    text_to_image: Recall,
    image_to_text: Recall,
    n_images: usize,
    n_texts: usize,
}

/// Recall by k.
type Recall = BTreeMap<usize, f64>;

fn recall(ranks: &[usize]) -> Recall {
    [1, 5, 10]
        .into_iter()
        .map(|k| {
            let found = ranks.iter().filter(|&&rank| rank < k).count();
            (k, found as f64 / ranks.len().max(1) as f64)
        })
        .collect()
}

/// For each text, how many other pictures are nearer to it than its own.
fn text_to_image(images: &[Vec<f32>], texts: &[Vec<f32>], owners: &[usize]) -> Vec<usize> {
    let rank = |(text, &owner): (&Vec<f32>, &usize)| {
        let own = cosine(text, &images[owner]);
        images
            .iter()
            .filter(|image| cosine(text, image) > own)
            .count()
    };
    texts.par_iter().zip(owners).map(rank).collect()
}

/// For each picture, how many texts of others are nearer to it than the nearest of its own.
fn image_to_text(images: &[Vec<f32>], texts: &[Vec<f32>], owners: &[usize]) -> Vec<usize> {
    let rank = |(place, image): (usize, &Vec<f32>)| {
        let cosines: Vec<f32> = texts.iter().map(|text| cosine(image, text)).collect();
        let of = |own: bool| {
            let pairs = cosines.iter().zip(owners);
            pairs
                .filter(move |(_, owner)| (**owner == place) == own)
                .map(|(cosine, _)| *cosine)
        };
        let best = of(true).fold(f32::MIN, f32::max);
        of(false).filter(|&other| other > best).count()
    };
    images.par_iter().enumerate().map(rank).collect()
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = arguments.common.pack.open()?;
    let dataset::Found { data, failed } = dataset::captioned(&arguments.data)?;
    let (rows, outcome) = embed_pairs(&pack, data.pictures, failed)?;
    let (images, captions): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let owners: Vec<usize> = captions
        .iter()
        .enumerate()
        .flat_map(|(place, captions)| vec![place; captions.len()])
        .collect();
    let texts = embed_texts(&pack, &captions.concat())?;
    let answer = Answer {
        text_to_image: recall(&text_to_image(&images, &texts, &owners)),
        image_to_text: recall(&image_to_text(&images, &texts, &owners)),
        n_images: images.len(),
        n_texts: texts.len(),
    };
    if arguments.common.json {
        print::json(&answer)?;
        return Ok(outcome);
    }
    let line = |recall: &Recall| {
        let shares = recall
            .values()
            .map(|share| format!("{:5.1} %", share * 100.0));
        shares.collect::<Vec<_>>().join("     ")
    };
    print::text(&format!(
        "{} with {}, by {}\n  \
         found among the first           1           5          10\n  \
         a caption's picture       {}\n  \
         a picture's caption       {}",
        print::count(answer.n_images, "picture"),
        print::count(answer.n_texts, "caption"),
        pack.manifest.name,
        line(&answer.text_to_image),
        line(&answer.image_to_text),
    ))?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_hand() {
        let images = [vec![1.0, 0.0], vec![0.0, 1.0]];
        // Two captions of the first picture, of which one is nearer to the second; one of the
        // second that is nearest to the first.
        let texts = [vec![1.0, 0.1], vec![0.1, 1.0], vec![1.0, 0.0]];
        let owners = [0, 0, 1];
        assert_eq!(text_to_image(&images, &texts, &owners), [0, 1, 1]);
        assert_eq!(image_to_text(&images, &texts, &owners), [1, 2]);
        assert_eq!(
            recall(&[0, 1, 1, 7]),
            [(1, 0.25), (5, 0.75), (10, 1.0)].into()
        );
    }
}
