//! The document, the window and its address: small helpers around the browser's objects.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Document, Event, EventTarget, HtmlElement, ScrollBehavior, ScrollIntoViewOptions, Url,
    UrlSearchParams, Window,
};

/// The window; there is always one on a page.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The page's document, where there is one.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Says which language (BCP 47) the page is in.
pub fn set_language(tag: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // Fails only for names that no attribute can have.
        let _ = root.set_attribute("lang", tag);
    }
}

/// Sets `data-…` on the root element.
pub fn mark(name: &str, value: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // Fails only for names that no attribute can have.
        let _ = root.set_attribute(&format!("data-{name}"), value);
    }
}

/// The value of `data-…` on the root element.
pub fn marked(name: &str) -> Option<String> {
    let root = document()?.document_element()?;
    root.get_attribute(&format!("data-{name}"))
}

/// Takes `data-…` off the root element.
pub fn unmark(name: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // Fails only for names that no attribute can have.
        let _ = root.remove_attribute(&format!("data-{name}"));
    }
}

/// One parameter of the page's address.
pub fn parameter(name: &str) -> Option<String> {
    let search = window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()?.get(name)
}

/// Takes a parameter out of the page's address, without loading anything.
pub fn drop_parameter(name: &str) -> Option<()> {
    let window = window()?;
    let url = Url::new(&window.location().href().ok()?).ok()?;
    url.search_params().delete(name);
    let history = window.history().ok()?;
    let state = history.state().ok()?;
    history
        .replace_state_with_url(&state, "", Some(&url.href()))
        .ok()
}

/// Loads the page anew, which loses its photos.
pub fn reload() {
    if let Some(window) = window() {
        // Refused only while the page is being left.
        let _ = window.location().reload();
    }
}

/// `reference` against the page's own address.
pub fn resolve(reference: &str) -> Option<Url> {
    let base = document()?.base_uri().ok()??;
    Url::new_with_base(reference, &base).ok()
}

/// Puts the keyboard on the first element that matches.
pub fn focus(selector: &str) -> bool {
    element(selector).is_some_and(|element| element.focus().is_ok())
}

/// Presses the first element that matches.
pub fn click(selector: &str) {
    if let Some(element) = element(selector) {
        element.click();
    }
}

fn element(selector: &str) -> Option<HtmlElement> {
    let found = document()?.query_selector(selector).ok()??;
    found.dyn_into().ok()
}

/// Scrolls to the first element that matches, unless its upper edge is in easy view.
pub fn reveal(selector: &str) -> Option<()> {
    let window = window()?;
    let element = document()?.query_selector(selector).ok()??;
    let height = window.inner_height().ok()?.as_f64()?;
    let top = element.get_bounding_client_rect().top();
    if (0.0..0.6 * height).contains(&top) {
        return None;
    }
    let options = ScrollIntoViewOptions::new();
    let still = window
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()?;
    if !still.is_some_and(|still| still.matches()) {
        options.set_behavior(ScrollBehavior::Smooth);
    }
    element.scroll_into_view_with_scroll_into_view_options(&options);
    Some(())
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    let clock = window().and_then(|window| window.performance());
    clock.map_or(0.0, |clock| clock.now())
}

/// An exception's message; empty if it has none.
pub fn error_text(error: &JsValue) -> String {
    Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_default()
}

/// A property of any object, unless it is absent.
pub fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// An event listener, which is removed when it is dropped.
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens until the listener is dropped.
    pub fn new(
        target: &EventTarget,
        kind: &'static str,
        handler: impl FnMut(Event) + 'static,
    ) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(handler);
        let listen = closure.as_ref().unchecked_ref();
        // Fails only if the target refuses listeners, which none does.
        let _ = target.add_event_listener_with_callback(kind, listen);
        Self {
            target: target.clone(),
            kind,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let listen = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, listen);
    }
}
