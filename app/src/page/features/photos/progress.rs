//! How far many photos have come.

use super::{CardStatus, Photos};

/// Fewer photos than this are done before anyone could read how far they are.
const FEW: usize = 8;

/// Photos whose times tell how long the others will take.
const MEASURED: usize = 20;

/// How far all photos have come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Photos that have an embedding, or can't have one.
    pub done: usize,
    /// All photos.
    pub all: usize,
    /// Milliseconds that the rest will take; `None` before there is anything to tell by.
    pub left: Option<f64>,
    /// Whether the visitor stopped them.
    pub is_stopped: bool,
}

impl Photos {
    /// How far many photos have come on so many workers; `None` once all are done.
    pub(super) fn progress(&self, workers: usize) -> Option<Progress> {
        let all = self.cards().len() + self.arrivals.pending();
        let open = self.waiting() + self.in_flight.count();
        if open == 0 || all < FEW {
            return None;
        }
        let times = self.cards().iter().filter_map(|card| match &card.status {
            CardStatus::Done(image) => Some(image.timing.total()),
            _ => None,
        });
        let (count, sum) = times
            .take(MEASURED)
            .fold((0.0, 0.0), |(count, sum), time| (count + 1.0, sum + time));
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let left = (count > 0.0 && workers > 0).then(|| sum / count * open as f64 / workers as f64);
        Some(Progress {
            done: all - open,
            all,
            left,
            is_stopped: self.is_stopped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_photos_are_counted_until_the_last_is_done() {
        let mut photos = Photos::of(&["photo"; 10]);
        let nothing = Progress {
            done: 0,
            all: 10,
            left: None,
            is_stopped: false,
        };
        assert_eq!(photos.progress(2), Some(nothing));
        for id in 1..=9 {
            photos.set_status(id, CardStatus::Crashed);
        }
        assert_eq!(photos.progress(2).map(|progress| progress.done), Some(9));
        photos.set_status(10, CardStatus::Crashed);
        assert_eq!(photos.progress(2), None);
        assert_eq!(Photos::of(&["photo"; 7]).progress(2), None);
    }
}
