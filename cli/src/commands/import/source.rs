//! Where a checkpoint comes from.

use super::hub;
use crate::disk;
use anyhow::{Result, bail};
use glimpse_model::{checkpoint::Folder, pack::Manifest};
use std::path::Path;

/// A checkpoint's files, and what it's called.
pub struct Source {
    pub folder: Box<dyn Folder>,
    pub name: String,
}

/// Opens what lies on the disk under this name, or else asks the hub.
pub fn open(source: &str) -> Result<Source> {
    let path = Path::new(source);
    if path.exists() {
        let folder = disk::open(path)?;
        if folder.names().iter().any(|name| name == Manifest::FILE) {
            bail!("{source} is a pack already: there is nothing to import");
        }
        let name = name_of(path);
        return Ok(Source { folder, name });
    }
    if !is_hub_id(source) {
        bail!(
            "there is no folder or file {source}, and it is no model of the hub either: those \
             are written owner/name"
        );
    }
    Ok(Source {
        folder: Box::new(hub::fetch(source)?),
        name: source.to_owned(),
    })
}

/// A folder's own name, also for "." and "..", or a file's without its extension.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = match whole.is_dir() {
        true => whole.file_name(),
        false => whole.file_stem(),
    };
    name.map_or_else(
        || "checkpoint".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// `owner/name`, in the characters that the hub allows.
fn is_hub_id(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(['.', '-'])
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    text.split_once('/')
        .is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_ids_are_told_from_paths() {
        for id in [
            "openai/clip-vit-base-patch32",
            "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        ] {
            assert!(is_hub_id(id), "{id}");
        }
        for path in [
            "clip",
            "./clip",
            "../clip",
            "/tmp/clip",
            "a/b/c",
            "a/",
            "my models/clip",
        ] {
            assert!(!is_hub_id(path), "{path}");
        }
    }
}
