//! The browser's local storage: a few small settings. A full or forbidden one only costs the convenience.

use super::dom;
use web_sys::Storage;

/// The value under a key, if there is one.
pub fn get(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok()?
}

/// Keeps a value under a key.
pub fn set(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets the value under a key.
pub fn remove(key: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.remove_item(key);
    }
}

fn local_storage() -> Option<Storage> {
    dom::window()?.local_storage().ok()?
}
