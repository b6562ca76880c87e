//! `glimpse classify`: which labels fit a picture.

use super::Common;
use crate::{
    batches::embed_pictures,
    failure::{Outcome, tell},
    labels::{self, Templates},
    pictures, print,
};
use anyhow::Result;
use glimpse_model::score::{Calibration, LabelChance, Score, ranking, score};
use serde::Serialize;
use std::{fmt::Write, path::PathBuf};

/// Say which labels fit pictures.
///
/// With --json: a list of {"file", "labels": [{"label", "cosine", "logit", "probability"}]}, the
/// best label first; a picture that can't be read is {"file", "error"}. "probability" is the one
/// that the model was trained with: a softmax over the labels, or each label's own sigmoid.
///
/// A pack that `glimpse calibrate` has seen tells more: "share", how likely a label is the one that
/// fits; "none" beside "labels", the share of none of these, with which the shares add up to 1; and
/// "alone", how likely a label fits whatever the others, if one in ten does.
#[derive(clap::Args)]
pub struct Arguments {
    /// Picture files, and folders of them
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// Labels, separated by commas (one with a comma in quotes: '"salt, pepper", cat'); may be given
    /// several times
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
        #[serde(skip_serializing_if = "Option::is_none")]
        none: Option<f32>,
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
    #[serde(flatten)]
    chance: Option<LabelChance>,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let labels = labels::collect(&arguments.labels, arguments.labels_file.as_deref())?;
    let pack = arguments.common.pack.open()?;
    let pictures = pictures::find(&arguments.images);
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
                let cosines: Vec<f32> = scores.iter().map(|score| score.cosine).collect();
                let judge = |calibration: &Calibration| calibration.judge(&cosines);
                let judged = pack.manifest.calibration.as_ref().map(judge);
                let scored = |place: usize| Scored {
                    label: &labels[place],
                    score: scores[place],
                    chance: judged.as_ref().map(|judged| judged.labels[place]),
                };
                Row::Good {
                    file: &picture.name,
                    labels: ranking(&scores).into_iter().map(scored).collect(),
                    none: judged.as_ref().map(|judged| judged.none),
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

/// What "none of these" is called in a table.
const NONE: &str = "(none of these)";

/// A picture's name, and its labels under it.
fn table(rows: &[Row]) -> Result<String> {
    let mut out = String::new();
    for row in rows {
        let Row::Good { file, labels, none } = row else {
            continue;
        };
        let width = labels.iter().map(|scored| scored.label.chars().count());
        let least = none.map_or("label", |_| NONE).len();
        let width = width.max().unwrap_or(0).max(least);
        writeln!(out, "{file}")?;
        let calibrated = none.map_or("", |_| "   share  on its own");
        writeln!(
            out,
            "  {:width$}{calibrated}  probability    logit  cosine",
            "label"
        )?;
        let mut none = *none;
        for Scored {
            label,
            score,
            chance,
        } in labels
        {
            // In its place among the labels.
            let share = chance.map_or(f32::INFINITY, |chance| chance.share);
            if let Some(none) = none.take_if(|none| *none > share) {
                writeln!(out, "  {NONE:width$}  {}", percent(none, 4))?;
            }
            write!(out, "  {label:width$}")?;
            if let Some(LabelChance { share, alone }) = chance {
                write!(out, "  {}  {}", percent(*share, 4), percent(*alone, 8))?;
            }
            writeln!(
                out,
                "  {}  {:7.2}  {:6.3}",
                percent(score.probability, 9),
                score.logit,
                score.cosine
            )?;
        }
        if let Some(none) = none {
            writeln!(out, "  {NONE:width$}  {}", percent(none, 4))?;
        }
        writeln!(out)?;
    }
    Ok(out)
}

fn percent(share: f32, width: usize) -> String {
    format!("{:width$.1} %", f64::from(share) * 100.0)
}
