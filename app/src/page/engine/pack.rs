//! Where the pack lies.

use super::super::dom;
use glimpse_model::pack::Manifest;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

const DEFAULT: &str = "packs/default/";

/// The folder of the pack.
pub struct PackPlace {
    /// An absolute address ending in `/`.
    pub url: String,
    /// Whether `?pack=` was ignored because it points to another site.
    pub refused: bool,
}

impl PackPlace {
    /// From `?pack=`, if that is on this site; else the default.
    pub fn find() -> Self {
        let asked = dom::parameter("pack").filter(|pack| !pack.is_empty());
        let found = asked.as_deref().map(same_origin);
        Self {
            refused: matches!(found, Some(None)),
            url: found
                .flatten()
                .or_else(|| same_origin(DEFAULT))
                .unwrap_or_else(|| DEFAULT.to_owned()),
        }
    }
}

fn same_origin(folder: &str) -> Option<String> {
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
    Some(address)
}

/// The manifest, so that the size can be told before the download starts. Whatever is wrong with
/// it, the worker will tell.
pub async fn fetch_manifest(pack: String) -> Option<Manifest> {
    let promise = dom::window()?.fetch_with_str(&format!("{pack}manifest.json"));
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Manifest::from_json(text.as_string()?.as_bytes()).ok()
}
