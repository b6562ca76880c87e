//! Served packs: those on this site.

use crate::{
    page::platform::{dom, fetch},
    protocol::PackLocation,
    storage::pack_cache,
};
use glimpse_model::pack::{Manifest, PackSummary};
use js_sys::{JSON, Object, Reflect};

const FOLDER: &str = "packs/";

/// A folder's location, by its address relative to the page; none if that is on another site.
pub fn location(folder: &str) -> Option<PackLocation> {
    let url = dom::resolve(folder)?;
    let own = dom::window()?.location().origin().ok()?;
    if url.origin() != own {
        return None;
    }
    url.set_search("");
    url.set_hash("");
    let mut address = url.href();
    if !address.ends_with('/') {
        address.push('/');
    }
    Some(PackLocation::Site(address))
}

/// The folders that `packs/index.json` lists; none where a site has no such file.
pub async fn folders() -> Vec<PackLocation> {
    let names: Vec<String> = match fetch::text(&format!("{FOLDER}index.json")).await {
        Some(json) => serde_json::from_str(&json).unwrap_or_default(),
        None => Vec::new(),
    };
    names
        .iter()
        .filter_map(|name| location(&format!("{FOLDER}{name}/")))
        .collect()
}

/// A served pack's manifest, by the pack's address, so that its size can be told before the download
/// starts. None if it is missing or broken: the worker, which fetches it again, tells why.
pub async fn fetch_manifest(address: &str) -> Option<PackSummary> {
    let json = match fetch::text(&format!("{address}{}", Manifest::FILE)).await {
        Some(json) => json.into_bytes(),
        // Without a network there may be a copy.
        None => pack_cache::manifest(address).await.ok()?,
    };
    PackSummary::from_json(&json).ok()
}

/// How many bytes a served pack is to download, as its site sends it; `None` if that isn't told.
pub async fn download_size(address: &str) -> Option<u64> {
    let json = fetch::text(&format!("{address}{}", Manifest::FILE)).await?;
    let files = Reflect::get(&JSON::parse(&json).ok()?, &"files".into()).ok()?;
    let mut bytes = 0;
    for name in Object::keys(&Object::from(files)) {
        bytes += fetch::transfer_size(&format!("{address}{}", name.as_string()?)).await?;
    }
    Some(bytes)
}
