//! The standard library for `wasm32-unknown-unknown`.
//!
//! Rustup's own is best. Where its server can't be reached, Debian's compiler and its sources
//! of the standard library make one: built once into a folder of the cache that rustup then
//! knows as a toolchain.

use super::apt;
use crate::places::Places;
use crate::process::{answer, on_path, program, run_logged, succeeds_within};
use crate::steps::Step;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The name under which rustup knows the toolchain made from Debian's compiler.
const LINKED: &str = "glimpse-wasm";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTLIB: &str = "/usr/lib/rustlib";

/// Rustup waits for ever where a network is closed.
const RUSTUP_LIMIT: Duration = Duration::from_secs(45);

/// Which toolchain builds for the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The one in use: it has the target.
    Active,
    /// The one made here from Debian's compiler.
    Linked,
}

impl WasmToolchain {
    /// The toolchain that is ready, if there is one.
    pub fn find(places: &Places) -> Option<Self> {
        if active_has_target(places) {
            return Some(Self::Active);
        }
        linked_is_current(places).then_some(Self::Linked)
    }

    /// A Cargo command with this toolchain.
    pub fn cargo(self, places: &Places) -> Command {
        let mut command = program(places, "cargo");
        self.select(&mut command);
        command
    }

    /// Makes every Cargo below this command use this toolchain.
    pub fn select(self, command: &mut Command) {
        if self == Self::Linked {
            command.env("RUSTUP_TOOLCHAIN", LINKED);
        }
    }

    /// What the toolchain is, in words that change with its version.
    pub fn describe(self, places: &Places) -> String {
        let mut command = program(places, "rustc");
        self.select(&mut command);
        answer(command.arg("-vV")).unwrap_or_default()
    }

    /// Whether Clippy can be used with this toolchain.
    pub fn has_clippy(self, places: &Places) -> bool {
        match self {
            Self::Active => true,
            Self::Linked => sysroot(places).join("bin/clippy-driver").exists(),
        }
    }

    /// The folder that Clippy's driver, started without rustc's wrapper, has to be told of.
    pub fn sysroot(self, places: &Places) -> Option<PathBuf> {
        (self == Self::Linked).then(|| sysroot(places))
    }
}

/// The step that provides the library.
pub struct WasmStd<'a> {
    /// Where everything lies.
    pub places: &'a Places,
}

impl Step for WasmStd<'_> {
    fn title(&self) -> String {
        format!("Rust's standard library for {TARGET}")
    }

    fn is_missing(&self) -> Result<bool> {
        Ok(WasmToolchain::find(self.places).is_none())
    }

    fn make(&self) -> Result<()> {
        let places = self.places;
        if on_path("rustup").is_some() {
            println!("      rustup target add {TARGET}");
            let mut rustup = program(places, "rustup");
            rustup.args(["target", "add", TARGET]);
            if succeeds_within(&mut rustup, RUSTUP_LIMIT) && active_has_target(places) {
                return Ok(());
            }
        }
        if on_path("rustup").is_none() || !apt::is_there() {
            bail!(
                "the active Rust toolchain can't build for {TARGET}, and `rustup target add \
                 {TARGET}` didn't work here. Install that target, then start this again."
            );
        }
        println!("      rustup can't provide it here; building it with Debian's compiler");
        install_debian_compiler(places)?;
        let libraries = build_std(places)?;
        assemble_sysroot(places, &libraries)?;
        let mut link = program(places, "rustup");
        link.args(["toolchain", "link", LINKED])
            .arg(sysroot(places));
        run_logged(places, "rustup-link", &mut link)
    }
}

fn sysroot(places: &Places) -> PathBuf {
    places.cache.join("sysroot")
}

fn target_libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_core(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    })
}

fn active_has_target(places: &Places) -> bool {
    let mut ask = program(places, "rustc");
    ask.args(["--print", "target-libdir", "--target", TARGET]);
    answer(&mut ask).is_some_and(|folder| has_core(Path::new(&folder)))
}

fn linked_is_current(places: &Places) -> bool {
    let sysroot = sysroot(places);
    let built_with = fs::read_to_string(sysroot.join("rustc-version"));
    let compiler = debian_version(places);
    let mut ask = program(places, "rustc");
    ask.env("RUSTUP_TOOLCHAIN", LINKED);
    has_core(&target_libraries(&sysroot))
        && built_with.is_ok_and(|version| compiler.is_some_and(|now| now == version))
        && answer(ask.args(["--print", "sysroot"]))
            .is_some_and(|found| Path::new(&found) == sysroot)
}

