//! Set-up: whatever a build needs that isn't in the repository, made once and then found.

pub mod apt;
pub mod browser;
mod crates;
pub mod engines;
mod node;
mod pack;
mod pip;
mod samples;
mod tools;
mod wasm_std;
mod weights;

pub use crates::cargo_home;
pub use node::NPM;
pub use pip::PYTHON;
pub use tools::{cargo_deny, found};
pub use wasm_std::{TARGET, WasmToolchain};

use crate::places::Places;
use crate::plan::{self, Step};
use crate::process;
use anyhow::{Context, Result, bail};
use pack::Kind;
use std::fs::{self, File};

/// How much has to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// What building and serving the page takes.
    Site,
    /// The same, and a browser to look at it with.
    Page,
    /// The same, and what the tests compare with.
    Tests,
}

/// Makes what is missing.
pub fn run(places: &Places, needs: Needs) -> Result<()> {
    let _lock = lock(places)?;
    plan::make_missing(places, &steps(places, needs)?)?;
    Ok(())
}

/// Keeps a second set-up waiting, which would write the same files; makes the cache's folder.
pub fn lock(places: &Places) -> Result<File> {
    fs::create_dir_all(&places.cache)
        .with_context(|| format!("couldn't make {}", places.cache.display()))?;
    let lock = File::create(places.cache.join("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// All that has to be there, in the order in which it is made.
pub fn steps(places: &Places, needs: Needs) -> Result<Vec<Box<dyn Step + '_>>> {
    expect_programs(places)?;
    let mut list: Vec<Box<dyn Step>> = vec![
        Box::new(crates::Crates { places }),
        packages(places),
        Box::new(weights::IMAGE_TOWER.step(places)),
        Box::new(weights::TEXT_TOWER.step(places)),
        Box::new(samples::PHOTOS.step(places)),
        Box::new(samples::Samples { places }),
        Box::new(wasm_std::WasmStd { places }),
        Box::new(tools::trunk(places)),
        Box::new(tools::wasm_bindgen(places)?),
        Box::new(pack::Pack::new(places, Kind::Int8)),
    ];
    if needs != Needs::Site {
        list.push(Box::new(browser::Browser { places }));
    }
    if needs == Needs::Tests {
        list.push(Box::new(engines::Engines { places }));
        list.push(Box::new(pack::Pack::new(places, Kind::Float)));
        list.push(Box::new(pack::Pack::new(places, Kind::Published)));
    }
    Ok(list)
}

/// The step that installs what comes from npm.
pub fn packages(places: &Places) -> Box<dyn Step + '_> {
    Box::new(node::Packages { places })
}

/// The toolchain that builds for the browser, if it's there.
pub fn find_toolchain(places: &Places) -> Option<WasmToolchain> {
    WasmToolchain::find(places)
}

/// The toolchain that builds for the browser.
///
/// # Errors
/// Before the set-up has provided it.
pub fn toolchain(places: &Places) -> Result<WasmToolchain> {
    WasmToolchain::find(places).with_context(|| {
        format!("Rust's standard library for {TARGET} is missing: `cargo xtask setup` provides it")
    })
}

/// Says what the set-up can't install itself.
fn expect_programs(places: &Places) -> Result<()> {
    let wanted = [
        ("node", "Node.js 20 or later, from https://nodejs.org"),
        ("npm", "npm, which comes with Node.js"),
        (
            PYTHON,
            "Python 3 with pip, from https://www.python.org or your system's packages",
        ),
    ];
    for (name, advice) in wanted {
        if process::on_path(name).is_none() {
            bail!("`{name}` isn't installed. Glimpse needs {advice}; then start this again.");
        }
    }
    // npm on Windows is a script that only the shell finds; everything else is a program.
    let version = process::answer(process::program(places, "node").arg("--version"));
    let major = version
        .as_deref()
        .and_then(|version| version.trim_start_matches('v').split('.').next())
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        let found = version.unwrap_or_else(|| "one that doesn't start".into());
        bail!("Glimpse needs Node.js 20 or later, and found {found}.");
    }
    Ok(())
}
