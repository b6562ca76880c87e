//! The status line: which backend runs and why, how far the model has been loaded, how fast it is.

mod state;
mod text;
mod update;
mod view;

pub use state::Status;
pub use view::line;

use crate::page::{engine::Engine, features::models};

/// What the status line tells of.
pub struct Deps<'a> {
    /// Has the [status](Engine::status), and the model for its size.
    pub engine: &'a Engine,
    /// Tell what the model takes to download.
    pub models: &'a models::Models,
}

/// What can happen to the status line.
pub enum Msg {
    /// Another try was asked for after a failure.
    Retry,
    /// The page is to be loaded anew.
    Reload,
}
