//! What features ask of the engine.

use crate::{page::ui::Model, protocol::PackLocation};

/// Something the engine is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCommand {
    /// Find a backend and run this model from now on. One that runs is ended once the next worker
    /// listens.
    Open(PackLocation),
    /// Find a backend for the same model anew, after a failure that left none running.
    Retry,
    /// The chosen model's manifest is known before it runs, so that its size can be told.
    ModelKnown(Option<Model>),
    /// Something out of the ordinary, told behind the status line.
    Notice(Option<Notice>),
    /// So many photos wait and so many are at workers: pool workers start where they are worth it,
    /// and end once there is nothing left.
    Queue {
        /// How many wait for a worker.
        waiting: usize,
        /// How many are at workers.
        in_flight: usize,
    },
}

/// News that a visitor would wonder about, told behind the status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The worker broke and was started again.
    Restarted,
    /// `?pack=` points to another site: the default model runs instead.
    PackRefused,
    /// The last visit's model is no longer there: the default one runs instead.
    ModelGone,
    /// The model in use was deleted: the default one runs instead.
    ChosenDeleted,
}
