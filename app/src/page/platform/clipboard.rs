//! The clipboard, to write to. What is pasted comes with an event instead: see
//! [`files::flat`](super::files::flat).

use super::dom;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Clipboard;

/// Puts text into the clipboard; whether that was allowed.
pub async fn copy(text: &str) -> bool {
    let clipboard = dom::window().and_then(|window| {
        // Absent where the page came over plain http.
        dom::property(&window.navigator(), "clipboard")
    });
    let clipboard = clipboard.and_then(|clipboard| clipboard.dyn_into::<Clipboard>().ok());
    match clipboard {
        Some(clipboard) => JsFuture::from(clipboard.write_text(text)).await.is_ok(),
        None => false,
    }
}
