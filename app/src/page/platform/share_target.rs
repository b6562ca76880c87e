//! Photos that another app shared: the service worker put them aside and opened the page with
//! `?shared=` and the number of those that found no room.

use super::{
    dom,
    files::{Incoming, LeftOut},
};
use js_sys::{Array, decode_uri_component};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Cache, File, Request, Response};

const PARAMETER: &str = "shared";
/// The service worker's name for the cache that it puts them into.
const CACHE: &str = "shared";

/// Takes the photos that wait, and tells how many found no room; `None` unless the page was opened
/// for them.
pub async fn take() -> Option<(Incoming, usize)> {
    let lost = dom::parameter(PARAMETER)?.parse().unwrap_or_default();
    dom::drop_parameter(PARAMETER);
    let incoming = Incoming {
        files: take_all().await.unwrap_or_default(),
        left_out: LeftOut::default(),
    };
    Some((incoming, lost))
}

async fn take_all() -> Option<Vec<File>> {
    let caches = dom::window()?.caches().ok()?;
    let cache: Cache = JsFuture::from(caches.open(CACHE))
        .await
        .ok()?
        .unchecked_into();
    let requests: Array = JsFuture::from(cache.keys()).await.ok()?.unchecked_into();
    let mut files = Vec::new();
    for request in requests {
        let request: Request = request.unchecked_into();
        files.extend(read(&cache, &request).await);
        // What was read once must not come again.
        let _ = JsFuture::from(cache.delete_with_request(&request)).await;
    }
    Some(files)
}

async fn read(cache: &Cache, request: &Request) -> Option<File> {
    let response = JsFuture::from(cache.match_with_request(request))
        .await
        .ok()?;
    let blob = response.dyn_into::<Response>().ok()?.blob().ok()?;
    let blob: Blob = JsFuture::from(blob).await.ok()?.unchecked_into();
    let url = request.url();
    let name = url.rsplit('/').next().unwrap_or_default();
    let name: String = decode_uri_component(name).ok()?.into();
    File::new_with_blob_sequence(&Array::of1(&blob), &name).ok()
}
