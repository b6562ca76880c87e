//! `glimpse evaluate`: how good a pack is.

mod interval;
mod retrieval;
mod zero_shot;

use crate::failure::Outcome;
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
