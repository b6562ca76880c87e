//! The primary worker's life, from the choice of a backend to its end, and the change from one worker
//! to the next.
//!
//! A change of models, or another try, starts a new worker. One that works is kept as the
//! [`PreviousWorker`] until the new one listens: without a network there may be no new one.

use super::{
    Engine, EngineMsg, EngineStatus, POOL_IDLE,
    backend::{self, BackendReason, Fault},
    building,
    client::{Signal, WorkerHandle, is_reachable},
    pool::{POOL_MIN_QUEUE, WorkerPool},
    status::Phase,
};
use crate::{
    page::effects::{Effect, Effects, Event, Loss, Notice, PRIMARY, WorkerId},
    protocol::{Backend, OpenFailure, Request},
};
use wasm_bindgen::JsValue;

/// Milliseconds of silence after which it is asked whether the worker's module exists.
const SILENCE: u32 = 10_000;

/// Milliseconds until what the network failed is tried again.
const AGAIN_PAUSE: u32 = 15_000;

const AGAIN: &str = "engine.again";
const WATCH: &str = "engine.watch";
const IDLE: &str = "engine.pool-idle";

/// The worker of before, which works, until the new one listens.
pub struct PreviousWorker {
    worker: WorkerHandle,
    generation: u32,
    backend: Backend,
    reason: BackendReason,
}

impl Engine {
    /// Waits for the module that is still being compiled, if there is one.
    pub fn start_up(&self) -> Vec<Effect> {
        let mut fx = Effects::new(&self.send);
        if building::is_building() {
            fx.spawn(async { EngineMsg::Built(building::built().await) });
        }
        fx.take()
    }

    /// Asks the browser which backend it can have.
    pub(super) fn choose(&self, fx: &mut Effects<EngineMsg>) {
        fx.mark("state", Phase::ChoosingBackend.name());
        fx.spawn(async {
            let (backend, reason) = backend::choose().await;
            EngineMsg::Chosen(backend, reason)
        });
    }

    /// Begins anew, with whatever model is chosen.
    pub(super) fn begin(&mut self, fx: &mut Effects<EngineMsg>) {
        self.texts.forget_requests();
        self.requests.lose(PRIMARY, false, Loss::Replaced);
        self.reset_pool(fx);
        let worker = self.primary.take().filter(|_| self.is_ready());
        if let (Some(worker), Some((backend, reason))) = (worker, self.status.backend.clone()) {
            self.previous = Some(PreviousWorker {
                worker,
                generation: self.generation,
                backend,
                reason,
            });
        }
        self.last_generation += 1;
        self.generation = self.last_generation;
        self.status = EngineStatus::default();
        fx.mark("sees", "false");
        self.crashes = 0;
        self.choose(fx);
    }

    /// The module is there, and with it the site is complete. A worker that stood in for the
    /// module's makes room for it.
    pub(super) fn built(&mut self, fx: &mut Effects<EngineMsg>) {
        fx.event(Event::SiteComplete);
        if matches!(self.status.backend, Some((_, BackendReason::Building))) {
            let notice = self.status.notice;
            self.begin(fx);
            self.status.notice = notice;
        }
    }

    /// There will be no module: the worker that stood in for it stays.
    pub(super) fn not_built(&mut self) {
        if let Some((_, reason @ BackendReason::Building)) = &mut self.status.backend {
            *reason = BackendReason::FellBack(Fault::NotCompiled);
        }
    }

    /// Starts a worker with this backend.
    pub(super) fn start(
        &mut self,
        backend: Backend,
        reason: BackendReason,
        fx: &mut Effects<EngineMsg>,
    ) {
        self.last_generation += 1;
        self.generation = self.last_generation;
        self.alive = false;
        self.primary = None;
        self.reset_pool(fx);
        self.set_phase(Phase::Starting, fx);
        self.status.backend = Some((backend, reason));
        fx.mark("backend", backend.name());
        let generation = self.generation;
        let signal = self
            .send
            .reform(move |signal| EngineMsg::Signal(generation, signal));
        match WorkerHandle::start(backend, signal) {
            Ok(worker) => {
                self.primary = Some(worker);
                fx.after(WATCH, SILENCE, EngineMsg::Watch(generation));
            }
            Err(reason) => self.broke(Fault::Said(reason.into()), fx),
        }
    }

