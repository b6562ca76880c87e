//! The chosen model's location in the browser's local storage, for the next visit.

use crate::{page::platform::storage, protocol::PackLocation};

const KEY: &str = "glimpse-model";

/// The location that was remembered; none after the default model was chosen.
pub fn remembered() -> Option<PackLocation> {
    serde_json::from_str(&storage::get(KEY)?).ok()
}

/// Remembers a pack's location for the next visit.
pub fn remember(location: &PackLocation) {
    if let Ok(text) = serde_json::to_string(location) {
        storage::set(KEY, &text);
    }
}

/// Forgets the location: the next visit begins with the default model.
pub fn forget() {
    storage::remove(KEY);
}
