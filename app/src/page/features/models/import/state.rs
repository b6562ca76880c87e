//! How far an import is.

use super::worker::ImportWorker;
use crate::protocol::{ImportFailure, ImportStep, ImportedTower, PackLocation};
use glimpse_model::pack::Quantisation;
use std::rc::Rc;

/// The import that runs, or how the last one ended.
pub struct Import {
    /// How far the import is, or how it ended.
    pub status: ImportStatus,
    /// How the weights of the next checkpoint are stored.
    pub quantisation: Quantisation,
    /// Counts imports: what an earlier one's worker still says is ignored.
    pub number: u32,
    /// Runs the import; none while it starts, and after the end.
    pub worker: Option<ImportWorker>,
}

impl Default for Import {
    fn default() -> Self {
        Self {
            status: ImportStatus::None,
            quantisation: Quantisation::Int8,
            number: 0,
            worker: None,
        }
    }
}

impl Import {
    /// Whether an import runs.
    pub fn is_running(&self) -> bool {
        matches!(self.status, ImportStatus::Running { .. })
    }

    /// Whether the import with this number runs.
    pub fn is_current(&self, number: u32) -> bool {
        self.is_running() && self.number == number
    }
}

/// How far an import is, or how it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ImportStatus {
    /// Nothing was imported since the page was opened.
    None,
    /// The import runs, and this far it is.
    Running {
        /// The name of its folder or archive, or a stand-in for one.
        name: Rc<str>,
        /// What the worker is doing; none while it starts.
        step: Option<ImportStep>,
        /// Share of the whole import, 0 to 1.
        fraction: f64,
    },
    /// The model is imported: its pack is stored.
    Done(Imported),
    /// The import failed, and the worker said why.
    Failed(ImportFailure),
    /// The worker ended without an answer; what the browser said.
    Broke(Rc<str>),
    /// The visitor cancelled the import; what it wrote is deleted.
    Cancelled,
}

/// A model that was imported, and is stored as a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The pack's folder in the browser's storage.
    pub folder: String,
    /// What became of a checkpoint's towers; empty for a pack.
    pub towers: Rc<[ImportedTower]>,
}

impl Imported {
    /// The pack's location, by which the model can be chosen.
    pub fn location(&self) -> PackLocation {
        PackLocation::Kept(self.folder.clone())
    }
}

impl ImportStatus {
    /// Where the pack of the imported model lies.
    pub fn location(&self) -> Option<PackLocation> {
        match self {
            Self::Done(imported) => Some(imported.location()),
            _ => None,
        }
    }

    /// The value of `data-import`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running { .. } => "running",
            Self::Done(_) => "done",
            Self::Failed(_) | Self::Broke(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}
