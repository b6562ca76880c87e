//! Tests that are compiled to wasm and run in a browser.
//!
//! wasm-bindgen's runner serves the folder that it is started in, and Cargo starts it in the
//! package's. The tests read packs and fixtures of the whole workspace, so Cargo is told to start
//! this program instead, which starts the runner in the root.

use crate::places::Places;
use crate::process::{path_with_tools, program};
use crate::setup::{TARGET, WasmToolchain, browser};
use anyhow::{Context, Result, ensure};
use std::env;
use std::path::Path;
use std::process::Command;

/// `cargo test` of the model against its references in a browser, with the backend that `backend` names.
pub fn fixtures(places: &Places, wasm: WasmToolchain, backend: &str) -> Result<Command> {
    let mut cargo = command(places, wasm)?;
    // Training is the same everywhere; on a software WebGPU it would take long.
    let features = match backend {
        "cpu" => "cpu,import,pretrain".to_owned(),
        other => format!("{other},import"),
    };
    cargo
        .args(["--package", "glimpse-model", "--test", "reference"])
        .args(["--features", &features]);
    if backend == "webgpu" {
        // Rounding and where places lie are the same everywhere, and a software WebGPU takes
        // minutes for them.
        cargo.args(["--", "--skip", "coarse", "--skip", "places_lie"]);
    }
    Ok(cargo)
}

/// `cargo test` of the worker's parts, and of what it shares with the page. The page's own run
/// natively.
pub fn parts(places: &Places, wasm: WasmToolchain) -> Result<Command> {
    let mut cargo = command(places, wasm)?;
    cargo.args(["--package", "glimpse-app", "--features", "cpu", "--lib"]);
    Ok(cargo)
}

fn command(places: &Places, wasm: WasmToolchain) -> Result<Command> {
    let driver = browser::driver().context("no chromedriver was found")?;
    let this = env::current_exe().context("this program's own path is unknown")?;
    // A list of strings is written alike in TOML and JSON-like debug form.
    let runner = [this.to_string_lossy().as_ref(), "wasm-test-runner"].map(str::to_owned);
    let mut cargo = wasm.cargo(places);
    cargo
        // The site's profile, so that dependencies are compiled once for both.
        .args(["test", "--profile", "web", "--target", TARGET])
        .args(["--config", &format!("target.{TARGET}.runner={runner:?}")])
        .env("PATH", path_with_tools(places)?)
        .env("CHROMEDRIVER", driver)
        .env(
            "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
            places.root.join("model/tests/webdriver.json"),
        )
        // A software WebGPU takes its time.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "900");
    Ok(cargo)
}

/// What Cargo starts: the runner, in the workspace's root.
pub fn run(places: &Places, file: &Path, arguments: &[String]) -> Result<()> {
    let file = file
        .canonicalize()
        .with_context(|| format!("{} is missing", file.display()))?;
    let mut runner = program(places, "wasm-bindgen-test-runner");
    let status = runner.arg(file).args(arguments).status()?;
    ensure!(status.success(), "tests in the browser failed");
    Ok(())
}
