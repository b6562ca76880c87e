//! The worker's life: which module to start, what it says, and what the page tells about it.

mod building;
mod choose;
mod crew;
mod worker;

pub use building::{built, is_building};
pub use choose::{Why, choose};
pub use crew::{CHIEF, Crew, WORTH, WorkerId};
pub use worker::{Signal, WorkerHandle, is_reachable};

use crate::protocol::{Backend, Stage};
use glimpse_model::pack::Manifest;
use std::rc::Rc;

/// Where the worker stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Asking the browser for a graphics card.
    Choosing,
    /// The module is on its way.
    Starting,
    /// [`crate::protocol::Response::Progress`].
    Opening {
        /// What is going on.
        stage: Stage,
        /// Of the whole way.
        fraction: f64,
        /// Fetched, and in all.
        bytes: (u64, u64),
    },
    /// It answers.
    Ready,
    /// It doesn't, and nothing more is tried until someone asks.
    Failed(Rc<str>),
}

impl Phase {
    /// As in `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
            _ => "loading",
        }
    }
}

/// What the status line tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// Where the worker stands.
    pub phase: Phase,
    /// Whether photos can be looked at: the image tower is there, and the text tower may still be on
    /// its way.
    pub sees: bool,
    /// Which module.
    pub backend: Option<(Backend, Why)>,
    /// A restart, or a parameter that was ignored.
    pub notice: Option<Rc<str>>,
    /// What runs, in the worker's words.
    pub device: Rc<str>,
    /// Milliseconds from the worker's start.
    pub load_ms: Option<f64>,
    /// Milliseconds of the last photo.
    pub photo_ms: Option<f64>,
    /// The last labels: how many, and milliseconds.
    pub texts_ms: Option<(usize, f64)>,
}

impl Life {
    /// Before anything is known.
    pub fn new() -> Self {
        Self {
            phase: Phase::Choosing,
            sees: false,
            backend: None,
            notice: None,
            device: Rc::from(""),
            load_ms: None,
            photo_ms: None,
            texts_ms: None,
        }
    }
}

/// The model's facts, shared with whatever shows them.
pub type Model = super::shared::Shared<Manifest>;
