//! Imports of models: a worker of its own reads a published checkpoint or a pack, checks it, and
//! writes it to the browser's storage, while the model in use goes on. One import runs at a time.

mod state;
mod suggestions;
mod text;
mod update;
mod view;
mod worker;

pub use state::{Import, ImportStatus};
pub use text::failure as import_failure;
pub use view::{ImportPanel, pickers};

use crate::page::{engine::Signal, platform::dropped::ModelFiles};
use glimpse_model::pack::Quantisation;
use std::rc::Rc;
use worker::ImportWorker;

/// What can happen to the import.
pub enum ImportMsg {
    /// Imports these files, unless an import runs.
    Start(Rc<ModelFiles>),
    /// The worker of the import with this number is started, or the browser refused it and said why.
    Started(u32, Result<Box<ImportWorker>, String>),
    /// The worker of the import with this number says something.
    Signal(u32, Signal),
    /// Stores the weights of later checkpoints in this way.
    Quantisation(Quantisation),
    /// Cancels the import that runs.
    Cancel,
}
