//! Contrastive training of the heads that align two towers: matching pictures and sentences are
//! pulled together, others pushed apart ([`Trainer`]).
//!
//! The towers are frozen up to a block of the caller's choice (locked-tower training, LiT, Zhai et
//! al. 2021, arXiv 2111.07991), so what leaves the frozen part ([`ImageFront`], [`TextFront`]) can
//! be computed once and kept. A [`Trainer`] takes batches of it, weighs the [`objectives`] as the
//! [`Recipe`] says, and trains the heads and the last blocks.
//!
//! Bytes and numbers in, numbers out: it runs natively and in wasm.

mod batch;
mod front;
mod losses;
mod model;
pub mod objectives;
mod optimiser;
mod parameters;
mod random;
mod recipe;
mod save;
mod schedule;
mod start;
mod tail;
mod trainer;

pub use batch::{Batch, Maps, Matches, Named, Words};
pub use front::{ImageFront, TextFront};
pub use objectives::Vocabulary;
pub use recipe::{Masked, Objectives, Recipe, RecipeError, RegionTarget, SoftTargets};
pub use schedule::Schedule;
pub use start::Start;
pub use trainer::{StepReport, Trainer};

use crate::towers::{EmbedError, WeightError};

/// Why training could not go on.
#[derive(Debug, thiserror::Error)]
pub enum PretrainError {
    /// The recipe has a value that can't be followed.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A weight to start from is missing or of another shape.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// A trained weight that nothing made: a defect of this program.
    #[error("no weight \"{0}\" is trained")]
    Untrained(String),
    /// A batch that doesn't fit the model or itself.
    #[error("this batch can't be trained on: {0}")]
    Batch(String),
    /// The loss, or its gradient, is no longer a finite number.
    #[error("the loss is no longer a number at step {step}")]
    Diverged {
        /// The step that found it, from 0.
        step: u64,
    },
    /// The device failed, or a sentence was refused.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The bytes hold no saved training, or not one of these weights.
    #[error("this is no saved training that can be gone on with: {0}")]
    Saved(String),
    /// The training was saved under another recipe; what differs.
    #[error("the training was saved under another recipe ({0} differs)")]
    OtherRecipe(&'static str),
    /// Weights that can't be written as safetensors.
    #[error("the weights can't be written")]
    Write(#[source] safetensors::SafeTensorError),
}
