//! Pictures on the disk: found, read and decoded.

mod decode;
mod find;
mod rows;

pub use decode::decode;
pub use find::{Found, find, find_in, is_picture, walk};
pub use rows::Rows;

use crate::{disk, failure::Failed};
use anyhow::{Context, Result, bail};
use glimpse_model::limits::LimitError;
use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Bytes of an encoded picture.
const MOST: u64 = 1 << 30;

/// A picture file that has not been read yet.
#[derive(Clone)]
pub struct Picture {
    /// What it's called in answers: its path as it was given, or its name in an archive.
    pub name: String,
    place: Place,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Part {
        archive: Arc<Path>,
        start: u64,
        length: u64,
    },
    Row {
        rows: Arc<Rows>,
        row: u64,
        /// The file that the row names, which is read where it holds no bytes.
        file: Option<PathBuf>,
    },
    /// Found, and known to be unreadable.
    Lost {
        path: PathBuf,
        reason: String,
    },
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Picture").field(&self.name).finish()
    }
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
    pub fn part(name: String, archive: Arc<Path>, start: u64, length: u64) -> Self {
        Self {
            name,
            place: Place::Part {
                archive,
                start,
                length,
            },
        }
    }

    /// A row of a Parquet file, or the file that the row names if it holds no bytes itself.
    pub fn row(name: String, rows: Arc<Rows>, row: u64, file: Option<PathBuf>) -> Self {
        Self {
            name,
            place: Place::Row { rows, row, file },
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
            Place::Part { .. } | Place::Row { .. } => None,
        }
    }

    /// Where it lies in a file that it shares with others: those are best read in this order.
    pub fn position(&self) -> Option<(&Path, u64)> {
        match &self.place {
            Place::File(_) | Place::Lost { .. } => None,
            Place::Part { archive, start, .. } => Some((archive, *start)),
            Place::Row { rows, row, .. } => Some((rows.file(), *row)),
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
            Place::File(path) => read_file(path),
            Place::Part {
                archive,
                start,
                length,
            } => read_part(archive, *start, *length),
            Place::Row { rows, row, file } => match (rows.read(*row)?, file) {
                (Some(bytes), _) => Ok(bytes),
                (None, Some(file)) => read_file(file),
                (None, None) => bail!("its row holds no picture"),
            },
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

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_at_most(disk::open_file(path)?)
}

/// The rest of a file, unless it is longer than any picture.
fn read_at_most(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST {
        true => Err(too_long(MOST + 1)),
        false => Ok(bytes),
    }
}

fn too_long(length: u64) -> io::Error {
    let (found, most) = (
        format!("{length} bytes or more"),
        format!("at most {MOST} bytes"),
    );
    io::Error::other(LimitError::new("its length", found, most))
}

fn read_part(archive: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    if length > MOST {
        return Err(too_long(length));
    }
    let mut file: File = disk::open_file(archive)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::Error::other("the archive ends in the middle of it"));
    }
    Ok(bytes)
}
