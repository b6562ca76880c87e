//! The query, and what it found.

use super::query::{TextTerm, terms};
use crate::page::{effects::CardId, features::photos::Match};
use std::rc::Rc;

/// Photos in a query at once.
const MAX_PHOTO_TERMS: usize = 6;

/// The query and the ranking of photos by it.
#[derive(Default)]
pub struct Search {
    /// The query's words as they were typed, with + and − between them.
    pub text: String,
    /// The photos that are part of the query.
    pub photos: Rc<[PhotoTerm]>,
    /// All embedded photos by their cosine to the query, best first; `None` without a query, and
    /// until its words are embedded.
    pub found: Option<Rc<[Match]>>,
}

/// A photo in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoTerm {
    /// The card of the photo that the query adds or subtracts.
    pub card: CardId,
    /// Whether the photo's embedding is subtracted rather than added.
    pub minus: bool,
}

impl Search {
    /// Whether there is a query: at least one word or photo.
    pub fn is_on(&self) -> bool {
        !self.photos.is_empty() || !terms(&self.text).is_empty()
    }

    /// The query's words that have to be embedded.
    pub fn sentences(&self) -> Vec<String> {
        let terms = terms(&self.text).into_iter();
        terms.map(|TextTerm { text, .. }| text).collect()
    }

    /// Adds a photo to the query, or takes it out again.
    pub fn toggle(&mut self, card: CardId) {
        if self.photos.iter().any(|term| term.card == card) {
            self.remove(card);
        } else if self.photos.len() < MAX_PHOTO_TERMS {
            let term = PhotoTerm { card, minus: false };
            self.photos = self.photos.iter().copied().chain([term]).collect();
        }
    }

    /// Subtracts a photo that was added, and the other way round.
    pub fn flip_sign(&mut self, card: CardId) {
        let flipped = |term: &PhotoTerm| PhotoTerm {
            minus: term.minus != (term.card == card),
            ..*term
        };
        self.photos = self.photos.iter().map(flipped).collect();
    }

    /// Takes a photo out of the query.
    pub fn remove(&mut self, card: CardId) {
        let others = self.photos.iter().filter(|term| term.card != card);
        self.photos = others.copied().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_come_and_go() {
        let mut search = Search::default();
        search.toggle(3);
        search.flip_sign(3);
        let minus = true;
        assert_eq!(*search.photos, [PhotoTerm { card: 3, minus }]);
        search.toggle(3);
        assert!(!search.is_on());
    }

    #[test]
    fn a_full_query_takes_no_more_photos() {
        let mut search = Search::default();
        for card in 0..10 {
            search.toggle(card);
        }
        assert_eq!(search.photos.len(), MAX_PHOTO_TERMS);
    }
}
