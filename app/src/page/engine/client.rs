//! One worker, from its start to its end.

use crate::{
    page::platform::dom::{self, Listener},
    protocol::{ALIVE, Backend, Envelope, Request, Response, greeting},
    storage::locks,
};
use gloo_timers::future::TimeoutFuture;
use js_sys::Math;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ErrorEvent, MessageEvent, RequestInit, Worker, WorkerOptions, WorkerType};
use yew::Callback;

/// Milliseconds that a worker has for its start, module and all.
const START_LIMIT: u32 = 180_000;

/// What a worker lets know.
pub enum Signal {
    /// The worker listens, and may be asked.
    Alive,
    /// It listens, but is of another version than the page.
    Outdated,
    /// A message with its attachment.
    Said(Box<Response>, JsValue),
    /// It is of no more use.
    Broke(String),
}

/// A running worker; dropping it ends it.
pub struct WorkerHandle {
    worker: Worker,
    /// Whether the page ended it: then its end is no news.
    is_ended: Rc<Cell<bool>>,
    _listeners: [Listener; 3],
}

/// How the names of a worker's files begin, beside the page. The site's build puts a hash into them,
/// so that a page only ever starts workers of its own version, and writes that into the page.
fn stem(backend: Backend) -> String {
    dom::marked(&mark(backend)).unwrap_or_else(|| format!("glimpse-{}", backend.name()))
}

/// What names the files of a worker, behind `data-`.
pub fn mark(backend: Backend) -> String {
    format!("worker-{}", backend.name())
}

/// The script that Trunk writes for a worker.
fn script_url(backend: Backend) -> String {
    format!("{}_loader.js", stem(backend))
}

/// The module that the script loads.
fn module_url(backend: Backend) -> String {
    format!("{}_bg.wasm", stem(backend))
}

impl WorkerHandle {
    /// Starts a worker; nothing may be posted before it is [`Signal::Alive`].
    pub fn start(backend: Backend, signal: Callback<Signal>) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let name = format!("glimpse worker {}", Math::random());
        options.set_name(&name);
        let is_ended = Rc::new(Cell::new(false));
        let is_alive = Rc::new(Cell::new(false));
        let worker = Worker::new_with_options(&script_url(backend), &options)
            .map_err(|error| dom::error_text(&error))?;
        wait_for_life(is_alive.clone(), is_ended.clone(), signal.clone());
        let on_message = {
            let (signal, is_ended) = (signal.clone(), is_ended.clone());
            let is_alive = is_alive.clone();
            Listener::new(&worker, "message", move |event| {
                let Some(event) = event.dyn_ref::<MessageEvent>() else {
                    return;
                };
                let said = read(&event.data());
                if matches!(said, Signal::Alive) {
                    is_alive.set(true);
                    watch(name.clone(), is_ended.clone(), signal.clone());
                }
                signal.emit(said);
            })
        };
        let on_error = {
            let signal = signal.clone();
            Listener::new(&worker, "error", move |event| {
                let text = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
                signal.emit(Signal::Broke(text.unwrap_or_default()));
            })
        };
        let on_unreadable = Listener::new(&worker, "messageerror", move |_| {
            signal.emit(Signal::Broke("a message could not be read".into()));
        });
        Ok(Self {
            worker,
            is_ended,
            _listeners: [on_message, on_error, on_unreadable],
        })
    }

    /// Sends a request with its attachment, if it has one.
    pub fn post(&self, request: Request, attachment: JsValue) -> Result<(), String> {
        let envelope = Envelope {
            message: request,
            attachment,
        };
        let (message, transfer) = envelope.into_js().map_err(|error| error.to_string())?;
        self.worker
            .post_message_with_transfer(&message, &transfer)
            .map_err(|error| dom::error_text(&error))
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.is_ended.set(true);
        self.worker.terminate();
    }
}

/// Gives up a worker that doesn't listen for minutes: it ended before it could, or never will.
fn wait_for_life(is_alive: Rc<Cell<bool>>, is_ended: Rc<Cell<bool>>, signal: Callback<Signal>) {
    spawn_local(async move {
        TimeoutFuture::new(START_LIMIT).await;
        if !is_alive.get() && !is_ended.get() {
            signal.emit(Signal::Broke(String::new()));
        }
    });
}

/// Waits for a worker's end, which needs no error: it may close itself, or the system may take its
/// memory. The lock of its name is free then.
fn watch(name: String, is_ended: Rc<Cell<bool>>, signal: Callback<Signal>) {
    spawn_local(async move {
        if locks::freed(&name).await && !is_ended.get() {
            signal.emit(Signal::Broke(String::new()));
        }
    });
}

fn read(data: &JsValue) -> Signal {
    match data.as_string() {
        Some(text) if text == greeting() => return Signal::Alive,
        Some(text) if text.starts_with(ALIVE) => return Signal::Outdated,
        _ => {}
    }
    match Envelope::<Response>::from_js(data) {
        Ok(Envelope {
            message: Response::NotUnderstood { said },
            ..
        }) => Signal::Broke(said),
        Ok(envelope) => Signal::Said(Box::new(envelope.message), envelope.attachment),
        Err(error) => Signal::Broke(error.to_string()),
    }
}

/// Whether a worker's module can be fetched at all: a worker whose module is missing never says
/// a word.
pub async fn is_reachable(backend: Backend) -> bool {
    let options = RequestInit::new();
    options.set_method("HEAD");
    let Some(window) = dom::window() else {
        return false;
    };
    let answer = window.fetch_with_str_and_init(&module_url(backend), &options);
    JsFuture::from(answer)
        .await
        .ok()
        .and_then(|response| response.dyn_into::<web_sys::Response>().ok())
        .is_some_and(|response| response.ok())
}
