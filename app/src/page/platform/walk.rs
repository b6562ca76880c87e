//! Dropped folders, walked to their last file.

use super::{dropped::DroppedItem, files::folder_of};
use glimpse_model::order::sorted;
use js_sys::{Array, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry,
};

/// The most files and folders of one drop; a home folder dropped by mistake ends here.
const MAX_ENTRIES: usize = 20_000;

/// All files of dropped files and folders, in order.
pub async fn walk(entries: Vec<FileSystemEntry>) -> Vec<DroppedItem> {
    let mut items = Vec::new();
    let mut count = 0;
    // A stack, so that folders of any depth need no recursion; reversed, so that they come in
    // order.
    let mut stack: Vec<FileSystemEntry> = entries.into_iter().rev().collect();
    while let Some(entry) = stack.pop() {
        count += 1;
        if count > MAX_ENTRIES {
            break;
        }
        if entry.is_directory() {
            let children = list(entry.unchecked_into()).await;
            let children = sorted(children, |a, b| a.name().cmp(&b.name()));
            stack.extend(children.into_iter().rev());
        } else {
            // Full paths begin with a slash that stands for the drop.
            let path = entry.full_path();
            let folder = folder_of(path.trim_start_matches('/')).to_owned();
            if let Some(file) = open(entry.unchecked_into()).await {
                items.push(DroppedItem { folder, file });
            }
        }
    }
    items
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
