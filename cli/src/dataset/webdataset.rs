//! WebDataset tar files: `name.jpg` beside `name.json` or `name.txt`.

use super::samples::Samples;
use crate::{
    disk,
    failure::Failed,
    pictures::{Picture, is_picture},
};
use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::{Component, Path},
};
use tar::{Entry, EntryType};

/// The pictures of an archive, and what of it can't be used.
pub struct Archive {
    pub samples: Samples,
    pub failed: Vec<Failed>,
}

/// Reads what stands beside the pictures; of the pictures only where they lie. What can't be used
/// is left out, and so is whatever comes after a damaged place.
pub fn read(path: &Path) -> Result<Archive> {
    let unreadable = || format!("{} is not a tar file that can be read", path.display());
    let file =
        disk::open_file(path).with_context(|| format!("{} can't be read", path.display()))?;
    let length = file.metadata().with_context(unreadable)?.len();
    let mut archive = Archive {
        samples: Samples::new(),
        failed: Vec::new(),
    };
    let mut tar = tar::Archive::new(file);
    // Several archives, one behind the other, are read as one.
    tar.set_ignore_zeros(true);
    let mut ended = 0;
    let mut is_first = true;
    for entry in tar.entries_with_seek().with_context(unreadable)? {
        let taken = entry.and_then(|mut entry| {
            ended = entry.raw_file_position() + entry.size();
            archive.take(path, &mut entry)
        });
        if let Err(error) = taken {
            if is_first {
                return Err(error).with_context(unreadable);
            }
            archive.fail(path, format!("the rest of it can't be read: {error}"));
            ended = 0;
            break;
        }
        is_first = false;
    }
    if ended > length {
        archive.fail(
            path,
            "it is cut short, so some of it may be missing".to_owned(),
        );
    }
    archive.samples.retain(|_, sample| sample.picture.is_some());
    if archive.samples.is_empty() {
        bail!("{} holds no picture", path.display());
    }
    Ok(archive)
}

impl Archive {
    fn fail(&mut self, file: &Path, error: String) {
        let file = file.display().to_string();
        self.failed.push(Failed { file, error });
    }

    fn take(&mut self, path: &Path, entry: &mut Entry<'_, File>) -> io::Result<()> {
        let name = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory || is_hidden(&name) {
            return Ok(());
        }
        let Some(extension) = name.extension() else {
            return Ok(());
        };
        let is = |wanted: &str| extension.eq_ignore_ascii_case(wanted);
        let (picture, json, text) = (is_picture(&name), is("json"), is("txt"));
        if !(picture || json || text) {
            return Ok(());
        }
        if !kind.is_file() {
            self.fail(
                &name,
                "this is a link or the like in the archive".to_owned(),
            );
            return Ok(());
        }
        let key = name.with_extension("").into_os_string();
        let sample = self.samples.entry(key).or_default();
        if picture {
            let (start, length) = (entry.raw_file_position(), entry.size());
            let shown = name.to_string_lossy().into_owned();
            let picture = Picture::part(shown, path.to_owned(), start, length);
            if sample.picture.is_some() {
                let reason = "another picture of the archive has this name or differs in the \
                              extension only";
                self.fail(&name, reason.to_owned());
            } else {
                sample.picture = Some(picture);
            }
            return Ok(());
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        match json {
            true => sample.take_json(&bytes),
            false => sample.take_text(bytes),
        }
        Ok(())
    }
}

/// As in folders, such files are passed over: `._a.jpg` is no picture.
fn is_hidden(name: &Path) -> bool {
    let hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    name.components()
        .any(|part| matches!(part, Component::Normal(name) if hidden(name)))
}
