//! The default pack, made by the packer from the published weights and the repository's heads.

use super::weights::{IMAGE_TOWER, TEXT_TOWER};
use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{program, run_logged};
use anyhow::{Result, ensure};
use std::path::PathBuf;

const HEADS: &str = "heads/alignment.safetensors";
/// How good they are, by their training.
const REPORT: &str = "heads/report.json";
/// What `glimpse calibrate` found for them.
const CALIBRATION: &str = "heads/calibration.json";

/// The code that decides what a pack holds.
const CODE: &[&str] = &[
    "model/src/checkpoint",
    "model/src/cpu",
    "model/src/dispatch.rs",
    "model/src/formats",
    "model/src/pack",
    "model/src/text",
    "model/src/towers",
    "packer/src",
];

/// A pack of the default model's towers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As the page loads it.
    Int8,
    /// Unquantised, for tests to compare with.
    Float,
    /// The towers as they were published, for tests to compare with their references.
    Published,
}

/// The step that makes a pack.
pub struct Pack<'a> {
    places: &'a Places,
    kind: Kind,
}

impl<'a> Pack<'a> {
    /// The step that makes the default model's pack of this kind.
    pub fn new(places: &'a Places, kind: Kind) -> Self {
        Self { places, kind }
    }

    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Int8 => "int8",
            Kind::Float => "f32",
            Kind::Published => "published",
        }
    }

    fn quantisation(&self) -> &'static str {
        match self.kind {
            Kind::Int8 => "int8",
            Kind::Float | Kind::Published => "f32",
        }
    }

    fn folder(&self) -> PathBuf {
        let packs = self.places.target().join("packs");
        match self.kind {
            Kind::Int8 => self.places.root.join("www/packs/default"),
            Kind::Float => packs.join("default-f32"),
            Kind::Published => packs.join("published-f32"),
        }
    }

    fn stamp(&self) -> PathBuf {
        self.places
            .notes()
            .join(format!("pack-{}.stamp", self.name()))
    }

    fn fingerprint(&self) -> Result<String> {
        let mut print = Fingerprint::default()
            .word(IMAGE_TOWER.sha256)
            .word(TEXT_TOWER.sha256)
            .path(&self.places.root.join(HEADS))?
            .path(&self.places.root.join(CALIBRATION))?
            .path(&self.places.root.join(REPORT))?;
        for path in CODE {
            print = print.path(&self.places.root.join(path))?;
        }
        Ok(print.finish())
    }
}

impl Step for Pack<'_> {
    fn title(&self) -> String {
        format!("the default pack ({})", self.name())
    }

    fn is_missing(&self) -> Result<bool> {
        let is_there = self.folder().join("manifest.json").is_file();
        Ok(!is_there || !fingerprint::is_current(&self.stamp(), &self.fingerprint()?))
    }

    fn usual(&self) -> Usual {
        // The first of them compiles the program.
        let make = if self.kind == Kind::Int8 { 125.0 } else { 5.0 };
        Usual { fetch: 0.0, make }
    }

    fn make(&self) -> Result<()> {
        let made_from = self.fingerprint()?;
        let mut packer = program(self.places, "cargo");
        packer
            .args([
                "run",
                "--profile",
                "quick",
                "--package",
                "glimpse-packer",
                "--",
            ])
            .arg("--image")
            .arg(
                IMAGE_TOWER
                    .folder(self.places)
                    .join(IMAGE_TOWER.members[0].name),
            )
            .arg("--text")
            .arg(TEXT_TOWER.folder(self.places))
            .args([
                "--heads",
                HEADS,
                "--calibration",
                CALIBRATION,
                "--report",
                REPORT,
            ])
            .args(["--quant", self.quantisation(), "--output"])
            .arg(self.folder());
        if matches!(self.kind, Kind::Published) {
            packer.arg("--published");
        }
        run_logged(self.places, &format!("pack-{}", self.name()), &mut packer)?;
        ensure!(
            self.folder().join("manifest.json").is_file(),
            "the packer wrote no {}/manifest.json",
            self.folder().display()
        );
        fingerprint::record(&self.stamp(), &made_from)
    }
}
