//! Pool of image-only workers for the processor's backend. The primary worker also embeds text; the
//! pool's read the image tower from the copy that the primary one left, and take photos from the same
//! queue. They start once [`POOL_MIN_QUEUE`] photos wait, one for each further core, and end when
//! nothing is left.

use super::{
    backend::is_small,
    client::{Signal, WorkerHandle},
};
use crate::{
    page::{effects::WorkerId, platform::dom},
    protocol::{Backend, Request},
};
use wasm_bindgen::JsValue;
use yew::Callback;

/// Photos that have to wait before the pool starts: starting takes as long as a few of them.
pub const POOL_MIN_QUEUE: usize = 8;

/// Workers in all, however many cores there are: each has an image tower of its own in memory.
const MAX_WORKERS: usize = 8;

/// The workers of the pool, and whether it was given up.
#[derive(Default)]
pub struct WorkerPool {
    workers: Vec<PoolWorker>,
    last_id: WorkerId,
    /// A worker failed: the primary one goes on alone.
    given_up: bool,
}

struct PoolWorker {
    id: WorkerId,
    handle: WorkerHandle,
    /// Whether its image tower is loaded.
    ready: bool,
}

impl WorkerPool {
    /// Whether the device can have one, and no worker of it has failed.
    pub fn is_possible(&self) -> bool {
        !self.given_up && wanted() > 0
    }

    /// Whether no worker runs.
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// The workers whose image tower is loaded.
    pub fn ready(&self) -> impl Iterator<Item = WorkerId> {
        let ready = self.workers.iter().filter(|worker| worker.ready);
        ready.map(|worker| worker.id)
    }

    /// The ids of all workers, ready or not.
    pub fn ids(&self) -> Vec<WorkerId> {
        self.workers.iter().map(|worker| worker.id).collect()
    }

    /// Starts the workers; each one's signals come with its id.
    pub fn start(&mut self, signal: &Callback<(WorkerId, Signal)>) {
        for _ in 0..wanted() {
            self.last_id += 1;
            let id = self.last_id;
            let signal = signal.reform(move |signal| (id, signal));
            match WorkerHandle::start(Backend::Cpu, signal) {
                Ok(handle) => self.workers.push(PoolWorker {
                    id,
                    handle,
                    ready: false,
                }),
                Err(_) => self.given_up = true,
            }
        }
    }

    /// A worker's image tower is loaded.
    pub fn set_ready(&mut self, id: WorkerId) {
        for worker in self.workers.iter_mut().filter(|worker| worker.id == id) {
            worker.ready = true;
        }
    }

    /// Ends a worker that is of no more use. No others are started for this model.
    pub fn remove(&mut self, id: WorkerId) {
        self.workers.retain(|worker| worker.id != id);
        self.given_up = true;
    }

    /// Ends all workers, whatever they are doing.
    pub fn shut_down(&mut self) {
        self.workers.clear();
    }

    /// Sends a request to a worker.
    ///
    /// # Errors
    /// The browser's words.
    pub fn post(&self, id: WorkerId, request: Request, attachment: JsValue) -> Result<(), String> {
        let worker = self.workers.iter().find(|worker| worker.id == id);
        worker.map_or(Ok(()), |worker| worker.handle.post(request, attachment))
    }
}

/// How many workers the device can have beside the primary one: as many as there are further cores,
/// and on a small one none. The address may ask for another number of workers.
fn wanted() -> usize {
    let asked = dom::parameter("workers").and_then(|count| count.parse::<usize>().ok());
    let cores = || {
        let navigator = dom::window().map(|window| window.navigator());
        navigator.map_or(1, |navigator| navigator.hardware_concurrency() as usize)
    };
    let workers = asked.unwrap_or_else(|| if is_small() { 1 } else { cores() });
    workers.min(MAX_WORKERS).saturating_sub(1)
}
