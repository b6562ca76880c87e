//! `cargo xtask bench`: a model natively, then the page with it in a browser.

use crate::check::node_with_browser;
use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::process::{answer, program, run as run_program};
use crate::setup::{self, Needs};
use crate::{serve, site};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Arguments of `bench`.
#[derive(Args)]
pub struct Arguments {
    /// Which model to measure
    #[arg(long, value_enum, ignore_case = true, default_value = "default")]
    model: Model,
    /// Counted runs of each measurement on the processor
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Also measure WebGPU, which takes long without a graphics card
    #[arg(long)]
    webgpu: bool,
    /// Where the same towers are as ONNX graphs, to be run by onnxruntime-web
    /// [default: target/peer/<model>]
    #[arg(long, value_name = "FOLDER")]
    peer: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Model {
    /// The default pack
    Default,
    /// Random weights in the shape of CLIP's ViT-B/32
    B32,
}

impl Model {
    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::B32 => "b32",
        }
    }

    fn pack(self, places: &Places) -> PathBuf {
        match self {
            Self::Default => places.root.join("www/packs/default"),
            Self::B32 => places.target().join("packs/b32-int8"),
        }
    }
}

/// The code that decides what a pack of random weights holds.
const RANDOM_PACK: &[&str] = &[
    "cli/src/commands/pack_random",
    "cli/src/new_pack.rs",
    "model/src/encoder",
    "model/src/pack",
];

/// Runs both measurements.
pub fn run(places: &Places, arguments: &Arguments) -> Result<()> {
    let model = arguments.model;
    let wasm = setup::run(places, Needs::Tests)?;
    site::build(places, &wasm)?;
    if model == Model::B32 {
        make_random_pack(places, model)?;
    }
    let folder = places.target().join("bench");
    fs::create_dir_all(&folder)?;
    let native = folder.join("native.json");
    println!("Measuring natively …");
    let mut measure = glimpse(places);
    measure
        .arg("bench")
        .arg("--pack")
        .arg(model.pack(places))
        .args(["--runs", &arguments.runs.to_string()]);
    let measured = answer(&mut measure).context("the native measurement failed")?;
    fs::write(&native, measured)?;

    println!("Measuring in a browser …");
    let listener = serve::listen(0)?;
    let address = serve::address(&listener)?;
    serve::serve_beside(listener, &places.dist());
    let peer = arguments.peer.clone();
    let mut node = node_with_browser(places)?;
    node.arg(places.root.join("tests/bench.mjs"))
        .args(["--runs", &arguments.runs.to_string()])
        .arg("--peer")
        .arg(peer.unwrap_or_else(|| places.target().join("peer").join(model.name())))
        .env("GLIMPSE_URL", address)
        .env("GLIMPSE_DIST", places.dist())
        .env("NATIVE_BENCH", native);
    if model != Model::Default {
        node.arg("--pack").arg(model.pack(places));
    }
    if arguments.webgpu {
        node.arg("--webgpu");
    }
    run_program(&mut node)
}

fn glimpse(places: &Places) -> Command {
    let mut cargo = program(places, "cargo");
    cargo.args(["run", "--release", "--quiet", "--package", "glimpse-cli"]);
    cargo.arg("--");
    cargo
}

/// Makes the pack unless it's there as this code makes it.
fn make_random_pack(places: &Places, model: Model) -> Result<()> {
    let folder = model.pack(places);
    let stamp = places.notes().join("pack-random.stamp");
    let mut print = Fingerprint::default();
    for path in RANDOM_PACK {
        print = print.path(&places.root.join(path))?;
    }
    let made_from = print.finish();
    if folder.join("manifest.json").is_file() && fingerprint::is_current(&stamp, &made_from) {
        return Ok(());
    }
    println!("Making a pack of random weights …");
    let mut make = glimpse(places);
    make.arg("pack-random").arg("--output").arg(&folder);
    run_program(&mut make).context("the pack of random weights couldn't be made")?;
    fingerprint::record(&stamp, &made_from)
}
