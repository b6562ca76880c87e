//! `glimpse info`: what a pack is.

use crate::{
    failure::Outcome,
    pack::{Pack, PackChoice},
    print,
};
use anyhow::Result;
use glimpse_model::{
    pack::{
        Activation, ImageArchitecture, Manifest, TextArchitecture, TokenizerConfig,
        TransformerConfig, VisionConfig,
    },
    pixels::{Filter, Preprocessing, Size},
    score::{Calibration, HeldOut, ScoreMode, Scoring},
};
use std::{fmt::Write, path::PathBuf};

/// Say what a pack is, and check that its files are whole.
///
/// With --json: the pack's manifest. A damaged file is named on standard error, with exit code 1.
#[derive(clap::Args)]
pub struct Arguments {
    /// The pack: its folder, or its single ZIP file; the default pack without it
    #[arg(value_name = "PACK", conflicts_with = "pack")]
    place: Option<PathBuf>,
    #[command(flatten)]
    pack: PackChoice,
    /// Print the manifest, which is JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = match &arguments.place {
        Some(place) => Pack::open(place)?,
        None => arguments.pack.open()?,
    };
    if arguments.json {
        print::json(&pack.manifest)?;
    } else {
        print::text(&describe(&pack.manifest)?)?;
    }
    for file in pack.manifest.files.keys() {
        pack.file(file)?;
    }
    if !arguments.json {
        print::text(&format!(
            "\nAll files in {} are whole.",
            pack.place().display()
        ))?;
    }
    Ok(Outcome::Complete)
}

fn describe(manifest: &Manifest) -> Result<String> {
    let mut out = format!("{}\n{}\n\n", manifest.name, manifest.description);
    let mut line = |name: &str, value: String| writeln!(out, "{name:12}  {value}");
    let languages = match manifest.languages.as_slice() {
        [] => "not stated".to_owned(),
        languages => languages.join(", "),
    };
    line("languages", languages)?;
    line("licence", manifest.licence.clone())?;
    for source in &manifest.source {
        line("source", source.clone())?;
    }
    line("image tower", image_tower(&manifest.architecture.image))?;
    line("text tower", text_tower(&manifest.architecture.text))?;
    line(
        "embeddings",
        format!("{} numbers", manifest.architecture.projection_dim),
    )?;
    line("pictures", preprocessing(&manifest.preprocessing))?;
    line("texts", tokenizer(&manifest.tokenizer))?;
    line("scoring", scoring(&manifest.scoring))?;
    if let Some(calibration) = &manifest.calibration {
        line("calibration", calibrated(calibration))?;
        for held_out in &calibration.held_out {
            line("", off(held_out))?;
        }
    }
    line(
        "size",
        format!(
            "{} with weights as {}",
            print::megabytes(manifest.total_bytes()),
            manifest.quantisation
        ),
    )?;
    for (file, entry) in &manifest.files {
        line("", format!("{file}: {}", print::megabytes(entry.bytes)))?;
    }
    let mut accuracy: Vec<(&String, &f64)> = manifest.accuracy.iter().collect();
    // recall@5 before recall@10.
    accuracy.sort_by_key(|(measure, _)| match measure.split_once('@') {
        Some((name, number)) => (name, number.parse().unwrap_or(0)),
        None => (measure.as_str(), 0_usize),
    });
    for (place, (measure, value)) in accuracy.into_iter().enumerate() {
        let name = if place == 0 { "accuracy" } else { "" };
        line(name, format!("{measure}: {value}"))?;
    }
    Ok(out)
}

fn image_tower(architecture: &ImageArchitecture) -> String {
    match architecture {
        ImageArchitecture::EfficientNetLite0 => {
            "EfficientNet-Lite0 with an alignment head".to_owned()
        }
        ImageArchitecture::Clip(config) => vision_transformer("CLIP's vision transformer", config),
        ImageArchitecture::Siglip(config) => {
            vision_transformer("SigLIP's vision transformer, attention pooling", config)
        }
        ImageArchitecture::Eva(config) => vision_transformer("EVA's vision transformer", config),
        ImageArchitecture::ResNet(config) => format!(
            "CLIP's ResNet, attention pooling: {} blocks, width {}; {} × {} pixels",
            config.layers.iter().sum::<usize>(),
            config.width,
            config.image_size,
            config.image_size,
        ),
        ImageArchitecture::FastVit(config) => format!(
            "FastViT: {} stages of widths {}; {} × {} pixels",
            config.stages.len(),
            config
                .stages
                .iter()
                .map(|stage| stage.width.to_string())
                .collect::<Vec<_>>()
                .join(", "),
            config.image_size,
            config.image_size,
        ),
    }
}

