//! Conversion of a checkpoint to a pack, tensor by tensor: [`convert`], into a [`PackSink`].

use super::{Checkpoint, CheckpointError, probe};
use crate::{
    pack::{FileEntry, Golden, Manifest, PackError, Quantisation, Tower, WriteError, write_tower},
    score::cosine,
    text::{TextTokenizer, TokenBatch, TokenizeError},
    towers::{EmbedError, device::Device, embed_images_once, embed_tokens_once, tower_tensors},
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Where a pack's files are written: a folder, an archive, a browser's storage.
pub trait PackSink {
    /// Begins a file, in place of one of that name.
    ///
    /// # Errors
    /// The system's.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>>;
    /// Reads a file that was written before, as a whole.
    ///
    /// # Errors
    /// The system's.
    fn read(&mut self, name: &str) -> io::Result<Vec<u8>>;
}

/// Why a checkpoint did not become a pack.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The checkpoint can't be read as its config says.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A tower's file can't be written, or one of its weights can't be had.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file beside the towers' can't be written or read back.
    #[error("{file} can't be written: {source}")]
    File {
        /// The file's name in the pack.
        file: String,
        /// The operating system's or the sink's reason.
        source: io::Error,
    },
    /// A tower's file is not what was written to it.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The tokenizer's file, or all of the probe sentences, are refused.
    #[error(transparent)]
    Tokenize(#[from] TokenizeError),
    /// A tower failed when it was run.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// A tower ran, and its embeddings are zeros or not finite.
    #[error("the {0} gives no numbers: its weights are damaged")]
    Lifeless(Tower),
}

/// The stage that a conversion is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Converting {
    /// A tower's weights are read, quantised and written.
    Weights(Tower),
    /// The tower is run with its float and its stored weights.
    Check(Tower),
}

/// What a conversion wrote, and what it cost in accuracy.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The pack's manifest, as written.
    pub manifest: Manifest,
    /// One report a tower: image, then text.
    pub towers: Vec<TowerReport>,
}

/// What became of a tower: its size, and what quantisation cost.
#[derive(Debug, Clone, PartialEq)]
pub struct TowerReport {
    /// The tower that the numbers are about.
    pub tower: Tower,
    /// How many weights it has, biases and tables counted.
    pub parameters: u64,
    /// Length of its file in bytes.
    pub bytes: u64,
    /// Cosine of the stored weights' embeddings to the float weights', the least of several
    /// pictures or sentences.
    pub least_cosine: f32,
    /// The mean of the same cosines.
    pub mean_cosine: f32,
}

/// Writes the pack of a checkpoint. The towers are tried on `device`, which has to be the
/// processor, since the golden embeddings come from there. `progress` hears the stage and its
/// share of the whole, 0 to 1.
///
/// # Errors
/// [`ConvertError`]; what was written until then is of no use.
pub async fn convert(
    checkpoint: &mut Checkpoint,
    quantisation: Quantisation,
    sink: &mut dyn PackSink,
    device: &Device,
    progress: &mut dyn FnMut(Converting, f64),
) -> Result<Report, ConvertError> {
    let tensors = [Tower::Image, Tower::Text]
        .map(|tower| (tower, tower_tensors(&checkpoint.architecture, tower)));
    let parameters = |tensors: &[crate::pack::TensorSpec]| -> u64 {
        let elements = tensors.iter().map(|tensor| tensor.elements());
        elements.fold(0, u64::saturating_add)
    };
    let total = tensors.iter().map(|(_, tensors)| parameters(tensors));
    let total = total.fold(0, u64::saturating_add);
    let mut done = 0;
    let mut files = BTreeMap::new();
    for (tower, tensors) in &tensors {
        let mut out = sink
            .create(tower.file())
            .map_err(|source| ConvertError::File {
                file: tower.file().to_owned(),
                source,
            })?;
        let mut tell = |elements| {
            done += elements;
            progress(
                Converting::Weights(*tower),
                WRITING * done as f64 / total.max(1) as f64,
            );
        };
        let entry = write_tower(
            *tower,
            tensors,
            &mut checkpoint.weights(*tower),
            quantisation,
            &BTreeMap::new(),
            &mut *out,
            &mut tell,
        )?;
        out.flush().map_err(|source| ConvertError::File {
            file: tower.file().to_owned(),
            source,
        })?;
        files.insert(tower.file().to_owned(), entry);
    }
    let tokenizer = checkpoint.tokenizer.file.clone();
    write(sink, &tokenizer, &checkpoint.tokenizer_json)?;
    files.insert(tokenizer, FileEntry::of(&checkpoint.tokenizer_json));

    let mut manifest = manifest(checkpoint, quantisation, files);
    let mut towers = Vec::new();
    for (index, (tower, tensors)) in tensors.iter().enumerate() {
        let mut tell = |part: f64| {
            let share = WRITING + (1.0 - WRITING) * (index as f64 + part) / 2.0;
            progress(Converting::Check(*tower), share);
        };
        tell(0.0);
        let (float, stored) =
            try_tower(checkpoint, &mut manifest, *tower, sink, device, &mut tell).await?;
        let length = manifest.architecture.projection_dim;
        let cosines: Vec<f32> = float
            .chunks_exact(length)
            .zip(stored.chunks_exact(length))
            .map(|(float, stored)| cosine(float, stored))
            .collect();
        if stored.iter().any(|value| !value.is_finite()) || stored.iter().all(|&value| value == 0.0)
        {
            return Err(ConvertError::Lifeless(*tower));
        }
        let least_cosine = cosines.iter().copied().fold(1.0, f32::min);
        let golden = stored[..length].to_vec();
        let measure = match tower {
            Tower::Image => {
                manifest.golden.image_embeds = golden;
                "image_embeds least cosine to float"
            }
            Tower::Text => {
                manifest.golden.text_embeds = golden;
                "text_embeds least cosine to float"
            }
        };
        // To the digits that mean something.
        let shown = (f64::from(least_cosine) * 1e5).round() / 1e5;
        manifest.accuracy.insert(measure.to_owned(), shown);
        towers.push(TowerReport {
            tower: *tower,
            parameters: parameters(tensors),
            bytes: manifest
                .files
                .get(tower.file())
                .map_or(0, |entry| entry.bytes),
            least_cosine,
            mean_cosine: cosines.iter().sum::<f32>() / cosines.len().max(1) as f32,
        });
    }
    // Last, so that a pack with a manifest is whole.
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| ConvertError::File {
        file: Manifest::FILE.to_owned(),
        source: error.into(),
    })?;
    write(sink, Manifest::FILE, &json)?;
    Ok(Report { manifest, towers })
}

