//! CLIP_benchmark's folders: shards with a list of classes and sentences around them.

use super::{
    Part,
    facts::split_lines,
    limits::{LIST, SHARDS, TEXT, at_most, read_text},
    webdataset::{self, First},
};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The number of shards of a split.
pub const SHARD_COUNT: &str = "nshards.txt";
/// The classes' names, one a line, in the order of their numbers.
const CLASSES: &str = "classnames.txt";
/// Sentences around a class, one a line, with `{c}` in its place.
const TEMPLATES: &str = "zeroshot_classification_templates.txt";
/// `classification`, `multilabel` or `retrieval`.
const KIND: &str = "dataset_type.txt";

/// Whether a folder has files beside its splits that only this layout has.
pub fn is_marked(folder: &Path) -> bool {
    [CLASSES, TEMPLATES, KIND]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The shards that a split's folder counts: `0.tar` and so on.
///
/// # Errors
/// If `nshards.txt` holds no number, or one beyond all measure.
pub fn counted(split: &Path) -> Result<Vec<PathBuf>> {
    let file = split.join(SHARD_COUNT);
    let text = read_text(&file, TEXT)?;
    let count: u64 = text
        .trim()
        .parse()
        .ok()
        .with_context(|| format!("{} holds no number of shards", file.display()))?;
    at_most(format!("the number in {}", file.display()), count, SHARDS)?;
    if count == 0 {
        bail!("{} says that there are no shards", file.display());
    }
    Ok((0..count)
        .map(|number| split.join(format!("{number}.tar")))
        .collect())
}

/// Reads shards with the lists that lie beside them, or beside the folder that they lie in.
pub fn read(shards: &[PathBuf]) -> Result<Part> {
    let folder = shards.first().and_then(|shard| shard.parent());
    let folder = folder.unwrap_or(Path::new(""));
    // "test" has no parent of its own: it's beside where the command runs.
    let above = match folder.parent() {
        Some(above) if folder != Path::new(".") => above.to_owned(),
        _ => PathBuf::from(".."),
    };
    let list = |name: &str| {
        let mut places = [folder.join(name), above.join(name)].into_iter();
        places.find(|file| file.is_file())
    };
    let kind = match list(KIND) {
        Some(file) => read_text(&file, TEXT)?.trim().to_lowercase(),
        None => String::new(),
    };
    let first = match kind.as_str() {
        "retrieval" => First::Text,
        _ => First::Json,
    };
    let lines = |name: &str| -> Result<Option<Vec<String>>> {
        let Some(file) = list(name) else {
            return Ok(None);
        };
        let text = read_text(&file, LIST)?;
        Ok(Some(split_lines(&text).map(str::to_owned).collect()))
    };
    let mut part = webdataset::read_all(shards, first)?;
    part.names = lines(CLASSES)?;
    let templates = lines(TEMPLATES)?.unwrap_or_default();
    part.templates = templates
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect();
    Ok(part)
}
