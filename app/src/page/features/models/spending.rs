//! Whether a download is asked about first: megabytes can cost money.

use crate::page::platform::{dom, storage};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The key of the visitor's choice in the browser's local storage.
const KEY: &str = "glimpse-ask";

/// Why a download is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskReason {
    /// The visitor wants to be asked.
    Setting,
    /// The browser's data saver is on.
    DataSaver,
    /// The device is on a mobile network.
    Metered,
}

/// Why a download is asked about, as far as setting and browser tell; `None` if it isn't.
pub fn ask_reason() -> Option<AskReason> {
    if is_wanted() {
        return Some(AskReason::Setting);
    }
    let connection = network_information()?;
    let value = |name: &str| Reflect::get(&connection, &name.into()).unwrap_or_default();
    if value("saveData").is_truthy() {
        Some(AskReason::DataSaver)
    } else if value("type").as_string().as_deref() == Some("cellular") {
        Some(AskReason::Metered)
    } else {
        None
    }
}

/// Whether a download is asked about.
pub fn asks_first() -> bool {
    ask_reason().is_some()
}

/// The browser's `NetworkInformation`, which only some have.
fn network_information() -> Option<JsValue> {
    let navigator = dom::window()?.navigator();
    let connection = Reflect::get(&navigator, &"connection".into()).ok()?;
    connection.is_object().then_some(connection)
}

/// Whether the visitor wants to be asked.
pub fn is_wanted() -> bool {
    storage::get(KEY).is_some()
}

/// Remembers whether the visitor wants to be asked.
pub fn set_wanted(wanted: bool) {
    if wanted {
        storage::set(KEY, "yes");
    } else {
        storage::remove(KEY);
    }
}
