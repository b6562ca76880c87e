//! From one worker to the next, when the model changes, another try is wanted, or the backend that
//! was still being compiled is there.

use super::{
    super::{
        dom,
        engine::{self, CHIEF, Life, Why, WorkerHandle},
        offline, words,
    },
    App,
    msg::LifeMsg,
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
    /// one listens: without a network there may be no next one. What it was asked, the next one is
    /// asked again.
    pub(super) fn begin(&mut self, ctx: &Context<Self>) {
        self.requeue();
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

    /// Requests in work wait again: answers of workers before aren't heard any more. The photo that
    /// is looked at closely keeps its request, which goes to whichever worker sees next.
    fn requeue(&mut self) {
        self.texts.forget_requests();
        self.recall_frame();
        self.photos.recall(CHIEF, None);
        self.disband();
    }

    /// Waits for the module that is still being compiled, if there is one.
    pub(super) fn wait_for_build(&self) {
        if engine::is_building() {
            self.afterwards(async {
                let built = engine::built().await;
                LifeMsg::Built(built).into()
            });
        }
    }

    /// The module is there, and the site is complete: it can be kept, and a worker that stood in
    /// for the module's makes room for it.
    pub(super) fn built(&mut self, ctx: &Context<Self>) {
        offline::register(&self.send);
        if matches!(self.life.backend, Some((_, Why::Building))) {
            let notice = self.life.notice.take();
            self.begin(ctx);
            self.life.notice = notice;
        }
    }

    /// There will be no module: the worker that stood in for it stays.
    pub(super) fn not_built(&mut self) {
        if let Some((_, why @ Why::Building)) = &mut self.life.backend {
            *why = Why::FellBack(words::NOT_COMPILED.into());
        }
    }

    /// Takes the worker before into service again, since there is no new one to be had, for this
    /// reason.
    pub(super) fn wake(&mut self, resting: Resting, reason: &str) {
        let why = match resting.why {
            // It stood in for the new one.
            Why::Building if !engine::is_building() => Why::FellBack(reason.into()),
            why => why,
        };
        self.generation = resting.generation;
        self.worker = Some(resting.worker);
        self.life.backend = Some((resting.backend, why));
        dom::mark("backend", resting.backend.name());
        self.alive = false;
        self.open();
    }
}
