//! `glimpse search`: pictures that fit a sentence.

use super::Common;
use crate::{
    batches::{embed_pictures, embed_texts},
    failure::{Outcome, Usage, tell},
    pictures, print,
};
use anyhow::{Context, Result, bail};
use glimpse_model::score::cosine;
use serde::Serialize;
use std::{fmt::Write, path::PathBuf};

/// Find the pictures of a folder that fit a sentence.
///
/// With --json: a list of {"file", "cosine"}, the best first.
#[derive(clap::Args)]
pub struct Arguments {
    /// The folder; folders in it are searched, too
    folder: PathBuf,
    /// What the pictures should show, taken as it is: "a dog on a beach"
    query: String,
    /// How many pictures to name
    #[arg(long, default_value_t = 10, value_parser = at_least_one)]
    top: usize,
    #[command(flatten)]
    common: Common,
}

fn at_least_one(number: &str) -> Result<usize, String> {
    match number.parse() {
        Ok(0) | Err(_) => Err("a whole number from 1 is needed".to_owned()),
        Ok(number) => Ok(number),
    }
}

#[derive(Serialize)]
struct Hit<'a> {
    file: &'a str,
    cosine: f32,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    if arguments.query.trim().is_empty() {
        return Err(Usage("the query is empty").into());
    }
    if !arguments.folder.is_dir() {
        bail!("there is no folder {}", arguments.folder.display());
    }
    let pack = arguments.common.pack.open()?;
    let pictures = pictures::find_in(&arguments.folder)
        .with_context(|| arguments.folder.display().to_string())?;
    let query = embed_texts(&pack, std::slice::from_ref(&arguments.query))?.concat();
    let image_embeds = embed_pictures(&pack, &pictures)?;
    let outcome = tell(&image_embeds.failed(&pictures), pictures.len())?;

    let rows = pictures.iter().zip(&image_embeds.rows);
    let mut hits: Vec<Hit> = rows
        .filter_map(|(picture, row)| {
            Some(Hit {
                file: &picture.name,
                cosine: cosine(row.as_ref().ok()?, &query),
            })
        })
        .collect();
    hits.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    hits.truncate(arguments.top);
    if arguments.common.json {
        print::json(&hits)?;
    } else {
        let mut table = String::from("cosine  file\n");
        for Hit { file, cosine } in hits {
            writeln!(table, "{cosine:6.3}  {file}")?;
        }
        print::text(&table)?;
    }
    Ok(outcome)
}
