//! Copies of served packs in the browser's storage, as the page manages them; workers write them.

use super::storage;
use crate::{copies, kept};
use glimpse_model::pack::Manifest;

/// What is kept of a served pack.
#[derive(Clone, PartialEq)]
pub struct Copy {
    /// The pack's address.
    pub address: String,
    /// On the disk.
    pub bytes: u64,
    /// Its facts, if it is whole.
    pub manifest: Option<Manifest>,
}

/// All of them.
pub async fn list() -> Vec<Copy> {
    let names = match copies::all().await {
        Ok(folder) => kept::names(&folder).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let mut list = Vec::new();
    for address in names.iter().filter_map(|name| copies::address(name)) {
        let manifest = copies::manifest(&address).await.ok();
        let bytes = size(&address).await.unwrap_or_default();
        if bytes > 0 {
            list.push(Copy {
                address,
                bytes,
                manifest: manifest.and_then(|json| Manifest::from_json(&json).ok()),
            });
        }
    }
    list
}

async fn size(address: &str) -> Option<u64> {
    let folder = copies::folder(address, false).await.ok()?;
    let mut bytes = 0;
    for name in kept::names(&folder).await.ok()? {
        bytes += kept::file(&folder, &name)
            .await
            .map_or(0, |file| file.size() as u64);
    }
    Some(bytes)
}

/// Deletes a pack's copy; whether it is gone.
pub async fn remove(address: &str) -> bool {
    match copies::all().await {
        Ok(folder) => storage::remove_from(&folder, &copies::name(address)).await,
        Err(_) => false,
    }
}
