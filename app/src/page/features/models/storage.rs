//! Stored packs: imported models in the browser's storage (origin private file system). Workers write
//! and read their files; the page lists and deletes them.

use crate::storage::opfs;
use glimpse_model::{
    order::sorted,
    pack::{Manifest, ManifestError, PackSummary},
};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, Math, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemRemoveOptions, StorageEstimate};

/// Milliseconds between tries to delete files: those of a worker that was just ended stay locked for
/// a moment.
const DELETE_PAUSE: u32 = 200;

/// The most tries to delete a folder.
const DELETE_TRIES: u32 = 15;

/// Room in the browser's storage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Space {
    /// Bytes that this site takes.
    pub used: u64,
    /// Bytes that it may take in all.
    pub quota: u64,
    /// Whether the browser promised not to clear it by itself.
    pub persists: bool,
}

/// A new folder's name, which no other has; names sort by age.
pub fn new_folder() -> String {
    let milliseconds = Date::now() as u64;
    let chance = (Math::random() * f64::from(u16::MAX)) as u16;
    format!("{milliseconds:012x}-{chance:04x}")
}

/// A folder of the browser's storage that should hold a pack.
pub struct StoredPack {
    /// The folder's name under `packs/`.
    pub folder: String,
    /// What it holds.
    pub content: Result<PackSummary, PackFault>,
}

/// Why a folder holds no pack that can be used. It is never deleted unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackFault {
    /// There is no manifest, which is written last: the import broke off.
    Unfinished,
    /// The manifest is none.
    Damaged,
    /// The manifest is of another version of this page.
    OtherVersion,
    /// The browser can't read the manifest, now at least.
    Unreadable,
}

/// Lists all folders of packs, the oldest first, but for those that a tab is writing.
pub async fn list() -> Vec<StoredPack> {
    let Ok(packs) = opfs::packs().await else {
        return Vec::new();
    };
    let names = sorted(opfs::names(&packs).await.unwrap_or_default(), String::cmp);
    let held = opfs::held().await;
    let mut list = Vec::new();
    for folder in names {
        let content = match read(&folder).await {
            Ok(json) => PackSummary::from_json(&json).map_err(|error| match error {
                ManifestError::Format(_) => PackFault::OtherVersion,
                ManifestError::Json(_) | ManifestError::Missing(_) | ManifestError::Limit(_) => {
                    PackFault::Damaged
                }
            }),
            Err(_) if held.contains(&folder) => continue,
            Err(error) if is_not_found(&error) => Err(PackFault::Unfinished),
            Err(_) => Err(PackFault::Unreadable),
        };
        list.push(StoredPack { folder, content });
    }
    list
}

/// Whether there is such a pack, readable or not.
pub async fn is_there(folder: &str) -> bool {
    match read(folder).await {
        Ok(_) => true,
        Err(error) => !is_not_found(&error),
    }
}

async fn read(folder: &str) -> Result<Vec<u8>, JsValue> {
    let file = opfs::file(&opfs::pack(folder, false).await?, Manifest::FILE).await?;
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Deletes a stored pack, or what there is of it; whether it is gone.
pub async fn remove(folder: &str) -> bool {
    match opfs::packs().await {
        Ok(packs) => remove_from(&packs, folder).await,
        Err(_) => false,
    }
}

/// Deletes a folder inside another one; whether it is gone.
pub async fn remove_from(parent: &FileSystemDirectoryHandle, folder: &str) -> bool {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    for _ in 0..DELETE_TRIES {
        match JsFuture::from(parent.remove_entry_with_options(folder, &options)).await {
            Ok(_) => return true,
            Err(error) if is_not_found(&error) => return true,
            Err(_) => TimeoutFuture::new(DELETE_PAUSE).await,
        }
    }
    false
}

fn is_not_found(error: &JsValue) -> bool {
    let name = Reflect::get(error, &"name".into());
    name.is_ok_and(|name| name == "NotFoundError")
}

/// Measures the room in the browser's storage, if the browser tells.
pub async fn space() -> Option<Space> {
    let storage = opfs::storage()?;
    let estimate = JsFuture::from(storage.estimate().ok()?).await.ok()?;
    let estimate: StorageEstimate = estimate.unchecked_into();
    let persists = JsFuture::from(storage.persisted().ok()?).await;
    Some(Space {
        used: estimate.get_usage()? as u64,
        quota: estimate.get_quota()? as u64,
        persists: persists.is_ok_and(|persists| persists.is_truthy()),
    })
}

/// Asks the browser not to clear this site's storage by itself; some ask the visitor.
pub async fn ask_to_persist() {
    if let Some(promise) = opfs::storage().and_then(|storage| storage.persist().ok()) {
        // Refused or not, the room that is measured afterwards tells.
        let _ = JsFuture::from(promise).await;
    }
}
