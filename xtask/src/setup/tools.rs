//! Trunk and wasm-bindgen's programs, compiled with Cargo from the versions that their authors
//! locked.
//!
//! Nothing here waits for them for long, so they are compiled without optimisation, which takes a
//! quarter of the time of their own release profile.

use super::crates;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{answer, on_path, program, run_logged};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The Trunk that `Trunk.toml` and `index.html` are written for.
const TRUNK: &str = "0.22.1";

/// The cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// Cargo's development profile with less to write, and nothing kept to compile again.
const QUICKLY: &[&str] = &[
    "--debug",
    "--config",
    "profile.dev.debug=false",
    "--config",
    "profile.dev.incremental=false",
];

/// A program from a crate, in one exact version.
pub struct Tool<'a> {
    places: &'a Places,
    package: &'static str,
    program: &'static str,
    version: String,
    options: &'static [&'static str],
    usual: Usual,
}

/// Trunk, which builds the site from `index.html`.
pub fn trunk(places: &Places) -> Tool<'_> {
    Tool {
        places,
        package: "trunk",
        program: "trunk",
        version: TRUNK.into(),
        // What it asks of the compiler is newer than what it uses.
        options: &[
            "--ignore-rust-version",
            "--no-default-features",
            "--features",
            "rustls",
        ],
        usual: Usual {
            fetch: 15.0,
            make: 220.0,
        },
    }
}

/// Makes a module's JavaScript side; has to have the version of the library in `Cargo.lock`.
pub fn wasm_bindgen(places: &Places) -> Result<Tool<'_>> {
    let lock = fs::read_to_string(places.root.join("Cargo.lock"))
        .context("Cargo.lock is missing: it belongs to the repository")?;
    Ok(Tool {
        places,
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: locked_version(&lock, "wasm-bindgen")
            .context("Cargo.lock names no wasm-bindgen")?
            .to_owned(),
        options: &[],
        usual: Usual {
            fetch: 10.0,
            make: 65.0,
        },
    })
}

/// Checks `deny.toml`; only `cargo xtask audit` wants it.
pub fn cargo_deny(places: &Places) -> Tool<'_> {
    Tool {
        places,
        package: "cargo-deny",
        program: "cargo-deny",
        version: CARGO_DENY.into(),
        options: &[],
        usual: Usual {
            fetch: 15.0,
            make: 200.0,
        },
    }
}

/// A program of this name where the set-up installs them, or else on `PATH`.
pub fn found(places: &Places, name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let own = places.tools().join("bin").join(file);
    if own.exists() { own } else { name.into() }
}

impl Tool<'_> {
    /// Its crate, until it is compiled.
    fn source(&self) -> PathBuf {
        self.places.cache.join("build").join(self.package)
    }

    fn is_this_version(&self, path: &Path) -> bool {
        answer(program(self.places, path).arg("--version"))
            .is_some_and(|text| text.split_whitespace().nth(1) == Some(&self.version))
    }
}

impl Step for Tool<'_> {
    fn title(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    fn is_missing(&self) -> Result<bool> {
        let name = format!("{}{}", self.program, std::env::consts::EXE_SUFFIX);
        let own = self.places.tools().join("bin").join(name);
        // One in the cache comes first on the build's PATH, so it has to be the right one.
        let found = if own.exists() {
            Some(own)
        } else {
            on_path(self.program)
        };
        Ok(found.is_none_or(|path| !self.is_this_version(&path)))
    }

    fn usual(&self) -> Usual {
        self.usual
    }

    fn fetch(&self) -> Result<()> {
        crates::fetch_program(self.places, self.package, &self.version, &self.source())
    }

    fn make(&self) -> Result<()> {
        let source = self.source();
        let mut cargo = program(self.places, "cargo");
        cargo
            .args(["install", "--locked", "--offline", "--force"])
            .args(QUICKLY)
            .args(self.options)
            .arg("--path")
            .arg(&source)
            .arg("--root")
            .arg(self.places.tools())
            .arg("--target-dir")
            .arg(source.join("target"));
        run_logged(self.places, self.package, &mut cargo)?;
        // Hundreds of megabytes that nothing needs any more.
        fs::remove_dir_all(&source).with_context(|| format!("couldn't remove {}", source.display()))
    }
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_the_lock() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "burn"), None);
    }
}
