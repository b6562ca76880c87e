//! The page: photos and labels in, their fit out.
//!
//! | layer | what it is | may use |
//! | --- | --- | --- |
//! | [`platform`] | the browser's objects | |
//! | [`locale`] | the page's language: sentences, numbers, lists | `platform` |
//! | [`ui`] | components that know no feature | `locale`, `platform` |
//! | [`effects`] | what an update asks for | `ui` and below |
//! | [`engine`] | workers, requests, embeddings of sentences | `effects` and below |
//! | [`features`] | a folder each: state, messages, update, view, text, style | `engine` and below; the named parts of a feature before it |
//! | [`shell`] | the root component: carries out effects, hands events around, lays the page out | all |
//!
//! `cargo xtask check-layers` fails on an import that runs back up.

mod effects;
mod engine;
mod features;
mod locale;
mod platform;
mod shell;
mod ui;

/// Puts the page into `#app`, in the visitor's language.
pub fn start() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        // Without its sentences the page speaks English.
        locale::load(locale::Language::wanted()).await;
        let root = platform::dom::document().and_then(|document| document.get_element_by_id("app"));
        match root {
            Some(root) => yew::Renderer::<shell::App>::with_root(root).render(),
            None => yew::Renderer::<shell::App>::new().render(),
        };
    });
}
