//! Workers that look at photos beside the chief, which does everything: one for each further core.
//! They have the image tower alone, which they read from the copy that the chief left, and take
//! photos from the same queue. They come when many photos wait, and go when none is left.

use super::{
    super::dom,
    choose::is_small,
    worker::{Signal, WorkerHandle},
};
use crate::protocol::{Backend, Request};
use wasm_bindgen::JsValue;
use yew::Callback;

/// Names a worker that looks at photos.
pub type WorkerId = u32;

/// The worker that does everything.
pub const CHIEF: WorkerId = 0;

/// Photos that have to wait before others are called: starting takes as long as a few of them.
pub const WORTH: usize = 8;

/// Workers in all, however many cores there are: each has a tower of its own in memory.
const MOST: usize = 8;

/// The chief's helpers.
#[derive(Default)]
pub struct Crew {
    hands: Vec<Hand>,
    last: WorkerId,
    /// One of them failed: the chief goes on alone.
    given_up: bool,
}

struct Hand {
    id: WorkerId,
    worker: WorkerHandle,
    sees: bool,
}

impl Crew {
    /// Whether the device can have some, and none of them failed.
    pub fn is_possible(&self) -> bool {
        !self.given_up && wanted() > 0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hands.is_empty()
    }

    /// Those that have their tower.
    pub fn ready(&self) -> impl Iterator<Item = WorkerId> {
        let ready = self.hands.iter().filter(|hand| hand.sees);
        ready.map(|hand| hand.id)
    }

    /// Starts them; each one's signals come with its name.
    pub fn start(&mut self, signal: &Callback<(WorkerId, Signal)>) {
        for _ in 0..wanted() {
            self.last += 1;
            let id = self.last;
            let signal = signal.reform(move |signal| (id, signal));
            match WorkerHandle::start(Backend::Cpu, signal) {
                Ok(worker) => self.hands.push(Hand {
                    id,
                    worker,
                    sees: false,
                }),
                Err(_) => self.given_up = true,
            }
        }
        self.mark();
    }

    /// One of them has its tower.
    pub fn sees(&mut self, id: WorkerId) {
        for hand in self.hands.iter_mut().filter(|hand| hand.id == id) {
            hand.sees = true;
        }
        self.mark();
    }

    /// One of them is of no more use. No others are started for this model.
    pub fn lose(&mut self, id: WorkerId) {
        self.hands.retain(|hand| hand.id != id);
        self.given_up = true;
        self.mark();
    }

    /// Ends all of them.
    pub fn rest(&mut self) {
        self.hands.clear();
        self.mark();
    }

    /// Sends a request to one of them.
    ///
    /// # Errors
    /// The browser's words.
    pub fn post(&self, id: WorkerId, request: Request, attachment: JsValue) -> Result<(), String> {
        let hand = self.hands.iter().find(|hand| hand.id == id);
        hand.map_or(Ok(()), |hand| hand.worker.post(request, attachment))
    }

    /// How many look at photos, for whoever inspects the page.
    fn mark(&self) {
        dom::mark("workers", &(1 + self.ready().count()).to_string());
    }
}

/// How many the device can have: as many as there are further cores, and on a small one none. The
/// address may ask for another number of workers.
fn wanted() -> usize {
    let asked = dom::parameter("workers").and_then(|count| count.parse::<usize>().ok());
    let cores = || {
        let navigator = dom::window().map(|window| window.navigator());
        navigator.map_or(1, |navigator| navigator.hardware_concurrency() as usize)
    };
    let workers = asked.unwrap_or_else(|| if is_small() { 1 } else { cores() });
    workers.min(MOST).saturating_sub(1)
}
