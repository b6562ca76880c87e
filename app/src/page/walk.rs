//! Folders that were dropped, walked to their last file.

use super::{brought::Found, files::folder_of};
use js_sys::{Array, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry,
};

/// Files looked at in one drop; a home folder dropped by mistake ends here.
const MAX_FILES: usize = 20_000;

/// All files of what was dropped, in order.
pub async fn walk(entries: Vec<FileSystemEntry>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut seen = 0;
    // A stack, so that folders of any depth need no recursion; reversed, so that they come in order.
    let mut stack: Vec<FileSystemEntry> = entries.into_iter().rev().collect();
    while let Some(entry) = stack.pop() {
        seen += 1;
        if seen > MAX_FILES {
            break;
        }
        if entry.is_directory() {
            let mut children = list(entry.unchecked_into()).await;
            children.sort_by_key(FileSystemEntry::name);
            stack.extend(children.into_iter().rev());
        } else {
            // Full paths begin with a slash that stands for the drop.
            let path = entry.full_path();
            let folder = folder_of(path.trim_start_matches('/')).to_owned();
            if let Some(file) = open(entry.unchecked_into()).await {
                found.push(Found { folder, file });
            }
        }
    }
    found
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
