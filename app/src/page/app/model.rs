//! The models that can be chosen: listing, choosing, deleting.

use super::{
    super::{
        models::{self, Models},
        texts::Texts,
        words,
    },
    App,
    msg::{ModelMsg, Msg},
};
use crate::protocol::PackPlace;
use wasm_bindgen_futures::spawn_local;
use yew::Context;

impl App {
    /// Asks for every list and every fact that the menu shows.
    pub(super) fn list_models(&self) {
        let send = self.send.clone();
        let served: Vec<_> = self.models.entries().map(|e| e.place.clone()).collect();
        spawn_local(async move {
            let mut places = served;
            for place in models::folders().await {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            for place in places {
                if let PackPlace::Site(address) = &place
                    && let Some(manifest) = models::fetch_manifest(address).await
                {
                    send.emit(ModelMsg::Facts(place, Box::new(manifest)).into());
                }
            }
        });
        self.list_kept();
    }

    /// Asks for what is in the browser's storage.
    pub(super) fn list_kept(&self) {
        let send = self.send.clone();
        spawn_local(async move {
            send.emit(ModelMsg::Kept(models::list().await).into());
            send.emit(ModelMsg::Copies(models::list_copies().await).into());
            send.emit(ModelMsg::Space(models::space().await).into());
        });
    }

    /// Asks whether the model of the last visit is still there.
    pub(super) fn look_for_chosen(&self) {
        let send = self.send.clone();
        let place = self.models.chosen.clone();
        spawn_local(async move {
            send.emit(ModelMsg::Remembered(models::is_there(&place).await).into());
        });
    }

    pub(super) fn on_model(&mut self, ctx: &Context<Self>, msg: ModelMsg) -> bool {
        match msg {
            ModelMsg::Remembered(is_there) => {
                if !is_there {
                    models::forget();
                    self.models.chosen = models::default_place();
                    self.life.notice = Some(words::MODEL_GONE.into());
                }
                self.choose(ctx);
            }
            ModelMsg::Facts(place, manifest) => {
                self.models.learn(place, *manifest);
                self.know_chosen();
            }
            ModelMsg::Kept(packs) => {
                self.models.set_kept(packs);
                self.know_chosen();
            }
            ModelMsg::Copies(copies) => {
                self.models.set_copies(copies);
                self.know_chosen();
                self.reckon_offline();
            }
            ModelMsg::Space(space) => self.models.space = space,
            ModelMsg::Menu => {
                self.models.open = !self.models.open;
                self.models.doubted = None;
            }
            ModelMsg::Choose(place) => self.change_model(ctx, place),
            ModelMsg::Doubt(place) => {
                self.models.doubted = Some(place);
                self.focus = Some("#keep-model".into());
            }
            ModelMsg::Keep => {
                let doubted = self.models.doubted.take();
                self.focus = doubted
                    .map(|place| format!("{} [data-delete]", model_selector(&self.models, &place)));
            }
            ModelMsg::Delete(place) => self.delete_model(place),
            ModelMsg::Deleted(place, gone) => self.model_deleted(ctx, place, gone),
        }
        true
    }

    /// The size is told before the download, so facts count before the worker has them.
    fn know_chosen(&mut self) {
        if self.model.is_none() {
            self.model = self.models.facts(&self.models.chosen).cloned();
        }
    }

    /// Photos and labels stay; what was made of them belongs to the other model's space.
    fn change_model(&mut self, ctx: &Context<Self>, place: PackPlace) {
        self.focus = Some(model_selector(&self.models, &place));
        if place == self.models.chosen {
            return;
        }
        if place == models::default_place() {
            models::forget();
        } else {
            models::remember(&place);
        }
        self.models.chosen = place;
        self.model = None;
        self.know_chosen();
        self.texts = Texts::default();
        self.labels.shown_draft = None;
        self.search.found = None;
        self.closer = None;
        self.remember();
        self.photos.look_again();
        self.begin(ctx);
        if let Some(title) = self.models.title(&self.models.chosen) {
            self.announcer.say(words::changing(&title));
            self.announce_soon();
        }
    }

    fn delete_model(&mut self, place: PackPlace) {
        let send = self.send.clone();
        spawn_local(async move {
            let gone = match &place {
                PackPlace::Kept(folder) => models::remove(folder).await,
                PackPlace::Site(address) => models::remove_copy(address).await,
            };
            send.emit(ModelMsg::Deleted(place, gone).into());
        });
    }

    fn model_deleted(&mut self, ctx: &Context<Self>, place: PackPlace, gone: bool) {
        let title = self.models.title(&place).unwrap_or_default();
        self.models.doubted = None;
        // A served model goes on without its copy.
        let is_lost = gone && matches!(place, PackPlace::Kept(_));
        if is_lost && self.models.chosen == place {
            self.change_model(ctx, models::default_place());
            self.life.notice = Some(words::CHOSEN_DELETED.into());
        }
        self.announcer.say(words::deleted(&title, gone));
        self.announce_soon();
        self.focus = Some("#models-button".into());
        self.list_kept();
    }

    /// Sends a message once something is done that nothing else waits for.
    pub(super) fn afterwards(&self, work: impl Future<Output = Msg> + 'static) {
        let send = self.send.clone();
        spawn_local(async move { send.emit(work.await) });
    }
}

/// A model's place in the menu; by number, since an address may hold any character.
fn model_selector(models: &Models, place: &PackPlace) -> String {
    let index = models.entries().position(|entry| entry.place == *place);
    format!("#model-{}", index.unwrap_or_default())
}
