//! Debian's packages, where the system has them.

use crate::places::Places;
use crate::process::{answer, on_path, program, run_logged};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// apt refuses to run twice at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Whether this system installs its packages with apt.
pub fn is_there() -> bool {
    on_path("apt-get").is_some()
}

/// Whether apt knows a package of this name.
pub fn knows(places: &Places, package: &str) -> bool {
    let mut ask = program(places, "apt-cache");
    answer(ask.args(["policy", package]))
        .is_some_and(|text| text.contains("Candidate:") && !text.contains("Candidate: (none)"))
}

/// Refreshes the list of packages.
pub fn update(places: &Places) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    run_logged(places, "apt-update", apt_get(places).arg("update"))
}

/// Refreshes the list of packages if one of these isn't in it.
pub fn look_up(places: &Places, packages: &[&str]) -> Result<()> {
    if packages.iter().all(|package| knows(places, package)) {
        return Ok(());
    }
    update(places)
}

/// Installs packages, with a new list of them where the one that is there doesn't do.
pub fn install_listed(places: &Places, packages: &[&str]) -> Result<()> {
    look_up(places, packages)?;
    install(places, packages).or_else(|_| {
        // An old list names versions that the server no longer has.
        update(places)?;
        install(places, packages)
    })
}

/// Installs packages; never removes another one for their sake.
pub fn install(places: &Places, packages: &[&str]) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let new = packages
        .iter()
        .filter(|package| !is_installed(places, package));
    let new: Vec<&str> = new.copied().collect();
    let mut command = apt_get(places);
    command
        .args(["install", "--yes", "--no-remove", "--no-install-recommends"])
        .args(packages);
    run_logged(
        places,
        &format!("apt-install-{}", packages[0]),
        &mut command,
    )?;
    note(places, &new)
}

/// The packages that were installed here, for `cargo xtask clean` to name.
pub fn installed(places: &Places) -> Vec<String> {
    let text = fs::read_to_string(list(places)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn note(places: &Places, packages: &[&str]) -> Result<()> {
    let mut all = installed(places);
    for package in packages {
        if !all.iter().any(|known| known == package) {
            all.push((*package).to_owned());
        }
    }
    let list = list(places);
    fs::write(&list, all.join("\n")).with_context(|| format!("couldn't write {}", list.display()))
}

fn list(places: &Places) -> PathBuf {
    places.cache.join("debian-packages.txt")
}

fn is_installed(places: &Places, package: &str) -> bool {
    let mut ask = program(places, "dpkg-query");
    answer(ask.args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_some_and(|status| status == "installed")
}

fn apt_get(places: &Places) -> Command {
    let is_root = answer(program(places, "id").arg("-u")).is_some_and(|id| id == "0");
    let mut command = if is_root || on_path("sudo").is_none() {
        program(places, "apt-get")
    } else {
        // The one command here that may have to ask: sudo reads a password from the terminal.
        let mut sudo = program(places, "sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
