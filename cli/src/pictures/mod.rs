//! Pictures on the disk: found, read and decoded.

mod decode;
mod find;

pub use decode::decode;
pub use find::{find, find_in, is_picture};

use anyhow::{Context, Result, bail};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
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

    /// Reads the picture's encoded bytes from its file or its part of an archive.
    pub fn read(&self) -> Result<Vec<u8>> {
        let bytes = match &self.place {
            Place::File(path) => {
                if path.is_dir() {
                    bail!("this is a folder");
                }
                std::fs::read(path)
            }
            Place::Part {
                archive,
                start,
                length,
            } => read_part(archive, *start, *length),
        };
        match bytes {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("there is no such file")
            }
            bytes => bytes.context("it can't be read"),
        }
    }
}

fn read_part(archive: &PathBuf, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(archive)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
