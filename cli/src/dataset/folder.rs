//! Pictures in folders: with files beside them, in a folder for each class, or with Hugging Face's
//! metadata.

use super::{
    Part, Sample,
    facts::{Class, Facts, Truth},
    limits::{TEXT, inside, read},
    lists::{self, PlacedRows},
    parquet,
    split::{Split, Wanted},
    webdataset::{Beside, First, Member},
};
use crate::{
    failure::Failed,
    pictures::{Found, Picture, walk},
};
use anyhow::{Context, Result, bail};
use glimpse_model::pixels::PictureFormat;
use serde_json::{Map, Value};
use std::{
    collections::{HashMap, HashSet},
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// Hugging Face's lists of what is known of the pictures in a folder.
pub const METADATA: [&str; 3] = ["metadata.jsonl", "metadata.csv", "metadata.parquet"];

/// Pictures in a folder and the folders in it. Each has what stands in the files beside it; where
/// those name no class, the folder in which it lies is its class.
pub fn read_pictures(folder: &Path) -> Result<Part> {
    let found = walk(folder, |path| Member::of(path).is_some());
    let found = found.with_context(|| folder.display().to_string())?;
    let mut part = Part::default();
    let mut pictures = Vec::new();
    let mut beside: HashMap<OsString, Vec<(Member, PathBuf)>> = HashMap::new();
    for found in found {
        match found {
            Found::Lost(path, reason) => part.fail(path.display(), reason),
            Found::File(path) => match Member::of(&path) {
                Some(Member::Picture) | None => pictures.push(path),
                Some(member) => {
                    let stem = path.with_extension("").into_os_string();
                    beside.entry(stem).or_default().push((member, path));
                }
            },
        }
    }
    if pictures.is_empty() && part.failed.is_empty() {
        bail!(
            "{}: this folder holds no picture ({}), and nothing else that a data set is read from",
            folder.display(),
            PictureFormat::names()
        );
    }
    let mut used = HashSet::new();
    for path in pictures {
        let mut own = Beside::default();
        for (member, file) in files_beside(&path, &beside) {
            own.take(*member, read(file, TEXT));
            used.insert(file.as_path());
        }
        let mut facts = own.facts(First::Json);
        let mut no_label = None;
        if facts.truth.is_none() {
            match class_folder(folder, &path) {
                Ok(class) => facts.truth = Some(Truth::One(Class::Name(class))),
                Err(reason) => no_label = Some(reason),
            }
        }
        part.samples.push(Sample {
            picture: Picture::file(path),
            facts,
            no_label,
        });
    }
    part.failed.extend(left_over(&beside, &used));
    Ok(part)
}

/// Files that belong to no picture, though others of their kind in the same folder do.
fn left_over(
    beside: &HashMap<OsString, Vec<(Member, PathBuf)>>,
    used: &HashSet<&Path>,
) -> Vec<Failed> {
    let all = || beside.values().flatten();
    let kinds: HashSet<(Option<&Path>, Member)> = all()
        .filter(|(_, file)| used.contains(file.as_path()))
        .map(|(member, file)| (file.parent(), *member))
        .collect();
    let is_about_all = |file: &Path| {
        let name = lists::name_of(file).to_ascii_lowercase();
        ["readme", "license", "licence"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let lost = all().filter(|(member, file)| {
        let is_kind = kinds.contains(&(file.parent(), *member));
        is_kind && !used.contains(file.as_path()) && !is_about_all(file)
    });
    let mut lost: Vec<&Path> = lost.map(|(_, file)| file.as_path()).collect();
    lost.sort();
    let failed = lost.into_iter().map(|file| Failed {
        file: file.display().to_string(),
        error: "there is no picture beside it".to_owned(),
    });
    failed.collect()
}

/// The files of a picture's name, or else those of its name up to the first dot.
fn files_beside<'a>(
    picture: &Path,
    beside: &'a HashMap<OsString, Vec<(Member, PathBuf)>>,
) -> impl Iterator<Item = &'a (Member, PathBuf)> {
    let whole = beside.get(picture.with_extension("").as_os_str());
    let files = whole.or_else(|| {
        let name = picture.file_name()?.to_str()?;
        let (key, _) = name.split_once('.')?;
        beside.get(picture.with_file_name(key).as_os_str())
    });
    files.into_iter().flatten()
}

/// `golden_retriever/1.jpg` is a picture of a "golden retriever".
fn class_folder(folder: &Path, picture: &Path) -> Result<String, &'static str> {
    let inside = picture.strip_prefix(folder).ok();
    let inside = inside.filter(|inside| inside.components().count() > 1);
    let class = inside.and_then(|inside| inside.components().next());
    let class = class.ok_or("it lies beside the class folders, so its label isn't known")?;
    let class = class.as_os_str().to_str();
    let class = class.ok_or("its folder's name is no label: it isn't UTF-8")?;
    Ok(class.replace('_', " "))
}

