//! The page: photos and labels in, their fit out.
//!
//! [`app`] holds everything that changes and decides what follows from what; [`view`] shows it.
//! Computing happens in a worker, which [`engine`] starts and speaks to.

mod announce;
mod app;
mod brought;
mod camera;
mod caption;
mod closer;
mod dom;
mod engine;
mod export;
mod files;
mod labels;
mod language;
mod link;
mod models;
mod numbers;
mod offline;
mod photos;
mod question;
mod ranking;
mod reading;
mod samples;
mod script;
mod search;
mod share_target;
mod shared;
mod svg;
mod texts;
mod view;
mod walk;
mod words;

/// Puts the page into `#app`.
pub fn start() {
    console_error_panic_hook::set_once();
    let root = dom::document().and_then(|document| document.get_element_by_id("app"));
    match root {
        Some(root) => yew::Renderer::<app::App>::with_root(root).render(),
        None => yew::Renderer::<app::App>::new().render(),
    };
}
