//! Cached packs: copies of served packs in the browser's storage (origin private file system).
//! Workers write them; the page lists and deletes them.

use super::storage;
use crate::{
    page::ui::{Model, PtrEqRc},
    storage::{opfs, pack_cache},
};
use glimpse_model::pack::PackSummary;

/// The copy of a served pack.
#[derive(Clone)]
pub struct CachedPack {
    /// The served pack's address.
    pub address: String,
    /// Bytes on the disk.
    pub bytes: u64,
    /// The manifest, which is written last: there is one once the copy is complete.
    pub manifest: Option<Model>,
}

/// Lists all copies that hold anything.
pub async fn list() -> Vec<CachedPack> {
    let names = match pack_cache::all().await {
        Ok(folder) => opfs::names(&folder).await.unwrap_or_default(),
        // A browser without such storage has no copies.
        Err(_) => Vec::new(),
    };
    let mut list = Vec::new();
    for address in names.iter().filter_map(|name| pack_cache::address(name)) {
        let manifest = pack_cache::manifest(&address).await.ok();
        let manifest = manifest.and_then(|json| PackSummary::from_json(&json).ok());
        let bytes = size(&address).await.unwrap_or_default();
        if bytes > 0 {
            list.push(CachedPack {
                address,
                bytes,
                manifest: manifest.map(PtrEqRc::new),
            });
        }
    }
    list
}

async fn size(address: &str) -> Option<u64> {
    let folder = pack_cache::folder(address, false).await.ok()?;
    let mut bytes = 0;
    for name in opfs::names(&folder).await.ok()? {
        bytes += opfs::file(&folder, &name)
            .await
            .map_or(0, |file| file.size() as u64);
    }
    Some(bytes)
}

/// Deletes a served pack's copy; whether it is gone.
pub async fn remove(address: &str) -> bool {
    match pack_cache::all().await {
        Ok(folder) => storage::remove_from(&folder, &pack_cache::name(address)).await,
        Err(_) => false,
    }
}
