//! Working without a network, updates of the page, and the count of what was sent: all that the
//! service worker does, as the page sees it.
//!
//! [`service_worker`] talks to the browser, [`state`] keeps what it tells, and [`header`] shows that.

mod service_worker;
mod state;
mod text;
mod update;
mod view;

pub use state::Offline;
pub use view::header;

use crate::page::{
    engine::Engine,
    features::{models, photos},
    platform::dom::Listener,
};
use service_worker::{Connection, Registration};

/// What decides whether the page works without a network, and what an update costs.
pub struct Deps<'a> {
    /// Tells which backend runs.
    pub engine: &'a Engine,
    /// Whether the chosen model is stored.
    pub models: &'a models::Models,
    /// Whether an update would take photos off the page.
    pub photos: &'a photos::Photos,
}

/// What can happen around the service worker.
pub enum Msg {
    /// The page listens to service workers, or there are none.
    Connected(Connection),
    /// The service worker waits for the visitor's leave to download.
    PutOff,
    /// The service worker is registered; `None` if the browser refuses, or has no service workers.
    Registered(Option<Registration>),
    /// The page listens to its registration.
    Listening(Listener),
    /// The browser found another version of the service worker, and installs it.
    UpdateFound,
    /// The page listens to the version that is being installed.
    Installing(Listener),
    /// The registration is there, or a version of the service worker is a step further.
    Progressed {
        /// Whether a version is installed that waits for the old one to end.
        update_waits: bool,
    },
    /// Another version of the service worker serves the page from now on.
    ControllerChanged,
    /// The service worker tells something.
    Received(ServiceWorkerMessage),
    /// The page came into view, or went out of it.
    VisibilityChanged {
        /// When that was, in milliseconds since 1970.
        time: f64,
    },
    /// The visitor takes the new version.
    ApplyUpdate,
}

/// What the service worker tells the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceWorkerMessage {
    /// A request went out to the network.
    Sent {
        /// Bytes that it carried besides the name of the file asked for.
        bytes: u64,
        /// Whether it went to another site.
        elsewhere: bool,
    },
    /// The worker module of the backend of this name is stored.
    ModuleStored(String),
}
