//! From one worker to the next, when the model changes or another try is wanted.

use super::{
    super::{
        dom,
        engine::{Life, Why, WorkerHandle},
    },
    App,
};
use crate::protocol::Backend;
use yew::Context;

/// A worker that has worked and waits for its end.
pub struct Resting {
    worker: WorkerHandle,
    generation: u32,
    backend: Backend,
    why: Why,
}

impl App {
    /// Begins anew, with whatever model is chosen. A worker that works is ended only once the next
    /// one listens: without a network there may be no next one.
    pub(super) fn begin(&mut self, ctx: &Context<Self>) {
        let worker = self.worker.take().filter(|_| self.is_ready());
        if let (Some(worker), Some((backend, why))) = (worker, self.life.backend.clone()) {
            self.resting = Some(Resting {
                worker,
                generation: self.generation,
                backend,
                why,
            });
        }
        self.last_generation += 1;
        self.generation = self.last_generation;
        self.life = Life::new();
        self.crashes = 0;
        self.choose(ctx);
    }

    /// Takes the worker before into service again, since there is no new one to be had.
    pub(super) fn wake(&mut self, resting: Resting) {
        self.generation = resting.generation;
        self.worker = Some(resting.worker);
        self.life.backend = Some((resting.backend, resting.why));
        dom::mark("backend", resting.backend.name());
        self.alive = false;
        self.open();
    }
}
