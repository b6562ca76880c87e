//! The photos on the page: each a card with its file, its status and its scores.

use super::{
    arrivals::Arrivals, choice::Choice, in_flight::InFlight, present::Presentation,
    removed::Removed, samples::Samples,
};
use crate::{
    page::{
        effects::{CardId, ImageEmbedding},
        features::scores::{Best, Candidate, Ranking, Temperature, rank},
        ui::PtrEqRc,
    },
    protocol::{ImageFailure, RequestId},
};
use glimpse_model::pack::PackSummary;
use std::rc::Rc;
use web_sys::{Blob, Url};

/// Photos on the page at once.
pub const MAX_PHOTOS: usize = 500;

/// Photos from which on cards are small, unless the visitor wants them otherwise.
const MANY: usize = 25;

/// A photo's file, and its address for an `<img>`.
pub struct Picture {
    /// The photo as it came in, encoded.
    pub blob: Blob,
    /// An object URL, which lives as long as this; empty if the browser refused.
    pub url: String,
}

impl Picture {
    /// Gives the file an address, which is revoked when this is dropped.
    pub fn new(blob: Blob) -> Self {
        Self::shown_as(blob.clone(), &blob)
    }

    /// Gives another file an address, to be shown in place of this one.
    fn shown_as(blob: Blob, shown: &Blob) -> Self {
        let url = Url::create_object_url_with_blob(shown).unwrap_or_default();
        Self { blob, url }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if !self.url.is_empty() {
            // Fails only for what is no address.
            let _ = Url::revoke_object_url(&self.url);
        }
    }
}

/// How far a photo has come.
#[derive(Debug, Clone)]
pub enum CardStatus {
    /// The photo is in the page's queue.
    Waiting,
    /// The photo is at a worker.
    Embedding,
    /// The photo has an embedding, and can be scored.
    Done(Rc<ImageEmbedding>),
    /// The photo can't be embedded.
    Failed(ImageFailure),
    /// The worker ended over the photo.
    Crashed,
}

impl CardStatus {
    /// The value of `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Embedding => "embedding",
            Self::Done(_) => "done",
            Self::Failed(_) | Self::Crashed => "failed",
        }
    }
}

/// One photo of the page, with what is known of it.
#[derive(Clone)]
pub struct Card {
    /// Names the photo on this page; grows with time.
    pub id: CardId,
    /// The file's name, as the visitor has it.
    pub name: Rc<str>,
    /// The photo's bytes, and what shows them.
    pub picture: Rc<Picture>,
    /// How far the photo has come.
    pub status: CardStatus,
    /// The scores of all labels; empty until the photo and a label are embedded.
    pub ranking: Ranking,
}

impl Card {
    fn new(id: CardId, name: &str, picture: Picture) -> Self {
        Self {
            id,
            name: name.into(),
            picture: Rc::new(picture),
            status: CardStatus::Waiting,
            ranking: Ranking::default(),
        }
    }
}

/// A photo that was found by a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// The card of the photo that was found.
    pub card: CardId,
    /// Cosine between the photo's embedding and the query, −1 to 1.
    pub cosine: f32,
}

/// All photos, and how they come in.
pub struct Photos {
    /// Whether all numbers are shown rather than only the shares.
    pub numbers: bool,
    /// Whether cards are small, if the visitor chose.
    pub(super) compact: Option<bool>,
    /// Which photos are shown, and in which order.
    pub(super) choice: Choice,
    /// The photo that is presented alone, if one is.
    pub(super) presentation: Option<Presentation>,
    /// What is told under the drop zone.
    pub(super) note: Option<Rc<str>>,
    /// The sample photos that the site offers.
    pub(super) samples: Samples,
    /// Photos that are at workers now.
    pub(super) in_flight: InFlight,
    /// The last batch, as far as it isn't on the page.
    pub(super) arrivals: Arrivals<(String, Blob)>,
    /// Whether a timer for the next arrivals runs.
    pub(super) arrival_is_timed: bool,
    /// Whether a timer for scores of labels that came meanwhile runs.
    pub(super) rank_is_timed: bool,
    /// Photos whose scores are out of date.
    pub(super) unranked: Vec<CardId>,
    /// What was taken off last, as long as it can come back.
    pub(super) removed: Option<Removed>,
    /// Whether the visitor stopped photos that wait.
    pub(super) is_stopped: bool,
    /// The newest batch first.
    pub(super) cards: Vec<PtrEqRc<Card>>,
    last_id: CardId,
}

