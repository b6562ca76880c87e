//! Components and small helpers that know no feature.

pub mod bar;
pub mod field;
pub mod icons;
pub mod progress;
mod ptr_eq;
pub mod undo;

pub use ptr_eq::PtrEqRc;

/// A model's manifest, shared with the components that show it.
pub type Model = PtrEqRc<glimpse_model::pack::PackSummary>;
