//! What the service worker has told, and what follows from it.

use super::{
    ServiceWorkerMessage,
    service_worker::{Connection, Registration},
};
use crate::{page::platform::dom::Listener, protocol::Backend};

/// Milliseconds from one look for a new version to the next, while the page stays open.
const CHECK_INTERVAL: f64 = 3_600_000.0;

/// How far the page is from working without a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflineStatus {
    /// This browser, or this window, has no service workers.
    Unavailable,
    /// Page, worker module or model isn't stored yet.
    NotYet,
    /// The browser didn't keep the model, for lack of room most often.
    NoRoom,
    /// Page, worker module and model are stored.
    Ready,
}

impl OfflineStatus {
    /// The value of `data-offline`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::NotYet => "not-yet",
            Self::NoRoom => "no-room",
            Self::Ready => "ready",
        }
    }
}

/// What the service worker saw going out to the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Bytes besides the names of the files that were asked for.
    pub bytes: u64,
    /// The number of requests.
    pub requests: u32,
    /// The number of requests to other sites.
    pub elsewhere: u32,
}

/// What the page's header shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageStatus {
    /// How far the page is from working without a network.
    pub offline: OfflineStatus,
    /// Whether a new version of the page waits.
    pub update_waits: bool,
    /// What was sent; `None` while no service worker counts.
    pub sent: Option<Sent>,
}

/// The service worker as the page knows it.
pub struct Offline {
    /// What the header shows.
    pub status: PageStatus,
    /// The registration, once there is one.
    pub(super) registration: Option<Registration>,
    /// Listens to the version that is being installed.
    pub(super) installing: Option<Listener>,
    /// All other listeners, kept as long as the page.
    pub(super) listeners: Vec<Listener>,
    /// What service workers have told so far, also before one serves the page: the first one's own
    /// downloads.
    sent: Sent,
    /// The name of the backend whose worker module is stored.
    stored_backend: Option<String>,
    /// Whether the service worker waits for the visitor's leave to download.
    pub(super) is_put_off: bool,
    /// Whether a service worker serves the page.
    is_controlled: bool,
    /// Whether the new version was taken in this tab.
    is_update_requested: bool,
    /// When the page last looked for a new version, in milliseconds since 1970.
    checked_at: f64,
}

impl Default for Offline {
    /// Before the page has [connected](Self::connect).
    fn default() -> Self {
        Self {
            status: PageStatus {
                offline: OfflineStatus::NotYet,
                update_waits: false,
                sent: None,
            },
            registration: None,
            installing: None,
            listeners: Vec::new(),
            sent: Sent::default(),
            stored_backend: None,
            is_put_off: false,
            is_controlled: false,
            is_update_requested: false,
            checked_at: 0.0,
        }
    }
}

impl Offline {
    /// Takes over what the browser tells when the page is opened.
    pub fn connect(&mut self, connection: Connection) {
        if !connection.is_available {
            self.status.offline = OfflineStatus::Unavailable;
        }
        self.is_controlled = connection.is_controlled;
        self.status.sent = connection.is_controlled.then(Sent::default);
        self.checked_at = connection.time;
        self.listeners.extend(connection.listeners);
    }

    /// Another version of the service worker took over; whether the page is to follow, which means to
    /// be loaded anew.
    pub fn change_controller(&mut self) -> bool {
        if std::mem::replace(&mut self.is_controlled, true) {
            // It may have been taken in another tab: this one is in the midst of things.
            self.status.update_waits = true;
        }
        self.status.sent = Some(self.sent);
        self.is_update_requested
    }

    /// The visitor takes the new version, in this tab.
    pub fn request_update(&mut self) {
        self.is_update_requested = true;
    }

    /// Takes over what the service worker tells; what it tells of requests adds up.
    pub fn receive(&mut self, message: ServiceWorkerMessage) {
        match message {
            ServiceWorkerMessage::Sent { bytes, elsewhere } => {
                self.sent.bytes += bytes;
                self.sent.requests += 1;
                self.sent.elsewhere += u32::from(elsewhere);
                self.status.sent = self.is_controlled.then_some(self.sent);
            }
            ServiceWorkerMessage::ModuleStored(backend) => self.stored_backend = Some(backend),
        }
    }

    /// The registration, if by this time, in milliseconds since 1970, it should look for a new
    /// version.
    pub fn due_check(&mut self, time: f64) -> Option<Registration> {
        let registration = self.registration.clone()?;
        let is_due = time - self.checked_at > CHECK_INTERVAL;
        is_due.then(|| {
            self.checked_at = time;
            registration
        })
    }

    /// Takes over whether all that the page needs without a network is stored: the model (`None` as
    /// long as nobody has looked), and the worker module of the backend that `runs`, `None` as long as
    /// none is ready.
    pub fn refresh(&mut self, is_model_stored: Option<bool>, runs: Option<Backend>) {
        if self.status.offline == OfflineStatus::Unavailable {
            return;
        }
        let is_module_stored =
            runs.is_some_and(|backend| self.stored_backend.as_deref() == Some(backend.name()));
        self.status.offline = match is_model_stored {
            Some(true) if is_module_stored => OfflineStatus::Ready,
            Some(false) if runs.is_some() => OfflineStatus::NoRoom,
            _ => OfflineStatus::NotYet,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_stored_once_the_model_and_the_module_that_runs_are() {
        let mut offline = Offline::default();
        let mut status = |is_model_stored, runs| {
            offline.refresh(is_model_stored, runs);
            offline.status.offline
        };
        let stored = Some(true);
        assert_eq!(status(stored, Some(Backend::Cpu)), OfflineStatus::NotYet);
        offline.receive(ServiceWorkerMessage::ModuleStored("cpu".into()));
        let mut status = |is_model_stored, runs| {
            offline.refresh(is_model_stored, runs);
            offline.status.offline
        };
        assert_eq!(status(stored, Some(Backend::Cpu)), OfflineStatus::Ready);
        assert_eq!(status(stored, Some(Backend::WebGpu)), OfflineStatus::NotYet);
        assert_eq!(status(None, Some(Backend::Cpu)), OfflineStatus::NotYet);
        assert_eq!(
            status(Some(false), Some(Backend::Cpu)),
            OfflineStatus::NoRoom
        );
        assert_eq!(status(Some(false), None), OfflineStatus::NotYet);
        assert_eq!(status(stored, None), OfflineStatus::NotYet);
    }

    #[test]
    fn what_is_sent_adds_up_and_is_told_once_it_is_all_counted() {
        let mut offline = Offline::default();
        for (bytes, elsewhere) in [(0, false), (120, true), (7, false)] {
            offline.receive(ServiceWorkerMessage::Sent { bytes, elsewhere });
        }
        let sent = Sent {
            bytes: 127,
            requests: 3,
            elsewhere: 1,
        };
        assert_eq!(offline.status.sent, None);
        offline.change_controller();
        assert_eq!(offline.status.sent, Some(sent));
    }

    #[test]
    fn the_first_service_worker_is_no_update_but_counts_from_now_on() {
        let mut offline = Offline::default();
        assert!(!offline.change_controller());
        assert!(!offline.status.update_waits);
        assert_eq!(offline.status.sent, Some(Sent::default()));
    }

    #[test]
    fn an_update_that_another_tab_took_is_offered_here() {
        let mut offline = Offline::default();
        offline.change_controller();
        assert!(!offline.change_controller());
        assert!(offline.status.update_waits);
        offline.request_update();
        assert!(offline.change_controller());
    }
}
