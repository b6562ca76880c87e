//! Results as a file: a [table](table) of shares, or [JSON](json) with all scores, and with embeddings
//! where they are wanted.

mod json;
mod state;
mod table;
mod text;
mod update;

pub use state::Export;

use crate::page::{
    engine::Engine,
    features::{labels, photos, scores},
};

/// What is written into the file.
pub struct Deps<'a> {
    /// Tells the model and the backend, and has the sentences' embeddings.
    pub engine: &'a Engine,
    /// The labels and the templates around them.
    pub labels: &'a labels::Labels,
    /// How cosines become scores.
    pub scores: &'a scores::Scores,
    /// The photos and their scores.
    pub photos: &'a photos::Photos,
}

/// What can happen to an export.
pub enum Msg {
    /// The browser took the file as a download, or it couldn't be made.
    Saved(bool),
}
