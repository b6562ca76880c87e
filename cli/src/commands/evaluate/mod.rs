//! `glimpse evaluate`: how good a pack is.

mod interval;
mod retrieval;
mod zero_shot;

use crate::{
    batches::embed_pictures,
    failure::{Failed, Outcome, tell},
    pack::Pack,
    pictures::Picture,
};
use anyhow::Result;

/// Measure a pack on labelled or captioned pictures.
#[derive(clap::Subcommand)]
pub enum Command {
    ZeroShot(zero_shot::Arguments),
    Retrieval(retrieval::Arguments),
}

pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::ZeroShot(arguments) => zero_shot::run(arguments),
        Command::Retrieval(arguments) => retrieval::run(arguments),
    }
}

/// Pictures' embeddings and what belongs to them.
type Embedded<T> = Vec<(Vec<f32>, T)>;

/// Embeds the pictures of pairs; what fails is named, left out and counted with what `failed`
/// before.
fn embed_pairs<T>(
    pack: &Pack,
    pairs: Vec<(Picture, T)>,
    mut failed: Vec<Failed>,
) -> Result<(Embedded<T>, Outcome)> {
    let total = pairs.len() + failed.len();
    let (pictures, others): (Vec<Picture>, Vec<T>) = pairs.into_iter().unzip();
    let embeds = embed_pictures(pack, &pictures)?;
    failed.extend(embeds.failed(&pictures));
    let outcome = tell(&failed, total)?;
    let rows = embeds.rows.into_iter().zip(others);
    let good = rows.filter_map(|(row, other)| Some((row.ok()?, other)));
    Ok((good.collect(), outcome))
}
