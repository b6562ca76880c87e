//! Listing, choosing and deleting models.

use super::{
    Deps, Models, Msg, cached,
    remember::{forget, remember},
    served,
    spending::{self, AskReason},
    start::{self, Wanted},
    state::Entry,
    storage, text,
};
use crate::{
    page::{
        effects::{Effects, EngineCommand, Event, Notice, Redraw},
        features::Feature,
        ui::PtrEqRc,
    },
    protocol::PackLocation,
    storage::pack_cache,
};

impl Feature for Models {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn start(&mut self, _deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.connect(|_| {
            let default = start::default_location();
            let wanted = start::wanted(&default);
            let ask = spending::ask_reason();
            Some(Msg::Begin {
                default,
                wanted,
                ask,
            })
        });
    }

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Begin {
                default,
                wanted,
                ask,
            } => {
                self.ask = ask;
                self.begin_with(default, wanted, fx);
            }
            Msg::Checked(location, is_there) => {
                if location == self.chosen {
                    match is_there {
                        true => self.start_engine(fx),
                        false => self.is_asking = true,
                    }
                }
            }
            Msg::Weighed(address, bytes) => {
                self.sizes.insert(address, bytes);
            }
            Msg::GoAhead => self.start_engine(fx),
            Msg::AskFirst(wanted) => {
                self.ask = wanted.then_some(AskReason::Setting);
                fx.connect(move |_| {
                    spending::set_wanted(wanted);
                    None
                });
            }
            Msg::Remembered(is_there) => self.open_remembered(is_there, fx),
            Msg::Fetched(manifests) => {
                for (location, manifest) in manifests {
                    self.learn(location, PtrEqRc::new(manifest));
                }
                self.tell_engine(deps, fx);
            }
            Msg::Stored(packs) => {
                self.set_stored(packs);
                self.tell_engine(deps, fx);
                fx.event(Event::ModelStored);
            }
            Msg::Cached(packs) => {
                self.knows_copies = deps.engine.is_ready() && !self.is_copy_deleted;
                self.set_cached(packs);
                self.weigh(fx);
                measure_space(fx);
                self.tell_engine(deps, fx);
                fx.event(Event::ModelStored);
            }
            Msg::Space(space) => self.space = space,
            Msg::ToggleMenu => {
                self.is_open = !self.is_open;
                self.pending_delete = None;
                if self.is_open {
                    // What is kept, and how much, may have changed since.
                    list_storage(fx);
                }
            }
            Msg::Choose(location) => {
                fx.focus(self.selector(&location));
                if location != self.chosen {
                    self.change(location, fx);
                }
            }
            Msg::RequestDelete(location) => {
                self.pending_delete = Some(location);
                fx.focus("#keep-model");
            }
            Msg::CancelDelete => {
                if let Some(location) = self.pending_delete.take() {
                    fx.focus(format!("{} [data-delete]", self.selector(&location)));
                }
            }
            Msg::Delete(location) => fx.spawn(async move {
                let is_gone = match &location {
                    PackLocation::Kept(folder) => storage::remove(folder).await,
                    PackLocation::Site(address) => cached::remove(address).await,
                };
                Msg::Deleted(location, is_gone)
            }),
            Msg::Deleted(location, is_gone) => self.deleted(&location, is_gone, fx),
            Msg::Import(msg) => return self.update_import(msg, fx),
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match event {
            Event::ImageTowerReady | Event::Ready => {
                if let Some(model) = deps.engine.model() {
                    self.learn(self.chosen.clone(), model.clone());
                }
                if matches!(event, Event::Ready) {
                    list_cached(fx);
                }
                Redraw::Now
            }
            Event::ImportModel(files) => {
                self.start_import(files.clone(), fx);
                Redraw::Now
            }
            _ => Redraw::No,
        }
    }
}

impl Models {
    fn begin_with(&mut self, default: PackLocation, wanted: Wanted, fx: &mut Effects<Msg>) {
        let (chosen, is_certain, notice) = match wanted {
            Wanted::Certain(location) => (location, true, None),
            Wanted::Remembered(location) => (location, false, None),
            Wanted::Refused => (default.clone(), true, Some(Notice::PackRefused)),
        };
        self.begin(default, chosen);
        self.list(fx);
        if is_certain {
            self.open(notice, fx);
        } else {
            let location = self.chosen.clone();
            fx.spawn(async move { Msg::Remembered(start::is_there(&location).await) });
        }
    }

    fn open_remembered(&mut self, is_there: bool, fx: &mut Effects<Msg>) {
        if is_there {
            return self.open(None, fx);
        }
        self.chosen = self.default.clone();
        self.remember_chosen(fx);
        self.open(Some(Notice::ModelGone), fx);
        fx.event(Event::ModelStored);
    }

    /// Opens the chosen model, or asks about its download first.
    fn open(&mut self, notice: Option<Notice>, fx: &mut Effects<Msg>) {
        self.notice = notice;
        match self.chosen.clone() {
            PackLocation::Site(address) if self.ask.is_some() => fx.spawn(async move {
                let is_there = pack_cache::manifest(&address).await.is_ok();
                Msg::Checked(PackLocation::Site(address), is_there)
            }),
            _ => self.start_engine(fx),
        }
    }

