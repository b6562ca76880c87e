//! `glimpse embed`: the embeddings themselves.

use super::Common;
use crate::{
    batches::{embed_pictures, embed_texts},
    failure::{Outcome, Usage, tell},
    labels, pictures, print,
};
use anyhow::Result;
use serde::Serialize;
use std::path::PathBuf;

/// Print the embeddings of pictures and texts.
///
/// With --json: {"images": [{"file", "embedding"}], "texts": [{"text", "embedding"}],
/// "logit_scale", "logit_bias"}. Embeddings have unit length (L2). logit_scale is the logarithm,
/// as checkpoints store it: logits are exp(logit_scale) · cosine + logit_bias. A picture that
/// can't be read is {"file", "error"}. Without --json, only a summary is printed.
#[derive(clap::Args)]
pub struct Arguments {
    /// Picture files, and folders of them
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Texts, separated by commas (one with a comma in quotes: '"salt, pepper", cat'); may be given
    /// several times
    #[arg(long, value_name = "TEXTS")]
    texts: Vec<String>,
    /// A file with a JSON array of texts, which are taken exactly as they are
    #[arg(long, value_name = "FILE")]
    texts_file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Answer<'a> {
    images: Vec<Image<'a>>,
    texts: Vec<Text<'a>>,
    logit_scale: f32,
    logit_bias: f32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Image<'a> {
    Good { file: &'a str, embedding: &'a [f32] },
    Failed { file: &'a str, error: &'a str },
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
    embedding: &'a [f32],
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    if arguments.images.is_empty() && arguments.texts.is_empty() && arguments.texts_file.is_none() {
        return Err(
            Usage("there is nothing to embed: name pictures, --texts or --texts-file").into(),
        );
    }
    let pack = arguments.common.pack.open()?;
    let mut texts: Vec<String> = Vec::new();
    for list in &arguments.texts {
        texts.extend(labels::split(list)?);
    }
    if let Some(file) = &arguments.texts_file {
        texts.extend(labels::strings(file)?);
    }
    let pictures = pictures::find(&arguments.images);
    let image_embeds = embed_pictures(&pack, &pictures)?;
    let outcome = tell(&image_embeds.failed(&pictures), pictures.len())?;
    let text_embeds = embed_texts(&pack, &texts)?;

    if !arguments.common.json {
        let done = image_embeds.rows.iter().filter(|row| row.is_ok()).count();
        print::text(&format!(
            "{} and {} embedded by {}: {} numbers each, of unit length. --json prints them.",
            print::count(done, "picture"),
            print::count(texts.len(), "text"),
            pack.manifest.name,
            pack.manifest.architecture.projection_dim,
        ))?;
        return Ok(outcome);
    }
    let images = pictures.iter().zip(&image_embeds.rows);
    print::compact_json(&Answer {
        images: images
            .map(|(picture, row)| match row {
                Ok(embedding) => Image::Good {
                    file: &picture.name,
                    embedding,
                },
                Err(error) => Image::Failed {
                    file: &picture.name,
                    error,
                },
            })
            .collect(),
        texts: texts
            .iter()
            .zip(&text_embeds)
            .map(|(text, embedding)| Text { text, embedding })
            .collect(),
        logit_scale: pack.manifest.scoring.logit_scale,
        logit_bias: pack.manifest.scoring.logit_bias,
    })?;
    Ok(outcome)
}
