//! `cargo xtask check-layers`: whether the page's sources import what they may.
//!
//! [`imports`] reads what a source names, [`modules`] finds where that leads, [`registry`] what the
//! features may read of each other, and [`rules`] judges. The layers themselves are explained in
//! `app/src/page/mod.rs`.

mod imports;
mod modules;
mod registry;
mod rules;

use crate::places::Places;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The crate that the page and its workers are of.
const CRATE: &str = "app/src";

/// Its programs, which are crates of their own and only start it.
const PROGRAMS: &str = "bin";

/// A source file of the crate.
pub struct Source {
    /// Below [`CRATE`], with `/` between its names.
    pub file: String,
    /// The file's whole content, Rust code.
    pub text: String,
}

/// Prints the violations; whether there are none.
pub fn run(places: &Places) -> Result<bool> {
    let sources = sources(&places.root)?;
    let violations = rules::check(&sources)?;
    for violation in &violations {
        eprintln!("{violation}");
    }
    match violations.len() {
        0 => println!("{} files import what they may.", sources.len()),
        1 => println!("1 violation; app/src/page/mod.rs has the layers."),
        count => println!("{count} violations; app/src/page/mod.rs has the layers."),
    }
    Ok(violations.is_empty())
}

/// All sources of the crate in the repository at `root`, in the order of their paths.
fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    collect(&root.join(CRATE), "", &mut sources)?;
    sources.retain(|source| !source.file.starts_with(&format!("{PROGRAMS}/")));
    sources.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(sources)
}

/// Adds the sources in a folder; `prefix` goes before their names.
fn collect(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("couldn't read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{file}/"), sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("couldn't read {}", path.display()))?;
            sources.push(Source { file, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_its_layers() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let sources = sources(&root).unwrap();
        let has = |name: &str| sources.iter().any(|source| source.file == name);
        assert!(has("lib.rs") && has("page/features/mod.rs") && !has("bin/page.rs"));
        let violations = rules::check(&sources).unwrap();
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
