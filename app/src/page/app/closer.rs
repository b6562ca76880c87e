//! A photo is looked at closely.

use super::{
    super::{
        closer::{Closer, Regions, Stand as Sight, Tab},
        dom, labels,
        photos::{CardId, Stand},
        question::{self, Parsed},
        shared::Shared,
        words,
    },
    App,
    msg::{CloserMsg, Msg},
};
use crate::protocol::{Request, RequestId};
use glimpse_model::pixels::{Grid, View};
use js_sys::{Array, Float32Array, Uint8ClampedArray};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};

/// Milliseconds without a key before words are embedded.
const PAUSE: u32 = 300;

impl App {
    pub(super) fn on_closer(&mut self, msg: CloserMsg) -> bool {
        if let CloserMsg::Open(card) = msg {
            return self.look_closer(card);
        }
        if let CloserMsg::Drawn(request, prepared) = msg {
            return self.closer_drawn(request, prepared);
        }
        let typed = matches!(
            msg,
            CloserMsg::Words(_)
                | CloserMsg::Ask(_)
                | CloserMsg::Statement(_)
                | CloserMsg::Answers(_)
        );
        let Some(closer) = &mut self.closer else {
            return false;
        };
        match msg {
            CloserMsg::Open(_) | CloserMsg::Drawn(..) => {}
            CloserMsg::Close => {
                let card = closer.card;
                self.closer = None;
                self.focus = Some(format!("#photo-{card} [data-closer]"));
                return true;
            }
            CloserMsg::Tab(tab) => closer.tab = tab,
            CloserMsg::Words(words) => {
                closer.words = words.into();
            }
            CloserMsg::Opacity(opacity) => {
                closer.opacity = opacity.clamp(0.0, 1.0);
                return true;
            }
            CloserMsg::Contrast => {
                closer.contrast = !closer.contrast;
                return true;
            }
            CloserMsg::Ask(text) => {
                if let Parsed::Question(question) = question::parse(&text) {
                    closer.ask(question);
                }
                closer.asked = text;
            }
            CloserMsg::Statement(text) => {
                closer.question.statement = text;
            }
            CloserMsg::Answers(text) => {
                closer.set_answers(text);
            }
            CloserMsg::Pause => {}
            CloserMsg::Describe => closer.describing = true,
            CloserMsg::Copy(text) => {
                self.afterwards(
                    async move { Msg::from(CloserMsg::Copied(dom::copy(&text).await)) },
                );
                return false;
            }
            CloserMsg::Copied(done) => closer.copied = Some(done),
        }
        if typed {
            self.timers.closer = Some(self.after(PAUSE, CloserMsg::Pause.into()));
        } else {
            self.ask_for_closer();
        }
        true
    }

    fn look_closer(&mut self, card: CardId) -> bool {
        let Some(found) = self.photos.get(card).cloned() else {
            return false;
        };
        let request = self.request_id();
        let best = found.ranking.rows.first().map(|row| row.label.clone());
        self.closer = Some(Closer::new(card, best.unwrap_or_default(), request));
        if self.sees() {
            self.send_closer();
        }
        self.ask_for_closer();
        true
    }

    /// Sends the photo that is looked at closely, if its regions are still to come. Before the
    /// worker sees, they wait for it.
    pub(super) fn send_closer(&mut self) {
        let closer = self.closer.as_ref();
        let Some((card, request)) = closer.and_then(|c| Some((c.card, c.request?))) else {
            return;
        };
        if let Some(card) = self.photos.get(card) {
            let picture = card.picture.blob.clone().into();
            self.post(Request::LookCloser { id: request }, picture);
        }
    }

    /// The drawing that was to be looked at, as a bitmap.
    fn closer_drawn(&mut self, request: RequestId, bitmap: Result<JsValue, String>) -> bool {
        if !self.looks_closer(request) {
            return false;
        }
        match bitmap {
            Ok(bitmap) => {
                self.post(Request::LookCloser { id: request }, bitmap);
                false
            }
            Err(reason) => self.regions_failed(request, &reason),
        }
    }

