//! The chosen model's location in the browser's local storage, for the next visit.

use crate::{page::platform::dom, protocol::PackLocation};
use web_sys::Storage;

const KEY: &str = "glimpse-model";

/// The location that was remembered; none after the default model was chosen.
pub fn remembered() -> Option<PackLocation> {
    let text = local_storage()?.get_item(KEY).ok()??;
    serde_json::from_str(&text).ok()
}

/// Remembers a pack's location for the next visit.
pub fn remember(location: &PackLocation) {
    if let (Some(storage), Ok(text)) = (local_storage(), serde_json::to_string(location)) {
        // A full or forbidden storage only costs the convenience.
        let _ = storage.set_item(KEY, &text);
    }
}

/// Forgets the location: the next visit begins with the default model.
pub fn forget() {
    if let Some(storage) = local_storage() {
        // A forbidden storage has nothing to forget.
        let _ = storage.remove_item(KEY);
    }
}

fn local_storage() -> Option<Storage> {
    dom::window()?.local_storage().ok()?
}
