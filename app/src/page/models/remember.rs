//! The chosen model, remembered for the next visit.

use super::super::dom;
use crate::protocol::PackPlace;
use web_sys::Storage;

const KEY: &str = "glimpse-model";

/// The one of the last visit, unless it was the default.
pub fn remembered() -> Option<PackPlace> {
    let text = memory()?.get_item(KEY).ok()??;
    serde_json::from_str(&text).ok()
}

/// For the next visit.
pub fn remember(place: &PackPlace) {
    if let (Some(memory), Ok(text)) = (memory(), serde_json::to_string(place)) {
        // A full or forbidden memory only costs the convenience.
        let _ = memory.set_item(KEY, &text);
    }
}

/// Back to the default.
pub fn forget() {
    if let Some(memory) = memory() {
        let _ = memory.remove_item(KEY);
    }
}

fn memory() -> Option<Storage> {
    dom::window()?.local_storage().ok()?
}
