//! `cargo xtask test`: everything that can be checked, section after section.
//!
//! A section that fails doesn't keep the others from running; the last line says what came out.
//! What this machine can't check is skipped by name (see [`crate::skips`]).

mod report;

use crate::check::node_with_browser;
use crate::places::Places;
use crate::process::program;
use crate::setup::{self, Needs, TARGET, WasmToolchain};
use crate::site::Quality;
use crate::skips::{Machine, NEEDS_GPU, NEEDS_NPM_AUDIT, NEEDS_RUSTSEC, ignored_tests};
use crate::tally::Tally;
use crate::{audit, build, layers, serve, wasm_test};
use anyhow::Result;
use report::Report;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What runs natively: the model with everything that its tests need, and the page, whose updates and
/// logic need no browser. Always chosen together:
/// another choice gives their dependencies other features, and compiles them again.
pub const NATIVE: &[&str] = &[
    "--package",
    "glimpse-model",
    "--package",
    "glimpse-packer",
    "--package",
    "glimpse-cli",
    "--package",
    "glimpse-app",
    "--package",
    "glimpse-photos",
    "--features",
    "glimpse-model/cpu,glimpse-model/default-towers,glimpse-model/parallel,glimpse-model/pretrain,\
     glimpse-app/page",
];

/// The model as its documentation shows it.
const DOCUMENTED: &[&str] = &[
    "--package",
    "glimpse-model",
    "--features",
    "cpu,default-towers,parallel,pretrain",
];

/// The tests of the model's WebGPU kernels.
const KERNELS: &[&str] = &[
    "test",
    "--profile",
    "quick",
    "--package",
    "glimpse-model",
    "--lib",
    "--features",
    "cpu,webgpu,import",
    "--",
    "--include-ignored",
    "gpu::",
];

/// The tests of the page in other engines than Chromium's, which run behind all others.
const OTHER_ENGINES: &str = "engines.test.mjs";

/// Files of tests that look at long tasks, or at workers on all cores.
const ALONE: [&str; 2] = ["crew.test.mjs", "visitor.test.mjs"];

/// Runs every section; whether all of it passed.
pub fn run(places: &Places) -> Result<bool> {
    let mut report = Report::default();
    println!("== set-up");
    let start = Instant::now();
    setup::run(places, Needs::Tests)?;
    report.add("set-up", Tally::default(), start.elapsed());

    let mut test = Test {
        places,
        wasm: setup::toolchain(places)?,
        machine: Machine::find(places),
        report,
    };
    test.native_lints();
    test.unit_tests();
    test.documentation();
    test.lint_the_worker();
    test.tests_in_a_browser()?;
    test.page()?;
    Ok(test.report.finish(&test.machine))
}

struct Test<'a> {
    places: &'a Places,
    wasm: WasmToolchain,
    machine: Machine,
    report: Report,
}

