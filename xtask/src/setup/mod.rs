//! Set-up: whatever a build needs that isn't in the repository, made once and then found.

mod apt;
pub mod browser;
mod node;
mod pack;
mod pip;
mod samples;
mod tools;
mod wasm_std;
mod weights;

pub use node::NPM;
pub use pip::PYTHON;
pub use wasm_std::{TARGET, WasmToolchain};

use crate::places::Places;
use crate::process;
use crate::steps::{self, Step};
use anyhow::{Context, Result, bail};
use pack::Kind;
use std::fs::{self, File};
use std::time::Instant;

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

/// Makes what is missing; gives the toolchain that builds for the browser.
pub fn run(places: &Places, needs: Needs) -> Result<WasmToolchain> {
    let start = Instant::now();
    fs::create_dir_all(&places.cache)
        .with_context(|| format!("couldn't make {}", places.cache.display()))?;
    // Two set-ups at a time would write the same files.
    let lock = File::create(places.cache.join("lock"))?;
    lock.lock()?;

    expect_programs(places)?;
    let mut list: Vec<Box<dyn Step>> = vec![
        Box::new(wasm_std::WasmStd { places }),
        Box::new(tools::trunk(places)),
        Box::new(tools::wasm_bindgen(places)?),
        Box::new(node::Packages { places }),
    ];
    if needs != Needs::Site {
        list.push(Box::new(browser::Browser { places }));
    }
    list.push(Box::new(weights::IMAGE_TOWER.step(places)));
    list.push(Box::new(weights::TEXT_TOWER.step(places)));
    list.push(Box::new(samples::PHOTOS.step(places)));
    list.push(Box::new(samples::Samples { places }));
    list.push(Box::new(pack::Pack::new(places, Kind::Int8)));
    if needs == Needs::Tests {
        list.push(Box::new(pack::Pack::new(places, Kind::Float)));
        list.push(Box::new(pack::Pack::new(places, Kind::Published)));
    }
    if steps::make_missing(&list)? {
        let seconds = start.elapsed().as_secs_f32();
        println!("Set-up is complete after {seconds:.1} s.");
    }
    WasmToolchain::find(places).context("the wasm32 standard library is still missing")
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
