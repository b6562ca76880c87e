//! Files that the page makes, handed to the visitor as downloads.

use super::dom;
use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Milliseconds until the text's memory is freed: the browser reads it after this turn of the event
/// loop, and doesn't tell when it has.
const KEPT_FOR: u32 = 60_000;

/// Starts the download of a text file of this name and MIME type; `None` if the browser refuses.
pub fn save(name: &str, mime: &str, text: &str) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = dom::document()?.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Timeout::new(KEPT_FOR, move || {
        // Fails only for what is no URL.
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}
