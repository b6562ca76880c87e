//! Looking for photos: by words, by a photo, by sums of both.

use super::{
    super::{
        photos::Stand,
        search::{self, Match, TextTerm},
        words,
    },
    App,
    msg::SearchMsg,
};
use glimpse_model::score::cosine;
use std::rc::Rc;

/// Milliseconds without a key before a query is embedded.
const PAUSE: u32 = 250;

impl App {
    pub(super) fn on_search(&mut self, msg: SearchMsg) -> bool {
        match msg {
            SearchMsg::Typed(text) => {
                self.search.text = text;
                self.timers.search = Some(self.after(PAUSE, SearchMsg::Pause.into()));
                if !self.search.is_on() {
                    self.seek();
                }
            }
            SearchMsg::Pause => {
                self.pump();
                self.seek();
                self.remember();
            }
            SearchMsg::Photo(card) => {
                self.search.toggle(card);
                self.seek();
                self.reveal = Some("#photos");
            }
            SearchMsg::Turn(card) => {
                self.search.turn(card);
                self.seek();
            }
            SearchMsg::Clear => {
                self.search = Default::default();
                self.focus = Some("#search-input".into());
                self.remember();
            }
        }
        true
    }

    /// The sentences of a query that have to be embedded.
    pub(super) fn query_sentences(&self) -> Vec<String> {
        let terms = search::terms(&self.search.text).into_iter();
        terms.map(|TextTerm { text, .. }| text).collect()
    }

    /// Ranks the photos anew, once everything that is looked for has been embedded.
    pub(super) fn seek(&mut self) {
        if !self.search.is_on() {
            self.search.found = None;
            return;
        }
        let mut terms = Vec::new();
        for TextTerm { text, minus } in search::terms(&self.search.text) {
            match self.texts.get(&text) {
                Some(embedding) => terms.push((embedding, minus)),
                None if self.texts.is_refused(&text) => {}
                // What was found before stays until then.
                None => return,
            }
        }
        for term in self.search.photos.iter() {
            let card = self.photos.get(term.card).map(|card| card.stand.clone());
            if let Some(Stand::Done(seen)) = card {
                terms.push((seen.embedding.clone(), term.minus));
            }
        }
        let query = search::sum(
            terms
                .iter()
                .map(|(embedding, minus)| (&**embedding, *minus)),
        );
        let mut found: Vec<Match> = Vec::new();
        if let Some(query) = query {
            for card in self.photos.cards() {
                if let Stand::Done(seen) = &card.stand {
                    found.push(Match {
                        card: card.id,
                        cosine: cosine(&seen.embedding, &query),
                    });
                }
            }
            found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        }
        let first = |found: &[Match]| found.first().map(|best| best.card);
        let before = self.search.found.as_deref().and_then(first);
        if first(&found) != before
            && let Some(card) = first(&found).and_then(|card| self.photos.get(card))
        {
            self.announcer.say(words::announce_found(&card.name));
            self.announce_soon();
        }
        self.search.found = Some(Rc::from(found));
    }
}
