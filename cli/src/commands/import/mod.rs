//! `glimpse import`: a published checkpoint to a pack.

mod hub;
mod output;
mod source;

use crate::{failure::Outcome, print, progress};
use anyhow::Result;
use glimpse_model::{
    checkpoint::{Checkpoint, Converting, Report, TowerReport, convert},
    pack::{Quantisation, Tower},
    towers::device,
};
use output::Output;
use serde_json::{Value, json};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// Make a pack of a published checkpoint.
///
/// Hugging Face's CLIPModel and SiglipModel and open_clip's folders can be read, with float32,
/// float16 or bfloat16 weights. Prints each tower's size and the cosine of its embeddings to those
/// of the float weights, over several pictures and sentences. With --json: {"pack", "name",
/// "quantisation", "bytes", "towers": [{"tower", "parameters", "bytes", "least_cosine",
/// "mean_cosine"}]}.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint: a folder, a ZIP file of one (stored, not compressed), or a model of the
    /// Hugging Face hub such as openai/clip-vit-base-patch32, which is fetched
    source: String,
    /// Where the pack goes: a folder, or a single file if the name ends in .zip
    #[arg(short, long, value_name = "PACK")]
    output: PathBuf,
    /// How weights are stored: f32, f16, int8 or int4
    #[arg(long, value_name = "KIND", default_value = "int8")]
    quant: Quantisation,
    /// Write the pack even where other files are; those of the same names are replaced
    #[arg(long)]
    force: bool,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let output = Output::check(&arguments.output, arguments.force)?;
    let source = source::open(&arguments.source)?;
    let mut checkpoint = Checkpoint::open(&*source.folder, &source.name)?;
    let mut staged = output.stage()?;
    let bar = progress::share("");
    let mut tell = |stage: Converting, share: f64| {
        bar.set_message(match stage {
            Converting::Weights(Tower::Image) => "image tower: weights",
            Converting::Weights(Tower::Text) => "text tower: weights",
            Converting::Check(Tower::Image) => "image tower: check",
            Converting::Check(Tower::Text) => "text tower: check",
        });
        progress::set_share(&bar, share);
    };
    let report = pollster::block_on(convert(
        &mut checkpoint,
        arguments.quant,
        &mut staged,
        &device::cpu(),
        &mut tell,
    ))?;
    staged.finish(&report.manifest)?;
    bar.finish_and_clear();
    if arguments.json {
        print::json(&as_json(&report, &arguments.output))?;
    } else {
        print::text(&as_text(&report, &arguments.output)?)?;
    }
    Ok(Outcome::Complete)
}

fn as_json(report: &Report, output: &Path) -> Value {
    let tower = |tower: &TowerReport| {
        json!({
            "tower": tower.tower,
            "parameters": tower.parameters,
            "bytes": tower.bytes,
            "least_cosine": tower.least_cosine,
            "mean_cosine": tower.mean_cosine,
        })
    };
    json!({
        "pack": output.to_string_lossy(),
        "name": report.manifest.name,
        "quantisation": report.manifest.quantisation,
        "bytes": report.manifest.total_bytes(),
        "towers": report.towers.iter().map(tower).collect::<Vec<_>>(),
    })
}

fn as_text(report: &Report, output: &Path) -> Result<String> {
    let manifest = &report.manifest;
    let mut out = format!(
        "{} is in {}: {} as {}\n",
        manifest.name,
        output.display(),
        print::megabytes(manifest.total_bytes()),
        manifest.quantisation
    );
    let heading = "cosine to float: least, mean";
    writeln!(out, "               parameters        size   {heading}")?;
    for tower in &report.towers {
        writeln!(
            out,
            "  {:11}  {:>8.2} M  {:>10}   {:.5}  {:.5}",
            tower.tower.to_string(),
            tower.parameters as f64 / 1e6,
            print::megabytes(tower.bytes),
            tower.least_cosine,
            tower.mean_cosine
        )?;
    }
    Ok(out)
}