    /// Starts the engine with the chosen model. Its manifest, if that is known, tells its size before
    /// the download.
    fn start_engine(&mut self, fx: &mut Effects<Msg>) {
        self.is_asking = false;
        fx.engine(EngineCommand::Open(self.chosen.clone()));
        if let Some(model) = self.manifest(&self.chosen) {
            fx.engine(EngineCommand::ModelKnown(Some(model.clone())));
        }
        // Opening drops the notice of before.
        if let Some(notice) = self.notice.take() {
            fx.engine(EngineCommand::Notice(Some(notice)));
        }
    }

    /// Tells the engine the chosen model's manifest, until the model that runs has told it.
    fn tell_engine(&self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        if deps.engine.model().is_none()
            && let Some(model) = self.manifest(&self.chosen)
        {
            fx.engine(EngineCommand::ModelKnown(Some(model.clone())));
        }
    }

    /// Chooses another model. Photos and labels stay; what was made of them belongs to the embedding
    /// space of the model before.
    fn change(&mut self, location: PackLocation, fx: &mut Effects<Msg>) {
        self.chosen = location;
        self.remember_chosen(fx);
        (self.knows_copies, self.is_copy_deleted) = (false, false);
        // Its size stood beside the button.
        self.start_engine(fx);
        fx.event(Event::ModelChanged);
        fx.event(Event::SetupChanged);
        if let Some(title) = self.title(&self.chosen) {
            fx.say(text::changing(&title));
        }
    }

    /// Remembers the chosen model for the next visit.
    fn remember_chosen(&self, fx: &mut Effects<Msg>) {
        let location = (!self.is_default()).then(|| self.chosen.clone());
        fx.connect(move |_| {
            match location {
                Some(location) => remember(&location),
                None => forget(),
            }
            None
        });
    }

    fn deleted(&mut self, location: &PackLocation, is_gone: bool, fx: &mut Effects<Msg>) {
        let title = self.title(location).unwrap_or_default();
        self.pending_delete = None;
        self.is_copy_deleted |= *location == self.chosen;
        // A served model goes on without its copy.
        let is_lost = is_gone && matches!(location, PackLocation::Kept(_));
        if is_lost && self.chosen == *location {
            self.change(self.default.clone(), fx);
            fx.engine(EngineCommand::Notice(Some(Notice::ChosenDeleted)));
        }
        fx.say(text::deleted(&title, is_gone));
        fx.focus("#models-button");
        list_storage(fx);
    }

    /// Asks for every list and every manifest that the menu shows.
    fn list(&self, fx: &mut Effects<Msg>) {
        let known: Vec<PackLocation> = self.entries().map(|entry| entry.location.clone()).collect();
        for location in known.clone() {
            fx.spawn(async move { fetch(vec![location]).await });
        }
        // All at once, so that they stand in the order of the site's list.
        fx.spawn(async move {
            let mut locations = served::folders().await;
            locations.retain(|location| !known.contains(location));
            fetch(locations).await
        });
        list_storage(fx);
    }

    /// Asks what the chosen model takes to download, and with the menu open what all others do, if
    /// that isn't known, nor done.
    fn weigh(&self, fx: &mut Effects<Msg>) {
        let is_shown = |entry: &&Entry| self.is_open || entry.location == self.chosen;
        for entry in self.entries().filter(is_shown) {
            if let PackLocation::Site(address) = &entry.location
                && !self.is_cached(address)
                && !self.sizes.contains_key(address)
            {
                let address = address.clone();
                fx.spawn_maybe(async move {
                    let bytes = served::download_size(&address).await?;
                    Some(Msg::Weighed(address, bytes))
                });
            }
        }
    }
}

async fn fetch(locations: Vec<PackLocation>) -> Msg {
    let mut manifests = Vec::new();
    for location in locations {
        if let PackLocation::Site(address) = &location
            && let Some(manifest) = served::fetch_manifest(address).await
        {
            manifests.push((location, manifest));
        }
    }
    Msg::Fetched(manifests)
}

/// Asks for what is in the browser's storage.
pub(super) fn list_storage(fx: &mut Effects<Msg>) {
    fx.spawn(async { Msg::Stored(storage::list().await) });
    list_cached(fx);
}

fn list_cached(fx: &mut Effects<Msg>) {
    fx.spawn(async { Msg::Cached(cached::list().await) });
}

