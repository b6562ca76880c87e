//! Pictures on the disk: found, read and decoded.

mod decode;
mod find;

pub use decode::decode;
pub use find::{find, find_in, is_picture};

use crate::{disk, failure::Failed};
use anyhow::{Context, Result, bail};
use std::{
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A picture file that has not been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it's called in answers: its path as it was given, or its name in an archive.
    pub name: String,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Part {
        archive: PathBuf,
        start: u64,
        length: u64,
    },
    /// Found, and known to be unreadable.
    Lost {
        path: PathBuf,
        reason: String,
    },
}

impl Picture {
    /// A file of its own.
    pub fn file(path: PathBuf) -> Self {
        Self {
            name: path.to_string_lossy().into_owned(),
            place: Place::File(path),
        }
    }

    /// A part of an archive that holds it as it is.
    pub fn part(name: String, archive: PathBuf, start: u64, length: u64) -> Self {
        Self {
            name,
            place: Place::Part {
                archive,
                start,
                length,
            },
        }
    }

    /// What was found and can't be read: a picture, or a folder in which there may be some. It is
    /// counted and named like a picture whose reading fails.
    pub fn lost(path: PathBuf, reason: String) -> Self {
        Self {
            name: path.to_string_lossy().into_owned(),
            place: Place::Lost { path, reason },
        }
    }

    /// Where it lies on the disk, as it was given; `None` in an archive.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) | Place::Lost { path, .. } => Some(path),
            Place::Part { .. } => None,
        }
    }

    /// Why it can't be read, if that is known without trying.
    pub fn known_failure(&self) -> Option<Failed> {
        let Place::Lost { reason, .. } = &self.place else {
            return None;
        };
        Some(Failed {
            file: self.name.clone(),
            error: reason.clone(),
        })
    }

    /// Reads the picture's encoded bytes from its file or its part of an archive.
    pub fn read(&self) -> Result<Vec<u8>> {
        let bytes = match &self.place {
            Place::File(path) => {
                let mut bytes = Vec::new();
                disk::open_file(path).and_then(|mut file| {
                    file.read_to_end(&mut bytes)?;
                    Ok(bytes)
                })
            }
            Place::Part {
                archive,
                start,
                length,
            } => read_part(archive, *start, *length),
            Place::Lost { reason, .. } => bail!("{reason}"),
        };
        match bytes {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("there is no such file")
            }
            bytes => bytes.context("it can't be read"),
        }
    }
}

fn read_part(archive: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = disk::open_file(archive)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::Error::other("the archive ends in the middle of it"));
    }
    Ok(bytes)
}
