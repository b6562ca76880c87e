//! What a screen reader is told, one sentence at a time.

use super::text;
use crate::page::effects::Announcement;
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
    /// Takes news; of several the last one is told.
    pub fn add(&mut self, news: Announcement) {
        self.last = Some(match news {
            Announcement::PhotoDone(text) => {
                self.done += 1;
                text
            }
            Announcement::PhotoFailed(text) => {
                self.failed += 1;
                text
            }
            Announcement::Other(text) => text,
        });
    }

    /// Makes the sentence, once news pause.
    pub fn settle(&mut self) {
        let Some(last) = self.last.take() else {
            return;
        };
        let several = self.done + self.failed > 1;
        self.said = if several {
            text::announce_many(self.done, self.failed, &last).into()
        } else {
            last.into()
        };
        (self.done, self.failed) = (0, 0);
    }

    /// The sentence to be read out.
    pub fn said(&self) -> &str {
        &self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_photos_make_one_sentence() {
        let mut announcer = Announcer::default();
        announcer.add(Announcement::PhotoDone("a.jpg: cat, 90 %".into()));
        announcer.add(Announcement::PhotoFailed("b.jpg: broken".into()));
        announcer.settle();
        assert_eq!(
            announcer.said(),
            "1 photo done, 1 failed. Last: b.jpg: broken"
        );
        announcer.add(Announcement::Other("Copied.".into()));
        announcer.settle();
        assert_eq!(announcer.said(), "Copied.");
    }

    #[test]
    fn without_news_the_last_sentence_stays() {
        let mut announcer = Announcer::default();
        announcer.add(Announcement::PhotoDone("a.jpg: cat, 90 %".into()));
        announcer.settle();
        announcer.settle();
        assert_eq!(announcer.said(), "a.jpg: cat, 90 %");
    }
}
