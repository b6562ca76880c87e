//! The photos on the page, each a card with a life of its own.

use super::{
    ranking::{Candidate, Ranking, rank},
    reading::Dial,
    shared::Shared,
};
use crate::protocol::{ImageTiming, RequestId};
use glimpse_model::pack::Manifest;
use std::{collections::VecDeque, rc::Rc};
use web_sys::{Blob, Url};

/// Names a card.
pub type CardId = u64;

/// Photos on the page at once.
pub const MAX_PHOTOS: usize = 500;

/// Photos at the worker at once: one in work and one behind it, so that it never idles while the
/// rest can still be removed for free.
const AT_WORKER: usize = 2;

/// Photos that come on the page in one go.
const AT_ONCE: usize = 6;

/// The file behind a card, and its address for an `<img>`.
pub struct Picture {
    /// The file.
    pub blob: Blob,
    /// Lives as long as the picture; empty if the browser refused.
    pub url: String,
}

impl Picture {
    /// Gives the file an address.
    pub fn new(blob: Blob) -> Self {
        let url = Url::create_object_url_with_blob(&blob).unwrap_or_default();
        Self { blob, url }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// What the image tower made of a picture.
pub struct Seen {
    /// Unit length.
    pub embedding: Rc<[f32]>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How long it took.
    pub timing: ImageTiming,
}

/// How far a photo has come.
#[derive(Clone)]
pub enum Stand {
    /// In the page's queue.
    Waiting,
    /// At the worker.
    Embedding,
    /// Can be scored.
    Done(Rc<Seen>),
    /// Can't; the sentence says why.
    Failed(Rc<str>),
}

impl Stand {
    /// As in `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Embedding => "embedding",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
        }
    }
}

/// One photo.
#[derive(Clone)]
pub struct Card {
    /// Its name here.
    pub id: CardId,
    /// Its name elsewhere.
    pub name: Rc<str>,
    /// Its file.
    pub picture: Rc<Picture>,
    /// How far it has come.
    pub stand: Stand,
    /// Its labels, best first, and "none of these".
    pub ranking: Ranking,
}

/// All photos, newest batch first.
#[derive(Default)]
pub struct Photos {
    cards: Vec<Shared<Card>>,
    sent: Vec<(RequestId, CardId)>,
    /// Of the last batch, not yet on the page.
    arriving: VecDeque<(String, Blob)>,
    /// How many of it are.
    arrived: usize,
    last_id: CardId,
}

impl Photos {
    /// The cards in their order on the page.
    pub fn cards(&self) -> &[Shared<Card>] {
        &self.cards
    }

    /// A card by its id.
    pub fn get(&self, id: CardId) -> Option<&Shared<Card>> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// Takes a batch, as far as there is room, and tells how many found none. A few of its photos
    /// are on the page at once, before all others; the rest follow with [`Photos::arrive`], so that
    /// the page stays fluid.
    pub fn add(&mut self, batch: Vec<(String, Blob)>) -> usize {
        // What is still on its way belongs to an earlier batch, and goes before.
        while self.arrive() {}
        let room = MAX_PHOTOS.saturating_sub(self.cards.len());
        let refused = batch.len().saturating_sub(room);
        self.arriving = batch.into_iter().take(room).collect();
        self.arrived = 0;
        self.arrive();
        refused
    }

    /// Brings the next few photos of the last batch on the page; whether there are more.
    pub fn arrive(&mut self) -> bool {
        let mut fresh = Vec::with_capacity(AT_ONCE);
        for (name, blob) in self.arriving.drain(..self.arriving.len().min(AT_ONCE)) {
            self.last_id += 1;
            fresh.push(Shared::new(Card {
                id: self.last_id,
                name: name.into(),
                picture: Rc::new(Picture::new(blob)),
                stand: Stand::Waiting,
                ranking: Ranking::default(),
            }));
        }
        let place = self.arrived.min(self.cards.len());
        self.arrived = place + fresh.len();
        self.cards.splice(place..place, fresh);
        !self.arriving.is_empty()
    }

    /// Whether photos of the last batch are still to come.
    pub fn is_arriving(&self) -> bool {
        !self.arriving.is_empty()
    }

    /// Takes a card off the page; tells the request to cancel, if it was sent.
    pub fn remove(&mut self, id: CardId) -> Option<RequestId> {
        let place = self.cards.iter().position(|card| card.id == id)?;
        self.cards.remove(place);
        if place < self.arrived {
            self.arrived -= 1;
        }
        let place = self.sent.iter().position(|&(_, card)| card == id)?;
        Some(self.sent.remove(place).0)
    }

    /// Takes all cards off the page; tells the requests to cancel.
    pub fn clear(&mut self) -> Vec<RequestId> {
        self.arriving.clear();
        self.cards.clear();
        self.sent.drain(..).map(|(request, _)| request).collect()
    }

    /// The next photo for the worker, if it has room for one: the oldest.
    pub fn next(&mut self, request: RequestId) -> Option<Shared<Card>> {
        if self.sent.len() >= AT_WORKER {
            return None;
        }
        let waiting = |card: &&Shared<Card>| matches!(card.stand, Stand::Waiting);
        let id = self
            .cards
            .iter()
            .filter(waiting)
            .map(|card| card.id)
            .min()?;
        self.set(id, Stand::Embedding);
        self.sent.push((request, id));
        self.get(id).cloned()
    }

    /// Whether a request still waits for its answer.
    pub fn is_sent(&self, request: RequestId) -> bool {
        self.sent.iter().any(|&(sent, _)| sent == request)
    }

    /// Ends a request and tells whose it was; `None` if it was cancelled.
    pub fn finish(&mut self, request: RequestId, stand: Stand) -> Option<CardId> {
        let place = self.sent.iter().position(|&(sent, _)| sent == request)?;
        let (_, id) = self.sent.remove(place);
        self.set(id, stand);
        Some(id)
    }

    /// The worker is gone: the photo in work failed if there is a `reason`, the others wait again.
    pub fn recall(&mut self, reason: Option<&str>) {
        let mut reason = reason;
        for (_, id) in std::mem::take(&mut self.sent) {
            let stand = match reason.take() {
                Some(reason) => Stand::Failed(reason.into()),
                None => Stand::Waiting,
            };
            self.set(id, stand);
        }
    }

    /// Another model runs from now on: every photo has to be looked at again.
    pub fn look_again(&mut self) {
        self.sent.clear();
        for card in &mut self.cards {
            card.change(|card| {
                card.stand = Stand::Waiting;
                card.ranking = Ranking::default();
            });
        }
    }

    /// Scores some photos against these labels.
    pub fn rank(
        &mut self,
        which: &[CardId],
        candidates: &[Candidate],
        model: &Manifest,
        dial: &Dial,
    ) {
        let wanted = |card: &&mut Shared<Card>| which.contains(&card.id);
        for card in self.cards.iter_mut().filter(wanted) {
            if let Stand::Done(seen) = &card.stand {
                let ranking = rank(&seen.embedding, candidates, model, dial);
                if ranking != card.ranking {
                    card.change(|card| card.ranking = ranking);
                }
            }
        }
    }

    fn set(&mut self, id: CardId, stand: Stand) {
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == id) {
            card.change(|card| card.stand = stand);
        }
    }
}
