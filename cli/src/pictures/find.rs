//! Picture files among what was named at the command line.

use super::Picture;
use crate::failure::say;
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// What picture files in folders end with. HEIC, AVIF, JPEG XL and TIFF are among them, though they
/// can't be opened: whoever keeps photos in them should hear so.
const EXTENSIONS: [&str; 12] = [
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "heic", "heif", "avif", "jxl", "tif", "tiff",
];

/// Whether a file's name ends as a picture's does.
pub fn is_picture(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

/// Files as they are named, whatever they end with, and the pictures in folders and the folders
/// in them. What is named twice comes twice, and is mentioned.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    for path in paths {
        if path.is_dir() {
            pictures.extend(find_in(path)?);
        } else {
            pictures.push(Picture::file(path.clone()));
        }
    }
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    for Picture { name, .. } in &pictures {
        if !seen.insert(name) && told.insert(name) {
            say(&format!("note: {name} is named more than once"));
        }
    }
    Ok(pictures)
}

/// The pictures in a folder and the folders in it, by their paths; hidden ones are passed over.
pub fn find_in(folder: &Path) -> Result<Vec<Picture>> {
    let visible = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let mut pictures = Vec::new();
    for entry in walk.into_iter().filter_entry(visible) {
        let entry = entry.with_context(|| format!("{} can't be read", folder.display()))?;
        if entry.file_type().is_file() && is_picture(entry.path()) {
            pictures.push(Picture::file(entry.into_path()));
        }
    }
    if pictures.is_empty() {
        bail!(
            "{} holds no picture (no file that ends in .{})",
            folder.display(),
            EXTENSIONS.join(", .")
        );
    }
    Ok(pictures)
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
        assert_eq!(find(&paths).unwrap().len(), 2);
    }
}
