//! Packs in the browser's storage, as the page manages them; workers read and write their files.

use crate::kept;
use glimpse_model::pack::Manifest;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, Math, Reflect, Uint8Array};
use serde::de::IgnoredAny;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemRemoveOptions, StorageEstimate};

/// The files of a worker that was just ended stay locked for a moment: milliseconds between tries
/// to delete them, and how many.
const LOCKED: (u32, u32) = (200, 15);

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

/// A folder's name that no other has; names sort by age.
pub fn new_folder() -> String {
    let milliseconds = Date::now() as u64;
    let chance = (Math::random() * f64::from(u16::MAX)) as u16;
    format!("{milliseconds:012x}-{chance:04x}")
}

/// All kept packs, the oldest first. What an import left unfinished is deleted, unless a tab is
/// still at it.
pub async fn list() -> Vec<(String, Manifest)> {
    let Ok(folder) = kept::packs().await else {
        return Vec::new();
    };
    let mut names = kept::names(&folder).await.unwrap_or_default();
    names.sort();
    let held = kept::held().await;
    let mut packs = Vec::new();
    for name in names {
        let json = read(&name).await.unwrap_or_default();
        if let Ok(manifest) = Manifest::from_json(&json) {
            packs.push((name, manifest));
        } else if serde_json::from_slice::<IgnoredAny>(&json).is_err() && !held.contains(&name) {
            // Valid JSON would be a pack of some later version of this page.
            remove(&name).await;
        }
    }
    packs
}

/// A kept pack's manifest, if there is such a pack.
pub async fn manifest(folder: &str) -> Option<Manifest> {
    Manifest::from_json(&read(folder).await.ok()?).ok()
}

async fn read(folder: &str) -> Result<Vec<u8>, JsValue> {
    let file = kept::file(&kept::pack(folder, false).await?, Manifest::FILE).await?;
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Deletes a pack, or what there is of it; whether it is gone.
pub async fn remove(folder: &str) -> bool {
    match kept::packs().await {
        Ok(packs) => remove_from(&packs, folder).await,
        Err(_) => false,
    }
}

/// Deletes a folder's folder; whether it is gone.
pub async fn remove_from(parent: &FileSystemDirectoryHandle, folder: &str) -> bool {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    let (pause, tries) = LOCKED;
    for _ in 0..tries {
        match JsFuture::from(parent.remove_entry_with_options(folder, &options)).await {
            Ok(_) => return true,
            Err(error) if is_not_found(&error) => return true,
            Err(_) => TimeoutFuture::new(pause).await,
        }
    }
    false
}

fn is_not_found(error: &JsValue) -> bool {
    let name = Reflect::get(error, &"name".into());
    name.is_ok_and(|name| name == "NotFoundError")
}

/// What the browser says about room.
pub async fn space() -> Option<Space> {
    let storage = kept::storage()?;
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
    if let Some(promise) = kept::storage().and_then(|storage| storage.persist().ok()) {
        let _ = JsFuture::from(promise).await;
    }
}
