//! Working without a network, updates, and the count of what was sent.

use super::{
    super::{
        dom, models,
        offline::{Said, Stand},
        share_target,
    },
    App, Phase,
    msg::{ModelMsg, OfflineMsg, PhotoMsg},
};
use crate::protocol::PackPlace;
use wasm_bindgen_futures::spawn_local;

impl App {
    pub(super) fn on_offline(&mut self, msg: OfflineMsg) -> bool {
        match msg {
            OfflineMsg::Registered(registration) => {
                self.offline.registered(registration, &self.send);
                self.keep_all();
            }
            OfflineMsg::Found => self.offline.found(&self.send),
            OfflineMsg::Progressed => {
                self.offline.look();
                self.keep_all();
            }
            OfflineMsg::Changed => {
                if self.offline.changed() {
                    dom::reload();
                    return false;
                }
                self.keep_all();
            }
            OfflineMsg::Said(said) => {
                let news = matches!(said, Said::Kept(_));
                self.offline.said(said);
                if !news {
                    return true;
                }
            }
            OfflineMsg::Seen => self.offline.seen(),
            OfflineMsg::Apply => self.offline.apply(),
        }
        self.reckon_offline();
        true
    }

    /// Once the model runs: its module is kept as well, and what is kept of it is looked up.
    pub(super) fn keep_all(&self) {
        if self.is_ready()
            && let Some((backend, _)) = self.life.backend
        {
            self.offline.keep(backend);
        }
    }

    /// Asks what of the served packs is kept.
    pub(super) fn list_copies(&self) {
        let send = self.send.clone();
        spawn_local(async move {
            send.emit(ModelMsg::Copies(models::list_copies().await).into());
        });
    }

    /// Whether all that is needed without a network is kept by now.
    pub(super) fn reckon_offline(&mut self) {
        let model = match &self.models.chosen {
            PackPlace::Site(address) => self.models.is_copied(address),
            PackPlace::Kept(_) => true,
        };
        let backend = self
            .life
            .backend
            .as_ref()
            .map(|(backend, _)| backend.name());
        let ready = self.life.phase == Phase::Ready && model;
        let facts = &mut self.offline.facts;
        if facts.stand != Stand::Unavailable {
            let module = self.offline.backend.as_deref();
            let all = ready && module.is_some() && module == backend;
            facts.stand = if all { Stand::Ready } else { Stand::NotYet };
        }
        dom::mark("offline", facts.stand.name());
        dom::mark("update", if facts.update { "ready" } else { "none" });
    }

    /// Takes the photos that another app shared.
    pub(super) fn take_shared(&self) {
        let send = self.send.clone();
        spawn_local(async move {
            match share_target::take().await {
                Some(incoming) if incoming.files.is_empty() => send.emit(PhotoMsg::Nothing.into()),
                Some(incoming) => send.emit(PhotoMsg::Incoming(incoming).into()),
                None => {}
            }
        });
    }
}
