//! The page's own files: sample photos, and what tells of the packs on this site.

use super::dom;
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, RequestInit, Response};

/// How long a file may take to be there whole, in milliseconds: all of these are small, and without an
/// end what comes after them would wait for ever.
const LIMIT: u32 = 60_000;

/// A file's text, by its address relative to the page; `None` if it can't be had.
pub async fn text(url: &str) -> Option<String> {
    let response = response("GET", url).await?;
    settled(response.text()).await?.as_string()
}

/// A file's bytes, by its address relative to the page; `None` if it can't be had.
pub async fn blob(url: &str) -> Option<Blob> {
    let response = response("GET", url).await?;
    settled(response.blob()).await?.dyn_into().ok()
}

/// A file's length in bytes as it comes over the network, compressed or not, without fetching it;
/// `None` if the server doesn't tell.
pub async fn transfer_size(url: &str) -> Option<u64> {
    let response = response("HEAD", url).await?;
    let length = response.headers().get("content-length").ok()??;
    length.parse().ok()
}

async fn response(method: &str, url: &str) -> Option<Response> {
    let options = RequestInit::new();
    options.set_method(method);
    options.set_signal(Some(&AbortSignal::timeout_with_u32(LIMIT)));
    let promise = dom::window()?.fetch_with_str_and_init(url, &options);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    response.ok().then_some(response)
}

async fn settled(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}
