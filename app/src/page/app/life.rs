//! The worker's life: starting, falling back, restarting; and everything that it answers.

use super::{
    super::{
        dom,
        engine::{self, CHIEF, Phase, Signal, Why, WorkerHandle},
        photos::{Seen, Stand},
        shared::Shared,
        words,
    },
    App, FRAME,
    msg::{LifeMsg, Msg, PhotoMsg},
};
use crate::protocol::{Backend, Blame, ImageTiming, Request, RequestId, Response};
use glimpse_model::pack::Manifest;
use js_sys::Float32Array;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use yew::Context;

/// Milliseconds of silence after which it is asked whether the worker's module exists.
const SILENCE: u32 = 10_000;

impl App {
    /// Finds a backend.
    pub(super) fn choose(&self, ctx: &Context<Self>) {
        dom::mark("state", Phase::Choosing.name());
        ctx.link().send_future(async {
            let (backend, why) = engine::choose().await;
            Msg::from(LifeMsg::Chosen(backend, why))
        });
    }

    pub(super) fn on_life(&mut self, ctx: &Context<Self>, msg: LifeMsg) -> bool {
        match msg {
            // The module came while the backend was being chosen.
            LifeMsg::Chosen(_, Why::Building) if !engine::is_building() => self.choose(ctx),
            LifeMsg::Chosen(backend, why) => self.start(backend, why),
            LifeMsg::Built(true) => self.built(ctx),
            LifeMsg::Built(false) => self.not_built(),
            LifeMsg::Signal(generation, _)
            | LifeMsg::Hand(generation, _, _)
            | LifeMsg::Watch(generation)
            | LifeMsg::Unreachable(generation)
                if generation != self.generation =>
            {
                return false;
            }
            LifeMsg::Hand(_, id, signal) => self.on_hand(id, signal),
            LifeMsg::Rest => self.crew.rest(),
            LifeMsg::Signal(_, Signal::Alive) => self.open(),
            LifeMsg::Signal(_, Signal::Said(response, attachment)) => {
                self.on_response(*response, &attachment);
            }
            // A script that isn't there ends without a word.
            LifeMsg::Signal(_, Signal::Broke(reason)) if reason.is_empty() && !self.alive => {
                self.broke(words::UNREACHABLE);
            }
            LifeMsg::Signal(_, Signal::Broke(reason)) => self.broke(&reason),
            LifeMsg::Watch(generation) => self.watch(generation),
            LifeMsg::Unreachable(_) => self.broke(words::UNREACHABLE),
            LifeMsg::Retry => self.begin(ctx),
        }
        true
    }

    fn start(&mut self, backend: Backend, why: Why) {
        self.last_generation += 1;
        self.generation = self.last_generation;
        self.alive = false;
        self.worker = None;
        self.disband();
        self.set_phase(Phase::Starting);
        self.life.backend = Some((backend, why));
        dom::mark("backend", backend.name());
        let generation = self.generation;
        let signal = self
            .send
            .reform(move |signal| LifeMsg::Signal(generation, signal).into());
        match WorkerHandle::start(backend, signal) {
            Ok(worker) => {
                self.worker = Some(worker);
                let watch = LifeMsg::Watch(generation).into();
                self.timers.watch = Some(self.after(SILENCE, watch));
            }
            Err(reason) => self.broke(&reason),
        }
    }

    pub(super) fn open(&mut self) {
        if std::mem::replace(&mut self.alive, true) {
            return;
        }
        self.resting = None;
        let pack = self.models.chosen.clone();
        let images_only = false;
        self.post(Request::Open { pack, images_only }, JsValue::UNDEFINED);
    }

