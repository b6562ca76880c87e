//! The list of the packs that are served, so that the page can offer them.

use anyhow::{Context, Result};
use std::fs;
use std::io;
use std::path::Path;

/// The list's name, beside the packs' folders.
const LIST: &str = "index.json";

/// What makes a folder a pack.
const MANIFEST: &str = "manifest.json";

/// Writes the names of a folder's packs into it; a folder that isn't there needs no list.
pub fn list(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let list = folder.join(LIST);
    let json = serde_json::to_string(&names(folder)?)?;
    fs::write(&list, json).with_context(|| format!("couldn't write {}", list.display()))
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join(MANIFEST).is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_with_a_manifest_are_packs() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("glimpse-packs-{}", std::process::id()));
        for name in ["small", "default", "unfinished"] {
            fs::create_dir_all(folder.join(name))?;
        }
        for name in ["small", "default"] {
            fs::write(folder.join(name).join(MANIFEST), "{}")?;
        }
        list(&folder)?;
        let found = fs::read_to_string(folder.join(LIST))?;
        // A second list doesn't list the first.
        list(&folder)?;
        let again = fs::read_to_string(folder.join(LIST))?;
        fs::remove_dir_all(&folder)?;
        assert_eq!(found, r#"["default","small"]"#);
        assert_eq!(again, found);
        Ok(())
    }

    #[test]
    fn no_folder_needs_no_list() -> Result<()> {
        list(Path::new("no/such/folder"))
    }
}