impl Test<'_> {
    fn native_lints(&mut self) {
        self.cargo("format", &["fmt", "--all", "--check"]);
        self.layers();
        self.crates();
        self.weaknesses();
        let lint = ["clippy", "--quiet", "--all-targets"];
        let deny = ["--", "--deny", "warnings"];
        // In the tests' profile, whose macros and build scripts are compiled already.
        let native = [&lint[..], &["--profile", "quick"], NATIVE, &deny].concat();
        self.cargo("lints: all that runs natively, and the page", &native);
        let xtask = [&lint[..], &["--package", "xtask"], &deny].concat();
        self.cargo("lints: xtask", &xtask);
    }

    /// Which way the page's imports run.
    fn layers(&mut self) {
        let places = self.places;
        self.own("layers of the page", || layers::run(places));
    }

    /// A section that this program itself is.
    fn own(&mut self, title: &str, run: impl FnOnce() -> Result<bool>) {
        println!("\n== {title}");
        let start = Instant::now();
        let passed = run().unwrap_or_else(|error| {
            eprintln!("{error:#}");
            false
        });
        self.report.add(title, Tally::one(passed), start.elapsed());
    }

    /// Whether all crates are what `deny.toml` allows.
    fn crates(&mut self) {
        let places = self.places;
        self.own("licences, bans and sources of all crates", || {
            audit::check_crates(places)
        });
    }

    /// What is known against what others wrote, as far as anyone could be asked.
    fn weaknesses(&mut self) {
        if self.machine.has_npm_audit {
            let places = self.places;
            self.own("known weaknesses of npm's packages", || {
                let finding = audit::noted_npm(places)?;
                println!("{finding}");
                Ok(finding == audit::Finding::Nothing)
            });
        } else {
            self.skip("known weaknesses of npm's packages", NEEDS_NPM_AUDIT);
        }
        let crates = "known weaknesses of crates";
        if self.machine.has_rustsec {
            let mut deny = program(self.places, setup::found(self.places, "cargo-deny"));
            deny.args(["--workspace", "--offline", "check", "advisories"]);
            self.section(crates, &mut deny);
        } else {
            self.skip(crates, NEEDS_RUSTSEC);
        }
    }

    /// What needs no browser and no wasm.
    fn unit_tests(&mut self) {
        let native = [&["test", "--profile", "quick"], NATIVE].concat();
        self.cargo("unit tests: the model, the CLI and the page", &native);
        if self.machine.has_photos() {
            let ignored = ["--test", "retrieval", "--", "--include-ignored"];
            let arguments = [&native[..], &ignored].concat();
            self.cargo("recall on Flickr8k (needs ../shared)", &arguments);
        }
        self.kernels();
        // In the profile that it was started in, so that nothing is compiled twice.
        self.cargo(
            "unit tests: xtask",
            &["test", "--profile", "dev", "--package", "xtask"],
        );
    }

    /// The kernels on this machine's graphics card. They take minutes to compile, so without a
    /// card their sources say which tests are skipped.
    fn kernels(&mut self) {
        let title = "WebGPU kernels natively";
        if self.machine.gpu {
            self.cargo(title, KERNELS);
            return;
        }
        println!("\n== {title}\nskipped: no GPU was found (GLIMPSE_TEST_GPU=1 says there is one)");
        match ignored_tests(&self.places.root.join("model/src"), NEEDS_GPU) {
            Ok(names) => {
                for name in names {
                    self.report.skip(&name, NEEDS_GPU);
                }
            }
            Err(error) => {
                eprintln!("{error:#}");
                self.report.add(title, Tally::one(false), Duration::ZERO);
            }
        }
    }

    fn documentation(&mut self) {
        let mut documentation = self.native_cargo();
        documentation
            .args(["doc", "--no-deps", "--quiet", "--profile", "quick"])
            .args(DOCUMENTED)
            .env("RUSTDOCFLAGS", "--deny warnings");
        self.section("documentation", &mut documentation);
    }

    fn lint_the_worker(&mut self) {
        if !self.wasm.has_clippy(self.places) {
            self.skip("lints: the worker", "this toolchain has no Clippy for wasm");
            return;
        }
        // The page is linted natively. The WebGPU worker shares all but a few lines with this one,
        // and would cost minutes. In the profile that the site builds it in, whose macros and build
        // scripts are compiled already.
        for (title, feature, program) in [
            ("lints: the worker", "cpu", "glimpse-cpu"),
            ("lints: the decoders", "decoder", "glimpse-decoder"),
        ] {
            let mut clippy = self.wasm.cargo(self.places);
            if let Some(sysroot) = self.wasm.sysroot(self.places) {
                clippy.env("SYSROOT", sysroot);
            }
            clippy
                .args(["clippy", "--quiet", "--profile", "web"])
                .args(["--package", "glimpse-app", "--target", TARGET])
                .args(["--features", feature, "--bin", program])
                .args(["--", "--deny", "warnings"]);
            self.section(title, &mut clippy);
        }
    }

    /// The model's fixtures and the worker's parts, compiled to wasm and run in a browser.
    fn tests_in_a_browser(&mut self) -> Result<()> {
        for backend in ["cpu", "webgpu"] {
            let mut cargo = wasm_test::fixtures(self.places, self.wasm, backend)?;
            self.section(&format!("the model in a browser, {backend}"), &mut cargo);
        }
        let mut cargo = wasm_test::parts(self.places, self.wasm)?;
        self.section("the worker's parts in a browser", &mut cargo);
        Ok(())
    }

    /// The built site, served as the demo serves it and used as a visitor uses it.
    fn page(&mut self) -> Result<()> {
        if !self.site() {
            return Ok(());
        }
        let listener = serve::listen(0)?;
        let address = serve::address(&listener)?;
        serve::serve_beside(listener, &self.places.dist());
        let tests = self.places.root.join("tests");

        let mut check = self.node(&address)?;
        check.arg(tests.join("check.mjs")).arg(&address);
        self.section("a photo dropped on the page", &mut check);

        let files = end_to_end_files(&tests)?;
        if files.is_empty() {
            self.skip("end to end", "there is no tests/*.test.mjs");
            return Ok(());
        }
        // Two files at a time, since each waits for timers and downloads again and again; but where
        // the page's own pace is looked at, nothing else runs.
        let is_alone = |file: &PathBuf| ALONE.iter().any(|name| file.ends_with(name));
        let (alone, together): (Vec<_>, Vec<_>) = files.into_iter().partition(is_alone);
        for (title, at_once, files) in [
            ("end to end", 2, together),
            ("end to end, one at a time", 1, alone),
        ] {
            let mut node = self.node(&address)?;
            node.args(["--test", "--test-reporter=spec"])
                .arg(format!("--test-concurrency={at_once}"))
                .args(files);
            self.section(title, &mut node);
        }
        self.other_engines(&address, &tests.join(OTHER_ENGINES))
    }

    /// The page in engines that aren't Chromium's: the file itself skips those that aren't named.
    fn other_engines(&mut self, address: &str, file: &std::path::Path) -> Result<()> {
        let mut node = self.node(address)?;
        let engines = [
            ("GLIMPSE_FIREFOX", &self.machine.firefox),
            ("GLIMPSE_WEBKIT_DRIVER", &self.machine.webkit_driver),
        ];
        for (variable, program) in engines {
            match program {
                Some(program) => node.env(variable, program),
                None => node.env_remove(variable),
            };
        }
        node.args(["--test", "--test-reporter=spec"]).arg(file);
        self.section("end to end, in other engines", &mut node);
        Ok(())
    }

    /// Builds the site as it's published, since what a first visit takes is measured on it; whether
    /// it's there.
    fn site(&mut self) -> bool {
        println!("\n== the site");
        let start = Instant::now();
        let built = build(self.places, Needs::Tests, Quality::Release);
        if let Err(error) = &built {
            eprintln!("{error:#}");
        }
        let tally = Tally::one(built.is_ok());
        self.report.add("the site", tally, start.elapsed());
        built.is_ok()
    }

    fn node(&self, address: &str) -> Result<Command> {
        let mut node = node_with_browser(self.places)?;
        node.env("GLIMPSE_URL", address);
        self.name_fixtures(&mut node);
        Ok(node)
    }

    fn native_cargo(&self) -> Command {
        let mut cargo = program(self.places, "cargo");
        // Tests run in their package's folder and look for weights where the set-up put them.
        let cache = self.places.root.join(&self.places.cache);
        cargo.env("GLIMPSE_CACHE", cache);
        self.name_fixtures(&mut cargo);
        cargo
    }

    /// Fixtures too large for the repository.
    fn name_fixtures(&self, command: &mut Command) {
        if let Some(shared) = &self.machine.shared {
            command.env("GLIMPSE_SHARED", shared);
        }
    }

    fn cargo(&mut self, title: &str, arguments: &[&str]) {
        let mut cargo = self.native_cargo();
        self.section(title, cargo.args(arguments));
    }

    /// Runs one section, showing what it prints and counting what passed.
    fn section(&mut self, title: &str, command: &mut Command) {
        println!("\n== {title}");
        let start = Instant::now();
        let tally = counted(command).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            Tally::one(false)
        });
        self.report.add(title, tally, start.elapsed());
    }

    /// Leaves a section out.
    fn skip(&mut self, title: &str, reason: &str) {
        println!("\n== {title}\nskipped: {reason}");
        self.report.skip(title, reason);
    }
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
    tally.conclude(child.wait()?.success());
    Ok(tally)
}

fn end_to_end_files(tests: &std::path::Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(tests)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") && !path.ends_with(OTHER_ENGINES) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
