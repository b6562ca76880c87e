//! What a manifest may say ([`Manifest::from_json`](super::Manifest::from_json) checks it), and a
//! checkpoint's config with it. Beyond these limits a tower would not run, or would take more memory
//! than anybody has, before its weights are even looked at.

use super::{
    Architecture, BertConfig, FastVitConfig, FastVitMixer, FastVitStage, FileEntry,
    ImageArchitecture, Manifest, ResNetConfig, RobertaConfig, RobertaProjection, RotaryConfig,
    TextArchitecture, TextConfig, TransformerConfig, VisionConfig, is_plain_file_name,
};
use crate::{
    limits::LimitError,
    pixels::{Preprocessing, Size},
    score::Calibration,
};
use std::ops::RangeInclusive;

/// Bytes of `manifest.json`; golden embeddings make up most of the usual 30 kB.
pub(super) const MAX_MANIFEST: u64 = 4 << 20;

/// Files of a pack beside the manifest; there are three, or four.
const MAX_FILES: usize = 64;

/// Bytes of all files: a terabyte, which no sum of sizes overflows.
const MAX_BYTES: u64 = 1 << 40;

/// Width of a token, and length of an embedding; 5120 is the widest that is published.
const WIDTH: RangeInclusive<usize> = 1..=1 << 14;

/// Width inside a feed-forward part; 25,600 is the widest.
const INNER_WIDTH: RangeInclusive<usize> = 1..=1 << 17;

/// Transformer blocks; the deepest has 64.
const LAYERS: RangeInclusive<usize> = 1..=512;

/// Rows of a token table; multilingual ones have 256,000.
const VOCABULARY: RangeInclusive<usize> = 1..=1 << 22;

/// The longest text in tokens: attention takes memory by its square.
const TOKENS: RangeInclusive<usize> = 1..=1 << 14;

/// Side of a picture in pixels, as an encoder takes it.
const SIDE: RangeInclusive<usize> = 1..=1 << 12;

/// Side of a picture in pixels before the crop.
const RESIZED_SIDE: RangeInclusive<usize> = 1..=1 << 13;

/// Patches of a picture: attention takes memory by its square. 4096 is the most that is published.
const MAX_PATCHES: usize = 1 << 14;

/// Side of a picture in pixels, as a convolutional encoder takes it; 448 is the largest that is
/// published, and heat maps read it at twice the size.
const CONVOLVED_SIDE: RangeInclusive<usize> = 1..=1 << 10;

/// Values of a convolutional encoder's largest map, a quarter of a gigabyte; 6.4 million is the most
/// that is published.
const MAX_MAP: usize = 1 << 26;

/// Stages of a convolutional encoder; there are four, or five.
const MAX_STAGES: usize = 16;

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

fn within(field: &str, found: usize, allowed: &RangeInclusive<usize>) -> Result<(), LimitError> {
    if allowed.contains(&found) {
        return Ok(());
    }
    let allowed = format!("{} to {}", allowed.start(), allowed.end());
    Err(LimitError::new(field, found, allowed))
}

fn finite(field: &str, found: f32) -> Result<(), LimitError> {
    if found.is_finite() {
        return Ok(());
    }
    Err(LimitError::new(field, found, "a finite number"))
}

impl Manifest {
    /// Checks every number and name that memory or a path depends on.
    pub(super) fn validate(&self) -> Result<(), LimitError> {
        self.validate_files()?;
        self.architecture.validate()?;
        self.preprocessing.validate("preprocessing")?;
        self.validate_fit()?;
        finite("scoring.logit_scale", self.scoring.logit_scale)?;
        finite("scoring.logit_bias", self.scoring.logit_bias)?;
        if let Some(Calibration {
            together, alone, ..
        }) = &self.calibration
        {
            for (field, value) in [
                ("together.inverse_temperature", together.inverse_temperature),
                ("together.none_cosine", together.none_cosine),
                ("alone.slope", alone.slope),
                ("alone.midpoint", alone.midpoint),
            ] {
                finite(&format!("calibration.{field}"), value)?;
            }
        }
        for (measure, &value) in &self.accuracy {
            finite(&format!("accuracy.{measure}"), value as f32)?;
        }
        let length = self.architecture.projection_dim;
        for (field, embeds) in [
            ("golden.image_embeds", &self.golden.image_embeds),
            ("golden.text_embeds", &self.golden.text_embeds),
        ] {
            if embeds.len() != length {
                let found = format!("{} numbers", embeds.len());
                let allowed = format!("projection_dim, {length} numbers");
                return Err(LimitError::new(field, found, allowed));
            }
            embeds.iter().try_for_each(|&value| finite(field, value))?;
        }
        Ok(())
    }