fn measure_space(fx: &mut Effects<Msg>) {
    fx.spawn(async { Msg::Space(storage::space().await) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        effects::{Announcement, Effect},
        engine::Engine,
    };
    use yew::Callback;

    fn site(name: &str) -> PackLocation {
        PackLocation::Site(format!("https://example.com/packs/{name}/"))
    }

    fn imported() -> PackLocation {
        PackLocation::Kept("01".to_owned())
    }

    fn update(models: &mut Models, msg: Msg) -> Vec<Effect> {
        let engine = Engine::new(Callback::noop());
        let mut fx = Effects::default();
        models.update(msg, &Deps { engine: &engine }, &mut fx);
        fx.take()
    }

    fn begin(models: &mut Models, wanted: Wanted) -> Vec<Effect> {
        let default = site("default");
        let ask = None;
        update(
            models,
            Msg::Begin {
                default,
                wanted,
                ask,
            },
        )
    }

    fn commands(effects: &[Effect]) -> Vec<&EngineCommand> {
        effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Engine(command) => Some(command),
                _ => None,
            })
            .collect()
    }

    fn opens(command: &EngineCommand, location: &PackLocation) -> bool {
        matches!(command, EngineCommand::Open(opened) if opened == location)
    }

    fn says(effects: &[Effect], part: &str) -> bool {
        effects.iter().any(|effect| {
            matches!(effect, Effect::Announce(Announcement::Other(text)) if text.contains(part))
        })
    }

    #[test]
    fn a_model_that_the_address_names_is_opened_at_once() {
        let mut models = Models::default();
        let effects = begin(&mut models, Wanted::Certain(site("other")));
        let [open] = commands(&effects)[..] else {
            panic!("one command");
        };
        assert!(opens(open, &site("other")));
    }

    #[test]
    fn what_is_to_be_told_waits_for_the_visitors_leave_as_well() {
        let mut models = Models::default();
        let begin = Msg::Begin {
            default: site("default"),
            wanted: Wanted::Refused,
            ask: Some(AskReason::Setting),
        };
        assert!(commands(&update(&mut models, begin)).is_empty());
        assert!(commands(&update(&mut models, Msg::Checked(site("default"), false))).is_empty());
        assert!(models.is_asking());
        let effects = update(&mut models, Msg::GoAhead);
        let [open, EngineCommand::Notice(notice)] = commands(&effects)[..] else {
            panic!("two commands");
        };
        assert!(opens(open, &site("default")));
        assert_eq!(*notice, Some(Notice::PackRefused));
    }

    #[test]
    fn a_refused_address_is_told_after_the_default_is_opened() {
        let mut models = Models::default();
        let effects = begin(&mut models, Wanted::Refused);
        let [open, notice] = commands(&effects)[..] else {
            panic!("two commands");
        };
        assert!(opens(open, &site("default")));
        assert!(matches!(
            notice,
            EngineCommand::Notice(Some(Notice::PackRefused))
        ));
    }

    #[test]
    fn a_remembered_model_is_opened_once_it_is_found() {
        let mut models = Models::default();
        let effects = begin(&mut models, Wanted::Remembered(imported()));
        assert!(commands(&effects).is_empty());
        let effects = update(&mut models, Msg::Remembered(true));
        let [open] = commands(&effects)[..] else {
            panic!("one command");
        };
        assert!(opens(open, &imported()));
    }

    #[test]
    fn the_default_replaces_a_remembered_model_that_is_gone() {
        let mut models = Models::default();
        begin(&mut models, Wanted::Remembered(imported()));
        let effects = update(&mut models, Msg::Remembered(false));
        let [open, notice] = commands(&effects)[..] else {
            panic!("two commands");
        };
        assert!(opens(open, &site("default")));
        assert!(matches!(
            notice,
            EngineCommand::Notice(Some(Notice::ModelGone))
        ));
        assert!(models.is_default());
    }

    #[test]
    fn others_hear_of_another_choice_after_the_engine() {
        let mut models = Models::default();
        begin(&mut models, Wanted::Certain(site("default")));
        let effects = update(&mut models, Msg::Choose(site("other")));
        let position = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted);
        let open = position(|effect| matches!(effect, Effect::Engine(EngineCommand::Open(_))));
        let changed = position(|effect| matches!(effect, Effect::Event(Event::ModelChanged)));
        assert!(open.is_some() && open < changed);
        assert_eq!(models.chosen, site("other"));
    }

    #[test]
    fn the_same_choice_only_moves_the_keyboard() {
        let mut models = Models::default();
        begin(&mut models, Wanted::Certain(site("default")));
        let effects = update(&mut models, Msg::Choose(site("default")));
        assert!(matches!(&effects[..], [Effect::Focus(selector)] if selector == "#model-0"));
    }

    #[test]
    fn the_default_replaces_the_chosen_model_once_that_is_deleted() {
        let mut models = Models::default();
        begin(&mut models, Wanted::Certain(imported()));
        let effects = update(&mut models, Msg::Deleted(imported(), false));
        assert!(commands(&effects).is_empty());
        let effects = update(&mut models, Msg::Deleted(imported(), true));
        let commands = commands(&effects);
        assert!(matches!(
            commands.last(),
            Some(EngineCommand::Notice(Some(Notice::ChosenDeleted)))
        ));
        assert!(models.is_default());
        assert!(says(&effects, "was deleted"));
    }

    #[test]
    fn a_served_model_goes_on_without_its_copy() {
        let mut models = Models::default();
        begin(&mut models, Wanted::Certain(site("other")));
        update(&mut models, Msg::RequestDelete(site("other")));
        let effects = update(&mut models, Msg::Deleted(site("other"), true));
        assert!(commands(&effects).is_empty());
        assert!(models.pending_delete.is_none());
        assert_eq!(models.chosen, site("other"));
    }
}
