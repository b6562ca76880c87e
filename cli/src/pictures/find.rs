//! Picture files among what was named at the command line.

use super::Picture;
use crate::failure::{one_line, say};
use anyhow::{Context, Result, bail};
use glimpse_model::pixels::PictureFormat;
use std::{
    collections::BTreeSet,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// Whether a file's name ends as those of pictures that can be opened do.
pub fn is_picture(path: &Path) -> bool {
    // The rest of a name need not be Unicode.
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        PictureFormat::is_ending_of(&PictureFormat::OPENED, &format!(".{ending}"))
    })
}

/// Files as they are named, whatever they end with, and the pictures in folders and the folders
/// in them. What is named twice comes twice, and is mentioned. What can't be read is among them,
/// as a picture that fails.
pub fn find(paths: &[PathBuf]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for path in paths {
        if path.is_dir() {
            match find_in(path) {
                Ok(found) => pictures.extend(found),
                Err(error) => pictures.push(Picture::lost(path.clone(), one_line(&error))),
            }
        } else {
            pictures.push(Picture::file(path.clone()));
        }
    }
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    for picture in &pictures {
        let path = picture.path();
        if !seen.insert(path) && told.insert(path) {
            say(&format!("note: {} is named more than once", picture.name));
        }
    }
    pictures
}

/// The pictures in a folder and the folders in it, by their paths; hidden ones are passed over.
/// Links that lead nowhere, folders that can't be read and the like are among them, as pictures
/// that fail.
///
/// # Errors
/// If the folder itself can't be read, or holds none.
pub fn find_in(folder: &Path) -> Result<Vec<Picture>> {
    let found = walk(folder, is_picture)?.into_iter().map(Found::picture);
    let pictures: Vec<Picture> = found.collect();
    if pictures.is_empty() {
        bail!("this folder holds no picture ({})", PictureFormat::names());
    }
    Ok(pictures)
}

/// What lies in a folder.
pub enum Found {
    /// A file.
    File(PathBuf),
    /// What can't be looked at, and why.
    Lost(PathBuf, String),
}

impl Found {
    /// It as a picture, which fails if it is lost.
    pub fn picture(self) -> Picture {
        match self {
            Self::File(path) => Picture::file(path),
            Self::Lost(path, reason) => Picture::lost(path, reason),
        }
    }
}

/// The wanted files in a folder and the folders in it, by their paths; hidden ones are passed over.
///
/// # Errors
/// If the folder itself can't be read.
pub fn walk(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<Found>> {
    let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.path());
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let mut all = Vec::new();
    for entry in walk.into_iter().filter_entry(visible) {
        let found = match entry {
            // Not even the folder itself.
            Err(error) if error.depth() == 0 => {
                return Err(error).context("this folder can't be read");
            }
            Err(error) => lost(folder, &error),
            Ok(entry) if entry.file_type().is_dir() || !is_wanted(entry.path()) => None,
            Ok(entry) if entry.file_type().is_file() => Some(Found::File(entry.into_path())),
            Ok(entry) => {
                let reason = "this is a pipe, a socket or a device and no file";
                Some(Found::Lost(entry.into_path(), reason.to_owned()))
            }
        };
        all.extend(found);
    }
    Ok(all)
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

/// What could not be looked at, unless it's hidden.
fn lost(folder: &Path, error: &walkdir::Error) -> Option<Found> {
    let path = error.path().unwrap_or(folder);
    if is_hidden(path) && path != folder {
        return None;
    }
    let kind = error.io_error().map(io::Error::kind);
    let reason = match kind {
        _ if error.loop_ancestor().is_some() => "this link leads to a folder that it lies in",
        Some(ErrorKind::NotFound) if path.is_symlink() => "this link leads nowhere",
        Some(ErrorKind::NotFound) => "this is gone since the folder was listed",
        _ if path.is_symlink() => "this link can't be followed",
        _ => "this can't be read",
    };
    let cause = error.io_error().filter(|_| reason.contains("can't"));
    let reason = match cause {
        Some(cause) => format!("{reason}: {cause}"),
        None => reason.to_owned(),
    };
    Some(Found::Lost(path.to_owned(), reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_searched_and_other_files_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/.thumbnails")).unwrap();
        for file in [
            "z.JPG",
            "b/a.png",
            "film.mp4",
            "notes.txt",
            ".hidden.jpg",
            "b/.thumbnails/a.png",
        ] {
            fs::write(root.join(file), b"").unwrap();
        }
        let found: Vec<_> = find_in(root)
            .unwrap()
            .into_iter()
            .map(|picture| picture.name)
            .collect();
        let expected = ["b/a.png", "z.JPG"].map(|file| root.join(file).display().to_string());
        assert_eq!(found, expected);
        let error = find_in(&root.join("b/.thumbnails/none")).unwrap_err();
        assert!(error.to_string().contains("can't be read"));
    }

    #[test]
    fn named_files_are_taken_as_they_are() {
        let paths = ["missing.dat", "missing.dat"].map(PathBuf::from);
        assert_eq!(find(&paths).len(), 2);
    }
}
