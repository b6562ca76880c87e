//! Each file's `.gz` and `.br`, which the server sends to browsers that take them.

use crate::places::Places;
use crate::process::program;
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::process::Stdio;

/// Node's own compressors: those of crates would have to run unoptimised here.
pub const SCRIPT: &str = include_str!("compress.mjs");

/// Writes a `.gz` and a `.br` beside each file of the site that they make smaller.
pub fn run(places: &Places) -> Result<()> {
    let mut node = program(places, "node");
    node.args(["--input-type=module", "-"])
        .arg(places.dist())
        .arg(places.notes().join("compressed"))
        .stdin(Stdio::piped());
    let mut child = node.spawn().context("couldn't start Node.js")?;
    let mut input = child.stdin.take().context("Node.js takes no input")?;
    input.write_all(SCRIPT.as_bytes())?;
    drop(input);
    ensure!(child.wait()?.success(), "the site couldn't be compressed");
    Ok(())
}
