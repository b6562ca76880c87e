//! What a screen reader is told, one sentence at a time.

use super::{photos::Card, words};
use std::rc::Rc;

/// Milliseconds without news before they are told, so that a hundred photos make one sentence.
pub const PAUSE: u32 = 700;

/// Collects news until a pause.
#[derive(Default)]
pub struct Announcer {
    done: usize,
    failed: usize,
    last: Option<String>,
    said: Rc<str>,
}

impl Announcer {
    /// A photo can be scored.
    pub fn done(&mut self, card: &Card) {
        self.done += 1;
        self.last = Some(words::announce_done(&card.name, card.ranking.best()));
    }

    /// A photo can't.
    pub fn failed(&mut self, card: &Card, reason: &str) {
        self.failed += 1;
        self.last = Some(words::announce_failed(&card.name, reason));
    }

    /// Something else happened.
    pub fn say(&mut self, text: String) {
        self.last = Some(text);
    }

    /// The pause has come: makes the sentence.
    pub fn settle(&mut self) {
        let Some(last) = self.last.take() else {
            return;
        };
        let several = self.done + self.failed > 1;
        self.said = if several {
            words::announce_many(self.done, self.failed, &last).into()
        } else {
            last.into()
        };
        (self.done, self.failed) = (0, 0);
    }

    /// The sentence to be read out.
    pub fn said(&self) -> Rc<str> {
        self.said.clone()
    }
}
