//! Results as a [JSON file](json): photos with their embeddings and scores, and the labels' embeddings.

mod json;
mod state;
mod text;
mod update;

pub use state::Export;

use crate::page::{
    engine::Engine,
    features::{labels, photos},
};

/// What is written into the file.
pub struct Deps<'a> {
    /// Tells the model and the backend, and has the sentences' embeddings.
    pub engine: &'a Engine,
    /// The labels and the templates around them.
    pub labels: &'a labels::Labels,
    /// The photos and their scores.
    pub photos: &'a photos::Photos,
}

/// What can happen to an export.
pub enum Msg {
    /// The browser took the file as a download, or it couldn't be made.
    Saved(bool),
}