impl Default for Photos {
    fn default() -> Self {
        Self {
            numbers: true,
            compact: None,
            choice: Choice::default(),
            presentation: None,
            note: None,
            samples: Samples::default(),
            in_flight: InFlight::default(),
            arrivals: Arrivals::default(),
            arrival_is_timed: false,
            rank_is_timed: false,
            unranked: Vec::new(),
            removed: None,
            is_stopped: false,
            cards: Vec::new(),
            last_id: 0,
        }
    }
}

impl Photos {
    /// The cards in their order on the page.
    pub fn cards(&self) -> &[PtrEqRc<Card>] {
        &self.cards
    }

    /// Whether a card is a thumbnail with the best label, so that many are in sight.
    pub(super) fn is_compact(&self) -> bool {
        // Photos that are still to come count: cards that change their size amid a batch are slow to draw.
        let all = self.cards.len() + self.arrivals.pending();
        self.presentation.is_none() && self.compact.unwrap_or(all >= MANY)
    }

    /// A card by its id.
    pub fn get(&self, id: CardId) -> Option<&PtrEqRc<Card>> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// Takes a batch as far as there is room, and tells how many photos found none. A few photos are
    /// on the page at once, above all others; the rest follow with [`Photos::arrive`].
    pub(super) fn add(&mut self, batch: Vec<(String, Blob)>) -> usize {
        // The rest of an earlier batch goes below this one.
        while self.arrive() {}
        let room = MAX_PHOTOS.saturating_sub(self.cards.len());
        let refused = self.arrivals.begin(batch, room);
        self.arrive();
        refused
    }

    /// Brings the next few photos of the last batch on the page; whether there are more.
    pub(super) fn arrive(&mut self) -> bool {
        let (index, photos) = self.arrivals.step();
        let mut cards = Vec::with_capacity(photos.len());
        for (name, blob) in photos {
            self.last_id += 1;
            cards.push(PtrEqRc::new(Card::new(
                self.last_id,
                &name,
                Picture::new(blob),
            )));
        }
        self.cards.splice(index..index, cards);
        self.arrivals.pending() > 0
    }

    /// How many photos wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.waiting_cards().count() + self.arrivals.pending()
    }

    /// The photo that has waited longest.
    pub(super) fn oldest_waiting(&self) -> Option<&PtrEqRc<Card>> {
        self.waiting_cards().min_by_key(|card| card.id)
    }

    fn waiting_cards(&self) -> impl Iterator<Item = &PtrEqRc<Card>> {
        let cards = self.cards.iter();
        cards.filter(|card| matches!(card.status, CardStatus::Waiting))
    }

    /// Ends a request with this status of its card, and tells the card; `None` if it was cancelled.
    pub(super) fn finish(&mut self, request: RequestId, status: CardStatus) -> Option<CardId> {
        let sent = self.in_flight.take(request)?;
        self.set_status(sent.card, status);
        Some(sent.card)
    }

    /// Changes how far a photo has come.
    pub(super) fn set_status(&mut self, id: CardId, status: CardStatus) {
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == id) {
            card.change(|card| card.status = status);
        }
    }

    /// Shows this instead of a photo's file, which stays what is embedded.
    pub(super) fn show(&mut self, id: CardId, preview: &Blob) {
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == id) {
            let picture = Picture::shown_as(card.picture.blob.clone(), preview);
            card.change(|card| card.picture = Rc::new(picture));
        }
    }

    /// Puts all photos into the queue again: their embeddings are another model's.
    pub(super) fn reset(&mut self) {
        self.in_flight.take_all();
        self.unranked.clear();
        for card in &mut self.cards {
            card.change(|card| {
                card.status = CardStatus::Waiting;
                card.ranking = Ranking::default();
            });
        }
    }

    /// Scores these photos against the labels.
    pub(super) fn score(
        &mut self,
        which: &[CardId],
        candidates: &[Candidate],
        model: &PackSummary,
        temperature: &Temperature,
    ) {
        let is_meant = |card: &&mut PtrEqRc<Card>| which.contains(&card.id);
        for card in self.cards.iter_mut().filter(is_meant) {
            if let CardStatus::Done(image) = &card.status {
                let ranking = rank(&image.embedding, candidates, model, temperature);
                if ranking != card.ranking {
                    card.change(|card| card.ranking = ranking);
                }
            }
        }
    }

    /// The first photo and its best label, which is empty for "none of these".
    pub(super) fn winner(&self) -> Option<(CardId, Rc<str>)> {
        let card = self.cards.first()?;
        let label = match card.ranking.best()? {
            Best::Label(label, _) => label,
            Best::None(_) => Rc::default(),
        };
        Some((card.id, label))
    }
}

