//! The browser's side of the service worker: registration, listeners, messages.

use super::{Msg, ServiceWorkerMessage};
use crate::{
    page::platform::dom::{self, Listener},
    protocol::Backend,
};
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MessageEvent, RegistrationOptions, ServiceWorkerContainer, ServiceWorkerRegistration,
    ServiceWorkerUpdateViaCache,
};
use yew::Callback;

const SCRIPT: &str = "service-worker.js";

/// The page's tie to service workers, as it is when the page is opened.
pub struct Connection {
    /// Whether this window has service workers at all.
    pub is_available: bool,
    /// Whether a service worker served the page.
    pub is_controlled: bool,
    /// When it was sent, in milliseconds since 1970.
    pub time: f64,
    /// Send what will happen, for as long as they are kept.
    pub listeners: Vec<Listener>,
}

/// Listens to service workers, and to whether the page is in view.
pub fn connect(send: &Callback<Msg>) -> Connection {
    let container = container();
    let is_controlled = container
        .as_ref()
        .is_some_and(|container| container.controller().is_some());
    let listeners = container
        .as_ref()
        .map_or_else(Vec::new, |container| listen(container, send));
    if let Some(controller) = container
        .as_ref()
        .and_then(|container| container.controller())
    {
        // It has counted since the page was asked for.
        let _ = controller.post_message(&message("listens", &JsValue::TRUE));
    }
    Connection {
        is_available: container.is_some(),
        is_controlled,
        time: Date::now(),
        listeners,
    }
}

fn listen(container: &ServiceWorkerContainer, send: &Callback<Msg>) -> Vec<Listener> {
    let on_message = {
        let send = send.clone();
        Listener::new(container, "message", move |event| {
            let message = event.dyn_ref::<MessageEvent>().and_then(read);
            if let Some(message) = message {
                send.emit(Msg::Received(message));
            }
        })
    };
    let on_change = {
        let send = send.clone();
        Listener::new(container, "controllerchange", move |_| {
            send.emit(Msg::ControllerChanged);
        })
    };
    let on_visibility = dom::document().map(|document| {
        let send = send.clone();
        Listener::new(&document, "visibilitychange", move |_| {
            send.emit(Msg::VisibilityChanged { time: Date::now() });
        })
    });
    [on_message, on_change]
        .into_iter()
        .chain(on_visibility)
        .collect()
}

/// `navigator.serviceWorker`; absent where the page came over plain http, and in some private
/// windows.
fn container() -> Option<ServiceWorkerContainer> {
    let found = dom::property(&dom::window()?.navigator(), "serviceWorker")?;
    Some(found.unchecked_into())
}

fn read(event: &MessageEvent) -> Option<ServiceWorkerMessage> {
    let data = event.data();
    if let Some(backend) = dom::property(&data, "kept") {
        return backend.as_string().map(ServiceWorkerMessage::ModuleStored);
    }
    let sent = dom::property(&data, "sent")?;
    let bytes = dom::property(&sent, "bytes")?.as_f64()? as u64;
    let elsewhere = dom::property(&sent, "elsewhere")?.is_truthy();
    Some(ServiceWorkerMessage::Sent { bytes, elsewhere })
}

/// The page's registration of its service worker.
#[derive(Clone)]
pub struct Registration(pub ServiceWorkerRegistration);

/// Whether a service worker serves the page.
pub fn is_controlled() -> bool {
    container().is_some_and(|container| container.controller().is_some())
}

/// Registers the service worker. The script is asked for anew each time, whatever caches say.
pub async fn register() -> Option<Registration> {
    let options = RegistrationOptions::new();
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    let promise = container()?.register_with_options(SCRIPT, &options);
    let registration = JsFuture::from(promise).await.ok()?;
    Some(Registration(registration.unchecked_into()))
}

impl Registration {
    /// Sends [`Msg::UpdateFound`] whenever the browser starts to install another version.
    pub fn listen(&self, send: &Callback<Msg>) -> Listener {
        let send = send.clone();
        Listener::new(&self.0, "updatefound", move |_| send.emit(Msg::UpdateFound))
    }

    /// Sends [`Msg::Progressed`] for each step of the version that is being installed; `None` without
    /// one.
    pub fn follow_installing(&self, send: &Callback<Msg>) -> Option<Listener> {
        let installing = self.0.installing()?;
        let (registration, send) = (self.clone(), send.clone());
        let progressed = move |_| send.emit(registration.progress());
        Some(Listener::new(&installing, "statechange", progressed))
    }

    /// Tells whether a new version waits.
    pub fn progress(&self) -> Msg {
        let update_waits = self.0.active().is_some() && self.0.waiting().is_some();
        Msg::Progressed { update_waits }
    }

    /// Has the new version take over; [`Msg::ControllerChanged`] follows. Without one, it has taken
    /// over already, and the page is loaded anew.
    pub fn apply_update(&self) {
        match self.0.waiting() {
            Some(waiting) => {
                // A service worker that is gone is one that has been replaced.
                let _ = waiting.post_message(&message("update", &JsValue::TRUE));
            }
            None => dom::reload(),
        }
    }

    /// Has the worker module of this backend stored; [`ServiceWorkerMessage::ModuleStored`] follows.
    pub fn store_module(&self, backend: Backend) {
        if let Some(active) = self.0.active() {
            // A service worker that is gone is one that has been replaced, and its successor is asked
            // once it takes over.
            let _ = active.post_message(&message("keep", &backend.name().into()));
        }
    }

    /// Has the browser look for a new version of the service worker.
    pub async fn check(&self) {
        if let Ok(promise) = self.0.update() {
            // Without a network there is nothing new.
            let _ = JsFuture::from(promise).await;
        }
    }
}

fn message(name: &str, value: &JsValue) -> JsValue {
    let message = Object::new();
    // Setting a property of a fresh object can't fail.
    let _ = Reflect::set(&message, &name.into(), value);
    message.into()
}