    fn validate_files(&self) -> Result<(), LimitError> {
        within("the number of files", self.files.len(), &(1..=MAX_FILES))?;
        let mut total = 0u64;
        for (name, FileEntry { bytes, sha256 }) in &self.files {
            if !is_plain_file_name(name) || name == Self::FILE {
                return Err(unsafe_name("a name in files", name));
            }
            total = total.saturating_add(*bytes);
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if sha256.len() != HASH_DIGITS || !sha256.bytes().all(is_digit) {
                let field = format!("files.{name}.sha256");
                let found = format!("{sha256:?}");
                let allowed = format!("{HASH_DIGITS} hexadecimal digits in small letters");
                return Err(LimitError::new(field, found, allowed));
            }
        }
        if total > MAX_BYTES {
            let allowed = format!("at most {MAX_BYTES}");
            return Err(LimitError::new("the files' bytes together", total, allowed));
        }
        let tokenizer = &self.tokenizer.file;
        if !is_plain_file_name(tokenizer) {
            return Err(unsafe_name("tokenizer.file", tokenizer));
        }
        Ok(())
    }

    /// The parts that have to fit each other.
    fn validate_fit(&self) -> Result<(), LimitError> {
        let positions = match &self.architecture.text {
            TextArchitecture::Bert(config) => config.max_position_embeddings,
            TextArchitecture::Clip(config) | TextArchitecture::Siglip(config) => {
                config.max_position_embeddings
            }
            TextArchitecture::Roberta(config) => config.max_length(),
        };
        within(
            "tokenizer.max_length",
            self.tokenizer.max_length,
            &(1..=positions),
        )?;
        let (height, width) = self.preprocessing.output_size();
        let side = match &self.architecture.image {
            ImageArchitecture::EfficientNetLite0 => None,
            ImageArchitecture::Clip(config)
            | ImageArchitecture::Siglip(config)
            | ImageArchitecture::Eva(config) => Some(config.image_size),
            ImageArchitecture::FastVit(config) => Some(config.image_size),
            ImageArchitecture::ResNet(config) => Some(config.image_size),
        };
        if let Some(side) = side
            && (height != side || width != side)
        {
            let allowed = format!("the image tower's {side} × {side}");
            let found = format!("{width} × {height}");
            return Err(LimitError::new("preprocessing's output", found, allowed));
        }
        Ok(())
    }
}

fn unsafe_name(field: &str, name: &str) -> LimitError {
    // Quoted, so that control characters show.
    let allowed = "the plain name of a file beside manifest.json, without a folder";
    LimitError::new(field, format!("{name:?}"), allowed)
}

impl Architecture {
    /// Checks both towers' shapes: nothing is zero, heads divide the width, and nothing is larger
    /// than any published model by far.
    pub(crate) fn validate(&self) -> Result<(), LimitError> {
        within("architecture.projection_dim", self.projection_dim, &WIDTH)?;
        match &self.image {
            ImageArchitecture::EfficientNetLite0 => {}
            ImageArchitecture::Clip(config) | ImageArchitecture::Siglip(config) => {
                without_eva("architecture.image", &config.transformer)?;
                config.validate("architecture.image")?;
                if let Some(heads) = config.pooling_heads
                    && (heads == 0 || !self.projection_dim.is_multiple_of(heads))
                {
                    let field = "architecture.image.pooling_heads";
                    let allowed = format!("a divisor of projection_dim, {}", self.projection_dim);
                    return Err(LimitError::new(field, heads, allowed));
                }
            }
            ImageArchitecture::Eva(config) => config.validate("architecture.image")?,
            ImageArchitecture::FastVit(config) => config.validate("architecture.image")?,
            ImageArchitecture::ResNet(config) => config.validate("architecture.image")?,
        }
        match &self.text {
            TextArchitecture::Bert(config) => config.validate("architecture.text"),
            TextArchitecture::Roberta(config) => {
                config.validate("architecture.text")?;
                let width = config.transformer.hidden_size;
                if config.projection == RobertaProjection::None && width != self.projection_dim {
                    let field = "architecture.text.hidden_size";
                    let allowed = format!("projection_dim, {}", self.projection_dim);
                    return Err(LimitError::new(field, width, allowed));
                }
                Ok(())
            }
            TextArchitecture::Clip(config) | TextArchitecture::Siglip(config) => {
                config.validate("architecture.text")
            }
        }
    }
}

