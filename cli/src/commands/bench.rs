//! `glimpse bench`: how long embeddings take natively.

use crate::pack::PackChoice;
use anyhow::Result;
use glimpse_model::pack::Golden;
use serde_json::json;
use std::time::Instant;

/// Time both towers on this processor and print JSON.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pack: PackChoice,
    /// Counted runs of each, after two that aren't.
    #[arg(long, default_value_t = 15)]
    runs: usize,
}

const LABELS: [&str; 10] = [
    "cat",
    "dog",
    "coffee cup",
    "rocket",
    "person",
    "motorcycle",
    "moon",
    "tree",
    "car",
    "house",
];

pub fn run(arguments: &Arguments) -> Result<()> {
    let pack = arguments.pack.open()?;
    let (image, text) = (pack.image_tower()?, pack.text_tower()?);
    let preprocessing = &pack.manifest.preprocessing;
    let (height, width) = preprocessing.output_size();
    let pixels = preprocessing.normalise(&Golden::picture(height, width));
    let eight = pixels.repeat(8);
    let sentences = LABELS.map(|label| format!("a nice photo that shows a {label} in the day"));

    let mut rows = Vec::new();
    let mut time = |what: &str, run: &dyn Fn() -> Result<()>| -> Result<()> {
        let mut milliseconds = Vec::with_capacity(arguments.runs);
        for index in 0..arguments.runs + 2 {
            let start = Instant::now();
            run()?;
            if index >= 2 {
                milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        milliseconds.sort_by(f64::total_cmp);
        rows.push(json!({
            "what": what,
            "median_ms": milliseconds[milliseconds.len() / 2],
            "min_ms": milliseconds[0],
        }));
        Ok(())
    };
    time("image, batch 1", &|| {
        pollster::block_on(image.embed(pixels.clone()))?;
        Ok(())
    })?;
    time("image, batch 8", &|| {
        pollster::block_on(image.embed(eight.clone()))?;
        Ok(())
    })?;
    time("text, 10 labels", &|| {
        pollster::block_on(text.embed(&sentences))?;
        Ok(())
    })?;
    println!(
        "{}",
        serde_json::to_string_pretty(&json!({"backend": "native CPU", "rows": rows}))?
    );
    Ok(())
}
