//! What follows from what the browser and the service worker tell.

use super::{
    Deps, Msg, Offline, ServiceWorkerMessage,
    service_worker::{self, Registration},
    state::{OfflineStatus, PageStatus},
};
use crate::{
    page::{
        effects::{Effects, Event, Redraw},
        engine::is_building,
        features::{Feature, models},
        platform::dom,
    },
    protocol::PackLocation,
};
use yew::Callback;

impl Feature for Offline {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn start(&mut self, _: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.connect(|send| Some(Msg::Connected(service_worker::connect(&send))));
        fx.spawn_maybe(async {
            // A site that is still being built can't be stored: `SiteComplete` follows.
            if is_building() {
                return None;
            }
            // A service worker fetches megabytes of its own.
            if !service_worker::is_controlled() && models::asks_first() {
                return Some(Msg::PutOff);
            }
            Some(Msg::Registered(service_worker::register().await))
        });
    }

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let before = self.status;
        self.follow(msg, deps, fx);
        self.redraw(before)
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let before = self.status;
        match event {
            Event::SiteComplete => {
                fx.spawn(async { Msg::Registered(service_worker::register().await) });
                return Redraw::No;
            }
            Event::Ready if std::mem::take(&mut self.is_put_off) => {
                fx.spawn(async { Msg::Registered(service_worker::register().await) });
            }
            Event::Ready => self.store_module(deps, fx),
            Event::ImageTowerReady | Event::ModelChanged | Event::ModelStored => {}
            _ => return Redraw::No,
        }
        self.update_status(deps, fx);
        self.redraw(before)
    }
}

impl Offline {
    fn follow(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        match msg {
            Msg::Connected(connection) => self.connect(connection),
            Msg::PutOff => self.is_put_off = true,
            Msg::Registered(None) => self.status.offline = OfflineStatus::Unavailable,
            Msg::Registered(Some(registration)) => {
                self.registration = Some(registration.clone());
                fx.connect(move |send| {
                    send.emit(Msg::Listening(registration.listen(&send)));
                    Some(registration.progress())
                });
                self.follow_installing(fx);
                return;
            }
            Msg::Listening(listener) => {
                self.listeners.push(listener);
                return;
            }
            Msg::UpdateFound => {
                self.follow_installing(fx);
                return;
            }
            Msg::Installing(listener) => {
                self.installing = Some(listener);
                return;
            }
            Msg::Progressed { update_waits } => {
                self.status.update_waits |= update_waits;
                self.store_module(deps, fx);
            }
            Msg::ControllerChanged => {
                if self.change_controller() {
                    fx.connect(|_| {
                        dom::reload();
                        None
                    });
                    return;
                }
                self.store_module(deps, fx);
            }
            Msg::Received(message @ ServiceWorkerMessage::Sent { .. }) => {
                self.receive(message);
                return;
            }
            Msg::Received(message) => self.receive(message),
            Msg::VisibilityChanged { time } => {
                if let Some(registration) = self.due_check(time) {
                    fx.spawn_maybe(async move {
                        registration.check().await;
                        None
                    });
                }
                return;
            }
            Msg::ApplyUpdate => {
                self.request_update();
                let registration = self.registration.clone();
                fx.connect(move |_| {
                    match registration {
                        Some(registration) => registration.apply_update(),
                        None => dom::reload(),
                    }
                    None
                });
                return;
            }
        }
        self.update_status(deps, fx);
    }

    /// Listens to the version that is being installed, if there is one.
    fn follow_installing(&self, fx: &mut Effects<Msg>) {
        self.with_registration(fx, |registration, send| {
            registration.follow_installing(send).map(Msg::Installing)
        });
    }

    /// Once the model runs, the worker module that it runs in is stored beside the page.
    fn store_module(&self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        if deps.engine.is_ready()
            && let Some(backend) = deps.engine.backend()
        {
            self.with_registration(fx, move |registration, _| {
                registration.store_module(backend);
                None
            });
        }
    }

    fn with_registration(
        &self,
        fx: &mut Effects<Msg>,
        work: impl FnOnce(&Registration, &Callback<Msg>) -> Option<Msg> + 'static,
    ) {
        if let Some(registration) = self.registration.clone() {
            fx.connect(move |send| work(&registration, &send));
        }
    }

    /// Tells whether all that the page needs without a network is stored by now.
    fn update_status(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let is_model_stored = match &deps.models.chosen {
            PackLocation::Site(address) if deps.models.is_cached(address) => Some(true),
            PackLocation::Site(_) => deps.models.knows_copies.then_some(false),
            PackLocation::Kept(_) => Some(true),
        };
        let is_ready = deps.engine.is_ready();
        let runs = deps.engine.backend().filter(|_| is_ready);
        self.refresh(is_model_stored, runs);
        fx.mark("offline", self.status.offline.name());
        let update = match self.status.update_waits {
            true => "ready",
            false => "none",
        };
        fx.mark("update", update);
    }

