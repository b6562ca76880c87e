//! `cargo xtask bench`: the model natively, then the page in a browser.

use crate::check::node_with_browser;
use crate::places::Places;
use crate::process::{answer, program, run as run_program};
use crate::setup::{self, Needs};
use crate::{serve, site};
use anyhow::{Context, Result};
use std::fs;

/// Runs both measurements; `arguments` are those of `tests/bench.mjs`.
pub fn run(places: &Places, arguments: &[String]) -> Result<()> {
    let wasm = setup::run(places, Needs::Tests)?;
    site::build(places, &wasm)?;
    let folder = places.target().join("bench");
    fs::create_dir_all(&folder)?;
    let native = folder.join("native.json");
    let mut glimpse = program(places, "cargo");
    glimpse
        .args(["run", "--release", "--quiet", "--package", "glimpse-cli"])
        .args(["--", "bench"]);
    let measured = answer(&mut glimpse).context("the native measurement failed")?;
    fs::write(&native, measured)?;

    let listener = serve::listen(0)?;
    let address = serve::address(&listener)?;
    serve::serve_beside(listener, &places.dist());
    let mut node = node_with_browser(places)?;
    node.arg(places.root.join("tests/bench.mjs"))
        .args(arguments)
        .env("GLIMPSE_URL", address)
        .env("NATIVE_BENCH", native);
    run_program(&mut node)
}
