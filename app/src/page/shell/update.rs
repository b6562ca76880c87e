//! What follows from the page's own messages: the address, the language, what is dropped.

use super::{App, Msg, route, text};
use crate::page::{
    effects::{Effect, Effects, Event, Redraw},
    features::photos,
    locale,
    platform::dropped::Dropped,
};
use std::rc::Rc;

/// Of an update that changed nothing.
const NOTHING: (Redraw, Vec<Effect>) = (Redraw::No, Vec::new());

impl App {
    /// Follows a message: a feature's and the engine's by their own updates, the page's own here.
    pub(super) fn follow(&mut self, msg: Msg) -> (Redraw, Vec<Effect>) {
        let mut fx = Effects::new(&self.send);
        match msg {
            Msg::Engine(msg) => return self.engine.update(msg),
            Msg::Feature(msg) => return self.features.update(msg, &self.engine, &self.senders),
            Msg::Deferred(None) => self.is_incomplete = true,
            Msg::Deferred(Some(code)) => {
                self.is_incomplete = false;
                self.views = Some(code.views);
                let code = code.features;
                let effects = self.features.arrive(code, &self.engine, &self.senders);
                return (Redraw::Now, effects);
            }
            Msg::Dragging(dragging) if dragging == self.dragging => return NOTHING,
            Msg::Dragging(dragging) => self.dragging = dragging,
            Msg::Dropped(Dropped::Photos(incoming)) => {
                let msg = photos::Msg::Incoming(incoming);
                return self.follow(Msg::Feature(msg.into()));
            }
            Msg::Dropped(Dropped::Model(files)) => fx.event(Event::ImportModel(Rc::new(files))),
            Msg::NothingDropped => {
                return self.follow(Msg::Feature(photos::Msg::NothingDropped.into()));
            }
            Msg::Announce => self.announcer.settle(),
            Msg::ToggleSettings => self.shows_settings = !self.shows_settings,
            Msg::Draw => {}
            Msg::WriteAddress => {
                self.write_address();
                return NOTHING;
            }
            Msg::AddressChanged => match route::read() {
                Some(link) if !self.features.are_as_in(&link) => {
                    self.features.read_link(&link);
                    fx.event(Event::SetupRead);
                }
                _ => return NOTHING,
            },
            Msg::CopyAddress => {
                self.write_address();
                fx.spawn(async { Msg::AddressCopied(route::copy().await) });
            }
            Msg::AddressCopied(done) => {
                self.copied = Some(done);
                fx.say(text::link_copied(done));
            }
            Msg::ChooseLanguage(language) => {
                fx.spawn(
                    async move { Msg::LanguageLoaded(language, locale::load(language).await) },
                );
            }
            Msg::LanguageLoaded(language, is_there) => {
                if let Some(note) = self.language.loaded(language, is_there) {
                    fx.say(note);
                }
            }
        }
        (Redraw::Now, fx.take())
    }

    fn write_address(&self) {
        let models = &self.features.models;
        let pack = (!models.is_default()).then_some(&models.chosen);
        // Refused only where a page has no address of its own.
        let _ = route::write(&self.features.link(), pack);
    }
}
