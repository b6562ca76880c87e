//! The photos on the page, each a card with a life of its own.

use super::{
    engine::WorkerId,
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

/// Photos at a worker at once: one in work and one behind it, so that it never idles while the
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

/// A photo that was given to a worker.
struct Sent {
    request: RequestId,
    card: CardId,
    worker: WorkerId,
}

/// All photos, newest batch first.
#[derive(Default)]
pub struct Photos {
    cards: Vec<Shared<Card>>,
    sent: Vec<Sent>,
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

    /// Takes a card off the page; tells the request to cancel, and whose it is, if it was sent.
    pub fn remove(&mut self, id: CardId) -> Option<(RequestId, WorkerId)> {
        let place = self.cards.iter().position(|card| card.id == id)?;
        self.cards.remove(place);
        if place < self.arrived {
            self.arrived -= 1;
        }
        let place = self.sent.iter().position(|sent| sent.card == id)?;
        let sent = self.sent.remove(place);
        Some((sent.request, sent.worker))
    }

    /// Takes all cards off the page; tells the requests to cancel, and whose they are.
    pub fn clear(&mut self) -> Vec<(RequestId, WorkerId)> {
        self.arriving.clear();
        self.cards.clear();
        let sent = self.sent.drain(..);
        sent.map(|sent| (sent.request, sent.worker)).collect()
    }

    /// How many wait for a worker.
    pub fn waiting(&self) -> usize {
        let cards = self.cards.iter();
        let waiting = cards.filter(|card| matches!(card.stand, Stand::Waiting));
        waiting.count() + self.arriving.len()
    }

    /// Whether each has been looked at.
    pub fn is_idle(&self) -> bool {
        self.sent.is_empty() && self.waiting() == 0
    }

    /// The next photo, the oldest, and the worker that it goes to: the one of these with the fewest,
    /// if that has room.
    pub fn next(
        &mut self,
        request: RequestId,
        workers: impl Iterator<Item = WorkerId>,
    ) -> Option<Shared<Card>> {
        let at = |worker| {
            self.sent
                .iter()
                .filter(|sent| sent.worker == worker)
                .count()
        };
        let worker = workers.min_by_key(|&worker| at(worker))?;
        if at(worker) >= AT_WORKER {
            return None;
        }
        let waiting = |card: &&Shared<Card>| matches!(card.stand, Stand::Waiting);
        let card = self
            .cards
            .iter()
            .filter(waiting)
            .map(|card| card.id)
            .min()?;
        self.set(card, Stand::Embedding);
        self.sent.push(Sent {
            request,
            card,
            worker,
        });
        self.get(card).cloned()
    }

    /// Whose a request is that still waits for its answer.
    pub fn worker_of(&self, request: RequestId) -> Option<WorkerId> {
        self.sent_as(request).map(|sent| sent.worker)
    }

    /// Whose photo it is for.
    pub fn card_of(&self, request: RequestId) -> Option<CardId> {
        self.sent_as(request).map(|sent| sent.card)
    }

    fn sent_as(&self, request: RequestId) -> Option<&Sent> {
        self.sent.iter().find(|sent| sent.request == request)
    }

    /// Ends a request and tells which card it was for; `None` if it was cancelled.
    pub fn finish(&mut self, request: RequestId, stand: Stand) -> Option<CardId> {
        let place = self.sent.iter().position(|sent| sent.request == request)?;
        let sent = self.sent.remove(place);
        self.set(sent.card, stand);
        Some(sent.card)
    }

    /// A worker is gone: the photo in work failed if there is a `reason`, its others wait again.
    pub fn recall(&mut self, worker: WorkerId, reason: Option<&str>) {
        let mut reason = reason;
        for sent in self
            .sent
            .extract_if(.., |sent| sent.worker == worker)
            .collect::<Vec<_>>()
        {
            let stand = match reason.take() {
                Some(reason) => Stand::Failed(reason.into()),
                None => Stand::Waiting,
            };
            self.set(sent.card, stand);
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
