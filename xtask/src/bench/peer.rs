//! `cargo xtask bench --peer`: Glimpse beside onnxruntime-web in one browser, and beside PyTorch
//! natively. What they need lies in `target/peer` and is made where it's missing.

use super::packs::{Model, Weights};
use super::{Arguments, cli, texts};
use crate::check::node_on_site;
use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::process::{answer, program, run};
use crate::setup::{NPM, PYTHON};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNTIME: &str = "onnxruntime-web";
const REQUIREMENTS: &str = "tests/peer/requirements.txt";
const MODELS: [Model; 2] = [Model::Default, Model::B32];

/// Measures all of it.
pub fn measure(places: &Places, arguments: &Arguments) -> Result<()> {
    let runtime = runtime(places)?;
    let mut models = Vec::new();
    for model in MODELS {
        let float = model.pack(places, Weights::Float)?;
        let int8 = model.pack(places, Weights::Int8)?;
        models.push(json!({
            "name": model.name(),
            "graphs": graphs(places, model, &float)?,
            "texts": texts(places, &int8)?,
            "packs": { "float": float, "int8": int8 },
        }));
    }
    let folder = places.target().join("bench");
    fs::create_dir_all(&folder)?;
    let inputs = folder.join("peer-inputs.json");
    let facts = json!({ "models": models, "runtime": runtime });
    fs::write(&inputs, facts.to_string())?;

    println!("Measuring in a browser, beside {RUNTIME} …");
    let runs = arguments.runs.to_string();
    let mut node = node_on_site(places)?;
    node.arg(places.root.join("tests/peer.mjs"))
        .arg(&inputs)
        .args(["--runs", &runs]);
    if let Some(only) = &arguments.only {
        node.args(["--only", only]);
    }
    run(&mut node)?;
    if arguments.only.is_none() {
        beside_pytorch(places, &inputs, &runs)?;
    }
    Ok(())
}

/// The newest runtime on npm, or the one that is there if npm can't be reached.
fn runtime(places: &Places) -> Result<PathBuf> {
    let folder = places.target().join("peer");
    let runtime = folder.join("node_modules").join(RUNTIME).join("dist");
    fs::create_dir_all(&folder)?;
    let mut npm = program(places, NPM);
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--loglevel", "error", "--prefix"])
        .arg(&folder)
        .arg(format!("{RUNTIME}@latest"));
    if let Err(error) = run(&mut npm) {
        ensure!(runtime.is_dir(), "npm couldn't install {RUNTIME}: {error}");
        println!("npm can't be asked for a newer {RUNTIME}; the one that is there runs.");
    }
    Ok(runtime)
}

/// The model's towers as ONNX graphs, exported unless they are there as this pack and these scripts
/// make them.
fn graphs(places: &Places, model: Model, pack: &Path) -> Result<PathBuf> {
    let folder = places.target().join("peer").join(model.name());
    let scripts = places.root.join("tests/peer");
    let script = scripts.join(match model {
        Model::Default => "export_default.py",
        Model::B32 => "export_clip.py",
    });
    let made_from = Fingerprint::default()
        .path(&script)?
        .path(&scripts.join("quantise.py"))?
        .path(&pack.join("manifest.json"))?
        .finish();
    let stamp = places
        .notes()
        .join(format!("graphs-{}.stamp", model.name()));
    if !folder.is_dir() || !fingerprint::is_current(&stamp, &made_from) {
        println!("Exporting {} as ONNX graphs …", model.name());
        let mut export = python(places)?;
        run(export.arg(script).arg(pack).arg(&folder)).context("the export failed")?;
        fingerprint::record(&stamp, &made_from)?;
    }
    Ok(folder)
}

/// The CLI on a folder of photos, beside PyTorch; adds rows to what the browser's side wrote.
fn beside_pytorch(places: &Places, inputs: &Path, runs: &str) -> Result<()> {
    let mut measure = match python(places) {
        Ok(python) => python,
        Err(advice) => {
            println!("PyTorch is left out. {advice:#}");
            return Ok(());
        }
    };
    println!("Measuring natively, beside PyTorch …");
    measure
        .arg(places.root.join("tests/peer/native.py"))
        .arg(cli(places)?)
        .arg(inputs)
        .arg(places.target().join("bench/peer.json"))
        .args(["--runs", runs]);
    run(&mut measure)
}

/// A Python that has all that the scripts need.
fn python(places: &Places) -> Result<Command> {
    let own = places.target().join("peer/python");
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let candidates = [own.join(bin).join(PYTHON), PathBuf::from(PYTHON)];
    let has_all = |python: &&PathBuf| {
        let imports =
            "import numpy, onnx, onnxruntime, onnxscript, PIL, safetensors, torch, transformers";
        answer(program(places, python).args(["-c", imports])).is_some()
    };
    let python = candidates.iter().find(has_all).with_context(|| {
        format!(
            "onnxruntime-web's graphs and PyTorch's side need a Python with what \
             {REQUIREMENTS} names (some gigabytes). This makes one that is found from then on:\n  \
             {PYTHON} -m venv {own}\n  {own}/{bin}/pip install -r {REQUIREMENTS}",
            own = own.display(),
        )
    })?;
    let mut command = program(places, python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}