/// The metadata files in a folder and the folders in it.
pub fn metadata_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_metadata = |path: &Path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        METADATA.contains(&name)
    };
    let found = walk(folder, is_metadata);
    let found = found.with_context(|| folder.display().to_string())?;
    let files = found.into_iter().filter_map(|found| match found {
        Found::File(path) if is_metadata(&path) => Some(path),
        _ => None,
    });
    Ok(files.collect())
}

/// Reads the pictures that metadata files name; those that they don't name are none of the data set.
/// Each file names what lies in its own folder, of which the root is `root`.
pub fn read_metadata(files: &[PathBuf], root: &Path, wanted: &Wanted<'_>) -> Result<Part> {
    let ending = |file: &PathBuf| file.extension().map(OsStr::to_owned);
    if let Some(other) = files.iter().find(|file| ending(file) != ending(&files[0])) {
        bail!(
            "{} and {} are of different kinds, so it isn't clear which one counts",
            files[0].display(),
            other.display()
        );
    }
    let mut part = Part::default();
    let mut rows = Vec::new();
    for file in files {
        let folder = file.parent().unwrap_or(Path::new(""));
        for row in metadata_rows(file)? {
            match row.and_then(|(place, row)| named(&place, &row).map(|path| (path, row))) {
                Ok((path, row)) => {
                    let path = folder.join(inside(&path, file.display())?);
                    rows.push((split_of(&path, root), path, row));
                }
                Err(failed) => part.failed.push(failed),
            }
        }
    }
    let splits: Option<Vec<String>> = rows.iter().map(|(split, ..)| split.clone()).collect();
    if let Some(splits) = splits {
        let chosen = wanted.choose(&splits, &root.display().to_string())?;
        rows.retain(|(split, ..)| split.as_ref().is_some_and(|split| chosen.contains(split)));
    } else if let Some(split) = wanted.split {
        bail!(
            "{} has no split {split:?}: its pictures lie in no folders of splits",
            root.display()
        );
    }
    for (_, path, row) in rows {
        part.samples.push(Sample {
            picture: Picture::file(path),
            facts: Facts::of(&row),
            no_label: None,
        });
    }
    Ok(part)
}

/// The first of the folders that a picture lies in, if it is a split's.
fn split_of(path: &Path, root: &Path) -> Option<String> {
    let mut folders = path.strip_prefix(root).ok()?.parent()?.components();
    folders.find_map(|folder| {
        let name = folder.as_os_str().to_str()?;
        Split::is_name(name).then(|| name.to_owned())
    })
}

fn metadata_rows(file: &Path) -> Result<PlacedRows> {
    match file.extension().and_then(OsStr::to_str) {
        Some("jsonl") => lists::json_lines(file),
        Some("csv") => lists::comma_rows(file),
        _ => {
            let rows = parquet::table(file)?.into_iter().enumerate();
            let placed = rows.map(|(row, object)| {
                object.map(|object| (format!("{}, row {}", file.display(), row + 1), object))
            });
            Ok(placed.collect())
        }
    }
}

/// The file that a row of metadata names.
fn named(place: &str, row: &Map<String, Value>) -> Result<String, Failed> {
    let key = row.keys().find(|key| *key == "file_name");
    let key = key.or_else(|| row.keys().find(|key| key.ends_with("_file_name")));
    let name = key
        .and_then(|key| row[key].as_str())
        .filter(|name| !name.trim().is_empty());
    name.map(str::to_owned).ok_or_else(|| {
        let lists = row.keys().any(|key| key.ends_with("file_names"));
        Failed {
            file: place.to_owned(),
            error: match lists {
                true => "it names several pictures, and one a row is read",
                false => "it names no picture: there is no \"file_name\"",
            }
            .to_owned(),
        }
    })
}
