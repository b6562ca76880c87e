//! `cargo xtask soak`: whether memory stays flat over many rounds of photos and models.

use crate::build;
use crate::check::node_on_site;
use crate::places::Places;
use crate::process::run as run_program;
use crate::setup::Needs;
use crate::site::Quality;
use anyhow::{Context, Result};

/// Options of `cargo xtask soak`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Rounds, each with three changes of models
    #[arg(default_value_t = 20)]
    rounds: usize,
    /// Photos of a round
    #[arg(default_value_t = 500)]
    photos: usize,
}

/// Builds and serves the site, and runs the rounds in a headless browser.
pub fn run(places: &Places, arguments: &Arguments) -> Result<()> {
    build(places, Needs::Tests, Quality::Demo)?;
    let mut node = node_on_site(places)?;
    node.arg(places.root.join("tests/soak.mjs"))
        .arg(arguments.rounds.to_string())
        .arg(arguments.photos.to_string());
    run_program(&mut node).context("the page doesn't keep still")
}