    /// Whether this request is for the photo that is looked at closely.
    pub(super) fn looks_closer(&self, request: RequestId) -> bool {
        self.closer.as_ref().and_then(|closer| closer.request) == Some(request)
    }

    /// Regions came; attached are their embeddings and the encoder's pixels.
    pub(super) fn regions_came(
        &mut self,
        id: RequestId,
        (grid, view): (Grid, View),
        attachment: &JsValue,
    ) {
        let Some(closer) = self
            .closer
            .as_mut()
            .filter(|closer| closer.request == Some(id))
        else {
            return;
        };
        let parts = attachment.dyn_ref::<Array>();
        let embeds = parts.and_then(|parts| parts.get(0).dyn_into::<Float32Array>().ok());
        let pixels = parts.and_then(|parts| parts.get(1).dyn_into::<Uint8ClampedArray>().ok());
        if let (Some(embeds), Some(pixels)) = (embeds, pixels) {
            closer.request = None;
            closer.regions = Sight::Seen(Shared::new(Regions {
                grid,
                view,
                embeds: embeds.to_vec(),
                pixels: pixels.to_vec(),
            }));
        }
    }

    /// They can't be had; whether anyone waited for them.
    pub(super) fn regions_failed(&mut self, id: RequestId, reason: &str) -> bool {
        let closer = self.closer.as_mut();
        match closer.filter(|closer| closer.request == Some(id)) {
            Some(closer) => {
                closer.request = None;
                closer.regions = Sight::Failed(reason.into());
                true
            }
            None => false,
        }
    }

    /// The worker is gone, and with it what was asked of it.
    pub(super) fn recall_closer(&mut self) {
        if let Some(request) = self.closer.as_ref().and_then(|closer| closer.request) {
            self.regions_failed(request, words::RESTARTED);
        }
    }

    /// Asks for every sentence that what is shown needs, until nothing is missing.
    pub(super) fn ask_for_closer(&mut self) {
        let Some(mut closer) = self.closer.take() else {
            return;
        };
        let card = self.photos.get(closer.card).map(|card| card.stand.clone());
        if let Some(Stand::Done(seen)) = card {
            let texts = &self.texts;
            let mut wanted = closer.needs(
                &seen.embedding,
                &|sentence| texts.get(sentence),
                &|sentence| texts.settled(sentence),
            );
            wanted.extend(labels::fill(&self.labels.templates, &closer.words));
            if self.is_ready() {
                let missing = self.texts.missing(wanted);
                for batch in missing.chunks(super::super::texts::BATCH) {
                    self.ask(batch.to_vec(), false);
                }
            }
        }
        self.closer = Some(closer);
    }

    /// The words that are looked for in the photo, as one direction, if they are embedded.
    pub(in super::super) fn closer_words(&self) -> Option<Rc<[f32]>> {
        let words = &self.closer.as_ref()?.words;
        let sentences = labels::fill(&self.labels.templates, words);
        self.texts.mean(sentences)
    }

    /// What the words are compared with in the map: the other labels.
    pub(in super::super) fn closer_others(&self) -> Vec<Rc<[f32]>> {
        let Some(closer) = self.closer.as_ref().filter(|closer| closer.contrast) else {
            return Vec::new();
        };
        let others = self
            .labels
            .items
            .iter()
            .filter(|label| **label != closer.words);
        others
            .filter_map(|label| self.texts.mean(labels::fill(&self.labels.templates, label)))
            .collect()
    }

    /// Opens another part of it from the keyboard's arrows.
    pub(in super::super) fn next_tab(tab: Tab, step: isize) -> Tab {
        let all = Tab::ALL;
        let place = all
            .iter()
            .position(|other| *other == tab)
            .unwrap_or_default();
        let next = (place as isize + step).rem_euclid(all.len() as isize);
        all[next as usize]
    }
}
