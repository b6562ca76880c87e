//! The site: built by Trunk, optimised, listed for its service worker, then compressed for the server.

mod compress;
mod optimise;
mod packs;
mod precache;

pub use precache::write as precache;

use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::process::{path_with_tools, program, run};
use crate::setup::WasmToolchain;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// What the site is made from.
const SOURCES: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "app",
    "index.html",
    "model/Cargo.toml",
    "model/src",
    "www",
];

/// Builds `dist/` unless it's there and made from just these sources.
pub fn build(places: &Places, wasm: &WasmToolchain) -> Result<()> {
    let start = Instant::now();
    let stamp = places.notes().join("site.stamp");
    let made_from = made_from(places, wasm)?;
    let is_there = places.dist().join("index.html").is_file();
    if is_there && fingerprint::is_current(&stamp, &made_from) {
        println!("The site in dist/ is up to date.");
        return Ok(());
    }
    // What a failed build leaves behind must not pass for a finished one.
    if stamp.exists() {
        fs::remove_file(&stamp)?;
    }
    println!("Building the site (the first time: minutes) …");
    trunk(places, wasm)?;
    packs::list(&places.dist().join("packs"))?;
    optimise::run(places)?;
    precache(&places.dist())?;
    compress::run(places)?;
    report(&places.dist())?;
    fingerprint::record(&stamp, &made_from)?;
    println!("Built dist/ in {:.1} s.", start.elapsed().as_secs_f32());
    Ok(())
}

fn made_from(places: &Places, wasm: &WasmToolchain) -> Result<String> {
    let mut print = Fingerprint::default()
        .word(&wasm.describe(places))
        .word(compress::SCRIPT)
        .word(include_str!("precache.rs"));
    for source in SOURCES {
        print = print.path(&places.root.join(source))?;
    }
    Ok(print.finish())
}

fn trunk(places: &Places, wasm: &WasmToolchain) -> Result<()> {
    let mut trunk = program(places, "trunk");
    wasm.select(&mut trunk);
    trunk
        .env("PATH", path_with_tools(places)?)
        .args(["build", "--release", "--offline"]);
    run(&mut trunk).context("Trunk couldn't build the site")?;
    let lock = places.dist().join(".trunk-lock");
    if lock.exists() {
        fs::remove_file(lock)?;
    }
    Ok(())
}

/// Says how large each module is, and how large it travels.
fn report(dist: &Path) -> Result<()> {
    let kilobytes = |path: &Path| fs::metadata(path).map_or(0, |facts| facts.len() / 1000);
    for module in optimise::modules(dist)? {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        println!(
            "  {name}: {} kB ({} kB gzip, {} kB brotli)",
            kilobytes(&module),
            kilobytes(&module.with_added_extension("gz")),
            kilobytes(&module.with_added_extension("br")),
        );
    }
    Ok(())
}
