//! The decoders that browsers lack (`app/src/bin/decoder.rs`): a module that the workers load when the
//! first photo comes that needs it.
//!
//! Trunk isn't asked for it, since the script beside the module has to be able to start it anew, for
//! which `wasm-bindgen` has an option that Trunk doesn't pass on.

use super::{DECODER, names};
use crate::places::Places;
use crate::process::{path_with_tools, program, run_logged};
use crate::setup;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The module as compiled, below Cargo's target folder.
const PROGRAM: &str = "wasm32-unknown-unknown/web/glimpse-decoder.wasm";

/// What a worker calls to load it (`app/src/worker/foreign.rs`).
const LOADER: &str = "glimpseDecoder";

/// Compiles it into a site; how the names of its files begin.
pub fn build(places: &Places, site: &Path) -> Result<String> {
    let mut cargo = program(places, "cargo");
    setup::toolchain(places)?.select(places, &mut cargo);
    cargo
        .args(["build", "--quiet", "--locked", "--profile", "web"])
        .args(["--target", "wasm32-unknown-unknown"])
        .args(["--package", "glimpse-app", "--features", "decoder"])
        .args(["--bin", DECODER]);
    run_logged(places, "decoder", &mut cargo).context("couldn't build the decoders")?;
    let mut bindgen = program(places, "wasm-bindgen");
    bindgen
        .env("PATH", path_with_tools(places)?)
        .args(["--target", "web", "--no-typescript"])
        .arg("--experimental-reset-state-function")
        .args(["--out-name", DECODER, "--out-dir"])
        .args([site, &places.target().join(PROGRAM)]);
    run_logged(places, "decoder-bindings", &mut bindgen)
        .context("couldn't bind the decoders' module")?;
    Ok(names::hash(site, DECODER, names::DECODER)?.stem)
}

/// Lets a worker, whose script has no hash in its name yet, load it.
pub fn link(site: &Path, worker: &str, stem: &str) -> Result<()> {
    let path = site.join(format!("{worker}{}", names::LOADER));
    let script =
        fs::read_to_string(&path).with_context(|| format!("couldn't read {}", path.display()))?;
    let load = format!("globalThis.{LOADER}=()=>import('./{stem}{}');", names::GLUE);
    Ok(fs::write(path, load + &script)?)
}

/// The same for a worker that was linked before the decoders got another name.
pub fn relink(site: &Path, worker: &str, renamed: &names::Renamed) -> Result<()> {
    let loader = names::find(site, worker, names::LOADER)?.context("there is no worker")?;
    let path = site.join(format!("{loader}{}", names::LOADER));
    let script = fs::read_to_string(&path)?;
    Ok(fs::write(
        path,
        script.replace(&renamed.before, &renamed.stem),
    )?)
}

/// How the names of its files in a site begin.
pub fn stem(site: &Path) -> Result<String> {
    names::find(site, DECODER, names::MODULE)?.context("the site has no decoders")
}
