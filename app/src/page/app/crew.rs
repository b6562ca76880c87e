//! The workers beside the chief: called when many photos wait, ended when none does.

use super::{
    super::{
        engine::{CHIEF, Crew, Signal, WORTH, WorkerId},
        words,
    },
    App,
    msg::LifeMsg,
};
use crate::protocol::{Backend, Request, Response};
use wasm_bindgen::JsValue;

/// Milliseconds without a photo after which they are ended, and their memory is free again.
const IDLE: u32 = 10_000;

impl App {
    /// Calls helpers where they are worth it, and lets them go where they no longer are.
    pub(super) fn call_crew(&mut self) {
        if !self.crew.is_empty() {
            let idle = self.photos.is_idle();
            self.timers.rest = idle.then(|| self.after(IDLE, LifeMsg::Rest.into()));
            return;
        }
        let on_processor = matches!(self.life.backend, Some((Backend::Cpu, _)));
        // Once it is ready, the chief has left a copy of the tower.
        if on_processor
            && self.is_ready()
            && self.photos.waiting() >= WORTH
            && self.crew.is_possible()
        {
            let generation = self.generation;
            let signal = self
                .send
                .reform(move |(id, signal)| LifeMsg::Hand(generation, id, signal).into());
            self.crew.start(&signal);
        }
    }

    pub(super) fn on_hand(&mut self, id: WorkerId, signal: Signal) {
        match signal {
            Signal::Alive => {
                let open = Request::Open {
                    pack: self.models.chosen.clone(),
                    images_only: true,
                };
                self.post_to(id, open, JsValue::UNDEFINED);
            }
            Signal::Said(response, attachment) => match *response {
                Response::Sees { .. } => {
                    self.crew.sees(id);
                    self.pump();
                }
                Response::OpenFailed { .. } => self.lose(id),
                response @ (Response::ImageEmbedded { .. }
                | Response::ImageFailed { .. }
                | Response::IsDrawing { .. }) => {
                    self.on_response(response, &attachment);
                }
                _ => {}
            },
            Signal::Broke(_) => self.lose(id),
        }
    }

    /// A helper is of no more use; nothing but the photo in work is lost.
    fn lose(&mut self, id: WorkerId) {
        self.crew.lose(id);
        self.photos.recall(id, Some(words::CRASHED_ON_PHOTO));
        self.pump();
    }

    /// Ends all helpers: what they had waits again.
    pub(super) fn disband(&mut self) {
        for id in self.crew.ready().collect::<Vec<_>>() {
            self.photos.recall(id, None);
        }
        self.crew.rest();
        self.crew = Crew::default();
        self.timers.rest = None;
    }

    /// Sends a request to any worker; one that can't even be written to is broken.
    pub(super) fn post_to(&mut self, worker: WorkerId, request: Request, attachment: JsValue) {
        if worker == CHIEF {
            return self.post(request, attachment);
        }
        if let Err(reason) = self.crew.post(worker, request, attachment) {
            let signal = Signal::Broke(reason);
            self.send
                .emit(LifeMsg::Hand(self.generation, worker, signal).into());
        }
    }
}
