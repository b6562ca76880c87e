//! Cached files of served packs, in the browser's storage ([`pack_cache`]): each is read first and
//! completed by what is downloaded. A file isn't cached where the browser keeps no files, has no
//! room, or another tab is writing the same one.

use super::{
    pause, thrown,
    writer::{Writer, io_error},
};
use crate::storage::{opfs, pack_cache};
use glimpse_model::pack::{FileEntry, Manifest};
use std::io::{ErrorKind, Write};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemDirectoryHandle};

/// Milliseconds between tries to open a file that is locked: a worker that was just ended holds its
/// locks for a moment.
const LOCK_RETRY_MS: u32 = 200;

/// Tries to open a locked file.
const LOCK_TRIES: u32 = 5;

/// One file of a pack, as far as it is cached.
pub struct CachedFile {
    folder: FileSystemDirectoryHandle,
    name: String,
    /// Missing before [`CachedFile::write_from`], and once nothing more can be written.
    writer: Option<Writer>,
}

impl CachedFile {
    /// Finds the pack's folder, or makes it; `None` where the browser keeps no files.
    pub async fn open(pack: &str, entry: &FileEntry) -> Option<Self> {
        Some(Self {
            folder: pack_cache::folder(pack, true).await.ok()?,
            name: entry.sha256.clone(),
            writer: None,
        })
    }

    /// What is cached; `None` if nothing is.
    pub async fn file(&self) -> Option<File> {
        opfs::file(&self.folder, &self.name).await.ok()
    }

    /// Prepares to append from byte `end` on. Where the file has another length, nothing is
    /// written, except that `end` 0 empties it.
    pub async fn write_from(&mut self, end: u64) {
        if self.writer.is_none() {
            self.writer = open(&self.folder, &self.name).await;
        }
        let Some(writer) = &mut self.writer else {
            return;
        };
        let is_ready = match writer.length() {
            length if length == end => true,
            // What is there could not be read.
            _ if end == 0 => writer.clear().is_ok(),
            // Another tab went on with it.
            _ => false,
        };
        if !is_ready {
            self.writer = None;
        }
    }

    /// Appends bytes. Without room the file is emptied, and nothing more is written.
    pub fn append(&mut self, bytes: &[u8]) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write_all(bytes)
        {
            if error.kind() == ErrorKind::StorageFull {
                // Room for whatever else there is; a failure changes nothing.
                let _ = writer.clear();
            }
            self.writer = None;
        }
    }

    /// Empties the file, to be written anew.
    pub async fn clear(&mut self) {
        self.write_from(0).await;
    }

    /// Closes the file, which is whole, and hands it to the disk.
    pub fn close(self) {
        if let Some(writer) = self.writer {
            // The browser writes it some time later if it can't do so now.
            let _ = writer.close();
        }
    }
}

async fn open(folder: &FileSystemDirectoryHandle, name: &str) -> Option<Writer> {
    for _ in 0..LOCK_TRIES {
        match Writer::open(folder, name).await {
            Ok(writer) => return Some(writer),
            Err(error) if io_error(&error).kind() == ErrorKind::ResourceBusy => {
                pause(LOCK_RETRY_MS).await;
            }
            Err(_) => return None,
        }
    }
    None
}

/// Completes a pack that was opened, if each of its files is cached: writes its manifest, and
/// deletes the files of the version before.
pub async fn commit(pack: &str, json: &[u8], manifest: &Manifest) {
    if let Err(error) = try_commit(pack, json, manifest).await {
        // The pack works all the same, as long as there is a network.
        web_sys::console::info_1(&format!("{pack} is not cached: {}", thrown(&error)).into());
    }
}

async fn try_commit(pack: &str, json: &[u8], manifest: &Manifest) -> Result<(), JsValue> {
    let folder = pack_cache::folder(pack, false).await?;
    for entry in manifest.files.values() {
        let file = opfs::file(&folder, &entry.sha256).await?;
        if file.size() as u64 != entry.bytes {
            return Err("a file is not whole".into());
        }
    }
    if pack_cache::manifest(pack).await.ok().as_deref() != Some(json) {
        let mut file = open(&folder, Manifest::FILE).await.ok_or("it is locked")?;
        let written = file.clear().and_then(|()| file.write_all(json));
        let written = written.and_then(|()| file.close());
        written.map_err(|error| JsValue::from(error.to_string()))?;
    }
    for name in opfs::names(&folder).await? {
        let own = manifest.files.values().any(|entry| entry.sha256 == name);
        if !own && name != Manifest::FILE {
            // Another tab may still read it; the next visit tries again.
            let _ = JsFuture::from(folder.remove_entry(&name)).await;
        }
    }
    Ok(())
}
