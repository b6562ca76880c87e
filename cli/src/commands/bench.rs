//! `glimpse bench`: how long embeddings take natively.

use crate::{
    pack::{Pack, PackChoice},
    print,
};
use anyhow::{Result, ensure};
use glimpse_model::{pack::Golden, text::TextTokenizer};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Instant;

/// Time both towers on this processor and print JSON.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pack: PackChoice,
    /// Counted runs of each, after two that aren't
    #[arg(long, default_value_t = 15)]
    runs: usize,
}

const WARM_UPS: usize = 2;
const LABELS: [&str; 10] = [
    "cat", "dog", "cup", "rocket", "person", "bike", "moon", "tree", "car", "house",
];

pub fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.runs > 0, "--runs has to be at least 1");
    let pack = arguments.pack.open()?;
    let texts = Texts::of(&pack)?;
    let (image, text) = (pack.image_tower()?, pack.text_tower()?);
    let preprocessing = &pack.manifest.preprocessing;
    let (height, width) = preprocessing.output_size();
    let pixels = preprocessing.normalise(&Golden::picture(height, width));

    let mut rows = Vec::new();
    let mut time = |what: String, run: &dyn Fn() -> Result<()>| -> Result<()> {
        rows.push(measure(what, arguments.runs, run)?);
        Ok(())
    };
    for batch in [1, 8] {
        let pixels = pixels.repeat(batch);
        time(format!("image, batch {batch}"), &|| {
            pollster::block_on(image.embed(pixels.clone()))?;
            Ok(())
        })?;
    }
    for texts in &texts {
        time(texts.what.clone(), &|| {
            pollster::block_on(text.embed(&texts.sentences))?;
            Ok(())
        })?;
    }
    print::compact_json(&json!({
        "model": pack.manifest.name,
        "backend": "native CPU",
        "rows": rows,
        "texts": texts,
    }))
}

/// Runs something often enough to tell the usual time and the shortest.
fn measure(what: String, runs: usize, run: &dyn Fn() -> Result<()>) -> Result<Value> {
    let mut milliseconds = Vec::with_capacity(runs);
    for index in 0..runs + WARM_UPS {
        let start = Instant::now();
        run()?;
        if index >= WARM_UPS {
            milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    Ok(json!({
        "what": what,
        "median_ms": milliseconds[milliseconds.len() / 2],
        "min_ms": milliseconds[0],
        "runs": runs,
    }))
}

/// Sentences that are embedded together; printed, so that others can measure the same.
#[derive(Serialize)]
struct Texts {
    what: String,
    sentences: Vec<String>,
    /// Of each sentence, without the padding that all have in common.
    ids: Vec<Vec<u32>>,
}

impl Texts {
    /// Labels in a template, and texts that fill the model's context.
    fn of(pack: &Pack) -> Result<[Self; 2]> {
        let facts = &pack.manifest.tokenizer;
        let tokenizer = TextTokenizer::from_json(&pack.file(&facts.file)?, facts)?;
        let texts = |kind: &str, sentences: Vec<String>| -> Result<Self> {
            let batch = tokenizer.encode(&sentences)?;
            let used = |mask: &[bool]| {
                mask.iter()
                    .rposition(|&counts| counts)
                    .map_or(0, |at| at + 1)
            };
            let length = batch.length();
            let tokens = batch
                .mask
                .chunks(length)
                .map(used)
                .max()
                .unwrap_or_default();
            let rows = batch.ids.chunks(length);
            Ok(Self {
                what: format!("text, {} {kind} of {tokens} tokens", sentences.len()),
                ids: rows.map(|ids| ids[..tokens].to_vec()).collect(),
                sentences,
            })
        };
        let label = |label: &str| format!("a nice photo that shows a {label} in the day");
        let long = |label: &str| format!("{label} ").repeat(facts.max_length);
        Ok([
            texts("labels", LABELS.map(label).to_vec())?,
            texts("texts", LABELS.map(long).to_vec())?,
        ])
    }
}
