//! `cargo xtask soak`: whether memory stays flat over many rounds of photos and models.

use crate::check::node_with_browser;
use crate::places::Places;
use crate::process::run as run_program;
use crate::setup::Needs;
use crate::site::Quality;
use crate::{build, serve};
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
    let listener = serve::listen(0)?;
    let address = serve::address(&listener)?;
    serve::serve_beside(listener, &places.dist());
    let mut node = node_with_browser(places)?;
    node.env("GLIMPSE_URL", address)
        .arg(places.root.join("tests/soak.mjs"))
        .arg(arguments.rounds.to_string())
        .arg(arguments.photos.to_string());
    run_program(&mut node).context("the page doesn't keep still")
}
