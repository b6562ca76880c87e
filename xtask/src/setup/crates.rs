//! The crates, downloaded for all targets before anything is compiled: Cargo itself would fetch
//! those of a target only once it builds for it.

use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{answer, online_program, program, run_logged};
use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The step that downloads the crates that `Cargo.lock` names.
pub struct Crates<'a> {
    /// The repository, in whose root Cargo is run.
    pub places: &'a Places,
}

impl Step for Crates<'_> {
    fn title(&self) -> String {
        "the crates that Cargo.lock names".into()
    }

    fn is_missing(&self) -> Result<bool> {
        let mut ask = program(self.places, "cargo");
        Ok(answer(ask.args(["fetch", "--locked", "--offline", "--quiet"])).is_none())
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 45.0,
            make: 0.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        let mut cargo = online_program(self.places, "cargo");
        run_logged(self.places, "fetch", cargo.args(["fetch", "--locked"]))
    }
}

/// Downloads a program's crate into `folder`, and all that it is compiled from: the versions that
/// its authors locked or, where a registry no longer has one of them, the newest that fit.
pub fn fetch_program(places: &Places, package: &str, version: &str, folder: &Path) -> Result<()> {
    let log = format!("fetch-{package}");
    let mut info = online_program(places, "cargo");
    // Cargo unpacks the crate to tell of it.
    info.args(["info", "--registry", "crates-io", "--color", "never"])
        .arg(format!("{package}@{version}"));
    run_logged(places, &log, &mut info)?;
    let unpacked = unpacked(places, &format!("{package}-{version}"))
        .with_context(|| format!("Cargo unpacked no {package} {version}"))?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    copy(&unpacked, folder)?;
    let manifest = folder.join("Cargo.toml");
    // The cache may lie in a workspace, whose member it isn't.
    let alone = fs::read_to_string(&manifest)? + "\n[workspace]\n";
    fs::write(&manifest, alone)?;

    let fetch = |options: &[&str]| {
        let mut fetch = online_program(places, "cargo");
        fetch
            .arg("fetch")
            .args(options)
            .arg("--manifest-path")
            .arg(&manifest);
        fetch
    };
    if answer(&mut fetch(&["--locked"])).is_some() {
        return Ok(());
    }
    fs::remove_file(folder.join("Cargo.lock"))?;
    run_logged(places, &log, &mut fetch(&[]))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copied = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &copied)?;
        } else {
            fs::copy(entry.path(), copied)?;
        }
    }
    Ok(())
}

/// Where Cargo unpacked a crate; the folder between is named by the registry.
fn unpacked(places: &Places, name: &str) -> Option<PathBuf> {
    let registries = fs::read_dir(cargo_home(places)?.join("registry/src")).ok()?;
    registries
        .flatten()
        .map(|registry| registry.path().join(name))
        .find(|folder| folder.join("Cargo.toml").is_file())
}

/// Cargo's own folder: `CARGO_HOME`, relative to the repository, or the usual one.
pub fn cargo_home(places: &Places) -> Option<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Some(places.root.join(home));
    }
    env::home_dir().map(|home| home.join(".cargo"))
}
