//! Folders on the disk, and ZIP files that stand for one.

use crate::replacement;
use anyhow::{Context, Result, bail};
use glimpse_model::{
    checkpoint::{Folder, ReadSeek, ZipFolder},
    pack::is_plain_file_name,
};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

/// The files that lie directly in a directory.
pub struct DiskFolder {
    path: PathBuf,
    names: Vec<String>,
}

impl DiskFolder {
    /// Lists the directory; links to files count as files.
    pub fn new(path: &Path) -> io::Result<Self> {
        let mut names = Vec::new();
        for entry in path.read_dir()? {
            let entry = entry?;
            if entry.path().is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(Self {
            path: path.to_owned(),
            names,
        })
    }
}

impl Folder for DiskFolder {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Opens only what was listed: other files name it, and they may name anything.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>> {
        if !is_plain_file_name(name) {
            let refused = format!("{name:?} is no plain name of a file in this folder");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, refused));
        }
        if !self.names.iter().any(|listed| listed == name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(BufReader::new(File::open(self.path.join(name))?)))
    }
}

/// Opens a directory, or a ZIP file as one.
pub fn open(path: &Path) -> Result<Box<dyn Folder>> {
    let unreadable = || format!("{} can't be read", path.display());
    if path.is_dir() {
        return Ok(Box::new(DiskFolder::new(path).with_context(unreadable)?));
    }
    let mut signature = [0; 2];
    let mut file = open_file(path).with_context(unreadable)?;
    // A file that is too short for it keeps zeros.
    let _ = file.read(&mut signature).with_context(unreadable)?;
    if &signature != b"PK" {
        bail!("{} is neither a folder nor a ZIP file", path.display());
    }
    let owned = path.to_owned();
    let open = move || -> io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(BufReader::new(File::open(&owned)?)))
    };
    let folder = ZipFolder::new(open)
        .with_context(|| format!("{} is not a ZIP file that can be read", path.display()))?;
    Ok(Box::new(folder))
}

/// Opens what has an end: a pipe that nobody writes to would be waited for without one. What a shell
/// has opened already, as for `<(command)`, is no such pipe.
pub fn open_file(path: &Path) -> io::Result<File> {
    let is_open = ["/dev/fd", "/dev/stdin", "/proc/self/fd"]
        .iter()
        .any(|opened| path.starts_with(opened));
    let kind = path.metadata()?;
    if kind.is_dir() {
        return Err(io::Error::other("this is a folder"));
    }
    if !kind.is_file() && !is_open {
        let message = "this is a pipe, a socket or a device and no file";
        return Err(io::Error::other(message));
    }
    File::open(path)
}

/// A file's bytes, or an error that names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = || {
        let mut bytes = Vec::new();
        open_file(path)?.read_to_end(&mut bytes)?;
        io::Result::Ok(bytes)
    };
    bytes().with_context(|| format!("{} can't be read", path.display()))
}

/// Writes beside and then puts in its place, so that what was there is never lost halfway.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_added_extension("part");
    std::fs::write(&part, bytes)
        .and_then(|()| replacement::replace_file(&part, path))
        .with_context(|| format!("{} can't be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn nothing_outside_of_a_folder_is_opened() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir_all(inner.join("deeper")).unwrap();
        for file in ["secret", "inner/plain", "inner/deeper/file"] {
            fs::write(outer.path().join(file), "text").unwrap();
        }
        let folder = DiskFolder::new(&inner).unwrap();
        assert!(folder.open("plain").is_ok());
        let absolute = outer.path().join("secret");
        for name in [
            "../secret",
            absolute.to_str().unwrap(),
            "deeper/file",
            "deeper/../../secret",
            "..\\secret",
            "C:\\secret",
            "",
            "..",
        ] {
            let error = folder.open(name).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}: {error}");
        }
        let error = folder.open("deeper").err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
