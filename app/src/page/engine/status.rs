//! How far the engine is, for whatever shows it.

use super::backend::{BackendReason, Fault};
use crate::{
    page::effects::Notice,
    protocol::{Backend, Stage},
};
use std::rc::Rc;

/// A step of the primary worker's life.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// The browser is asked for a graphics card.
    ChoosingBackend,
    /// The worker's module is fetched and started.
    Starting,
    /// The worker loads the model.
    Opening {
        /// What is going on.
        stage: Stage,
        /// Share of the whole way, 0 to 1.
        fraction: f64,
        /// Bytes fetched, and in all.
        bytes: (u64, u64),
    },
    /// Both towers are loaded.
    Ready,
    /// The worker is of no use, and nothing more is tried until someone asks.
    Failed(Fault),
}

impl Phase {
    /// The value of `data-state`.
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
pub struct EngineStatus {
    /// The step of the primary worker's life.
    pub phase: Phase,
    /// Whether photos can be sent: the image tower is loaded, the text tower may still be on its way.
    pub image_tower_ready: bool,
    /// Which module runs, and why that one.
    pub backend: Option<(Backend, BackendReason)>,
    /// Something out of the ordinary.
    pub notice: Option<Notice>,
    /// The graphics card's name, e.g. "Apple M2"; empty for the CPU, and where it isn't known.
    pub device: Rc<str>,
    /// Milliseconds from the worker's start until it was ready.
    pub load_ms: Option<f64>,
    /// Milliseconds of the last photo.
    pub photo_ms: Option<f64>,
    /// Number of the last sentences, and their milliseconds in all.
    pub texts_ms: Option<(usize, f64)>,
}

impl Default for EngineStatus {
    fn default() -> Self {
        Self {
            phase: Phase::ChoosingBackend,
            image_tower_ready: false,
            backend: None,
            notice: None,
            device: Rc::from(""),
            load_ms: None,
            photo_ms: None,
            texts_ms: None,
        }
    }
}
