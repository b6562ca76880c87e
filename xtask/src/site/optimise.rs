//! `wasm-opt` over the site's modules, each only when it has changed: it takes long.

use super::names::DEFERRED;
use super::{DECODER, GRAPHICS, PROCESSOR};
use crate::fingerprint::sha256_of;
use crate::places::Places;
use crate::process::{path_with_tools, program, run_logged};
use anyhow::{Context, Result, anyhow};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

/// What every browser with WebAssembly SIMD has, and so does Rust's code.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// The page is downloaded first and computes nothing; the CPU's worker and the decoders have to be fast; in the
/// other one the GPU does the work, and more than the cheap passes would take minutes.
fn passes(module: &str) -> &'static [&'static str] {
    if module.starts_with(PROCESSOR) || module.starts_with(DECODER) {
        &["-O3"]
    } else if module.starts_with(GRAPHICS) {
        &["-O1"]
    } else if module.ends_with(DEFERRED) {
        &["-Oz", "--low-memory-unused"]
    } else {
        // Memory begins with the stack's end, where nothing lies, and is new.
        &["-Oz", "--low-memory-unused", "--zero-filled-memory"]
    }
}

/// The modules that Trunk made, by their paths.
pub fn modules(dist: &Path) -> Result<Vec<PathBuf>> {
    let mut modules = fs::read_dir(dist)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    modules.retain(|path| path.extension().is_some_and(|ending| ending == "wasm"));
    modules.sort();
    Ok(modules)
}

/// Replaces each module of the site by its optimised form.
pub fn run(places: &Places) -> Result<()> {
    let cache = places.notes().join("optimised");
    fs::create_dir_all(&cache)?;
    let modules = modules(&places.dist())?;
    let used = thread::scope(|scope| {
        let work: Vec<_> = modules
            .iter()
            .map(|module| scope.spawn(|| optimise(places, &cache, module)))
            .collect();
        work.into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow!("wasm-opt's thread broke"))?
            })
            .collect::<Result<HashSet<_>>>()
    })?;
    for entry in fs::read_dir(&cache)? {
        let path = entry?.path();
        if !used.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Optimises one module in place; gives the path of the cache's copy.
fn optimise(places: &Places, cache: &Path, module: &Path) -> Result<PathBuf> {
    let name = module.file_name().unwrap_or_default().to_string_lossy();
    let passes = passes(&name);
    let known = cache.join(format!("{}{}.wasm", sha256_of(module)?, passes.concat()));
    if !known.exists() {
        println!("  wasm-opt {} {name}", passes.join(" "));
        let unfinished = known.with_extension("part");
        let mut command = program(places, "wasm-opt");
        command
            .env("PATH", path_with_tools(places)?)
            .args(passes)
            .args(FEATURES)
            .arg("--output")
            .arg(&unfinished)
            .arg(module);
        run_logged(places, &format!("wasm-opt-{name}"), &mut command)
            .with_context(|| format!("couldn't optimise {name}"))?;
        fs::rename(&unfinished, &known)?;
    }
    fs::copy(&known, module)?;
    Ok(known)
}