/// The share of a conversion's progress that writing takes; the rest is checking.
const WRITING: f64 = 0.6;

fn write(sink: &mut dyn PackSink, name: &str, bytes: &[u8]) -> Result<(), ConvertError> {
    let written = sink
        .create(name)
        .and_then(|mut out| out.write_all(bytes).and_then(|()| out.flush()));
    written.map_err(|source| ConvertError::File {
        file: name.to_owned(),
        source,
    })
}

fn manifest(
    checkpoint: &Checkpoint,
    quantisation: Quantisation,
    files: BTreeMap<String, FileEntry>,
) -> Manifest {
    let unknown = || "unknown".to_owned();
    Manifest {
        format: Manifest::current_format(),
        name: checkpoint.name.clone(),
        description: format!("Imported from a {} checkpoint.", checkpoint.kind),
        languages: checkpoint.card.languages.clone(),
        licence: checkpoint.card.licence.clone().unwrap_or_else(unknown),
        source: vec![format!(
            "{} ({})",
            checkpoint.name,
            checkpoint.weight_file()
        )],
        architecture: checkpoint.architecture.clone(),
        preprocessing: checkpoint.preprocessing.clone(),
        tokenizer: checkpoint.tokenizer.clone(),
        scoring: checkpoint.scoring,
        calibration: None,
        quantisation,
        files,
        accuracy: BTreeMap::new(),
        golden: Golden {
            sentence: Golden::SENTENCE.to_owned(),
            image_embeds: vec![],
            text_embeds: vec![],
        },
    }
}

/// A tower's embeddings of the probes with the checkpoint's weights, and with the stored ones.
async fn try_tower(
    checkpoint: &mut Checkpoint,
    manifest: &mut Manifest,
    tower: Tower,
    sink: &mut dyn PackSink,
    device: &Device,
    tell: &mut dyn FnMut(f64),
) -> Result<(Vec<f32>, Vec<f32>), ConvertError> {
    enum Probe {
        Pixels(Vec<f32>),
        Tokens(TokenBatch),
    }
    let probe = match tower {
        Tower::Image => {
            let (height, width) = manifest.preprocessing.output_size();
            let pictures = probe::pictures(height, width).into_iter();
            let pixels = pictures.flat_map(|rgb| manifest.preprocessing.normalise(&rgb));
            Probe::Pixels(pixels.collect())
        }
        Tower::Text => {
            let json = &checkpoint.tokenizer_json;
            let tokenizer = TextTokenizer::from_json(json, &manifest.tokenizer)?;
            // A small vocabulary may lack a letter; only where it lacks one everywhere is it faulty.
            let known: Vec<&str> = (probe::SENTENCES.into_iter())
                .filter(|sentence| tokenizer.encode(&[sentence]).is_ok())
                .collect();
            let known = if known.is_empty() {
                vec![Golden::SENTENCE]
            } else {
                known
            };
            manifest.golden.sentence = known[0].to_owned();
            Probe::Tokens(tokenizer.encode(&known)?)
        }
    };
    let architecture = &manifest.architecture;
    let run = async |weights: &mut dyn crate::towers::WeightSource| match &probe {
        Probe::Pixels(pixels) => embed_images_once(architecture, weights, pixels, device).await,
        Probe::Tokens(tokens) => embed_tokens_once(architecture, weights, tokens, device).await,
    };
    let float = run(&mut checkpoint.weights(tower)).await?;
    tell(0.5);
    let file = tower.file();
    let bytes = sink.read(file).map_err(|source| ConvertError::File {
        file: file.to_owned(),
        source,
    })?;
    let stored = run(&mut tower.read(&bytes)?).await?;
    let (Some(float), Some(stored)) = (float, stored) else {
        return Err(ConvertError::Lifeless(tower));
    };
    Ok((float, stored))
}
