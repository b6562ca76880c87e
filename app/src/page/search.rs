//! Ranking the photos on the page by a query: words, photos, and sums of both.

use super::photos::CardId;
use std::rc::Rc;

/// Photos in a query at once.
pub const MAX_TERMS: usize = 6;

/// What is looked for.
#[derive(Default)]
pub struct Search {
    /// As it was typed: words, with + and − between them.
    pub text: String,
    /// Photos that take part, and whether they are taken away.
    pub photos: Rc<[PhotoTerm]>,
    /// What came of it, the best first; none while nothing is looked for.
    pub found: Option<Rc<[Match]>>,
}

/// A photo in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoTerm {
    /// Which.
    pub card: CardId,
    /// Whether it is taken away.
    pub minus: bool,
}

/// Words in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTerm {
    /// As they are embedded.
    pub text: String,
    /// Whether they are taken away.
    pub minus: bool,
}

/// How well a photo fits a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Which photo.
    pub card: CardId,
    /// Of photo and query.
    pub cosine: f32,
}

impl Search {
    /// Whether anything is looked for.
    pub fn is_on(&self) -> bool {
        !self.photos.is_empty() || !terms(&self.text).is_empty()
    }

    /// Puts a photo in, or takes it out again.
    pub fn toggle(&mut self, card: CardId) {
        if self.photos.iter().any(|term| term.card == card) {
            self.forget(card);
        } else if self.photos.len() < MAX_TERMS {
            let term = PhotoTerm { card, minus: false };
            self.photos = self.photos.iter().copied().chain([term]).collect();
        }
    }

    /// Adds a photo where it was taken away, and the other way round.
    pub fn turn(&mut self, card: CardId) {
        let turned = |term: &PhotoTerm| PhotoTerm {
            minus: term.minus != (term.card == card),
            ..*term
        };
        self.photos = self.photos.iter().map(turned).collect();
    }

    /// The photo is gone.
    pub fn forget(&mut self, card: CardId) {
        let others = self.photos.iter().filter(|term| term.card != card);
        self.photos = others.copied().collect();
    }
}

/// What was typed, taken apart at + and − with spaces around them; a word may have a hyphen.
pub fn terms(text: &str) -> Vec<TextTerm> {
    let mut terms = vec![TextTerm {
        text: String::new(),
        minus: false,
    }];
    for word in text.split_whitespace() {
        let (sign, rest) = match word.chars().next() {
            Some('+') => (Some(false), &word[1..]),
            Some(sign @ ('-' | '\u{2212}' | '\u{2013}')) => (Some(true), &word[sign.len_utf8()..]),
            _ => (None, word),
        };
        if let Some(minus) = sign {
            terms.push(TextTerm {
                text: String::new(),
                minus,
            });
        }
        if let Some(term) = terms.last_mut().filter(|_| !rest.is_empty()) {
            if !term.text.is_empty() {
                term.text.push(' ');
            }
            term.text.push_str(rest);
        }
    }
    terms.retain(|term| !term.text.is_empty());
    terms
}

/// The direction of a sum of directions, each of unit length; `None` if nothing is left of it.
pub fn sum<'a>(terms: impl IntoIterator<Item = (&'a [f32], bool)>) -> Option<Vec<f32>> {
    let mut sum: Vec<f32> = Vec::new();
    for (direction, minus) in terms {
        sum.resize(direction.len(), 0.0);
        let sign = if minus { -1.0 } else { 1.0 };
        for (all, one) in sum.iter_mut().zip(direction) {
            *all += sign * one;
        }
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    (length > 1e-4).then(|| sum.iter().map(|x| x / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn sums_are_taken_apart() {
        let term = |text: &str, minus| TextTerm {
            text: text.to_owned(),
            minus,
        };
        assert_eq!(
            terms("black-and-white cat + at night \u{2212} snow"),
            [
                term("black-and-white cat", false),
                term("at night", false),
                term("snow", true)
            ]
        );
        assert_eq!(
            terms("-snow +dog"),
            [term("snow", true), term("dog", false)]
        );
        assert_eq!(terms(" + - "), []);
    }

    #[wasm_bindgen_test]
    fn sums_have_unit_length_or_are_nothing() {
        let (a, b) = ([1.0, 0.0], [0.0, 1.0]);
        let found = sum([(&a[..], false), (&b[..], true)]);
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert_eq!(found, Some(vec![half, -half]));
        assert_eq!(sum([(&a[..], false), (&a[..], true)]), None);
        assert_eq!(sum([]), None);
    }

    #[wasm_bindgen_test]
    fn photos_come_and_go() {
        let mut search = Search::default();
        search.toggle(3);
        search.turn(3);
        assert_eq!(
            *search.photos,
            [PhotoTerm {
                card: 3,
                minus: true
            }]
        );
        search.toggle(3);
        assert!(!search.is_on());
    }
}
