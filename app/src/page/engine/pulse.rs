//! Signs of life: a worker that is asked something and says nothing for too long has hung, and makes
//! room for a new one. (That one has *ended*, the [lock of its name](crate::storage::locks) tells.)

use super::{Engine, EngineMsg, Fault, status::Phase};
use crate::{
    page::effects::{Effects, PRIMARY, Redraw, WorkerId},
    protocol::Request,
};
use wasm_bindgen::JsValue;

/// Milliseconds between two questions for a sign of life.
const PULSE: u32 = 20_000;

/// Questions without any answer after which a worker is given up: three minutes. A worker on the CPU
/// answers between two photos only, and the largest models take a minute for one on slow devices.
const MAX_SILENT: u32 = 9;

const TIMER: &str = "engine.pulse";

/// How many questions each worker left unanswered since it last said anything.
#[derive(Debug, Default)]
pub struct Silence {
    questions: Vec<(WorkerId, u32)>,
}

impl Silence {
    /// Notes that a worker said something.
    pub fn heard(&mut self, worker: WorkerId) {
        self.questions.retain(|&(other, _)| other != worker);
    }

    /// Notes a question; whether there have been too many.
    fn ask(&mut self, worker: WorkerId) -> bool {
        let before = self.questions.iter().find(|&&(other, _)| other == worker);
        let count = before.map_or(1, |&(_, count)| count + 1);
        self.heard(worker);
        self.questions.push((worker, count));
        count > MAX_SILENT
    }
}

impl Engine {
    /// Sets the timer for the next question.
    pub(super) fn take_pulse_later(&self, fx: &mut Effects<EngineMsg>) {
        fx.after(TIMER, PULSE, EngineMsg::Pulse(self.generation));
    }

    /// Asks every worker from which something is expected, and gives up those that have hung.
    pub(super) fn on_pulse(&mut self, fx: &mut Effects<EngineMsg>) -> Redraw {
        self.take_pulse_later(fx);
        let mut redraw = Redraw::No;
        for worker in self.pool.ids().into_iter().chain([PRIMARY]) {
            if !self.expects_something_of(worker) {
                self.silence.heard(worker);
            } else if self.silence.ask(worker) {
                self.silence.heard(worker);
                match worker {
                    PRIMARY => self.broke(Fault::Hung, fx),
                    worker => self.lose_pool_worker(worker, fx),
                }
                redraw = Redraw::Now;
            } else {
                self.post(worker, Request::Ping, JsValue::UNDEFINED);
            }
        }
        redraw
    }

    fn expects_something_of(&self, worker: WorkerId) -> bool {
        let is_opening = match worker {
            PRIMARY => matches!(self.status.phase, Phase::Opening { .. }),
            worker => !self.pool.ready().any(|ready| ready == worker),
        };
        let is_asked = worker == PRIMARY && self.texts.is_waiting();
        is_opening || is_asked || self.requests.any_at(worker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        page::{
            effects::Effect,
            engine::{BackendReason, Signal},
        },
        protocol::{Backend, Response, Stage},
    };
    use yew::Callback;

    fn asks_again(effects: &[Effect]) -> bool {
        let timer = |effect: &Effect| matches!(effect, Effect::After(TIMER, PULSE, _));
        effects.iter().any(timer)
    }

    #[test]
    fn too_many_questions_without_an_answer_are_silence() {
        let mut silence = Silence::default();
        for _ in 0..MAX_SILENT {
            assert!(!silence.ask(1));
        }
        assert!(!silence.ask(2));
        assert!(silence.ask(1));
        silence.heard(1);
        assert!(!silence.ask(1));
    }

    #[test]
    fn a_worker_that_hangs_is_given_up_and_an_idle_one_never() {
        let mut engine = Engine::new(Callback::noop());
        engine.status.backend = Some((Backend::Cpu, BackendReason::NoWebGpu));
        for _ in 0..2 * MAX_SILENT {
            let (_, effects) = engine.update(EngineMsg::Pulse(0));
            assert!(asks_again(&effects));
        }
        assert_eq!(engine.status.phase, Phase::ChoosingBackend);
        // The next end of a worker is one too many.
        engine.crashes = 1;
        let opening = Phase::Opening {
            stage: Stage::Download,
            fraction: 0.5,
            bytes: (1, 2),
        };
        engine.status.phase = opening.clone();
        for _ in 0..MAX_SILENT {
            engine.update(EngineMsg::Pulse(0));
        }
        assert_eq!(engine.status.phase, opening);
        let pong = Signal::Said(Box::new(Response::Pong), JsValue::UNDEFINED);
        engine.update(EngineMsg::Signal(0, pong));
        for _ in 0..MAX_SILENT {
            engine.update(EngineMsg::Pulse(0));
        }
        assert_eq!(engine.status.phase, opening);
        engine.update(EngineMsg::Pulse(0));
        assert_eq!(engine.status.phase, Phase::Failed(Fault::Hung));
    }
}
