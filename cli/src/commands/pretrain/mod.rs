//! `glimpse pretrain`: from raw pictures and captions to the alignment of two towers.

mod batches;
mod config;
mod curve;
mod features;
mod history;
mod measured;
mod report;
mod sentences;
mod sources;
mod towers;
mod train;
mod view;
mod wording;
mod wordnet;

use crate::{
    dataset::{self, Purpose},
    failure::{Outcome, say, tell},
    print,
};
use anyhow::{Context, Result};
use batches::{Batches, Classifier};
use config::{Config, Kind, Source, Views};
use features::Extractor;
use glimpse_model::{
    pack::hexadecimal,
    pretrain::{Start, Vocabulary},
    towers::Weights,
};
use measured::Measured;
use report::Report;
use sha2::{Digest, Sha256};
use sources::{Ready, Sentences, class_text_embeds, ready};
use std::{
    fs,
    path::{Path, PathBuf},
};
use towers::Published;
use train::train;
use wording::Wordings;
use wordnet::WordNet;

/// Train the alignment of the default model's towers.
///
/// CONFIG is a TOML file that names the data, the recipe and where the outcome goes:
/// alignment.safetensors, curve.svg, report.md and report.json. heads/default.toml is the one that
/// the default model is made by. Pictures' features are computed once and kept. An interrupted
/// training goes on after its last whole epoch. The same config, data and number of cores give the
/// same bytes.
#[derive(clap::Args)]
#[command(after_help = dataset::help())]
pub struct Arguments {
    /// The training's description, a TOML file
    config: PathBuf,
    /// Start anew, even if a checkpoint is there
    #[arg(long)]
    fresh: bool,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let written = Config::read(&arguments.config)?;
    let folder = arguments.config.parent().unwrap_or(Path::new(""));
    let config = written.within(folder);
    let towers = Published::open(&config.towers)?;
    let classes = wording::classes(&config.classes.file)?;
    let wordnet = config
        .classes
        .wordnet
        .as_deref()
        .map(WordNet::open)
        .transpose()?;
    let templates = &config.classes.templates;
    let wordings = Wordings::new(&classes, templates, wordnet.as_ref());
    let extractor = Extractor::new(&config, &towers)?;

    let mut failed = Vec::new();
    let mut sentences = Sentences::default();
    let held = Source {
        kind: Kind::Captions,
        data: vec![config.validation.data.clone()],
        split: config.validation.split.clone(),
        share: 1.0,
        sentences: 1,
    };
    let whole = Views {
        count: 1,
        ..config.views.clone()
    };
    let with = (&whole, &classes[..], &templates[..]);
    let held = ready(
        (&held, Purpose::MeasureCaptions),
        &extractor,
        with,
        &mut sentences,
        &mut failed,
    )?
    .held();
    let mut sources = Vec::new();
    for source in &config.sources {
        // Small pictures of classes gain nothing from parts of them.
        let views = if source.kind == Kind::Captions {
            &config.views
        } else {
            &whole
        };
        let with = (views, &classes[..], &templates[..]);
        sources.push(ready(
            (source, Purpose::Fit),
            &extractor,
            with,
            &mut sentences,
            &mut failed,
        )?);
    }
    let kept: u64 = sources
        .iter()
        .map(|s| s.features.bytes())
        .sum::<Result<u64>>()?;
    say(&format!(
        "features of {} take {} in {}",
        print::count(sources.iter().map(|s| s.labels.len()).sum(), "picture"),
        print::megabytes(kept),
        config.cache.display()
    ));
    let kept_out = match config.validation.kept_out {
        0 => None,
        count => Some(sources[0].keep_out(count)?),
    };
    sentences.embed(&towers, &config)?;
    let wording_embeds = sentences::embed(&wordings.sentences, &towers, &config.cache)?;
    let width = towers.width();
    let class_embeds = class_text_embeds(&wordings, &wording_embeds, width);

    let front = config
        .recipe
        .masks()
        .then(|| towers.text_front())
        .transpose()?;
    let vocabulary = match &front {
        Some(front) => {
            let all: Vec<&str> = sentences.all.iter().map(String::as_str).collect();
            let mut ids = Vec::new();
            for some in all.chunks(64) {
                ids.extend(front.tokens(some)?.ids);
            }
            Some(Vocabulary::of_bert(&towers.text, ids)?)
        }
        None => None,
    };
    let fingerprint = fingerprint(&written, &sources, &towers)?;
    let (weight, bias) = classifier(&towers.image, classes.len())?;
    let classifier = Classifier { weight, bias };
    let mut measured = Measured {
        held,
        kept_out,
        sentences: &sentences,
        classifier: classifier.clone(),
        class_embeds: &class_embeds,
    };
    let mut batches = Batches::new(
        &config,
        sources,
        &sentences,
        (&wordings, &wording_embeds),
        classifier,
        front,
    );
    let start = || Start {
        tower: &towers.image,
        class_text_embeds: class_embeds.clone(),
        width,
        alignment: None,
        vocabulary: vocabulary.clone(),
    };
    let outcome = train(
        &config,
        fingerprint,
        start,
        &mut batches,
        &mut measured,
        arguments.fresh,
    )?;

    let total = batches.pictures().iter().sum::<usize>() + failed.len();
    let report = Report::new(&written, &outcome, batches.pictures(), failed.len());
    let history = &outcome.history;
    let best = history.best().map_or(0, |best| history.epochs[best].epoch);
    for (name, bytes) in [
        ("report.json", serde_json::to_string_pretty(&report)?),
        ("report.md", report.markdown()?),
        ("curve.svg", curve::draw(&history.epochs, best)?),
    ] {
        let file = config.output.join(name);
        fs::write(&file, bytes).with_context(|| format!("{} can't be written", file.display()))?;
    }
    print::text(&format!(
        "{}: the alignment, its report and its learning curve",
        config.output.display()
    ))?;
    tell(&failed, total)
}

/// What a checkpoint belongs to.
fn fingerprint(config: &Config, sources: &[Ready], towers: &Published) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(config)?);
    hash.update(&towers.image_hash);
    hash.update(&towers.text_hash);
    for source in sources {
        hash.update(source.features.key());
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// The image tower's own classifier.
fn classifier(tower: &Weights, classes: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let mut tower = tower.clone();
    let features = glimpse_model::towers::EfficientNetLite0::FEATURES;
    let weight = tower.take("classifier.weight", &[classes, features])?;
    let bias = tower.take("classifier.bias", &[classes])?;
    Ok((weight.into_floats(), bias.into_floats()))
}