impl TransformerConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        let shape = [
            self.hidden_size,
            self.intermediate_size,
            self.num_hidden_layers,
            self.num_attention_heads,
        ];
        blocks(part, shape, self.layer_norm_eps)
    }
}

/// Checks what all transformers have: \[width, inner width, layers, heads\], and the norms' epsilon.
fn blocks(part: &str, shape: [usize; 4], epsilon: f64) -> Result<(), LimitError> {
    let [width, inner, layers, heads] = shape;
    within(&format!("{part}.hidden_size"), width, &WIDTH)?;
    within(&format!("{part}.intermediate_size"), inner, &INNER_WIDTH)?;
    within(&format!("{part}.num_hidden_layers"), layers, &LAYERS)?;
    if heads == 0 || !width.is_multiple_of(heads) {
        let field = format!("{part}.num_attention_heads");
        let allowed = format!("a divisor of hidden_size, {width}");
        return Err(LimitError::new(field, heads, allowed));
    }
    if !(0.0..=1.0).contains(&epsilon) {
        let field = format!("{part}.layer_norm_eps");
        return Err(LimitError::new(field, epsilon, "0 to 1"));
    }
    Ok(())
}

impl VisionConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        self.transformer.validate(part)?;
        within(&format!("{part}.image_size"), self.image_size, &SIDE)?;
        let patch = 1..=self.image_size;
        within(&format!("{part}.patch_size"), self.patch_size, &patch)?;
        let field = format!("the number of {part}'s patches");
        within(&field, self.patches(), &(1..=MAX_PATCHES))?;
        match self.transformer.eva.and_then(|eva| eva.rotary) {
            Some(rotary) => self.validate_rotary(part, rotary),
            None => Ok(()),
        }
    }

    fn validate_rotary(&self, part: &str, rotary: RotaryConfig) -> Result<(), LimitError> {
        let side = self.image_size / self.patch_size;
        let field = format!("{part}.eva.rotary.side");
        within(&field, rotary.side, &(side..=side))?;
        let field = format!("{part}.eva.rotary.reference");
        within(&field, rotary.reference, &SIDE)?;
        // Pairs of values for rows, and as many for columns.
        let head = self.transformer.hidden_size / self.transformer.num_attention_heads.max(1);
        multiple(&format!("the width of {part}'s heads"), head, 4)
    }
}

impl ResNetConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        for layers in self.layers {
            within(&format!("{part}.layers"), layers, &LAYERS)?;
        }
        // Half of it is the stem's, 32 times as much the last map's.
        multiple(&format!("{part}.width"), self.width, 2)?;
        let channels = format!("the channels of {part}'s last map");
        within(&channels, self.width.saturating_mul(32), &WIDTH)?;
        if self.heads == 0 || !self.channels().is_multiple_of(self.heads) {
            let allowed = format!("a divisor of {}", self.channels());
            return Err(LimitError::new(
                format!("{part}.heads"),
                self.heads,
                allowed,
            ));
        }
        convolved(part, self.image_size, self.width)?;
        let side = format!("{part}.image_size");
        multiple(&side, self.image_size, Self::SHRINKS)
    }
}

impl FastVitConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        let stages = format!("the number of {part}.stages");
        within(&stages, self.stages.len(), &(1..=MAX_STAGES))?;
        for (index, (before, stage)) in self.stages().enumerate() {
            stage.validate(&format!("{part}.stages.{index}"), before.unwrap_or(1))?;
        }
        let width = self.stages.last().map_or(1, |stage| stage.width);
        multiple(&format!("{part}.features"), self.features, width)?;
        within(&format!("{part}.squeeze"), self.squeeze, &WIDTH)?;
        let width = self.stages.first().map_or(1, |stage| stage.width);
        convolved(part, self.image_size, width)
    }
}

impl FastVitStage {
    fn validate(&self, part: &str, before: usize) -> Result<(), LimitError> {
        let width = format!("{part}.width");
        multiple(&width, self.width, before)?;
        // What depthwise kernels compute together.
        multiple(&width, self.width, 8)?;
        if self.mixer != FastVitMixer::Convolution {
            multiple(&width, self.width, FastVitConfig::HEAD)?;
        }
        let inner = format!("{part}.intermediate_size");
        within(&inner, self.intermediate_size, &INNER_WIDTH)?;
        within(&format!("{part}.blocks"), self.blocks, &LAYERS)?;
        match self.squeeze {
            Some(squeeze) => within(&format!("{part}.squeeze"), squeeze, &WIDTH),
            None => Ok(()),
        }
    }
}

