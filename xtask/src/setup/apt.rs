//! Debian's packages, where the system has them.

use crate::places::Places;
use crate::process::{answer, on_path, program, run_logged};
use anyhow::Result;
use std::process::Command;

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
    run_logged(places, "apt-update", apt_get(places).arg("update"))
}

/// Installs packages; never removes another one for their sake.
pub fn install(places: &Places, packages: &[&str]) -> Result<()> {
    println!("      apt-get install {}", packages.join(" "));
    let mut command = apt_get(places);
    command
        .args(["install", "--yes", "--no-remove", "--no-install-recommends"])
        .args(packages);
    run_logged(places, "apt-install", &mut command)
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
