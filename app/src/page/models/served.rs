//! Packs on this site.

use super::super::dom;
use crate::{copies, protocol::PackPlace};
use glimpse_model::pack::Manifest;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

const FOLDER: &str = "packs/";

/// The place of a folder, if that is on this site.
pub fn served(folder: &str) -> Option<PackPlace> {
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
    Some(PackPlace::Site(address))
}

/// The folders that `packs/index.json` lists; none where a site has no list.
pub async fn folders() -> Vec<PackPlace> {
    let names: Vec<String> = match fetch(&format!("{FOLDER}index.json")).await {
        Some(json) => serde_json::from_str(&json).unwrap_or_default(),
        None => Vec::new(),
    };
    names
        .iter()
        .filter_map(|name| served(&format!("{FOLDER}{name}/")))
        .collect()
}

/// A served pack's manifest, so that its size can be told before the download starts. Whatever is
/// wrong with it, the worker will tell.
pub async fn fetch_manifest(pack: &str) -> Option<Manifest> {
    let served = fetch(&format!("{pack}{}", Manifest::FILE)).await;
    let json = match served {
        Some(json) => json.into_bytes(),
        // Without a network there may be a copy.
        None => copies::manifest(pack).await.ok()?,
    };
    Manifest::from_json(&json).ok()
}

async fn fetch(address: &str) -> Option<String> {
    let promise = dom::window()?.fetch_with_str(address);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()
}
