//! `glimpse pack-random`: a pack of a published model's shape and random weights, to measure with.

mod tokenizer;
mod weights;

use crate::print;
use anyhow::Result;
use glimpse_model::{
    pack::{
        Activation, Architecture, Golden, ImageArchitecture, Manifest, Quantisation, Readout,
        TextArchitecture, TextConfig, TextNormalization, TokenizerConfig, Tower, TransformerConfig,
        VisionConfig, write_tower,
    },
    pixels::{CropOffset, CropSize, Filter, Preprocessing, Resizer, Rounding, Size},
    score::{ScoreMode, Scoring},
    towers::tower_tensors,
};
use glimpse_packer::NewPack;
use std::{collections::BTreeMap, path::PathBuf};
use weights::RandomWeights;

/// Make a pack of random weights in the shape of OpenAI's CLIP ViT-B/32, to measure with.
#[derive(clap::Args)]
pub struct Arguments {
    /// The pack's folder; made if missing
    #[arg(short, long, value_name = "PACK")]
    output: PathBuf,
    /// How weights are stored: f32, f16, int8 or int4
    #[arg(long, value_name = "KIND", default_value = "int8")]
    quant: Quantisation,
    /// Layers of each tower
    #[arg(long, value_name = "COUNT", default_value_t = 12, value_parser = clap::value_parser!(u8).range(1..=48))]
    layers: u8,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let architecture = vit_b32(arguments.layers.into());
    let pack = NewPack {
        image: tower_file(Tower::Image, &architecture, arguments.quant)?,
        text: tower_file(Tower::Text, &architecture, arguments.quant)?,
        tokenizer: tokenizer::json()?,
        sentences: Vec::new(),
        manifest: manifest(architecture, arguments.quant),
    };
    let manifest = pack.write(&arguments.output)?;
    print::text(&format!(
        "{}: {} as {}",
        arguments.output.display(),
        print::megabytes(manifest.total_bytes()),
        arguments.quant
    ))
}

fn tower_file(
    tower: Tower,
    architecture: &Architecture,
    quantisation: Quantisation,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_tower(
        tower,
        &tower_tensors(architecture, tower),
        &mut RandomWeights,
        quantisation,
        &BTreeMap::new(),
        &mut bytes,
        &mut |_| {},
    )?;
    Ok(bytes)
}

/// As in the `config.json` of openai/clip-vit-base-patch32, which has 12 layers.
fn vit_b32(layers: usize) -> Architecture {
    let transformer = |hidden_size, num_attention_heads| TransformerConfig {
        hidden_size,
        intermediate_size: 4 * hidden_size,
        num_hidden_layers: layers,
        num_attention_heads,
        hidden_act: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
        eva: None,
    };
    Architecture {
        image: ImageArchitecture::Clip(VisionConfig {
            transformer: transformer(768, 12),
            image_size: SIDE,
            patch_size: 32,
            class_token: false,
            readout: Readout::ClassToken,
            pooling_heads: None,
        }),
        text: TextArchitecture::Clip(TextConfig {
            transformer: transformer(512, 8),
            vocab_size: tokenizer::VOCABULARY as usize,
            max_position_embeddings: CONTEXT,
            eos_token_id: None,
            is_eos_literal: false,
            is_bidirectional: false,
            class_token: false,
        }),
        projection_dim: 512,
    }
}

const SIDE: usize = 224;
const CONTEXT: usize = 77;

fn manifest(architecture: Architecture, quantisation: Quantisation) -> Manifest {
    Manifest {
        format: Manifest::current_format(),
        name: "ViT-B/32, random weights".into(),
        description: "Random weights in the shape of OpenAI's CLIP ViT-B/32, to measure with. \
                      Knows nothing."
            .into(),
        languages: vec![],
        licence: "MIT OR Apache-2.0".into(),
        source: vec!["a random number generator".into()],
        architecture,
        preprocessing: Preprocessing {
            size: Size::ShortestEdge {
                shortest_edge: SIDE,
            },
            crop_size: Some(CropSize {
                height: SIDE,
                width: SIDE,
            }),
            resample: Filter::Bicubic,
            resizer: Resizer::Pillow,
            longer_side: Rounding::Truncate,
            crop_offset: CropOffset::Floor,
            image_mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            image_std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
        },
        tokenizer: TokenizerConfig {
            file: tokenizer::FILE.into(),
            max_length: CONTEXT,
            pad_token_id: Some(tokenizer::END_ID),
            normalization: TextNormalization::None,
        },
        scoring: Scoring {
            mode: ScoreMode::Softmax,
            // As trained: its logarithm, of 100.
            logit_scale: 4.6052,
            logit_bias: 0.0,
        },
        calibration: None,
        quantisation,
        files: BTreeMap::new(),
        accuracy: BTreeMap::new(),
        golden: Golden {
            sentence: Golden::SENTENCE.into(),
            image_embeds: vec![],
            text_embeds: vec![],
        },
    }
}
