//! `cargo xtask test`: everything that can be checked, section after section.
//!
//! A section that fails doesn't keep the others from running; the last line says what came out.

use crate::check::node_with_browser;
use crate::places::Places;
use crate::process::program;
use crate::setup::{self, Needs, TARGET, WasmToolchain};
use crate::tally::Tally;
use crate::{serve, site, wasm_test};
use anyhow::Result;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The model with everything that its tests need.
const MODEL: &[&str] = &[
    "--package",
    "glimpse-model",
    "--features",
    "cpu,default-towers,parallel,pretrain",
];

/// The site's modules that are linted, binary and feature. The WebGPU one shares all but a few
/// lines with the CPU one, and would cost minutes.
const MODULES: &[(&str, &str)] = &[("glimpse", "page"), ("glimpse-cpu", "cpu")];

/// Runs every section; whether all of it passed.
pub fn run(places: &Places) -> Result<bool> {
    let start = Instant::now();
    let wasm = setup::run(places, Needs::Tests)?;
    let mut test = Test {
        places,
        wasm,
        total: Tally::default(),
        failures: Vec::new(),
    };
    test.native();
    test.lints_of_the_site();
    test.tests_in_a_browser()?;
    test.page()?;

    println!("\nTests took {:.0} s.", start.elapsed().as_secs_f32());
    for failure in &test.failures {
        println!("FAILED: {failure}");
    }
    let Tally { passed, failed } = test.total;
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

struct Test<'a> {
    places: &'a Places,
    wasm: WasmToolchain,
    total: Tally,
    failures: Vec<String>,
}

impl Test<'_> {
    /// What needs no browser and no wasm.
    fn native(&mut self) {
        self.cargo("format", &["fmt", "--all", "--check"]);
        let lint = ["clippy", "--quiet", "--all-targets"];
        let deny = ["--", "--deny", "warnings"];
        let model = [&lint, MODEL, &deny].concat();
        self.cargo("lints: the model", &model);
        for package in ["glimpse-cli", "xtask"] {
            let arguments = [&lint[..], &["--package", package], &deny].concat();
            self.cargo(&format!("lints: {package}"), &arguments);
        }
        self.cargo(
            "unit tests: the model",
            &[&["test", "--release"], MODEL].concat(),
        );
        self.cargo(
            "unit tests: the CLI",
            &["test", "--release", "--package", "glimpse-cli"],
        );
        // In the profile that it was started in, so that nothing is compiled twice.
        self.cargo(
            "unit tests: xtask",
            &["test", "--profile", "dev", "--package", "xtask"],
        );
        let mut documentation = self.native_cargo();
        documentation
            .args(["doc", "--no-deps", "--quiet"])
            .args(MODEL)
            .env("RUSTDOCFLAGS", "--deny warnings");
        self.section("documentation", &mut documentation);
    }

    fn lints_of_the_site(&mut self) {
        if !self.wasm.has_clippy(self.places) {
            skip("lints: the site", "this toolchain has no Clippy for wasm");
            return;
        }
        for (binary, feature) in MODULES {
            let mut clippy = self.wasm.cargo(self.places);
            if let Some(sysroot) = self.wasm.sysroot(self.places) {
                clippy.env("SYSROOT", sysroot);
            }
            clippy
                .args(["clippy", "--quiet", "--package", "glimpse-app"])
                .args(["--target", TARGET, "--features", feature, "--bin", binary])
                .args(["--", "--deny", "warnings"]);
            self.section(&format!("lints: {binary}"), &mut clippy);
        }
    }

    /// The model's fixtures and the page's parts, compiled to wasm and run in a browser.
    fn tests_in_a_browser(&mut self) -> Result<()> {
        for backend in ["cpu", "webgpu"] {
            let mut cargo = wasm_test::fixtures(self.places, self.wasm, backend)?;
            self.section(&format!("the model in a browser, {backend}"), &mut cargo);
        }
        let mut cargo = wasm_test::page(self.places, self.wasm)?;
        self.section("the page's parts", &mut cargo);
        Ok(())
    }

    /// The built site, served as the demo serves it and used as a visitor uses it.
    fn page(&mut self) -> Result<()> {
        println!("\n== the site");
        if let Err(error) = site::build(self.places, &self.wasm) {
            eprintln!("{error:#}");
            self.count("the site", Tally::one(false));
            return Ok(());
        }
        self.count("the site", Tally::one(true));

        let listener = serve::listen(0)?;
        let address = serve::address(&listener)?;
        serve::serve_beside(listener, &self.places.dist());
        let tests = self.places.root.join("tests");

        let mut check = self.node(&address)?;
        check.arg(tests.join("check.mjs")).arg(&address);
        self.section("a photo dropped on the page", &mut check);

        let files = end_to_end_files(&tests)?;
        if files.is_empty() {
            skip("end to end", "there is no tests/*.test.mjs");
            return Ok(());
        }
        let mut node = self.node(&address)?;
        // One file at a time: each has a browser and a model that want all cores.
        node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
            .args(files);
        self.section("end to end", &mut node);
        Ok(())
    }

    fn node(&self, address: &str) -> Result<Command> {
        let mut node = node_with_browser(self.places)?;
        node.env("GLIMPSE_URL", address);
        self.name_fixtures(&mut node);
        Ok(node)
    }

    fn native_cargo(&self) -> Command {
        let mut cargo = program(self.places, "cargo");
        self.name_fixtures(&mut cargo);
        cargo
    }

    /// Fixtures too large for the repository: `GLIMPSE_SHARED`, or a folder `shared` beside it.
    fn name_fixtures(&self, command: &mut Command) {
        let beside = self.places.root.join("../shared");
        if std::env::var_os("GLIMPSE_SHARED").is_none() && beside.is_dir() {
            command.env("GLIMPSE_SHARED", beside);
        }
    }

    fn cargo(&mut self, title: &str, arguments: &[&str]) {
        let mut cargo = self.native_cargo();
        self.section(title, cargo.args(arguments));
    }

    /// Runs one section, showing what it prints and counting what passed.
    fn section(&mut self, title: &str, command: &mut Command) {
        println!("\n== {title}");
        let tally = counted(command).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            Tally::one(false)
        });
        self.count(title, tally);
    }

    fn count(&mut self, title: &str, tally: Tally) {
        self.total += tally;
        if tally.failed > 0 {
            self.failures.push(title.to_owned());
        }
    }
}

fn skip(title: &str, reason: &str) {
    println!("\n== {title}\nskipped: {reason}");
}

/// Runs a command; counts the tests it reports, or itself as one.
fn counted(command: &mut Command) -> Result<Tally> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            tally.read(&line);
        }
    }
    let success = child.wait()?.success();
    // A runner that breaks off reports no failed test, and some commands report no tests at all.
    if tally == Tally::default() || (!success && tally.failed == 0) {
        tally += Tally::one(success);
    }
    Ok(tally)
}

fn end_to_end_files(tests: &std::path::Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(tests)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
