//! Computing: which worker runs, what it is asked, and what it answers.
//!
//! [`Engine`] is one state machine over the primary worker's life ([`Phase`]) with, beside it, a
//! [pool](pool) of workers that only embed photos. Features ask by
//! [`Effect`](super::effects::Effect)s; replies travel back along the route that was given with the
//! request.

mod backend;
mod building;
mod client;
pub mod direction;
mod lifecycle;
mod pool;
mod pulse;
mod requests;
mod responses;
mod status;
pub mod text;
mod texts;

pub use backend::{BackendReason, Fault};
pub use building::is_building;
pub use client::{Signal, WorkerHandle};
pub use status::{EngineStatus, Phase};
pub use texts::{MAX_SENTENCES, TextEmbeddings};

use super::{
    effects::{Effect, Effects, EngineCommand, Loss, PRIMARY, Redraw, ReplyTo, WorkerId},
    ui::Model,
};
use crate::protocol::{Backend, PackLocation, Request, RequestId};
use lifecycle::PreviousWorker;
use pool::WorkerPool;
use pulse::Silence;
use requests::Requests;
use std::cell::Cell;
use wasm_bindgen::JsValue;
use yew::Callback;

/// Sentences of one request, so that pictures and drafts get their turn in between.
const TEXT_BATCH: usize = 16;

/// Milliseconds without a photo after which the pool ends, and its memory is free again.
const POOL_IDLE: u32 = 10_000;

/// What happens to the engine.
pub enum EngineMsg {
    /// A backend is chosen.
    Chosen(Backend, BackendReason),
    /// The build of the WebGPU worker's module, which was still going on, ended: whether it is there.
    Built(bool),
    /// A primary worker, by its generation, says something.
    Signal(u32, Signal),
    /// A pool worker of this generation says something.
    PoolSignal(u32, WorkerId, Signal),
    /// No photo has waited for a while.
    PoolIdle,
    /// The primary worker of this generation should have said something by now.
    Watch(u32),
    /// It can't: its module isn't there.
    Unreachable(u32),
    /// Nor will it be: the site is of another version by now. The primary worker was of this
    /// generation.
    Replaced(u32),
    /// What failed over the network is tried again, unless something else runs by now.
    TryAgain(u32),
    /// Workers of this generation are to give a sign of life.
    Pulse(u32),
}

/// Workers, requests and what came of them.
pub struct Engine {
    status: EngineStatus,
    /// The model that runs; before it does, the chosen one's manifest if that is known.
    model: Option<Model>,
    texts: TextEmbeddings,
    send: Callback<EngineMsg>,
    /// The chosen model's; none before one is chosen.
    location: Option<PackLocation>,
    primary: Option<WorkerHandle>,
    pool: WorkerPool,
    previous: Option<PreviousWorker>,
    /// Counts primary workers: what an earlier one still says is ignored.
    generation: u32,
    last_generation: u32,
    /// Whether the primary worker listens.
    alive: bool,
    /// Ends of workers since the last photo that went well.
    crashes: u32,
    requests: Requests,
    silence: Silence,
    last_request: Cell<RequestId>,
}

impl Engine {
    /// Before anything runs; `send` brings messages back to [`Engine::update`].
    pub fn new(send: Callback<EngineMsg>) -> Self {
        Self {
            status: EngineStatus::default(),
            model: None,
            texts: TextEmbeddings::default(),
            send,
            location: None,
            primary: None,
            pool: WorkerPool::default(),
            previous: None,
            generation: 0,
            last_generation: 0,
            alive: false,
            crashes: 0,
            requests: Requests::default(),
            silence: Silence::default(),
            last_request: Cell::new(0),
        }
    }

    /// How far it is.
    pub fn status(&self) -> &EngineStatus {
        &self.status
    }

    /// The manifest of the model that runs; before it does, the chosen one's if that is known.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// All embeddings of sentences that are known.
    pub fn texts(&self) -> &TextEmbeddings {
        &self.texts
    }

    /// Whether both towers are loaded.
    pub fn is_ready(&self) -> bool {
        self.status.phase == Phase::Ready
    }

    /// Whether photos can be sent.
    pub fn is_image_tower_ready(&self) -> bool {
        self.status.image_tower_ready
    }

    /// The backend that runs or is on its way.
    pub fn backend(&self) -> Option<Backend> {
        self.status.backend.as_ref().map(|(backend, _)| *backend)
    }

    /// The workers that take photos now.
    pub fn image_workers(&self) -> Vec<WorkerId> {
        let primary = self.is_image_tower_ready().then_some(PRIMARY);
        let pool = self.is_image_tower_ready().then(|| self.pool.ready());
        primary
            .into_iter()
            .chain(pool.into_iter().flatten())
            .collect()
    }

    /// An id that no request had.
    pub fn new_request(&self) -> RequestId {
        self.last_request.set(self.last_request.get() + 1);
        self.last_request.get()
    }