#[cfg(test)]
impl Photos {
    /// Lets a photo fail.
    pub fn fail(&mut self, id: CardId) {
        self.set_status(id, CardStatus::Crashed);
    }

    /// Photos of these names for tests without a browser, with ids from 1; their files are `undefined`.
    pub fn of(names: &[&str]) -> Self {
        use wasm_bindgen::{JsCast, JsValue};
        let mut photos = Self::default();
        for name in names {
            photos.last_id += 1;
            let picture = Picture {
                blob: JsValue::UNDEFINED.unchecked_into(),
                url: String::new(),
            };
            let card = Card::new(photos.last_id, name, picture);
            photos.cards.push(PtrEqRc::new(card));
        }
        photos
    }

    /// Changes a card for a test.
    pub fn change(&mut self, id: CardId, change: impl FnOnce(&mut Card)) {
        let card = self.cards.iter_mut().find(|card| card.id == id);
        card.expect("a card of this id").change(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::features::photos::in_flight::Sent;
    use crate::page::{effects::PRIMARY, features::scores::Row};
    use glimpse_model::score::Score;

    fn scored(label: &str, none: Option<f32>) -> Ranking {
        let row = Row {
            label: label.into(),
            draft: false,
            score: Score {
                cosine: 0.2,
                logit: 20.0,
                probability: 0.9,
            },
            chance: None,
        };
        Ranking {
            rows: [row].into(),
            scored: 1,
            none,
        }
    }

    fn send(photos: &mut Photos, request: RequestId, card: CardId) {
        photos.set_status(card, CardStatus::Embedding);
        photos.in_flight.add(Sent {
            request,
            card,
            worker: PRIMARY,
        });
    }

    #[test]
    fn the_oldest_photo_goes_first() {
        let mut photos = Photos::of(&["a.jpg", "b.jpg", "c.jpg"]);
        // The newest batch stands above the others.
        photos.cards.reverse();
        send(&mut photos, 1, 1);
        assert_eq!(photos.waiting(), 2);
        assert_eq!(photos.oldest_waiting().map(|card| card.id), Some(2));
    }

    #[test]
    fn a_removed_photo_gives_its_request_back() {
        let mut photos = Photos::of(&["a.jpg", "b.jpg"]);
        send(&mut photos, 7, 1);
        assert_eq!(photos.remove(1).map(|sent| sent.request), Some(7));
        assert_eq!(photos.remove(2), None);
        assert_eq!(photos.finish(7, CardStatus::Waiting), None);
        assert!(photos.cards().is_empty());
    }

    #[test]
    fn another_model_sends_all_photos_back_to_the_queue() {
        let mut photos = Photos::of(&["a.jpg", "b.jpg"]);
        send(&mut photos, 1, 1);
        photos.change(2, |card| {
            card.status = CardStatus::Crashed;
            card.ranking = scored("cat", None);
        });
        photos.reset();
        assert_eq!((photos.waiting(), photos.in_flight.count()), (2, 0));
        assert_eq!(photos.cards()[1].ranking, Ranking::default());
    }

    #[test]
    fn the_winner_is_the_best_entry_of_the_first_photo() {
        let mut photos = Photos::of(&["a.jpg", "b.jpg"]);
        photos.change(2, |card| card.ranking = scored("dog", None));
        assert_eq!(photos.winner(), None);
        photos.change(1, |card| card.ranking = scored("cat", None));
        assert_eq!(photos.winner(), Some((1, "cat".into())));
        photos.change(1, |card| card.ranking = scored("cat", Some(0.95)));
        assert_eq!(photos.winner(), Some((1, "".into())));
    }
}
