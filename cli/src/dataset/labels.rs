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
        class_folders(path)?
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
fn class_folders(path: &Path) -> Result<(Pairs, Vec<Failed>)> {
    let mut pairs = Vec::new();
    let mut failed = Vec::new();
    for picture in find_in(path).with_context(|| path.display().to_string())? {
        if let Some(known) = picture.known_failure() {
            failed.push(known);
            continue;
        }
        match class_folder(path, &picture) {
            Ok(label) => pairs.push((picture, label)),
            Err(reason) => failed.push(Failed {
                file: picture.name,
                error: reason.to_owned(),
            }),
        }
    }
    if pairs.is_empty() {
        bail!(
            "{} holds no folders with pictures in them that can be read: each class has a folder \
             of its own, named by its label",
            path.display()
        );
    }
    Ok((pairs, failed))
}

/// The label of the class folder that a picture lies in, or why there is none.
fn class_folder(path: &Path, picture: &Picture) -> Result<String, &'static str> {
    let inside = picture.path().and_then(|file| file.strip_prefix(path).ok());
    let inside = inside.filter(|inside| inside.components().count() > 1);
    let class = inside.and_then(|inside| inside.components().next());
    let class = class.ok_or("it lies beside the class folders, so its label isn't known")?;
    let class = class.as_os_str().to_str();
    let class = class.ok_or("its folder's name is no label: it isn't UTF-8")?;
    Ok(class.replace('_', " "))
}

type Pairs = Vec<(Picture, String)>;

fn tar_file(path: &Path) -> Result<(Pairs, Vec<Failed>)> {
    let webdataset::Archive {
        samples,
        mut failed,
    } = webdataset::read(path)?;
    let mut pairs = Vec::new();
    let mut unlabelled = None;
    for sample in samples.into_values() {
        let label = sample.label();
        let Some(picture) = sample.picture else {
            continue;
        };
        match label {
            Some(label) => pairs.push((picture, label)),
            None => {
                unlabelled.get_or_insert_with(|| picture.name.clone());
                let none = "there is no JSON with a \"label\" or \"names\" beside it";
                failed.push(Failed {
                    file: picture.name,
                    error: sample.trouble.unwrap_or_else(|| none.to_owned()),
                });
            }
        }
    }
    if pairs.is_empty() {
        return Err(anyhow::anyhow!(
            "no picture of {} has a JSON with a \"label\" or \"names\" beside it, {} for one",
            path.display(),
            unlabelled.unwrap_or_default()
        ))
        .context("nothing can be evaluated");
    }
    Ok((pairs, failed))
}
