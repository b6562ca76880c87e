//! Checkpoints of the Hugging Face hub, kept in its usual cache (`HF_HOME`).

use crate::disk::DiskFolder;
use anyhow::{Context, Result, anyhow, bail};
use glimpse_model::checkpoint::needed_files;
use hf_hub::{
    Cache,
    api::{
        RepoInfo,
        sync::{ApiBuilder, ApiError, ApiRepo},
    },
};
use indicatif::ProgressBar;
use std::{path::Path, time::Duration};

/// How long the hub may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fetches the files that an import needs; those that lie in the cache are not fetched again.
pub fn fetch(id: &str) -> Result<DiskFolder> {
    let model = ApiBuilder::from_env()
        .with_retries(2)
        .build()
        .map_err(|error| trouble(id, &error))?
        .model(id.to_owned());
    let published = match list(&model) {
        Ok(published) => published,
        Err(error) => {
            // Offline, what was fetched before will do.
            return match cached(id) {
                Some(folder) => Ok(folder),
                None => Err(trouble(id, &error)),
            };
        }
    };
    let names: Vec<String> = published
        .siblings
        .into_iter()
        .map(|file| file.rfilename)
        .collect();
    let needed = needed_files(&names);
    if needed.is_empty() {
        bail!("{id} on the hub holds no checkpoint that can be read");
    }
    let mut folder = None;
    for file in needed {
        let path = download(&model, id, file).map_err(|error| trouble(id, &error))?;
        folder = path.parent().map(Path::to_owned);
    }
    let folder = folder.with_context(|| format!("{id} was not kept in the cache"))?;
    DiskFolder::new(&folder).with_context(|| format!("{} can't be read", folder.display()))
}

fn list(model: &ApiRepo) -> Result<RepoInfo, ApiError> {
    let request = model
        .info_request()
        .config()
        .timeout_global(Some(PATIENCE))
        .build();
    let mut answer = request.call().map_err(Box::new)?;
    Ok(answer.body_mut().read_json().map_err(Box::new)?)
}

fn download(model: &ApiRepo, id: &str, file: &str) -> Result<std::path::PathBuf, ApiError> {
    match Cache::from_env().model(id.to_owned()).get(file) {
        Some(path) => Ok(path),
        None => model.download_with_progress(file, ProgressBar::new(0)),
    }
}

/// The folder of an earlier fetch.
fn cached(id: &str) -> Option<DiskFolder> {
    let cache = Cache::from_env().model(id.to_owned());
    let config = ["open_clip_config.json", "config.json"];
    let config = config.into_iter().find_map(|file| cache.get(file))?;
    DiskFolder::new(config.parent()?).ok()
}

/// What went wrong with the hub, and how to do without.
fn trouble(id: &str, error: &ApiError) -> anyhow::Error {
    let refused = match error {
        ApiError::RequestError(error) => match **error {
            ureq::Error::StatusCode(status) => Some(status),
            _ => None,
        },
        _ => None,
    };
    let what = match refused {
        Some(401 | 403 | 404) => "has no such model, or keeps it behind a login",
        _ => "can't be reached",
    };
    anyhow!(
        "{id} was not fetched: the Hugging Face hub {what} ({error}). By hand: put config.json, \
         preprocessor_config.json, tokenizer.json, tokenizer_config.json, \
         special_tokens_map.json, README.md and model.safetensors (for open_clip: \
         open_clip_config.json, tokenizer.json and open_clip_model.safetensors) into a folder, \
         then `glimpse import FOLDER`"
    )
}
