//! `cargo xtask bench --check`: whether each tower takes as long as it did, for pictures and for texts of
//! each length. What is kept lies in `tests/bench/pace.json`.

use super::packs::{Model, Weights, thin_pack};
use crate::build;
use crate::check::node_on_site;
use crate::places::Places;
use crate::process::run;
use crate::setup::Needs;
use crate::site::Quality;
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;

/// Builds the site and compares; with `keep`, writes what is measured instead.
pub fn check(places: &Places, keep: bool) -> Result<()> {
    build(places, Needs::Tests, Quality::Release)?;
    let mut node = node_on_site(places)?;
    let packs = json!({
        "default": Model::Default.pack(places, Weights::Int8)?,
        "b32": thin_pack(places)?,
    });
    let folder = places.target().join("bench");
    fs::create_dir_all(&folder)?;
    let list = folder.join("pace.json");
    fs::write(&list, packs.to_string())
        .with_context(|| format!("couldn't write {}", list.display()))?;
    node.arg(places.root.join("tests/pace.mjs")).arg(&list);
    if keep {
        node.arg("--keep");
    }
    run(&mut node)
}
