//! The copy of a served pack's file in the browser's storage: read first, completed, and left out
//! where the browser keeps no files, has no room, or another tab is writing the same one.

use super::{
    pause, thrown,
    writer::{Writer, system},
};
use crate::{copies, kept};
use glimpse_model::pack::{FileEntry, Manifest};
use std::io::{ErrorKind, Write};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, ReadableStream};

/// The files of a worker that was just ended stay locked for a moment: milliseconds between tries
/// to open one, and how many.
const LOCKED: (u32, u32) = (200, 5);

/// One file's copy.
pub struct Copy {
    folder: FileSystemDirectoryHandle,
    name: String,
    writer: Option<Writer>,
}

impl Copy {
    /// Finds or makes its place.
    pub async fn open(pack: &str, facts: &FileEntry) -> Option<Self> {
        Some(Self {
            folder: copies::folder(pack, true).await.ok()?,
            name: facts.sha256.clone(),
            writer: None,
        })
    }

    /// What there is of it.
    pub async fn stream(&self) -> Option<ReadableStream> {
        let file = kept::file(&self.folder, &self.name).await.ok()?;
        Some(file.stream())
    }

    /// What is appended from now on belongs at `end`.
    pub async fn write_from(&mut self, end: u64) {
        if self.writer.is_none() {
            self.writer = open(&self.folder, &self.name).await;
        }
        let Some(writer) = &mut self.writer else {
            return;
        };
        let fits = match writer.length() {
            length if length == end => true,
            // What is there could not be read.
            _ if end == 0 => writer.clear().is_ok(),
            // Another tab went on with it.
            _ => false,
        };
        if !fits {
            self.writer = None;
        }
    }

    /// Goes on; without room, what was written is given up, and the rest is not written.
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

    /// Gives up what was written.
    pub async fn clear(&mut self) {
        self.write_from(0).await;
    }

    /// It is whole.
    pub fn close(self) {
        if let Some(writer) = self.writer {
            // The browser writes it some time later if it can't do so now.
            let _ = writer.close();
        }
    }
}

async fn open(folder: &FileSystemDirectoryHandle, name: &str) -> Option<Writer> {
    let (milliseconds, tries) = LOCKED;
    for _ in 0..tries {
        match Writer::open(folder, name).await {
            Ok(writer) => return Some(writer),
            Err(error) if system(&error).kind() == ErrorKind::ResourceBusy => {
                pause(milliseconds).await;
            }
            Err(_) => return None,
        }
    }
    None
}

/// A pack that was opened is whole if each of its files is kept: its manifest is written, and the
/// files of the version before go.
pub async fn settle(pack: &str, json: &[u8], manifest: &Manifest) {
    if let Err(error) = try_settle(pack, json, manifest).await {
        // The pack works all the same, as long as there is a network.
        web_sys::console::info_1(&format!("{pack} is not kept: {}", thrown(&error)).into());
    }
}

async fn try_settle(pack: &str, json: &[u8], manifest: &Manifest) -> Result<(), JsValue> {
    let folder = copies::folder(pack, false).await?;
    for facts in manifest.files.values() {
        let file = kept::file(&folder, &facts.sha256).await?;
        if file.size() as u64 != facts.bytes {
            return Err("a file is not whole".into());
        }
    }
    if copies::manifest(pack).await.ok().as_deref() != Some(json) {
        let mut file = open(&folder, Manifest::FILE).await.ok_or("it is locked")?;
        let written = file.clear().and_then(|()| file.write_all(json));
        let written = written.and_then(|()| file.close());
        written.map_err(|error| JsValue::from(error.to_string()))?;
    }
    for name in kept::names(&folder).await? {
        let own = manifest.files.values().any(|facts| facts.sha256 == name);
        if !own && name != Manifest::FILE {
            // Another tab may still read it; the next visit tries again.
            let _ = JsFuture::from(folder.remove_entry(&name)).await;
        }
    }
    Ok(())
}
