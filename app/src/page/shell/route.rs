//! The page's address: what is asked stands in it, so that a link is a lesson. Never photos. It
//! stands behind the `#`, which browsers don't send to the server; a model that is served beside the
//! page is named in `?pack=`.

use crate::{
    page::{
        features::Link,
        platform::{clipboard, dom},
    },
    protocol::PackLocation,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::UrlSearchParams;

/// Milliseconds without a change before the address follows: browsers refuse too many changes.
pub const PAUSE: u32 = 400;

/// The parameters behind the `#`; `None` for the name of an element, which the browser scrolls to.
pub fn read() -> Option<Link> {
    let hash = dom::window().and_then(|window| window.location().hash().ok());
    let hash = hash.unwrap_or_default();
    let fragment = hash.trim_start_matches('#');
    let is_link = fragment.is_empty() || fragment.contains('=');
    is_link.then(|| parameters(fragment).unwrap_or_default())
}

fn parameters(fragment: &str) -> Option<Link> {
    let parameters = UrlSearchParams::new_with_str(fragment).ok()?;
    let entries = js_sys::try_iter(&parameters).ok()??;
    let pair = |entry: JsValue| {
        let entry: js_sys::Array = entry.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    let mut link = Link::default();
    for (name, value) in entries.filter_map(|entry| pair(entry.ok()?)) {
        link.insert(name, value);
    }
    Some(link)
}

/// The part of the address behind the `#`; empty for an empty link.
fn fragment(link: &Link) -> String {
    let Ok(parameters) = UrlSearchParams::new() else {
        return String::new();
    };
    for (name, value) in link.iter() {
        parameters.set(name, value);
    }
    String::from(parameters.to_string())
}

/// Puts a link into the address line, without a new entry in the history. `pack` is the model that is
/// served beside the page, unless it is the default; one that lies in this browser can't be named.
pub fn write(link: &Link, pack: Option<&PackLocation>) -> Option<()> {
    let window = dom::window()?;
    let location = window.location();
    let query = UrlSearchParams::new_with_str(&location.search().ok()?).ok()?;
    match pack {
        Some(PackLocation::Site(address)) => query.set("pack", address),
        _ => query.delete("pack"),
    }
    let mut address = location.pathname().ok()?;
    for (mark, part) in [
        ('?', String::from(query.to_string())),
        ('#', fragment(link)),
    ] {
        if !part.is_empty() {
            address.push(mark);
            address.push_str(&part);
        }
    }
    let history = window.history().ok()?;
    // Browsers refuse too many changes in a short time: the next one says it all.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    Some(())
}

/// Puts the address into the clipboard; whether that was allowed.
pub async fn copy() -> bool {
    match dom::window().and_then(|window| window.location().href().ok()) {
        Some(address) => clipboard::copy(&address).await,
        None => false,
    }
}
