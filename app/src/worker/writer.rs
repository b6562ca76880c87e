//! Writing files in the browser's storage, which only workers can do in place.

use super::thrown;
use crate::storage::opfs;
use js_sys::Reflect;
use std::io::{self, Write};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle as Access,
};

/// A file being written; no other tab can touch it meanwhile.
pub struct Writer {
    access: Access,
    /// The file's length, where the next write goes.
    end: u64,
}

impl Writer {
    /// Opens a file of a folder, to go on at its end. Refused where the browser keeps files but can't
    /// write them in place, as older ones and WebKitGTK do: a call of what isn't there would end the
    /// worker.
    pub async fn open(folder: &FileSystemDirectoryHandle, name: &str) -> Result<Self, JsValue> {
        let handle = opfs::file_handle(folder, name, true).await?;
        let method = Reflect::get(&handle, &"createSyncAccessHandle".into())?;
        if !method.is_function() {
            let why = "this browser can\u{2019}t write to its storage piece by piece";
            return Err(js_sys::Error::new(why).into());
        }
        let access = JsFuture::from(handle.create_sync_access_handle()).await?;
        let mut file = Self {
            access: access.unchecked_into(),
            end: 0,
        };
        file.end = file.access.get_size()? as u64;
        Ok(file)
    }

    /// The file's length in bytes.
    pub fn length(&self) -> u64 {
        self.end
    }

    /// Empties the file, to be written anew.
    pub fn clear(&mut self) -> io::Result<()> {
        self.end = 0;
        let cleared = self.access.truncate_with_f64(0.0);
        cleared.map_err(|error| io_error(&error))
    }

    /// Reads the whole file.
    #[cfg(feature = "import")]
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.end).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(length);
        reserved.map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.resize(length, 0);
        let read = self
            .access
            .read_with_u8_array_and_options(&mut bytes, &at(0))
            .map_err(|error| io_error(&error))?;
        if read as usize == length {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Hands everything to the disk; without it, the browser would do so some time later.
    pub fn close(self) -> io::Result<()> {
        self.access.flush().map_err(|error| io_error(&error))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self
            .access
            .write_with_u8_array_and_options(bytes, &at(self.end))
            .map_err(|error| io_error(&error))? as usize;
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

impl Drop for Writer {
    fn drop(&mut self) {
        self.access.close();
    }
}

fn at(position: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(position as f64);
    options
}

/// The browser's exception as an [`io::Error`] of the kind that fits.
pub fn io_error(error: &JsValue) -> io::Error {
    let name = Reflect::get(error, &"name".into());
    let kind = match name.ok().and_then(|name| name.as_string()).as_deref() {
        Some("QuotaExceededError") => io::ErrorKind::StorageFull,
        Some("NotFoundError") => io::ErrorKind::NotFound,
        Some("NoModificationAllowedError") => io::ErrorKind::ResourceBusy,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, thrown(error))
}
