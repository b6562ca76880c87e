//! Folders that were dropped, walked to their last file.

use super::files::{Incoming, looks_like_picture};
use js_sys::{Array, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry,
};

/// Files looked at in one drop; a home folder dropped by mistake ends here.
const MAX_FILES: usize = 20_000;

/// Reads what was dropped. A file dropped by itself is tried whatever it is; inside folders only
/// pictures are taken.
pub async fn walk(entries: Vec<FileSystemEntry>) -> Incoming {
    let mut incoming = Incoming::default();
    let mut seen = 0;
    // A stack, so that folders of any depth need no recursion; reversed, so that they come in order.
    let mut stack: Vec<(FileSystemEntry, bool)> = entries
        .into_iter()
        .rev()
        .map(|entry| (entry, false))
        .collect();
    while let Some((entry, inside)) = stack.pop() {
        seen += 1;
        if seen > MAX_FILES {
            break;
        }
        if entry.is_directory() {
            let mut children = list(entry.unchecked_into()).await;
            children.sort_by_key(FileSystemEntry::name);
            stack.extend(children.into_iter().rev().map(|child| (child, true)));
        } else if let Some(file) = open(entry.unchecked_into()).await {
            if !inside || looks_like_picture(&file) {
                incoming.files.push(file);
            } else if !file.name().starts_with('.') {
                incoming.skipped += 1;
            }
        }
    }
    incoming
}

/// A folder's entries; browsers hand them out a hundred at a time.
async fn list(folder: FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    while let Some(some) = read(&reader).await {
        if some.length() == 0 {
            break;
        }
        entries.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
    entries
}

async fn read(reader: &FileSystemDirectoryReader) -> Option<Array> {
    let promise = Promise::new(&mut |resolve, reject| {
        if reader
            .read_entries_with_callback_and_callback(&resolve, &reject)
            .is_err()
        {
            let _ = reject.call0(&wasm_bindgen::JsValue::NULL);
        }
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

async fn open(entry: FileSystemFileEntry) -> Option<File> {
    let promise = Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
