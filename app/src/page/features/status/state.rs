//! The status line's own state: none, it shows the engine's.

/// It shows what the engine knows, and remembers nothing.
#[derive(Default)]
pub struct Status;
