//! The status line's own state: none, it shows the engine's.

/// Nothing to remember.
#[derive(Default)]
pub struct Status;
