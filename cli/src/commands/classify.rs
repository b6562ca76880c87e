//! `glimpse classify`: which labels fit a picture.

use super::Common;
use crate::{
    batches::embed_pictures,
    failure::{Outcome, tell},
    labels::{self, Templates},
    pictures, print,
};
use anyhow::Result;
use glimpse_model::score::{Score, ranking, score};
use serde::Serialize;
use std::{fmt::Write, path::PathBuf};

/// Say which labels fit pictures.
///
/// With --json: a list of {"file", "labels": [{"label", "cosine", "logit", "probability"}]}, the
/// best label first; a picture that can't be read is {"file", "error"}. Probabilities are those
/// that the model was trained with: a softmax over the labels, or each label's own sigmoid.
#[derive(clap::Args)]
pub struct Arguments {
    /// Picture files, and folders of them
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// Labels, separated by commas; may be given several times
    #[arg(long, value_name = "LABELS", required_unless_present = "labels_file")]
    labels: Vec<String>,
    /// A file with one label a line, or with a JSON array of them
    #[arg(long, value_name = "FILE")]
    labels_file: Option<PathBuf>,
    #[command(flatten)]
    templates: Templates,
    #[command(flatten)]
    common: Common,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Good {
        file: &'a str,
        labels: Vec<Scored<'a>>,
    },
    Failed {
        file: &'a str,
        error: &'a str,
    },
}

#[derive(Serialize)]
struct Scored<'a> {
    label: &'a str,
    #[serde(flatten)]
    score: Score,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let labels = labels::collect(&arguments.labels, arguments.labels_file.as_deref())?;
    let pack = arguments.common.pack.open()?;
    let pictures = pictures::find(&arguments.images)?;
    let image_embeds = embed_pictures(&pack, &pictures)?;
    let outcome = tell(&image_embeds.failed(&pictures), pictures.len())?;
    let text_embeds = arguments.templates.embed(&pack, &labels)?;

    let rows: Vec<Row> = pictures
        .iter()
        .zip(&image_embeds.rows)
        .map(|(picture, row)| match row {
            Err(error) => Row::Failed {
                file: &picture.name,
                error,
            },
            Ok(embed) => {
                let texts = text_embeds.iter().map(Vec::as_slice);
                let scores = score(embed, texts, &pack.manifest.scoring);
                let scored = |place: usize| Scored {
                    label: &labels[place],
                    score: scores[place],
                };
                Row::Good {
                    file: &picture.name,
                    labels: ranking(&scores).into_iter().map(scored).collect(),
                }
            }
        })
        .collect();
    if arguments.common.json {
        print::json(&rows)?;
    } else {
        print::text(&table(&rows)?)?;
    }
    Ok(outcome)
}

/// A picture's name, and its labels under it.
fn table(rows: &[Row]) -> Result<String> {
    let mut out = String::new();
    for row in rows {
        let Row::Good { file, labels } = row else {
            continue;
        };
        let width = labels.iter().map(|scored| scored.label.chars().count());
        let width = width.max().unwrap_or(0).max("label".len());
        writeln!(out, "{file}")?;
        writeln!(out, "  {:width$}  probability    logit  cosine", "label")?;
        for Scored { label, score } in labels {
            let probability = f64::from(score.probability) * 100.0;
            writeln!(
                out,
                "  {label:width$}  {probability:9.1} %  {:7.2}  {:6.3}",
                score.logit, score.cosine
            )?;
        }
        writeln!(out)?;
    }
    Ok(out)
}
