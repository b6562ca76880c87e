//! `cargo xtask demo --check`: the demo, tried by a program instead of a visitor.

use crate::places::Places;
use crate::process::{program, run as run_program};
use crate::setup::{Needs, browser};
use crate::site::Quality;
use crate::{build, serve};
use anyhow::{Context, Result};
use std::process::Command;

/// Sets up, builds, serves, and drops a photo on the page in a headless browser.
pub fn run(places: &Places, port: Option<u16>) -> Result<()> {
    let listener = serve::listen(port.unwrap_or(0))?;
    let address = serve::address(&listener)?;
    build(places, Needs::Page, Quality::Demo)?;
    serve::serve_beside(listener, &places.dist());
    let mut node = node_with_browser(places)?;
    node.arg(places.root.join("tests/check.mjs")).arg(address);
    run_program(&mut node).context("the page didn't do what it should")
}

/// Node.js on the built site, which is served for as long as this program runs.
pub fn node_on_site(places: &Places) -> Result<Command> {
    let listener = serve::listen(0)?;
    let address = serve::address(&listener)?;
    serve::serve_beside(listener, &places.dist());
    let mut node = node_with_browser(places)?;
    node.env("GLIMPSE_URL", address)
        .env("GLIMPSE_DIST", places.dist());
    Ok(node)
}

/// Node.js, knowing where the browser and the packages of npm are.
pub fn node_with_browser(places: &Places) -> Result<Command> {
    let mut node = program(places, "node");
    let chrome = browser::chromium().context("no Chromium was found")?;
    node.env("CHROME", chrome)
        .env("GLIMPSE_NODE_MODULES", places.node_modules());
    Ok(node)
}