    fn redraw(&self, before: PageStatus) -> Redraw {
        match self.status == before {
            true => Redraw::No,
            false => Redraw::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::service_worker::Connection, *};
    use crate::page::{
        effects::Effect,
        engine::Engine,
        features::{models::Models, photos::Photos},
    };
    use wasm_bindgen::{JsCast, JsValue};

    /// What an update asks for before any model runs, and whether the page is drawn.
    fn effects(
        change: impl FnOnce(&Deps<'_>, &mut Effects<Msg>) -> Redraw,
    ) -> (Redraw, Vec<Effect>) {
        let deps = Deps {
            engine: &Engine::new(Callback::noop()),
            models: &Models::default(),
            photos: &Photos::default(),
        };
        let mut fx = Effects::default();
        let redraw = change(&deps, &mut fx);
        (redraw, fx.take())
    }

    fn update(offline: &mut Offline, msg: Msg) -> (Redraw, Vec<Effect>) {
        effects(|deps, fx| offline.update(msg, deps, fx))
    }

    fn connection(is_available: bool) -> Msg {
        Msg::Connected(Connection {
            is_available,
            is_controlled: is_available,
            time: 1_000.0,
            listeners: Vec::new(),
        })
    }

    fn registration() -> Registration {
        Registration(JsValue::UNDEFINED.unchecked_into())
    }

    /// The values of `data-offline` and `data-update`.
    fn marks(effects: &[Effect]) -> [&str; 2] {
        match effects {
            [
                Effect::Mark("offline", offline),
                Effect::Mark("update", update),
            ] => [offline, update],
            _ => panic!("{} effects", effects.len()),
        }
    }

    #[test]
    fn a_browser_without_service_workers_is_told_from_one_that_is_not_that_far() {
        let mut offline = Offline::default();
        let (_, asked) = update(&mut offline, connection(true));
        assert_eq!(marks(&asked), ["not-yet", "none"]);
        let (redraw, asked) = update(&mut offline, Msg::Registered(None));
        assert_eq!(redraw, Redraw::Now);
        assert_eq!(marks(&asked), ["unavailable", "none"]);
        let mut offline = Offline::default();
        let (_, asked) = update(&mut offline, connection(false));
        assert_eq!(marks(&asked), ["unavailable", "none"]);
        assert!(offline.status.sent.is_none());
    }

    #[test]
    fn a_registration_is_listened_to_and_so_is_what_it_installs() {
        let mut offline = Offline::default();
        let (_, asked) = update(&mut offline, Msg::Registered(Some(registration())));
        assert!(matches!(
            asked[..],
            [Effect::Connect(_), Effect::Connect(_)]
        ));
        let (_, asked) = update(&mut offline, Msg::UpdateFound);
        assert!(matches!(asked[..], [Effect::Connect(_)]));
    }

    #[test]
    fn a_version_that_waits_is_offered_and_stays_so() {
        let mut offline = Offline::default();
        let progressed = |update_waits| Msg::Progressed { update_waits };
        let (redraw, asked) = update(&mut offline, progressed(true));
        assert_eq!(redraw, Redraw::Now);
        assert_eq!(marks(&asked), ["not-yet", "ready"]);
        let (redraw, asked) = update(&mut offline, progressed(false));
        assert_eq!(redraw, Redraw::No);
        assert_eq!(marks(&asked), ["not-yet", "ready"]);
    }

    #[test]
    fn the_page_is_loaded_anew_where_the_update_was_taken() {
        let mut offline = Offline::default();
        update(&mut offline, connection(true));
        let (_, asked) = update(&mut offline, Msg::ApplyUpdate);
        assert!(matches!(asked[..], [Effect::Connect(_)]));
        let (_, asked) = update(&mut offline, Msg::ControllerChanged);
        assert!(matches!(asked[..], [Effect::Connect(_)]));
    }

    #[test]
    fn a_new_version_is_looked_for_once_an_hour_and_only_where_there_is_one() {
        let mut offline = Offline::default();
        update(&mut offline, connection(true));
        let hours = |hours| Msg::VisibilityChanged {
            time: 1_000.0 + hours * 3_600_000.0,
        };
        assert!(update(&mut offline, hours(2.0)).1.is_empty());
        offline.registration = Some(registration());
        assert!(update(&mut offline, hours(0.9)).1.is_empty());
        let (_, asked) = update(&mut offline, hours(1.1));
        assert!(matches!(asked[..], [Effect::Spawn(_)]));
        assert!(update(&mut offline, hours(2.0)).1.is_empty());
    }

    #[test]
    fn a_site_that_was_still_being_built_is_registered_later() {
        let mut offline = Offline::default();
        let (redraw, asked) = effects(|deps, fx| offline.hear(&Event::SiteComplete, deps, fx));
        assert_eq!(redraw, Redraw::No);
        assert!(matches!(asked[..], [Effect::Spawn(_)]));
    }
}
