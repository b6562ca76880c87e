//! The packs that are measured, made where they are missing.

use super::glimpse;
use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::process::{program, run};
use crate::test::NATIVE;
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::Command;

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// The default pack, as the page loads it
    Default,
    /// Random weights in the shape of CLIP's ViT-B/32
    B32,
}

/// How a pack's weights are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    Float,
    Int8,
}

/// The code that decides what a pack of random weights holds.
const RANDOM_PACK: &[&str] = &[
    "cli/src/commands/pack_random",
    "model/src/cpu",
    "model/src/dispatch.rs",
    "model/src/pack",
    "model/src/towers",
    "packer/src/new_pack.rs",
];

impl Model {
    /// What answers and folders call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::B32 => "b32",
        }
    }

    /// Its pack's folder. The default model's packs come from the set-up; others are made here.
    pub fn pack(self, places: &Places, weights: Weights) -> Result<PathBuf> {
        let packs = places.target().join("packs");
        match (self, weights) {
            (Self::Default, Weights::Int8) => Ok(places.root.join("www/packs/default")),
            (Self::Default, Weights::Float) => Ok(packs.join("default-f32")),
            (Self::B32, Weights::Int8) => random_pack(places, packs.join("b32-int8"), "int8"),
            (Self::B32, Weights::Float) => random_pack(places, packs.join("b32-f32"), "f32"),
        }
    }
}

/// ViT-B/32 with two layers, in int8: each layer takes as long as all others. By the program that the
/// tests compile anyhow.
pub fn thin_pack(places: &Places) -> Result<PathBuf> {
    let folder = places.target().join("packs/b32-thin-int8");
    let mut cargo = program(places, "cargo");
    cargo.args(["build", "--quiet", "--profile", "quick"]);
    run(cargo.args(NATIVE).args(["--bin", "glimpse"]))?;
    let built = places.target().join(format!("quick/glimpse{EXE_SUFFIX}"));
    let maker = program(places, built);
    made_pack(places, folder, maker, &["--quant", "int8", "--layers", "2"])
}

fn random_pack(places: &Places, folder: PathBuf, quantisation: &str) -> Result<PathBuf> {
    made_pack(places, folder, glimpse(places), &["--quant", quantisation])
}

/// Makes the pack unless it's there as this code makes it.
fn made_pack(
    places: &Places,
    folder: PathBuf,
    mut maker: Command,
    options: &[&str],
) -> Result<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let stamp = places.notes().join(format!("pack-random-{name}.stamp"));
    let mut print = Fingerprint::default().word(&options.join(" "));
    for path in RANDOM_PACK {
        print = print.path(&places.root.join(path))?;
    }
    let made_from = print.finish();
    if !folder.join("manifest.json").is_file() || !fingerprint::is_current(&stamp, &made_from) {
        println!("Making a pack of random weights ({name}) …");
        maker
            .arg("pack-random")
            .args(options)
            .arg("--output")
            .arg(&folder);
        run(&mut maker).context("the pack of random weights couldn't be made")?;
        fingerprint::record(&stamp, &made_from)?;
    }
    Ok(folder)
}
