//! What the page can do without until it is drawn: the code of some features, and most of what is
//! drawn only when something is opened. The build splits it off into a WebAssembly module of its own
//! (`xtask/src/site/split.rs`), which the page asks for as soon as it is on the screen.

use super::Msg;
use crate::page::features::{self, camera, inspect, models, offline, search};
use gloo_timers::future::TimeoutFuture;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::{Callback, Html};

/// Milliseconds until a module that couldn't be had is asked for again.
const PAUSE: u32 = 3_000;

/// All of it, as tables of functions.
pub struct Deferred {
    /// The features' own.
    pub features: features::Deferred,
    /// Their views.
    pub views: Views,
}

/// Views of features, each by its place in the [layout](super::layout).
pub struct Views {
    pub camera: fn(&camera::Camera, &camera::Deps<'_>, &Callback<camera::Msg>) -> Html,
    pub inspect: fn(&inspect::Inspect, &inspect::Deps<'_>, &Callback<inspect::Msg>) -> Html,
    pub models: fn(&models::Models, &Callback<models::Msg>) -> Html,
    pub offline: fn(&offline::Offline, &offline::Deps<'_>, &Callback<offline::Msg>) -> Html,
    pub search: fn(&search::Search, &search::Deps<'_>, &Callback<search::Msg>) -> Html,
}

/// Loads it. Without a network, or when the site is being replaced, it is asked for until it comes.
pub fn load(send: &Callback<Msg>) {
    let send = send.clone();
    wasm_bindgen_futures::spawn_local(async move {
        loop {
            match deferred().await {
                Ok(code) => return send.emit(Msg::Deferred(Some(code))),
                Err(_) => send.emit(Msg::Deferred(None)),
            }
            TimeoutFuture::new(PAUSE).await;
        }
    });
}

/// Only what is reached from here alone is split off.
#[wasm_split(deferred, fallible)]
fn deferred() -> Result<Box<Deferred>, SplitLoaderError> {
    Ok(Box::new(Deferred {
        features: features::Deferred::new(),
        views: Views {
            camera: camera::live,
            inspect: inspect::dialogue,
            models: models::panel,
            offline: offline::header,
            search: search::bar,
        },
    }))
}
