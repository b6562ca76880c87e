//! What comes from npm: Binaryen's `wasm-opt` and, for tests, the drivers of three engines and axe.

use crate::audit;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{online_program, run_logged};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;

/// npm's program, which is a batch file on Windows.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Each package in one exact version.
const PACKAGES: &[(&str, &str)] = &[
    ("binaryen", "132.0.0"),
    ("playwright-core", "1.65.1"),
    ("axe-core", "4.14.1"),
    // The last ones that Node.js 20 runs.
    ("puppeteer-core", "24.43.1"),
    ("selenium-webdriver", "4.46.0"),
];

/// The packages in the cache.
pub struct Packages<'a> {
    /// The folders, of which `node_modules` is the one that is filled.
    pub places: &'a Places,
}

impl Packages<'_> {
    fn installed(&self, name: &str) -> Option<String> {
        let manifest = self.places.node_modules().join(name).join("package.json");
        let manifest: Value = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
        Some(manifest.get("version")?.as_str()?.to_owned())
    }
}

impl Step for Packages<'_> {
    fn title(&self) -> String {
        let names: Vec<_> = PACKAGES
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        names.join(" and ")
    }

    fn is_missing(&self) -> Result<bool> {
        let is_there =
            |(name, version): &(&str, &str)| self.installed(name).as_deref() == Some(*version);
        Ok(!PACKAGES.iter().all(is_there))
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 15.0,
            make: 0.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        let modules = self.places.node_modules();
        let folder = modules
            .parent()
            .context("the cache has no folder for npm")?;
        fs::create_dir_all(folder)?;
        let dependencies: serde_json::Map<_, _> = PACKAGES
            .iter()
            .map(|(name, version)| ((*name).to_owned(), json!(version)))
            .collect();
        let manifest = json!({ "private": true, "dependencies": dependencies });
        fs::write(folder.join("package.json"), format!("{manifest:#}\n"))?;
        let mut command = online_program(self.places, NPM);
        command.current_dir(folder).args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]);
        // That of another version would be held to.
        let lock = folder.join("package-lock.json");
        if lock.exists() {
            fs::remove_file(lock)?;
        }
        run_logged(self.places, "npm", &mut command)?;
        // The tests say what came out, and that nobody could be asked where that is so.
        audit::note_npm(self.places)
    }
}
