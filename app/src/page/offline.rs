//! The service worker as the page sees it: whether all is kept for when there is no network,
//! whether a new version waits, and what was sent.

use super::{
    app::{OfflineMsg, Send},
    dom::{self, Listener},
    engine,
};
use crate::protocol::Backend;
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MessageEvent, RegistrationOptions, ServiceWorkerContainer, ServiceWorkerRegistration,
    ServiceWorkerUpdateViaCache,
};

const SCRIPT: &str = "service-worker.js";
/// Milliseconds from one look for a new version to the next, while the page stays open.
const LOOK_AGAIN: f64 = 3_600_000.0;

/// How far the page is from working without a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// This browser, or this window, has no service workers.
    Unavailable,
    /// Something is still missing.
    NotYet,
    /// Page, worker and model are kept.
    Ready,
}

impl Stand {
    /// As in `data-offline`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::NotYet => "not-yet",
            Self::Ready => "ready",
        }
    }
}

/// What the service worker saw going out to the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Beyond the names of the files that were asked for.
    pub bytes: u64,
    /// How many requests there were.
    pub requests: u32,
    /// How many of them to other sites.
    pub elsewhere: u32,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// How far the page is.
    pub stand: Stand,
    /// Whether a new version waits.
    pub update: bool,
    /// What was sent, as far as it is counted.
    pub sent: Option<Sent>,
}

/// What the service worker tells.
pub enum Said {
    /// A request went out: its bytes, and whether it went to another site.
    Sent(u64, bool),
    /// A backend's module is kept.
    Kept(String),
}

/// The page's side of it.
pub struct Offline {
    /// What is shown.
    pub facts: Facts,
    /// The backend whose module is kept.
    pub backend: Option<String>,
    registration: Option<ServiceWorkerRegistration>,
    /// Whether the page was served by a service worker before.
    controlled: bool,
    /// Whether the update was wanted here.
    asked: bool,
    looked: f64,
    installing: Option<Listener>,
    _listeners: Vec<Listener>,
}

impl Offline {
    /// Registers the service worker; a browser without any is told from one that isn't that far.
    /// While the site is still being built there is none to be registered: [`register`] follows.
    pub fn new(send: &Send) -> Self {
        let container = container();
        let controlled = container.as_ref().is_some_and(|c| c.controller().is_some());
        if !engine::is_building() {
            register(send);
        }
        let stand = match container {
            Some(_) => Stand::NotYet,
            None => Stand::Unavailable,
        };
        dom::mark("offline", stand.name());
        Self {
            facts: Facts {
                stand,
                update: false,
                sent: controlled.then(Sent::default),
            },
            backend: None,
            registration: None,
            controlled,
            asked: false,
            looked: js_sys::Date::now(),
            installing: None,
            _listeners: container.map_or_else(Vec::new, |container| listen(&container, send)),
        }
    }

    /// The registration came, or there is none.
    pub fn registered(&mut self, registration: Option<ServiceWorkerRegistration>, send: &Send) {
        let Some(registration) = registration else {
            self.facts.stand = Stand::Unavailable;
            return;
        };
        let found = {
            let send = send.clone();
            Listener::new(&registration, "updatefound", move |_| {
                send.emit(OfflineMsg::Found.into());
            })
        };
        self._listeners.push(found);
        self.registration = Some(registration);
        self.found(send);
        self.look();
    }

    /// Another version is being kept: its progress counts.
    pub fn found(&mut self, send: &Send) {
        let installing = self.registration.as_ref().and_then(|r| r.installing());
        if let Some(worker) = installing {
            let send = send.clone();
            self.installing = Some(Listener::new(&worker, "statechange", move |_| {
                send.emit(OfflineMsg::Progressed.into());
            }));
        }
    }

    /// Looks whether a new version waits.
    pub fn look(&mut self) {
        let registration = self.registration.as_ref();
        let waits = registration.is_some_and(|r| r.active().is_some() && r.waiting().is_some());
        self.facts.update |= waits;
    }

