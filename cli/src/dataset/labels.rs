//! Labelled pictures: a folder of class folders, or a tar file whose JSON has a `label` or `names`.

use super::{Found, Labelled, webdataset};
use crate::{
    failure::Failed,
    pictures::{Picture, find_in},
};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Finds the labels and the pictures that have them.
pub fn labelled(path: &Path) -> Result<Found<Labelled>> {
    let (pairs, failed) = if path.is_dir() {
        (class_folders(path)?, vec![])
    } else {
        tar_file(path)?
    };
    let mut labels: Vec<String> = pairs.iter().map(|(_, label)| label.clone()).collect();
    labels.sort();
    labels.dedup();
    if labels.len() < 2 {
        bail!(
            "{} has {} labels; at least two are needed to choose from",
            path.display(),
            labels.len()
        );
    }
    let pictures = pairs
        .into_iter()
        .filter_map(|(picture, label)| Some((picture, labels.binary_search(&label).ok()?)))
        .collect();
    Ok(Found {
        data: Labelled { labels, pictures },
        failed,
    })
}

/// `golden_retriever/1.jpg` is a picture of a "golden retriever".
fn class_folders(path: &Path) -> Result<Vec<(Picture, String)>> {
    let mut pairs = Vec::new();
    for picture in find_in(path)? {
        let class = Path::new(&picture.name)
            .strip_prefix(path)
            .ok()
            .filter(|inside| inside.components().count() > 1)
            .and_then(|inside| inside.components().next());
        // Pictures beside the class folders have no class.
        if let Some(class) = class {
            let label = class.as_os_str().to_string_lossy().replace('_', " ");
            pairs.push((picture, label));
        }
    }
    if pairs.is_empty() {
        bail!(
            "{} holds no folders with pictures in them: each class has a folder of its own, \
             named by its label",
            path.display()
        );
    }
    Ok(pairs)
}

type Pairs = Vec<(Picture, String)>;

fn tar_file(path: &Path) -> Result<(Pairs, Vec<Failed>)> {
    let mut pairs = Vec::new();
    let mut failed = Vec::new();
    for sample in webdataset::read(path)?.into_values() {
        let label = sample.label();
        let Some(picture) = sample.picture else {
            continue;
        };
        match label {
            Some(label) => pairs.push((picture, label)),
            None => failed.push(Failed {
                file: picture.name,
                error: "there is no JSON with a \"label\" or \"names\" beside it".to_owned(),
            }),
        }
    }
    let first = failed.first().map(|failed| failed.file.clone());
    if pairs.is_empty() {
        return Err(anyhow::anyhow!(
            "no picture of {} has a JSON with a \"label\" or \"names\" beside it, {} for one",
            path.display(),
            first.unwrap_or_default()
        ))
        .context("nothing can be evaluated");
    }
    Ok((pairs, failed))
}
