//! `cargo xtask bench`: a model natively, then the page with it in a browser; or both beside peers.

mod only;
mod pace;
mod packs;
mod peer;

use crate::build;
use crate::check::node_on_site;
use crate::places::Places;
use crate::process::{answer, program, run as run_program};
use crate::setup::Needs;
use crate::site::Quality;
use anyhow::{Context, Result};
use clap::Args;
use packs::{Model, Weights};
use serde_json::Value;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options of `cargo xtask bench`: what is measured, and how often.
#[derive(Args)]
pub struct Arguments {
    /// Which model to measure
    #[arg(long, value_enum, ignore_case = true, default_value = "default")]
    model: Model,
    /// Counted runs of each measurement; at most 3 on WebGPU
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Also measure WebGPU, which takes long without a graphics card
    #[arg(long)]
    webgpu: bool,
    /// Measure both models beside onnxruntime-web (wasm and WebGPU) and PyTorch instead, turn by
    /// turn
    #[arg(long, conflicts_with_all = ["model", "webgpu"])]
    peer: bool,
    /// Of --peer only the browser's comparisons with all these words, such as `cpu,b32,image,int8`
    #[arg(long, requires = "peer", value_name = "WORDS", value_parser = only::check)]
    only: Option<String>,
    /// Compare each tower's time with what is kept of it instead, and fail if one takes over 15 % more
    #[arg(long, conflicts_with_all = ["model", "webgpu", "peer"])]
    check: bool,
    /// With --check: keep what is measured now
    #[arg(long, requires = "check")]
    keep: bool,
}

/// Builds the site, then measures one model, or with `--peer` both beside other runtimes.
pub fn run(places: &Places, arguments: &Arguments) -> Result<()> {
    if arguments.check {
        return pace::check(places, arguments.keep);
    }
    build(places, Needs::Tests, Quality::Release)?;
    if arguments.peer {
        peer::measure(places, arguments)
    } else {
        measure(places, arguments)
    }
}

/// Measures one model natively, then in a browser.
fn measure(places: &Places, arguments: &Arguments) -> Result<()> {
    let model = arguments.model;
    let pack = model.pack(places, Weights::Int8)?;
    let folder = places.target().join("bench");
    fs::create_dir_all(&folder)?;
    let native = folder.join("native.json");
    println!("Measuring natively …");
    fs::write(&native, measure_natively(places, &pack, arguments.runs)?)?;

    println!("Measuring in a browser …");
    let mut node = node_on_site(places)?;
    node.arg(places.root.join("tests/bench.mjs"))
        .args(["--runs", &arguments.runs.to_string()])
        .env("NATIVE_BENCH", native);
    if model != Model::Default {
        node.arg("--pack").arg(pack);
    }
    if arguments.webgpu {
        node.arg("--webgpu");
    }
    run_program(&mut node)
}

/// What `glimpse bench` says of a pack, as JSON.
fn measure_natively(places: &Places, pack: &Path, runs: u32) -> Result<String> {
    let mut measure = glimpse(places);
    measure.arg("bench").arg("--pack").arg(pack);
    measure.args(["--runs", &runs.to_string()]);
    answer(&mut measure).context("the native measurement failed")
}

/// The texts that `glimpse bench` embeds with this pack, and their tokens.
fn texts(places: &Places, pack: &Path) -> Result<Value> {
    let measured = measure_natively(places, pack, 1)?;
    let mut measured: Value = serde_json::from_str(&measured)?;
    Ok(measured["texts"].take())
}

fn glimpse(places: &Places) -> Command {
    let mut cargo = program(places, "cargo");
    cargo.args(["run", "--release", "--quiet", "--package", "glimpse-cli"]);
    cargo.arg("--");
    cargo
}

/// The CLI's program, built.
fn cli(places: &Places) -> Result<PathBuf> {
    let mut cargo = program(places, "cargo");
    run_program(cargo.args(["build", "--release", "--package", "glimpse-cli"]))?;
    Ok(places.target().join(format!("release/glimpse{EXE_SUFFIX}")))
}
