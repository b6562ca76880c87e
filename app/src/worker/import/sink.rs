//! Where a pack is written: a folder of the browser's storage.

use super::{ImportError, failed, system, thrown};
use crate::kept;
use glimpse_model::{checkpoint::PackSink, pack::Manifest};
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle as Access,
};

/// Bytes written at once: asking the browser takes its time.
const PIECE: usize = 1 << 20;

/// A pack that is being written. The files that are large are opened beforehand, since opening one
/// takes a turn of the event loop; the others are held back, and the manifest comes last.
pub struct Sink {
    folder: FileSystemDirectoryHandle,
    large: BTreeMap<String, Open>,
    small: BTreeMap<String, Vec<u8>>,
}

impl Sink {
    /// Makes the folder and opens its `large` files.
    pub async fn open(folder: &str, large: &[&str]) -> Result<Self, ImportError> {
        let folder = kept::pack(folder, true)
            .await
            .map_err(|error| ImportError::Storage(thrown(&error)))?;
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
    pub async fn file(&self, name: &str) -> Result<Open, ImportError> {
        let open = async {
            let handle = kept::file_handle(&self.folder, name, true).await?;
            JsFuture::from(handle.create_sync_access_handle()).await
        };
        let failed = |source| failed(name, source);
        let access = open.await.map_err(|error| failed(system(&error)))?;
        let mut file = Open {
            access: access.unchecked_into(),
            end: 0,
        };
        file.clear().map_err(failed)?;
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

    /// Writes a whole file.
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
            return Ok(Box::new(BufWriter::with_capacity(PIECE, file)));
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

/// A file being written; no other tab can touch it meanwhile.
pub struct Open {
    access: Access,
    end: u64,
}

impl Open {
    fn clear(&mut self) -> io::Result<()> {
        self.end = 0;
        let cleared = self.access.truncate_with_f64(0.0);
        cleared.map_err(|error| system(&error))
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.end).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; length];
        let read = self
            .access
            .read_with_u8_array_and_options(&mut bytes, &at(0))
            .map_err(|error| system(&error))?;
        if read as usize == length {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Hands everything to the disk; without it, the browser would do so some time later.
    pub fn close(self) -> io::Result<()> {
        self.access.flush().map_err(|error| system(&error))
    }
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self
            .access
            .write_with_u8_array_and_options(bytes, &at(self.end))
            .map_err(|error| system(&error))? as usize;
        // Without room, Chromium writes nothing or gives an error's negative number.
        if written > bytes.len() || (written == 0 && !bytes.is_empty()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.end += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.access.close();
    }
}

fn at(position: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(position as f64);
    options
}
