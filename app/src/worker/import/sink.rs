//! The folder of the browser's storage that an imported pack is written to.

use super::{
    super::writer::{Writer, io_error},
    ImportError, failed,
};
use crate::storage::opfs;
use glimpse_model::{checkpoint::PackSink, pack::Manifest};
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};
use web_sys::FileSystemDirectoryHandle;

/// Bytes written at once: asking the browser takes its time.
const CHUNK_SIZE: usize = 1 << 20;

/// A pack that is being written. Its large files are opened beforehand, since opening one takes a
/// turn of the event loop; the others are held back in memory, and the manifest comes last.
pub struct Sink {
    folder: FileSystemDirectoryHandle,
    large: BTreeMap<String, Writer>,
    small: BTreeMap<String, Vec<u8>>,
}

impl Sink {
    /// Makes the folder and opens its `large` files.
    pub async fn open(folder: &str, large: &[&str]) -> Result<Self, ImportError> {
        let folder = opfs::pack(folder, true)
            .await
            .map_err(|error| ImportError::Storage(io_error(&error)))?;
        let mut sink = Self {
            folder,
            large: BTreeMap::new(),
            small: BTreeMap::new(),
        };
        for &name in large {
            let file = sink.file(name).await?;
            sink.large.insert(name.to_owned(), file);
        }
        Ok(sink)
    }

    /// Opens a file to be written from its beginning.
    pub async fn file(&self, name: &str) -> Result<Writer, ImportError> {
        // Some browsers have such storage, and yet no way to write to it in place.
        let file = Writer::open(&self.folder, name).await;
        let mut file = file.map_err(|error| ImportError::Storage(io_error(&error)))?;
        file.clear().map_err(|source| failed(name, source))?;
        Ok(file)
    }

    /// Closes the large files and writes what was held back.
    pub async fn finish(mut self) -> Result<(), ImportError> {
        for (name, file) in std::mem::take(&mut self.large) {
            file.close().map_err(|source| failed(&name, source))?;
        }
        let manifest = self.small.remove_entry(Manifest::FILE);
        for (name, bytes) in std::mem::take(&mut self.small).into_iter().chain(manifest) {
            self.write(&name, &bytes).await?;
        }
        Ok(())
    }

    /// Writes a whole file, in place of one that is there.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ImportError> {
        let mut file = self.file(name).await?;
        let written = file.write_all(bytes).and_then(|()| file.close());
        written.map_err(|source| failed(name, source))
    }
}

impl PackSink for Sink {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        if let Some(file) = self.large.get_mut(name) {
            file.clear()?;
            return Ok(Box::new(BufWriter::with_capacity(CHUNK_SIZE, file)));
        }
        let bytes = self.small.entry(name.to_owned()).or_default();
        bytes.clear();
        Ok(Box::new(bytes))
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        if let Some(file) = self.large.get(name) {
            return file.read();
        }
        let bytes = self.small.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes.clone())
    }
}