fn debian_version(places: &Places) -> Option<String> {
    answer(program(places, DEBIAN_RUSTC).arg("-vV"))
}

/// Debian's current compiler, the sources of its standard library, and the linker of the LLVM
/// release that the compiler is built on.
fn install_debian_compiler(places: &Places) -> Result<()> {
    apt::update(places)?;
    apt::install(places, &["rustc-web", "cargo-web", "rust-web-src"])?;
    let version = debian_version(places).context("Debian's rustc doesn't start")?;
    let llvm = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))
        .and_then(|version| version.split('.').next())
        .context("Debian's rustc doesn't say which LLVM it is built on")?;
    apt::install(places, &[&format!("lld-{llvm}")])?;
    if apt::knows(places, "rust-web-clippy") {
        // Only the tests want it, and they do without where it can't be had.
        if let Err(error) = apt::install(places, &["rust-web-clippy"]) {
            println!("      Clippy for the browser's code isn't available: {error:#}");
        }
    }
    Ok(())
}

/// Builds the standard library as the dependency of an empty crate; gives the folder of its
/// libraries.
fn build_std(places: &Places) -> Result<PathBuf> {
    let crate_folder = places.cache.join("build-std");
    if crate_folder.exists() {
        fs::remove_dir_all(&crate_folder)?;
    }
    fs::create_dir_all(crate_folder.join("src"))?;
    fs::write(crate_folder.join("src/lib.rs"), "")?;
    fs::write(
        crate_folder.join("Cargo.toml"),
        "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    let mut cargo = program(places, DEBIAN_CARGO);
    cargo
        .current_dir(&crate_folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Bitcode is what link-time optimisation reads.
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env("CARGO_TARGET_DIR", crate_folder.join("target"))
        .args(["build", "--release", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro");
    run_logged(places, "build-std", &mut cargo)?;
    Ok(crate_folder
        .join("target")
        .join(TARGET)
        .join("release/deps"))
}

/// Puts the libraries, Debian's own and a compiler that looks here for both into one folder.
fn assemble_sysroot(places: &Places, libraries: &Path) -> Result<()> {
    let sysroot = sysroot(places);
    if sysroot.exists() {
        fs::remove_dir_all(&sysroot)?;
    }
    let into = target_libraries(&sysroot);
    fs::create_dir_all(&into)?;
    for entry in fs::read_dir(libraries)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_library = path.extension().is_some_and(|ending| ending == "rlib");
        if is_library && !name.to_string_lossy().starts_with("libnothing-") {
            fs::copy(&path, into.join(name))?;
        }
    }
    ensure!(has_core(&into), "the build left no libcore behind");
    for entry in fs::read_dir(DEBIAN_RUSTLIB)? {
        let path = entry?.path();
        let place = sysroot
            .join("lib/rustlib")
            .join(path.file_name().unwrap_or_default());
        if !place.exists() {
            link(&path, &place)?;
        }
    }
    let programs = sysroot.join("bin");
    fs::create_dir_all(&programs)?;
    for name in ["cargo", "cargo-clippy", "clippy-driver"] {
        let program = Path::new("/usr/bin").join(name);
        if program.exists() {
            link(&program, &programs.join(name))?;
        }
    }
    for name in ["rustc", "rustdoc"] {
        // Through a link the compiler would find its own libraries, not these.
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/{name} --sysroot '{}' \"$@\"\n",
            sysroot.display()
        );
        write_program(&programs.join(name), &script)?;
    }
    let version = debian_version(places).context("Debian's rustc doesn't start")?;
    fs::write(sysroot.join("rustc-version"), version)?;
    fs::remove_dir_all(places.cache.join("build-std"))?;
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, link)
        .with_context(|| format!("couldn't make the link {}", link.display()))
}

#[cfg(unix)]
fn write_program(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    bail!("Debian's compiler is only used on Debian")
}

#[cfg(not(unix))]
fn write_program(_: &Path, _: &str) -> Result<()> {
    bail!("Debian's compiler is only used on Debian")
}