/// A width that is a multiple of `step`.
fn multiple(field: &str, found: usize, step: usize) -> Result<(), LimitError> {
    within(field, found, &WIDTH)?;
    if found.is_multiple_of(step.max(1)) {
        return Ok(());
    }
    let allowed = format!("a multiple of {step}");
    Err(LimitError::new(field, found, allowed))
}

/// Checks the side of a convolutional network's input, and its first map, which has half the side and is
/// the largest one.
fn convolved(part: &str, image_size: usize, width: usize) -> Result<(), LimitError> {
    let side = format!("{part}.image_size");
    within(&side, image_size, &CONVOLVED_SIDE)?;
    let map = image_size.div_ceil(2).pow(2).saturating_mul(width);
    let field = format!("the values of {part}'s first map");
    within(&field, map, &(1..=MAX_MAP))
}

/// Checks that a transformer has none of the parts that only EVA's are built with.
fn without_eva(part: &str, config: &TransformerConfig) -> Result<(), LimitError> {
    match config.eva {
        Some(_) => {
            let field = format!("{part}.eva");
            Err(LimitError::new(field, "there", "in an eva_vision_model"))
        }
        None => Ok(()),
    }
}

impl TextConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        without_eva(part, &self.transformer)?;
        self.transformer.validate(part)?;
        within(&format!("{part}.vocab_size"), self.vocab_size, &VOCABULARY)?;
        let field = format!("{part}.max_position_embeddings");
        within(&field, self.max_position_embeddings, &TOKENS)
    }
}

impl RobertaConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        without_eva(part, &self.transformer)?;
        self.transformer.validate(part)?;
        within(&format!("{part}.vocab_size"), self.vocab_size, &VOCABULARY)?;
        let rows = self.max_position_embeddings;
        within(&format!("{part}.max_position_embeddings"), rows, &TOKENS)?;
        let first = format!("{part}.first_position");
        within(&first, self.first_position, &(0..=rows - 1))
    }
}

impl BertConfig {
    fn validate(&self, part: &str) -> Result<(), LimitError> {
        let shape = [
            self.hidden_size,
            self.intermediate_size,
            self.num_hidden_layers,
            self.num_attention_heads,
        ];
        blocks(part, shape, self.layer_norm_eps)?;
        within(&format!("{part}.vocab_size"), self.vocab_size, &VOCABULARY)?;
        let field = format!("{part}.max_position_embeddings");
        within(&field, self.max_position_embeddings, &TOKENS)?;
        let field = format!("{part}.type_vocab_size");
        within(&field, self.type_vocab_size, &VOCABULARY)
    }
}

impl Preprocessing {
    /// Checks that it gives pictures of one size, and that a tower can take them.
    pub(crate) fn validate(&self, part: &str) -> Result<(), LimitError> {
        let sides = match self.size {
            Size::ShortestEdge { shortest_edge } => [shortest_edge; 2],
            Size::LongestEdge { longest_edge, .. } => [longest_edge; 2],
            Size::Exact { height, width } => [height, width],
        };
        for side in sides {
            within(&format!("{part}.size"), side, &RESIZED_SIDE)?;
        }
        let crop = match (self.crop_size, self.size) {
            (Some(crop), _) => [crop.height, crop.width],
            (None, Size::Exact { height, width }) => [height, width],
            (None, Size::ShortestEdge { .. } | Size::LongestEdge { .. }) => {
                let field = format!("{part}.crop_size");
                let allowed = "a size, since only one edge is given";
                return Err(LimitError::new(field, "missing", allowed));
            }
        };
        for (side, resized) in crop.into_iter().zip(sides) {
            let most = (*SIDE.end()).min(resized);
            within(&format!("{part}.crop_size"), side, &(1..=most))?;
        }
        for (mean, deviation) in self.image_mean.into_iter().zip(self.image_std) {
            finite(&format!("{part}.image_mean"), mean)?;
            let field = format!("{part}.image_std");
            finite(&field, deviation)?;
            if deviation <= 0.0 {
                return Err(LimitError::new(field, deviation, "more than 0"));
            }
        }
        Ok(())
    }
}