    /// Another service worker took over; whether it's time for the page to follow.
    pub fn changed(&mut self) -> bool {
        if std::mem::replace(&mut self.controlled, true) {
            // The update may have been wanted in another tab: this one is in the midst of things.
            self.facts.update = true;
        }
        self.facts.sent.get_or_insert_default();
        self.asked
    }

    /// The update is wanted.
    pub fn apply(&mut self) {
        self.asked = true;
        match self.registration.as_ref().and_then(|r| r.waiting()) {
            Some(waiting) => {
                // A service worker that is gone is one that has been replaced.
                let _ = waiting.post_message(&message("update", &JsValue::TRUE));
            }
            None => dom::reload(),
        }
    }

    /// What the service worker told; what it says of requests adds up.
    pub fn said(&mut self, said: Said) {
        match said {
            Said::Sent(bytes, elsewhere) => {
                let sent = self.facts.sent.get_or_insert_default();
                sent.bytes += bytes;
                sent.requests += 1;
                sent.elsewhere += u32::from(elsewhere);
            }
            Said::Kept(backend) => self.backend = Some(backend),
        }
    }

    /// Has the module of the backend kept that runs.
    pub fn keep(&self, backend: Backend) {
        let active = self.registration.as_ref().and_then(|r| r.active());
        if let Some(active) = active {
            let _ = active.post_message(&message("keep", &backend.name().into()));
        }
    }

    /// The page came into view: now and then it looks for a new version.
    pub fn seen(&mut self) {
        let now = js_sys::Date::now();
        if let Some(registration) = &self.registration
            && now - self.looked > LOOK_AGAIN
        {
            self.looked = now;
            if let Ok(promise) = registration.update() {
                // Without a network there is nothing new.
                spawn_local(async move { drop(JsFuture::from(promise).await) });
            }
        }
    }
}

/// `navigator.serviceWorker`; absent where the page came over plain http, and in some private
/// windows.
fn container() -> Option<ServiceWorkerContainer> {
    let found = dom::property(&dom::window()?.navigator(), "serviceWorker")?;
    Some(found.unchecked_into())
}

/// Registers the service worker where there can be one; [`OfflineMsg::Registered`] tells the end.
pub fn register(send: &Send) {
    if let Some(container) = container() {
        let send = send.clone();
        spawn_local(async move {
            send.emit(OfflineMsg::Registered(registration(&container).await).into());
        });
    }
}

async fn registration(container: &ServiceWorkerContainer) -> Option<ServiceWorkerRegistration> {
    let options = RegistrationOptions::new();
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    let promise = container.register_with_options(SCRIPT, &options);
    let registration = JsFuture::from(promise).await.ok()?;
    Some(registration.unchecked_into())
}

fn listen(container: &ServiceWorkerContainer, send: &Send) -> Vec<Listener> {
    let on_message = {
        let send = send.clone();
        Listener::new(container, "message", move |event| {
            let said = event.dyn_ref::<MessageEvent>().and_then(read);
            if let Some(said) = said {
                send.emit(OfflineMsg::Said(said).into());
            }
        })
    };
    let on_change = {
        let send = send.clone();
        Listener::new(container, "controllerchange", move |_| {
            send.emit(OfflineMsg::Changed.into());
        })
    };
    let on_sight = dom::document().map(|document| {
        let send = send.clone();
        Listener::new(&document, "visibilitychange", move |_| {
            send.emit(OfflineMsg::Seen.into());
        })
    });
    [on_message, on_change]
        .into_iter()
        .chain(on_sight)
        .collect()
}

fn read(event: &MessageEvent) -> Option<Said> {
    let data = event.data();
    if let Some(backend) = dom::property(&data, "kept") {
        return backend.as_string().map(Said::Kept);
    }
    let sent = dom::property(&data, "sent")?;
    let bytes = dom::property(&sent, "bytes")?.as_f64()?;
    let elsewhere = dom::property(&sent, "elsewhere")?.is_truthy();
    Some(Said::Sent(bytes as u64, elsewhere))
}

fn message(name: &str, value: &JsValue) -> JsValue {
    let message = Object::new();
    // Setting a property of a fresh object can't fail.
    let _ = Reflect::set(&message, &name.into(), value);
    message.into()
}
