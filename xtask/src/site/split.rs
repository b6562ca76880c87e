//! The page's program in two modules: what it needs to be drawn and to take photos, and what is
//! loaded behind that (`app/src/page/shell/deferred.rs`).
//!
//! Trunk knows one module, and has put it into the site. Its program is split where the
//! `wasm_split` attribute says, and the parts take the place of that module.

use super::{MAIN, html, names};
use crate::places::Places;
use crate::process::{path_with_tools, program, run_logged};
use anyhow::{Context, Result, anyhow};
use std::fs;
use std::path::Path;
use wasm_split_cli_support::{Options, transform};

/// The page's program as compiled, below Cargo's target folder.
const PROGRAM: &str = "wasm32-unknown-unknown/page/glimpse.wasm";

/// The script that loads the deferred module: the name by which the main module imports from it.
const LINK: &str = "./__wasm_split.js";

/// The deferred module as the splitter names it, after the attribute.
const DEFERRED: &str = "split_deferred.wasm";

/// Replaces the page's module in the site that Trunk built.
pub fn run(places: &Places, site: &Path) -> Result<()> {
    let work = places.notes().join("split");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let path = places.target().join(PROGRAM);
    let whole = fs::read(&path).with_context(|| format!("couldn't read {}", path.display()))?;
    let main = work.join("main.wasm");
    let mut options = Options::new(&whole);
    options.output_dir = &work;
    options.main_out_path = &main;
    options.link_name = LINK;
    options.main_module = "./glimpse.js";
    // Its errors are of another kind, and hold references.
    transform(options).map_err(|error| anyhow!("couldn't split {}: {error:#}", path.display()))?;
    let mut bindgen = program(places, "wasm-bindgen");
    bindgen
        .env("PATH", path_with_tools(places)?)
        // The deferred module shares the main one's table of functions, which is an export of the linker's.
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args(["--out-name", MAIN, "--out-dir"])
        .args([&work, &main]);
    run_logged(places, "split", &mut bindgen).context("couldn't bind the page's module")?;

    let page = super::read_page(site)?;
    let [script, module] = html::main_files(&page).context("the page starts no program")?;
    let parts = [
        ("glimpse.js", names::GLUE),
        ("glimpse_bg.wasm", names::MODULE),
        (LINK, names::LINK),
        (DEFERRED, names::DEFERRED),
    ];
    fs::remove_file(site.join(script))?;
    fs::remove_file(site.join(module))?;
    for (from, ending) in parts {
        fs::rename(work.join(from), site.join(format!("{MAIN}{ending}")))?;
    }
    let renamed = |path: &str, from: &str, to: &str| -> Result<()> {
        let path = site.join(path);
        let script = fs::read_to_string(&path)?;
        let found = script.contains(from);
        fs::write(&path, script.replacen(from, to, 1))?;
        found
            .then_some(())
            .with_context(|| format!("{} has no {from}", path.display()))
    };
    let link = format!("{MAIN}{}", names::LINK);
    renamed(
        &format!("{MAIN}{}", names::GLUE),
        &format!("from \"{LINK}\""),
        &format!("from \"./{link}\""),
    )?;
    renamed(&link, DEFERRED, &format!("{MAIN}{}", names::DEFERRED))?;
    let names::Renamed { stem, .. } = names::hash(site, MAIN, names::PAGE)?;
    let page = page.replace(script, &format!("{stem}{}", names::GLUE));
    let page = page.replace(module, &format!("{stem}{}", names::MODULE));
    let (glue, link) = (
        format!("{stem}{}", names::GLUE),
        format!("{stem}{}", names::LINK),
    );
    let page = html::with_preload(&page, &glue, &link).context("the page preloads no script")?;
    Ok(fs::write(site.join("index.html"), page)?)
}
