//! Importing a model: a visitor's files become a pack in the browser's storage. [`run`] answers the
//! request.

mod failure;
mod files;
mod pack;
mod sink;

use super::send;
use crate::{
    protocol::{ImportStep, ImportedTower, Response},
    storage::opfs,
};
use glimpse_model::{
    checkpoint::{Checkpoint, CheckpointError, ConvertError, Converting, TowerReport, convert},
    pack::{Manifest, ManifestError, PackError, Quantisation, Tower},
    towers::device,
};
use js_sys::Array;
use sink::Sink;
use std::io;
use wasm_bindgen::{JsCast, JsValue};

/// Configs of checkpoints, which win over a `manifest.json` of another program.
const CONFIGS: [&str; 2] = ["config.json", "open_clip_config.json"];

/// Why a model could not be imported.
#[derive(Debug, thiserror::Error)]
enum ImportError {
    /// The ZIP archive can't be read.
    #[error("{file} is not a ZIP archive that can be read: {source}")]
    Archive {
        /// The archive's file name.
        file: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The checkpoint isn't one that is supported, or is damaged.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint can't be converted into a pack.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// The pack's manifest can't be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A pack's file isn't what its manifest says.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A pack lacks a file that its manifest lists.
    #[error("{0} is missing, which manifest.json lists")]
    Missing(String),
    /// A file can't be read or written.
    #[error("{file}: {source}")]
    File {
        /// The file's name in the pack or in the checkpoint.
        file: String,
        /// What the browser said of it.
        source: io::Error,
    },
    /// The browser keeps no files for this page.
    #[error("the browser keeps no files for this page: {0}")]
    Storage(#[source] io::Error),
}

/// Imports a model, telling the page how far it is; returns the answer.
pub async fn run(
    folder: &str,
    name: &str,
    quantisation: Quantisation,
    files: &JsValue,
) -> Response {
    opfs::hold(folder);
    match import(folder, name, quantisation, files).await {
        Ok(towers) => Response::Imported { towers },
        Err(error) => Response::ImportFailed {
            failure: error.failure(),
        },
    }
}

async fn import(
    folder: &str,
    name: &str,
    quantisation: Quantisation,
    files: &JsValue,
) -> Result<Vec<ImportedTower>, ImportError> {
    let files = files.dyn_ref::<Array>().cloned().unwrap_or_default();
    let source = files::open(&files)?;
    let names = source.names();
    let has = |file: &str| names.iter().any(|name| name == file);
    if has(Manifest::FILE) && !CONFIGS.into_iter().any(has) {
        pack::copy(&*source, Sink::open(folder, &[]).await?).await?;
        return Ok(Vec::new());
    }
    let mut checkpoint = Checkpoint::open(&*source, name)?;
    let mut sink = Sink::open(folder, &[Tower::Image, Tower::Text].map(Tower::file)).await?;
    let mut progress = |converting, fraction| {
        let step = match converting {
            Converting::Weights(tower) => ImportStep::Weights(tower),
            Converting::Check(tower) => ImportStep::Check(tower),
        };
        send(Response::Importing { step, fraction });
    };
    let device = device::cpu();
    let report = convert(
        &mut checkpoint,
        quantisation,
        &mut sink,
        &device,
        &mut progress,
    )
    .await?;
    sink.finish().await?;
    Ok(report.towers.iter().map(imported).collect())
}

fn imported(report: &TowerReport) -> ImportedTower {
    ImportedTower {
        tower: report.tower,
        bytes: report.bytes,
        least_cosine: report.least_cosine,
    }
}

fn failed(file: &str, source: io::Error) -> ImportError {
    ImportError::File {
        file: file.to_owned(),
        source,
    }
}
