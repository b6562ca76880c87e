//! Photos that were taken off the page, as long as they can come back.

use super::{Card, CardStatus, Photos, arrivals::Arrivals, in_flight::Sent, text};
use crate::page::ui::PtrEqRc;
use web_sys::Blob;

/// What went with the last removal.
pub struct Removed {
    /// Each with its index on the page, in ascending order.
    cards: Vec<(usize, PtrEqRc<Card>)>,
    /// The rest of a batch that wasn't on the page yet.
    arrivals: Option<Arrivals<(String, Blob)>>,
}

impl Removed {
    /// What is told of it.
    pub fn told(&self) -> String {
        let coming = self.arrivals.as_ref().map_or(0, Arrivals::pending);
        match &self.cards[..] {
            [(_, card)] if coming == 0 => text::removed(&card.name),
            cards => text::removed_many(cards.len() + coming),
        }
    }
}

impl Photos {
    /// Takes a card off the page; its request, if it was sent, is to be cancelled.
    pub(super) fn remove(&mut self, id: super::CardId) -> Option<Sent> {
        let index = self.cards.iter().position(|card| card.id == id)?;
        self.removed = Some(Removed {
            cards: vec![(index, self.cards.remove(index))],
            arrivals: None,
        });
        self.arrivals.removed(index);
        self.in_flight.take_card(id)
    }

    /// Takes all cards off the page; these requests are to be cancelled.
    pub(super) fn clear(&mut self) -> Vec<Sent> {
        self.removed = Some(Removed {
            cards: self.cards.drain(..).enumerate().collect(),
            arrivals: Some(std::mem::take(&mut self.arrivals)),
        });
        self.in_flight.take_all()
    }

    /// Brings back what was taken off last, between what came since.
    pub(super) fn bring_back(&mut self) {
        let Some(removed) = self.removed.take() else {
            return;
        };
        // An interrupted batch knows which of its photos were on the page.
        let is_counted = removed.arrivals.is_some();
        if let Some(arrivals) = removed.arrivals {
            // What came since is on the page before an older batch goes on.
            while self.arrive() {}
            self.arrivals = arrivals;
        }
        for (index, mut card) in removed.cards {
            if matches!(card.status, CardStatus::Embedding) {
                card.change(|card| card.status = CardStatus::Waiting);
            }
            let index = index.min(self.cards.len());
            self.cards.insert(index, card);
            if !is_counted {
                self.arrivals.inserted(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(photos: &Photos) -> Vec<&str> {
        photos.cards().iter().map(|card| &*card.name).collect()
    }

    #[test]
    fn photos_come_back_where_they_were() {
        let mut photos = Photos::of(&["a", "b", "c"]);
        photos.remove(2);
        assert_eq!(names(&photos), ["a", "c"]);
        photos.bring_back();
        assert_eq!(names(&photos), ["a", "b", "c"]);
        photos.clear();
        assert!(photos.cards().is_empty());
        photos.bring_back();
        assert_eq!(names(&photos), ["a", "b", "c"]);
        photos.bring_back();
        assert_eq!(names(&photos), ["a", "b", "c"], "only once");
    }

    #[test]
    fn an_interrupted_batch_goes_on_where_it_was() {
        use wasm_bindgen::{JsCast, JsValue};
        let mut photos = Photos::of(&["a", "b", "c"]);
        let batch =
            ["a", "b", "c"].map(|name| (name.to_owned(), JsValue::UNDEFINED.unchecked_into()));
        photos.arrivals.begin(batch.to_vec(), 3);
        photos.arrivals.step();
        photos.clear();
        assert_eq!(photos.arrivals.step().0, 0);
        photos.bring_back();
        assert_eq!(
            photos.arrivals.step().0,
            3,
            "behind the three that are back"
        );
        photos.remove(1);
        assert_eq!(photos.arrivals.step().0, 2);
        photos.bring_back();
        assert_eq!(photos.arrivals.step().0, 3);
    }

    #[test]
    fn a_photo_that_was_at_a_worker_waits_again() {
        let mut photos = Photos::of(&["a"]);
        photos.set_status(1, CardStatus::Embedding);
        photos.remove(1);
        photos.bring_back();
        assert_eq!(photos.cards()[0].status.name(), "waiting");
    }
}