    /// The worker listens: it is asked to open the model.
    pub(super) fn open(&mut self) {
        let Some(pack) = self.location.clone() else {
            return;
        };
        if std::mem::replace(&mut self.alive, true) {
            return;
        }
        self.previous = None;
        let images_only = false;
        let open = Request::Open { pack, images_only };
        self.post(PRIMARY, open, JsValue::UNDEFINED);
    }

    /// A slow network is no reason to give up, a missing file is.
    pub(super) fn watch(&mut self, generation: u32, fx: &mut Effects<EngineMsg>) {
        let Some((backend, _)) = self.status.backend else {
            return;
        };
        if self.alive {
            return;
        }
        fx.spawn_maybe(async move {
            let missing = !is_reachable(backend).await;
            missing.then_some(EngineMsg::Unreachable(generation))
        });
        fx.after(WATCH, SILENCE, EngineMsg::Watch(generation));
    }

    /// Opening ended without a model.
    pub(super) fn open_failed(&mut self, failure: OpenFailure, fx: &mut Effects<EngineMsg>) {
        let on_webgpu = self.backend() == Some(Backend::WebGpu);
        // It may have been looking at a photo already.
        self.lose_primary(false);
        let is_of_device = failure.is_of_device();
        let fault = Fault::NotOpened(failure);
        if is_of_device && on_webgpu {
            self.start(Backend::Cpu, BackendReason::FellBack(fault), fx);
        } else {
            self.fail(fault, fx);
        }
    }

    /// The primary worker is of no more use. Nothing but the photo in work is lost.
    pub(super) fn broke(&mut self, fault: Fault, fx: &mut Effects<EngineMsg>) {
        let Some((backend, reason)) = self.status.backend.clone() else {
            return;
        };
        if let Some(previous) = self.previous.take() {
            return self.restore(previous, fault, fx);
        }
        let worked = self.is_image_tower_ready();
        self.primary = None;
        self.lose_primary(worked);
        // A module that isn't there won't be the second time.
        let is_gone = matches!(fault, Fault::Unreachable | Fault::Outdated);
        let may_work = worked || (backend == Backend::Cpu && !is_gone);
        if may_work && self.crashes == 0 {
            self.crashes += 1;
            self.status.notice = Some(Notice::Restarted);
            self.start(backend, reason, fx);
        } else if backend == Backend::WebGpu && fault != Fault::Outdated {
            self.start(Backend::Cpu, BackendReason::FellBack(fault), fx);
        } else {
            self.fail(fault, fx);
        }
    }

    /// Takes the previous worker into service again, since there is no new one to be had.
    fn restore(&mut self, previous: PreviousWorker, fault: Fault, fx: &mut Effects<EngineMsg>) {
        let reason = match previous.reason {
            // It stood in for the new one.
            BackendReason::Building if !building::is_building() => BackendReason::FellBack(fault),
            reason => reason,
        };
        self.generation = previous.generation;
        self.primary = Some(previous.worker);
        self.status.backend = Some((previous.backend, reason));
        fx.mark("backend", previous.backend.name());
        self.alive = false;
        self.open();
    }

    /// What the primary worker was asked won't be answered; with `in_work`, it ended over a photo.
    fn lose_primary(&mut self, in_work: bool) {
        self.texts.forget_requests();
        self.requests.lose(PRIMARY, in_work, Loss::Crashed);
    }

