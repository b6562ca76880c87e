//! Photos at workers.

use crate::{
    page::effects::{CardId, WorkerId},
    protocol::RequestId,
};

/// Photos at a worker at once: one in work and one behind it, so that it never idles while the rest
/// can still be removed for free.
const MAX_PER_WORKER: usize = 2;

/// A photo that was sent to a worker and not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The request's id, by which its reply is known.
    pub request: RequestId,
    /// The card that waits for the embedding.
    pub card: CardId,
    /// The worker that has the photo.
    pub worker: WorkerId,
}

/// All photos at workers.
#[derive(Default)]
pub struct InFlight {
    sent: Vec<Sent>,
}

impl InFlight {
    /// How many photos are at workers.
    pub fn count(&self) -> usize {
        self.sent.len()
    }

    /// The worker with the fewest photos; `None` if none of `workers` can take another one.
    pub fn free_worker(&self, workers: &[WorkerId]) -> Option<WorkerId> {
        let count = |worker| {
            self.sent
                .iter()
                .filter(|sent| sent.worker == worker)
                .count()
        };
        let worker = workers
            .iter()
            .copied()
            .min_by_key(|&worker| count(worker))?;
        (count(worker) < MAX_PER_WORKER).then_some(worker)
    }

    /// Notes a photo that was sent.
    pub fn add(&mut self, sent: Sent) {
        self.sent.push(sent);
    }

    /// The photo of a request; `None` if it was cancelled.
    pub fn get(&self, request: RequestId) -> Option<Sent> {
        let mut sent = self.sent.iter();
        sent.find(|sent| sent.request == request).copied()
    }

    /// Ends a request; `None` if it was cancelled.
    pub fn take(&mut self, request: RequestId) -> Option<Sent> {
        let index = self.sent.iter().position(|sent| sent.request == request)?;
        Some(self.sent.remove(index))
    }

    /// Ends the request for a photo, if there is one.
    pub fn take_card(&mut self, card: CardId) -> Option<Sent> {
        let index = self.sent.iter().position(|sent| sent.card == card)?;
        Some(self.sent.remove(index))
    }

    /// Ends all requests, and tells which they were.
    pub fn take_all(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(in_flight: &mut InFlight, request: RequestId, worker: WorkerId) {
        in_flight.add(Sent {
            request,
            card: request + 10,
            worker,
        });
    }

    #[test]
    fn the_worker_with_the_fewest_photos_gets_the_next_one() {
        let mut in_flight = InFlight::default();
        assert_eq!(in_flight.free_worker(&[]), None);
        for (request, worker) in [(1, 0), (2, 4), (3, 0), (4, 4)] {
            assert_eq!(in_flight.free_worker(&[0, 4]), Some(worker));
            add(&mut in_flight, request, worker);
        }
        assert_eq!(in_flight.free_worker(&[0, 4]), None);
        in_flight.take(2);
        assert_eq!(in_flight.free_worker(&[0, 4]), Some(4));
    }

    #[test]
    fn a_request_ends_once() {
        let mut in_flight = InFlight::default();
        add(&mut in_flight, 1, 0);
        add(&mut in_flight, 2, 0);
        assert_eq!(in_flight.take_card(11).map(|sent| sent.request), Some(1));
        assert_eq!(in_flight.take(1), None);
        assert_eq!(in_flight.take(2).map(|sent| sent.card), Some(12));
        assert_eq!(in_flight.count(), 0);
    }
}
