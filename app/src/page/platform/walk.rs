//! Dropped folders, walked to their last file.

use super::{
    dropped::{DroppedItem, Found},
    files::folder_of,
};
use glimpse_model::order::sorted;
use js_sys::{Array, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry,
};

/// The most files and folders of one drop; a home folder dropped by mistake ends here.
pub const MAX_ENTRIES: usize = 20_000;

/// All files of dropped files and folders, in order, and what of them can't be read.
pub async fn walk(entries: Vec<FileSystemEntry>) -> Found {
    let mut found = Found::default();
    let mut count = 0;
    // A stack, so that folders of any depth need no recursion; reversed, so that they come in
    // order.
    let mut stack: Vec<FileSystemEntry> = entries.into_iter().rev().collect();
    while let Some(entry) = stack.pop() {
        count += 1;
        if count > MAX_ENTRIES {
            found.is_cut = true;
            break;
        }
        // Full paths begin with a slash that stands for the drop.
        let path = entry.full_path();
        let path = path.trim_start_matches('/');
        if entry.is_directory() {
            let (children, is_whole) = list(entry.unchecked_into()).await;
            if !is_whole {
                found.unreadable.push(path.to_owned());
            }
            let children = sorted(children, |a, b| a.name().cmp(&b.name()));
            stack.extend(children.into_iter().rev());
        } else {
            let folder = folder_of(path).to_owned();
            match open(entry.unchecked_into()).await {
                Some(file) => found.items.push(DroppedItem { folder, file }),
                None => found.unreadable.push(path.to_owned()),
            }
        }
    }
    found
}

/// A folder's entries, and whether these are all; browsers hand them out a hundred at a time.
async fn list(folder: FileSystemDirectoryEntry) -> (Vec<FileSystemEntry>, bool) {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    while let Some(some) = read(&reader).await {
        if some.length() == 0 {
            return (entries, true);
        }
        entries.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
    (entries, false)
}

async fn read(reader: &FileSystemDirectoryReader) -> Option<Array> {
    let promise = Promise::new(&mut |resolve, reject| {
        if reader
            .read_entries_with_callback_and_callback(&resolve, &reject)
            .is_err()
        {
            // A promise's own function doesn't throw.
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
