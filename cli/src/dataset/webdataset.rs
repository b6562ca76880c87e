//! WebDataset tar files: `name.jpg` beside `name.json` or `name.txt`.

use super::samples::Samples;
use crate::pictures::{Picture, is_picture};
use anyhow::{Context, Result, bail};
use std::{fs::File, io::Read, path::Path};

/// Reads what stands beside the pictures; of the pictures only where they lie.
pub fn read(path: &Path) -> Result<Samples> {
    let unreadable = || format!("{} is not a tar file that can be read", path.display());
    let mut samples = Samples::new();
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    let mut archive = tar::Archive::new(file);
    for entry in archive.entries_with_seek().with_context(unreadable)? {
        let mut entry = entry.with_context(unreadable)?;
        let name = entry
            .path()
            .with_context(unreadable)?
            .to_string_lossy()
            .into_owned();
        let Some((key, extension)) = name.rsplit_once('.') else {
            continue;
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if is_picture(Path::new(&name)) {
            let (start, length) = (entry.raw_file_position(), entry.size());
            let picture = Picture::part(name.clone(), path.to_owned(), start, length);
            samples.entry(key.to_owned()).or_default().picture = Some(picture);
        } else if extension == "json" {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).with_context(unreadable)?;
            let json = serde_json::from_slice(&bytes)
                .with_context(|| format!("{}: {name} is not JSON", path.display()))?;
            samples.entry(key.to_owned()).or_default().json = Some(json);
        } else if extension == "txt" {
            let mut text = String::new();
            entry
                .read_to_string(&mut text)
                .with_context(|| format!("{}: {name} is not text", path.display()))?;
            samples.entry(key.to_owned()).or_default().text = Some(text);
        }
    }
    samples.retain(|_, sample| sample.picture.is_some());
    if samples.is_empty() {
        bail!("{} holds no picture", path.display());
    }
    Ok(samples)
}