fn vision_transformer(name: &str, config: &VisionConfig) -> String {
    format!(
        "{name}: {}; {} × {} pixels in patches of {}",
        transformer(&config.transformer),
        config.image_size,
        config.image_size,
        config.patch_size,
    )
}

fn text_tower(architecture: &TextArchitecture) -> String {
    match architecture {
        TextArchitecture::Bert(config) => format!(
            "BERT with an alignment head: {} layers, width {}, {} heads; {} tokens known",
            config.num_hidden_layers,
            config.hidden_size,
            config.num_attention_heads,
            config.vocab_size,
        ),
        TextArchitecture::Roberta(config) => format!(
            "RoBERTa: {}; {} tokens known",
            transformer(&config.transformer),
            config.vocab_size,
        ),
        TextArchitecture::Clip(config) => format!(
            "CLIP's causal transformer: {}; {} tokens known",
            transformer(&config.transformer),
            config.vocab_size,
        ),
        TextArchitecture::Siglip(config) => format!(
            "SigLIP's transformer: {}; {} tokens known",
            transformer(&config.transformer),
            config.vocab_size,
        ),
    }
}

fn transformer(config: &TransformerConfig) -> String {
    let activation = match config.hidden_act {
        Activation::Linear => "linear",
        Activation::Relu6 => "ReLU6",
        Activation::Relu => "ReLU",
        Activation::Silu => "SiLU",
        Activation::QuickGelu => "QuickGELU",
        Activation::Gelu => "GELU",
        Activation::GeluTanh => "tanh-GELU",
    };
    format!(
        "{} layers, width {}, {} heads, {activation}",
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads,
    )
}

fn preprocessing(preprocessing: &Preprocessing) -> String {
    let filter = match preprocessing.resample {
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
    };
    let size = match preprocessing.size {
        Size::ShortestEdge { shortest_edge } => format!("shorter side to {shortest_edge} pixels"),
        Size::LongestEdge {
            longest_edge,
            fill_color,
        } => format!("longer side to {longest_edge} pixels, on level {fill_color}"),
        Size::Exact { height, width } => format!("squashed to {width} × {height} pixels"),
    };
    let crop = preprocessing.crop_size.map_or_else(String::new, |crop| {
        format!(", then the middle {} × {}", crop.width, crop.height)
    });
    format!(
        "{size} ({filter}){crop}; mean {}, deviation {}",
        channels(preprocessing.image_mean),
        channels(preprocessing.image_std),
    )
}

/// Three numbers, or one if they are the same.
fn channels([red, green, blue]: [f32; 3]) -> String {
    if red == green && green == blue {
        red.to_string()
    } else {
        format!("{red:.4} {green:.4} {blue:.4}")
    }
}

fn tokenizer(config: &TokenizerConfig) -> String {
    let filling = match config.pad_token_id {
        Some(token) => format!(", filled up with token {token}"),
        None => String::new(),
    };
    format!("up to {} tokens{filling}", config.max_length)
}

fn calibrated(
    Calibration {
        together, alone, ..
    }: &Calibration,
) -> String {
    format!(
        "softmax at inverse temperature {:.2} with \"none of these\" at cosine {:.3}; each on its \
         own logistic, slope {:.2}, one half at cosine {:.3}",
        together.inverse_temperature, together.none_cosine, alone.slope, alone.midpoint
    )
}

/// What a calibration is worth beside none.
fn off(held_out: &HeldOut) -> String {
    let HeldOut {
        data,
        one_fits,
        half_fit,
    } = held_out;
    let worse = match held_out.is_worse_than_none() {
        true => "; worse than none",
        false => "",
    };
    let both = |[own, calibrated]: [f32; 2]| {
        let [own, calibrated] = [own, calibrated].map(|off| off * 100.0);
        format!("{own:.1} % and {calibrated:.1} %")
    };
    format!(
        "{data}: without and with it off by {} where a label fits, {} where half the time none \
         does{worse}",
        both(*one_fits),
        both(*half_fit),
    )
}

fn scoring(scoring: &Scoring) -> String {
    let scale = scoring.logit_scale.exp();
    match scoring.mode {
        ScoreMode::Softmax => format!(
            "softmax: labels share 100 %; logit = {scale:.2} · cosine (logit_scale {:.4})",
            scoring.logit_scale
        ),
        ScoreMode::Sigmoid => format!(
            "sigmoid: each label has its own probability; logit = {scale:.2} · cosine {:+.2} \
             (logit_scale {:.4})",
            scoring.logit_bias, scoring.logit_scale
        ),
    }
}