    /// A slow network is no reason to give up, a missing file is.
    fn watch(&mut self, generation: u32) {
        let Some((backend, _)) = self.life.backend else {
            return;
        };
        if self.alive {
            return;
        }
        let send = self.send.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if !engine::is_reachable(backend).await {
                send.emit(LifeMsg::Unreachable(generation).into());
            }
        });
        self.timers.watch = Some(self.after(SILENCE, LifeMsg::Watch(generation).into()));
    }

    /// Sends a request; a worker that can't even be written to is broken.
    pub(super) fn post(&mut self, request: Request, attachment: JsValue) {
        let posted = self
            .worker
            .as_ref()
            .map(|worker| worker.post(request, attachment));
        if let Some(Err(reason)) = posted {
            let signal = Signal::Broke(reason);
            self.send
                .emit(LifeMsg::Signal(self.generation, signal).into());
        }
    }

    pub(super) fn on_response(&mut self, response: Response, attachment: &JsValue) {
        match response {
            Response::Progress {
                stage,
                fraction,
                bytes,
            } => self.set_phase(Phase::Opening {
                stage,
                fraction,
                bytes,
            }),
            Response::Sees {
                manifest,
                device,
                sentences,
            } => {
                self.know(*manifest, device);
                let embeddings = floats(attachment).unwrap_or_default();
                self.texts.bring(sentences, &embeddings);
                self.set_sees(true);
                self.pump();
                self.rank();
                self.next_frame();
            }
            Response::Ready {
                manifest,
                device,
                load_ms,
            } => {
                self.know(*manifest, device);
                self.life.load_ms = Some(load_ms);
                dom::mark("load-ms", &format!("{load_ms:.0}"));
                self.set_phase(Phase::Ready);
                self.keep_all();
                self.list_copies();
                self.pump();
                self.ask_for_draft();
                self.ask_for_closer();
                self.next_frame();
            }
            Response::OpenFailed { reason, blame } => self.open_failed(&reason, blame),
            Response::ImageEmbedded {
                id,
                width,
                height,
                timing,
            } => match floats(attachment) {
                Some(embedding) => self.image_came(id, embedding, (width, height), timing),
                None => self.broke("an answer without numbers arrived"),
            },
            Response::Regions { id, grid, view } => {
                self.regions_came(id, (grid, view), attachment);
            }
            Response::LookFailed { id, reason } => {
                self.regions_failed(id, &reason);
            }
            Response::ImageFailed { id, reason } => {
                if !self.frame_failed(id) {
                    self.image_failed(id, &reason);
                }
            }
            Response::IsDrawing { id } => self.draw_picture(id),
            Response::TextsEmbedded { id, milliseconds } => {
                let embeddings = floats(attachment).unwrap_or_default();
                self.texts_came(id, &embeddings, milliseconds);
            }
            Response::TextsFailed { id, reason } => self.texts_failed(id, &reason),
            // Nothing asks for these yet.
            // An import's worker says these, and is heard elsewhere.
            Response::Importing { .. }
            | Response::Imported { .. }
            | Response::ImportFailed { .. } => {}
        }
    }

    /// The model that runs says what it is.
    fn know(&mut self, manifest: Manifest, device: String) {
        dom::mark("model", &manifest.name);
        self.models
            .learn(self.models.chosen.clone(), manifest.clone());
        self.model = Some(Shared::new(manifest));
        self.life.device = device.into();
    }

    fn image_came(
        &mut self,
        id: RequestId,
        embedding: Rc<[f32]>,
        size: (u32, u32),
        timing: ImageTiming,
    ) {
        self.crashes = 0;
        self.life.photo_ms = Some(timing.total());
        let seen = Seen {
            embedding,
            width: size.0,
            height: size.1,
            timing,
        };
        let seen = Rc::new(seen);
        if self.frame_came(id, &seen) {
            return;
        }
        let card = self.photos.finish(id, Stand::Done(seen));
        self.pump();
        let Some(card) = card else {
            return;
        };
        self.rank_photos(&[card]);
        self.seek();
        if let Some(card) = self.photos.get(card) {
            self.announcer.done(card);
            self.announce_soon();
        }
    }

    pub(super) fn image_failed(&mut self, id: RequestId, reason: &str) {
        let card = self.photos.finish(id, Stand::Failed(reason.into()));
        if let Some(card) = card.and_then(|card| self.photos.get(card)) {
            self.announcer.failed(card, reason);
            self.announce_soon();
        }
        self.pump();
    }

    /// Sends whatever can be sent now.
    pub(super) fn pump(&mut self) {
        if self.photos.is_arriving() && self.timers.arrive.is_none() {
            self.timers.arrive = Some(self.after(FRAME, PhotoMsg::Arrive.into()));
        }
        if !self.sees() {
            return;
        }
        if self.is_ready() {
            self.ask_for_labels();
        }
        self.call_crew();
        loop {
            let request = self.request_id();
            let workers = [CHIEF].into_iter().chain(self.crew.ready());
            let Some(card) = self.photos.next(request, workers) else {
                return;
            };
            let picture = card.picture.blob.clone().into();
            self.send_photo(request, picture);
        }
    }

    fn open_failed(&mut self, reason: &str, blame: Blame) {
        let on_webgpu = matches!(self.life.backend, Some((Backend::WebGpu, _)));
        // It may have been looking at a photo already.
        self.recall(None);
        if blame == Blame::Backend && on_webgpu {
            self.start(Backend::Cpu, Why::FellBack(reason.into()));
        } else {
            self.fail(reason);
        }
    }

    /// The worker is of no more use. Nothing but the photo in work is lost.
    fn broke(&mut self, reason: &str) {
        let Some((backend, why)) = self.life.backend.clone() else {
            return;
        };
        if let Some(resting) = self.resting.take() {
            return self.wake(resting, reason);
        }
        let worked = self.sees();
        self.worker = None;
        self.recall(worked.then_some(words::CRASHED_ON_PHOTO));
        if worked && self.crashes == 0 {
            self.crashes += 1;
            self.life.notice = Some(words::RESTARTED.into());
            self.start(backend, why);
        } else if backend == Backend::WebGpu {
            self.start(Backend::Cpu, Why::FellBack(reason.into()));
        } else {
            self.fail(reason);
        }
    }

    /// What the worker was asked won't be answered: the photo in work failed if there is a `reason`.
    fn recall(&mut self, reason: Option<&str>) {
        self.texts.forget_requests();
        self.recall_frame();
        self.recall_closer();
        self.photos.recall(CHIEF, reason);
    }

    fn fail(&mut self, reason: &str) {
        self.worker = None;
        self.disband();
        self.set_phase(Phase::Failed(words::failed(reason).into()));
    }

    fn set_phase(&mut self, phase: Phase) {
        dom::mark("state", phase.name());
        match phase {
            Phase::Opening { .. } => {}
            Phase::Ready => self.set_sees(true),
            Phase::Choosing | Phase::Starting | Phase::Failed(_) => self.set_sees(false),
        }
        self.life.phase = phase;
    }

    fn set_sees(&mut self, sees: bool) {
        dom::mark("sees", &sees.to_string());
        let before = std::mem::replace(&mut self.life.sees, sees);
        if sees && !before {
            self.send_closer();
        }
    }
}

fn floats(attachment: &JsValue) -> Option<Rc<[f32]>> {
    let floats = attachment.dyn_ref::<Float32Array>()?.to_vec();
    (!floats.is_empty()).then(|| floats.into())
}
