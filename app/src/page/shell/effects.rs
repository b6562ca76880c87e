//! Carries out what updates ask for.

use super::{App, Msg, announcer, route};
use crate::page::{
    effects::{Effect, Event, Redraw, TimerKey},
    platform::dom,
};
use gloo_timers::callback::Timeout;
use std::collections::VecDeque;
use wasm_bindgen_futures::spawn_local;

const ANNOUNCE: TimerKey = "shell.announce";
const ADDRESS: TimerKey = "shell.address";

impl App {
    /// Carries out effects in order, each with all that it leads to before the next one.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) -> Redraw {
        let mut redraw = Redraw::No;
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            let (changed, more) = self.carry_out_one(effect);
            redraw = redraw.max(changed);
            for effect in more.into_iter().rev() {
                queue.push_front(effect);
            }
        }
        redraw
    }

    fn carry_out_one(&mut self, effect: Effect) -> (Redraw, Vec<Effect>) {
        match effect {
            Effect::Request {
                id,
                worker,
                request,
                attachment,
                reply_to,
            } => self
                .engine
                .request(id, worker, request, attachment, reply_to),
            Effect::Cancel(id) => self.engine.cancel(id),
            Effect::EmbedTexts { sentences, draft } => self.engine.embed_texts(sentences, draft),
            Effect::Engine(command) => return self.engine.command(command),
            Effect::After(key, milliseconds, fire) => {
                self.timers.insert(key, Timeout::new(milliseconds, fire));
            }
            Effect::StopTimer(key) => {
                self.timers.remove(key);
            }
            Effect::Spawn(task) => spawn_local(task),
            Effect::Connect(connect) => connect(),
            Effect::Event(event) => {
                if matches!(event, Event::SetupChanged) {
                    self.copied = None;
                    self.send_later(ADDRESS, route::PAUSE, || Msg::WriteAddress);
                }
                return self.features.hear(&event, &self.engine, &self.senders);
            }
            Effect::Announce(news) => {
                self.announcer.add(news);
                self.send_later(ANNOUNCE, announcer::PAUSE, || Msg::Announce);
            }
            Effect::Focus(selector) => {
                self.focus = Some(selector);
                return (Redraw::Now, Vec::new());
            }
            Effect::Reveal(selector) => {
                self.reveal = Some(selector);
                return (Redraw::Now, Vec::new());
            }
            Effect::Mark(name, value) => dom::mark(name, &value),
        }
        (Redraw::No, Vec::new())
    }

    fn send_later(&mut self, key: TimerKey, milliseconds: u32, message: fn() -> Msg) {
        let send = self.send.clone();
        let timer = Timeout::new(milliseconds, move || send.emit(message()));
        self.timers.insert(key, timer);
    }
}