    fn fail(&mut self, fault: Fault, fx: &mut Effects<EngineMsg>) {
        self.primary = None;
        self.reset_pool(fx);
        if fault.is_of_network() {
            fx.after(AGAIN, AGAIN_PAUSE, EngineMsg::TryAgain(self.generation));
        }
        if fault == Fault::Unreachable {
            let generation = self.generation;
            fx.spawn_maybe(async move {
                let replaced = building::is_replaced().await;
                replaced.then_some(EngineMsg::Replaced(generation))
            });
        }
        self.set_phase(Phase::Failed(fault), fx);
    }

    /// Whether nothing runs since something couldn't be fetched.
    pub(super) fn has_failed_over_the_network(&self) -> bool {
        matches!(&self.status.phase, Phase::Failed(fault) if fault.is_of_network())
    }

    pub(super) fn set_phase(&mut self, phase: Phase, fx: &mut Effects<EngineMsg>) {
        fx.mark("state", phase.name());
        let image_tower = match phase {
            Phase::Opening { .. } => None,
            Phase::Ready => Some(true),
            Phase::ChoosingBackend | Phase::Starting | Phase::Failed(_) => Some(false),
        };
        self.status.phase = phase;
        if let Some(ready) = image_tower {
            self.set_image_tower_ready(ready, fx);
        }
    }

    pub(super) fn set_image_tower_ready(&mut self, ready: bool, fx: &mut Effects<EngineMsg>) {
        fx.mark("sees", ready.to_string());
        let before = std::mem::replace(&mut self.status.image_tower_ready, ready);
        if ready && !before {
            fx.event(Event::ImageTowerReady);
        }
    }

    /// Sends a request to any worker; one that can't even be written to is broken.
    pub(super) fn post(&mut self, worker: WorkerId, request: Request, attachment: JsValue) {
        let posted = match (worker, &self.primary) {
            (PRIMARY, Some(primary)) => primary.post(request, attachment),
            (PRIMARY, None) => Ok(()),
            (worker, _) => self.pool.post(worker, request, attachment),
        };
        if let Err(reason) = posted {
            let (generation, signal) = (self.generation, Signal::Broke(reason));
            self.send.emit(match worker {
                PRIMARY => EngineMsg::Signal(generation, signal),
                worker => EngineMsg::PoolSignal(generation, worker, signal),
            });
        }
    }

    /// Starts the pool where it is worth it, and lets it go where it no longer is.
    pub(super) fn size_pool(&mut self, waiting: usize, idle: bool, fx: &mut Effects<EngineMsg>) {
        if !self.pool.is_empty() {
            match idle {
                true => fx.after(IDLE, POOL_IDLE, EngineMsg::PoolIdle),
                false => fx.stop_timer(IDLE),
            }
            return;
        }
        // Once it is ready, the primary worker has left a copy of the tower.
        if self.backend() == Some(Backend::Cpu)
            && self.is_ready()
            && waiting >= POOL_MIN_QUEUE
            && self.pool.is_possible()
        {
            let generation = self.generation;
            let signal = self
                .send
                .reform(move |(id, signal)| EngineMsg::PoolSignal(generation, id, signal));
            self.pool.start(&signal);
            self.mark_workers(fx);
        }
    }

    /// Ends a pool worker that is of no more use; nothing but the photo in work is lost.
    pub(super) fn lose_pool_worker(&mut self, id: WorkerId, fx: &mut Effects<EngineMsg>) {
        self.pool.remove(id);
        self.requests.lose(id, true, Loss::Crashed);
        self.mark_workers(fx);
    }

    /// Ends the pool: what its workers had waits again. A new one may start.
    fn reset_pool(&mut self, fx: &mut Effects<EngineMsg>) {
        for id in self.pool.ids() {
            self.requests.lose(id, false, Loss::Replaced);
        }
        self.pool = WorkerPool::default();
        fx.stop_timer(IDLE);
        self.mark_workers(fx);
    }

    /// How many workers take photos.
    pub(super) fn mark_workers(&self, fx: &mut Effects<EngineMsg>) {
        fx.mark("workers", (1 + self.pool.ready().count()).to_string());
    }
}
