//! A batch of photos on its way to the page: a few at a time, so that the page stays fluid.

use std::collections::VecDeque;

/// Photos that come on the page in one go.
const STEP: usize = 6;

/// The last batch, as far as it isn't on the page.
pub struct Arrivals<T> {
    pending: VecDeque<T>,
    /// Photos of the batch that are on the page: the first so many.
    arrived: usize,
}

impl<T> Default for Arrivals<T> {
    fn default() -> Self {
        Self {
            pending: VecDeque::new(),
            arrived: 0,
        }
    }
}

impl<T> Arrivals<T> {
    /// Takes a batch as far as there is `room`, and tells how many photos found none.
    pub fn begin(&mut self, batch: Vec<T>, room: usize) -> usize {
        let refused = batch.len().saturating_sub(room);
        self.pending = batch.into_iter().take(room).collect();
        self.arrived = 0;
        refused
    }

    /// The next few photos, and the index on the page that the first of them gets.
    pub fn step(&mut self) -> (usize, Vec<T>) {
        let count = self.pending.len().min(STEP);
        let index = self.arrived;
        self.arrived += count;
        (index, self.pending.drain(..count).collect())
    }

    /// How many are still to come.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// A photo came back at this index.
    pub fn inserted(&mut self, index: usize) {
        if index <= self.arrived {
            self.arrived += 1;
        }
    }

    /// The photo of this index went off the page.
    pub fn removed(&mut self, index: usize) {
        if index < self.arrived {
            self.arrived -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_keeps_its_order_at_the_top_of_the_page() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.begin((0..8).collect(), 100), 0);
        assert_eq!(arrivals.step(), (0, vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(arrivals.pending(), 2);
        assert_eq!(arrivals.step(), (6, vec![6, 7]));
        assert_eq!(arrivals.step(), (8, vec![]));
    }

    #[test]
    fn a_removed_photo_of_the_batch_makes_the_rest_move_up() {
        let mut arrivals = Arrivals::default();
        arrivals.begin((0..8).collect(), 100);
        arrivals.step();
        // One of an earlier batch, then one of this.
        arrivals.removed(9);
        arrivals.removed(2);
        assert_eq!(arrivals.step(), (5, vec![6, 7]));
    }

    #[test]
    fn photos_without_room_are_counted() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.begin(vec!["a", "b", "c"], 2), 1);
        assert_eq!(arrivals.step(), (0, vec!["a", "b"]));
    }
}