    /// Sends a request to a worker; its reply goes to `reply_to`.
    pub fn request(
        &mut self,
        id: RequestId,
        worker: WorkerId,
        request: Request,
        attachment: JsValue,
        reply_to: ReplyTo,
    ) {
        let is_image = matches!(request, Request::EmbedImage { .. });
        self.requests.add(id, worker, is_image, reply_to);
        let is_there = match worker {
            PRIMARY => self.primary.is_some(),
            worker => self.pool.ids().contains(&worker),
        };
        if is_there {
            self.post(worker, request, attachment);
        } else {
            // It ended between the question and now.
            self.requests.lose(worker, false, Loss::Replaced);
        }
    }

    /// Drops a request: it gets no reply.
    pub fn cancel(&mut self, id: RequestId) {
        if let Some(worker) = self.requests.cancel(id) {
            self.post(worker, Request::Cancel { id }, JsValue::UNDEFINED);
        }
    }

    /// Asks for the embeddings of sentences that are neither there nor on their way.
    pub fn embed_texts(&mut self, sentences: Vec<String>, draft: bool) {
        if !self.is_ready() {
            return;
        }
        let missing = self.texts.missing(sentences);
        // A draft is replaced as a whole.
        let batch = if draft { missing.len() } else { TEXT_BATCH };
        for batch in missing.chunks(batch.max(1)) {
            self.ask(batch.to_vec(), draft);
        }
    }

    fn ask(&mut self, texts: Vec<String>, draft: bool) {
        let id = self.new_request();
        self.texts.ask(id, texts.clone(), draft);
        let request = Request::EmbedTexts { id, texts, draft };
        self.post(PRIMARY, request, JsValue::UNDEFINED);
    }

    /// Does what a feature wants.
    pub fn command(&mut self, command: EngineCommand) -> (Redraw, Vec<Effect>) {
        let mut fx = Effects::new(&self.send);
        (self.obey(command, &mut fx), fx.take())
    }

    fn obey(&mut self, command: EngineCommand, fx: &mut Effects<EngineMsg>) -> Redraw {
        match command {
            EngineCommand::Open(location) => {
                if self.location.as_ref() != Some(&location) {
                    self.texts = TextEmbeddings::default();
                    self.model = None;
                }
                self.location = Some(location);
                self.begin(fx);
            }
            EngineCommand::Retry => self.begin(fx),
            EngineCommand::ModelKnown(model) => self.model = model,
            EngineCommand::Notice(notice) => self.status.notice = notice,
            EngineCommand::Queue { waiting, in_flight } => {
                self.size_pool(waiting, waiting + in_flight == 0, fx);
                return Redraw::No;
            }
        }
        Redraw::Now
    }

    /// Changes the state as a message says.
    pub fn update(&mut self, msg: EngineMsg) -> (Redraw, Vec<Effect>) {
        let mut fx = Effects::new(&self.send);
        (self.follow(msg, &mut fx), fx.take())
    }

    fn follow(&mut self, msg: EngineMsg, fx: &mut Effects<EngineMsg>) -> Redraw {
        match msg {
            // The module came while the backend was being chosen.
            EngineMsg::Chosen(_, BackendReason::Building) if !is_building() => self.choose(fx),
            EngineMsg::Chosen(backend, reason) => self.start(backend, reason, fx),
            EngineMsg::Built(true) => self.built(fx),
            EngineMsg::Built(false) => self.not_built(),
            EngineMsg::Signal(generation, _)
            | EngineMsg::PoolSignal(generation, _, _)
            | EngineMsg::Watch(generation)
            | EngineMsg::Unreachable(generation)
            | EngineMsg::Replaced(generation)
            | EngineMsg::Pulse(generation)
            | EngineMsg::TryAgain(generation)
                if generation != self.generation =>
            {
                return Redraw::No;
            }
            EngineMsg::TryAgain(_) if self.has_failed_over_the_network() => self.begin(fx),
            EngineMsg::TryAgain(_) => return Redraw::No,
            EngineMsg::Pulse(_) => return self.on_pulse(fx),
            EngineMsg::Signal(_, Signal::Alive) => {
                self.open();
                self.take_pulse_later(fx);
            }
            EngineMsg::Signal(_, Signal::Outdated) => self.broke(Fault::Outdated, fx),
            EngineMsg::Signal(_, Signal::Said(response, attachment)) => {
                self.silence.heard(PRIMARY);
                return self.on_response(*response, &attachment, fx);
            }
            // A script that isn't there ends without a word.
            EngineMsg::Signal(_, Signal::Broke(reason)) if reason.is_empty() && !self.alive => {
                self.broke(Fault::Unreachable, fx);
            }
            EngineMsg::Signal(_, Signal::Broke(reason)) => {
                self.broke(Fault::Said(reason.into()), fx);
            }
            EngineMsg::Watch(generation) => {
                self.watch(generation, fx);
                return Redraw::No;
            }
            EngineMsg::Unreachable(_) => self.broke(Fault::Unreachable, fx),
            EngineMsg::Replaced(_) => self.set_phase(Phase::Failed(Fault::Outdated), fx),
            EngineMsg::PoolSignal(_, id, signal) => {
                self.silence.heard(id);
                return self.on_pool_signal(id, signal, fx);
            }
            EngineMsg::PoolIdle => {
                self.pool.shut_down();
                self.mark_workers(fx);
                return Redraw::No;
            }
        }
        Redraw::Now
    }
}
