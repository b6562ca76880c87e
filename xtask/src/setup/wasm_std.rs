//! The standard library for `wasm32-unknown-unknown`.
//!
//! Rustup's own is best. Where its server can't be reached, Debian's compiler and its sources
//! of the standard library make one: built once into a folder of the cache, which rustup takes
//! for a toolchain where it is named by its path.

use super::apt;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{answer, on_path, online_program, program, run_logged, succeeds_within};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTLIB: &str = "/usr/lib/rustlib";

/// What of the standard library is built.
const BUILD_STD: &str = "-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro";

/// Rustup waits for ever where a network is closed.
const RUSTUP_LIMIT: Duration = Duration::from_secs(45);

/// Which toolchain builds for the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The one in use: it has the target.
    Active,
    /// The one made here from Debian's compiler.
    Own,
}

impl WasmToolchain {
    /// The toolchain that is ready, if there is one.
    pub fn find(places: &Places) -> Option<Self> {
        if active_has_target(places) {
            return Some(Self::Active);
        }
        own_is_current(places).then_some(Self::Own)
    }

    /// A Cargo command with this toolchain.
    pub fn cargo(self, places: &Places) -> Command {
        let mut command = program(places, "cargo");
        self.select(places, &mut command);
        command
    }

    /// Makes every Cargo below this command use this toolchain.
    pub fn select(self, places: &Places, command: &mut Command) {
        if self == Self::Own {
            command.env("RUSTUP_TOOLCHAIN", sysroot(places));
        }
    }

    /// What the toolchain is, in words that change with its version.
    pub fn describe(self, places: &Places) -> String {
        let mut command = program(places, "rustc");
        self.select(places, &mut command);
        answer(command.arg("-vV")).unwrap_or_default()
    }

    /// Whether Clippy can be used with this toolchain.
    pub fn has_clippy(self, places: &Places) -> bool {
        match self {
            Self::Active => true,
            Self::Own => sysroot(places).join("bin/clippy-driver").exists(),
        }
    }

    /// The folder that Clippy's driver, started without rustc's wrapper, has to be told of.
    pub fn sysroot(self, places: &Places) -> Option<PathBuf> {
        (self == Self::Own).then(|| sysroot(places))
    }
}

/// The step that provides the library.
pub struct WasmStd<'a> {
    /// The folders; a library that rustup doesn't provide is built into the cache.
    pub places: &'a Places,
}

impl Step for WasmStd<'_> {
    fn title(&self) -> String {
        format!("Rust's standard library for {TARGET}")
    }

    fn is_missing(&self) -> Result<bool> {
        Ok(WasmToolchain::find(self.places).is_none())
    }

    fn usual(&self) -> Usual {
        // With rustup; Debian's compiler takes a minute.
        Usual {
            fetch: 40.0,
            make: 5.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        let places = self.places;
        if on_path("rustup").is_some() {
            let mut rustup = online_program(places, "rustup");
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
        install_debian_compiler(places)?;
        prepare_std(places)?;
        let mut fetch = debian_cargo(places, online_program(places, DEBIAN_CARGO));
        run_logged(places, "fetch-std", fetch.args(["fetch", BUILD_STD]))
    }

    fn make(&self) -> Result<()> {
        if active_has_target(self.places) {
            return Ok(());
        }
        let libraries = build_std(self.places)?;
        assemble_sysroot(self.places, &libraries)
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

fn own_is_current(places: &Places) -> bool {
    let sysroot = sysroot(places);
    let built_with = fs::read_to_string(sysroot.join("rustc-version"));
    let compiler = debian_version(places);
    let mut ask = program(places, "rustc");
    WasmToolchain::Own.select(places, &mut ask);
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

/// The empty crate whose dependency the standard library is.
fn std_crate(places: &Places) -> PathBuf {
    places.cache.join("build-std")
}

/// Debian's Cargo on the empty crate.
fn debian_cargo(places: &Places, mut cargo: Command) -> Command {
    let folder = std_crate(places);
    cargo
        .current_dir(&folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Bitcode is what link-time optimisation reads.
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env("CARGO_TARGET_DIR", folder.join("target"));
    cargo
}

fn prepare_std(places: &Places) -> Result<()> {
    let folder = std_crate(places);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    Ok(())
}

/// Builds the standard library; gives the folder of its libraries.
fn build_std(places: &Places) -> Result<PathBuf> {
    let mut cargo = debian_cargo(places, program(places, DEBIAN_CARGO));
    cargo.args([
        "build",
        "--release",
        "--offline",
        "--target",
        TARGET,
        BUILD_STD,
    ]);
    run_logged(places, "build-std", &mut cargo)?;
    Ok(std_crate(places)
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
    fs::remove_dir_all(std_crate(places))?;
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
