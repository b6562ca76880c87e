//! A model that is being brought.

use crate::protocol::{ImportStep, ImportedTower, PackPlace};
use std::rc::Rc;

/// How far an import is.
#[derive(Debug, Clone, PartialEq)]
pub enum Import {
    /// There was none yet.
    None,
    /// It runs.
    Running {
        /// What the model is called.
        name: Rc<str>,
        /// What is going on; nothing yet while the worker starts.
        step: Option<ImportStep>,
        /// Of the whole.
        fraction: f64,
    },
    /// It went well.
    Done(Imported),
    /// It didn't; the sentence says why.
    Failed(Rc<str>),
    /// It was stopped.
    Cancelled,
}

/// A model that was brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Its folder in the browser's storage.
    pub folder: String,
    /// What became of a checkpoint's towers; empty for a pack.
    pub towers: Rc<[ImportedTower]>,
}

impl Imported {
    /// Where it lies.
    pub fn place(&self) -> PackPlace {
        PackPlace::Kept(self.folder.clone())
    }
}

impl Import {
    /// Where the model lies that was brought.
    pub fn place(&self) -> Option<PackPlace> {
        match self {
            Self::Done(imported) => Some(imported.place()),
            _ => None,
        }
    }

    /// As in `data-import`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running { .. } => "running",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}
