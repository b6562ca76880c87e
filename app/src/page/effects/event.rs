//! What features tell each other, without knowing one another.

use crate::{page::platform::dropped::ModelFiles, protocol::TextsFailure};
use std::rc::Rc;
use web_sys::Blob;

/// Names a photo of the page.
pub type CardId = u64;

/// What kind of file results are written into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsFile {
    /// A table (CSV): a row a photo, a column a label.
    Table,
    /// JSON with all scores.
    Scores,
    /// JSON with all scores and embeddings.
    Embeddings,
}

/// Something that happened, or that is wanted from whichever feature does it. The shell hands each to
/// all features, in the order of [`features`](crate::page::features).
#[derive(Clone)]
pub enum Event {
    /// Engine: the image tower of the primary worker is loaded. The model's manifest is known, and
    /// photos can be sent.
    ImageTowerReady,
    /// Engine: one more worker takes photos.
    PoolWorkerReady,
    /// Engine: both towers are loaded, so that sentences can be embedded as well.
    Ready,
    /// Engine: more sentences are embedded, perhaps some that a feature waits for.
    TextsEmbedded,
    /// Engine: a sentence can't be embedded.
    TextRefused(TextsFailure),
    /// Engine: the WebGPU worker's module, which was still being compiled, is served now, and with
    /// it the site is complete.
    SiteComplete,
    /// Models: another one is chosen. What the one before made of photos and sentences is void.
    ModelChanged,
    /// Models: what is stored of the chosen one has changed.
    ModelStored,
    /// Labels: there are others, or others around them.
    LabelsChanged,
    /// Scores: cosines are read in another way.
    ScoresChanged,
    /// Photos: a photo's embedding is there.
    ImageEmbedded(#[allow(dead_code, reason = "no feature asks yet which one it was")] CardId),
    /// Photos: a photo is off the page.
    PhotoRemoved(CardId),
    /// Photos: all photos are off the page.
    PhotosCleared,
    /// To photos: these files, by their names.
    AddPhotos(Rc<[(String, Blob)]>),
    /// To photos: what is told under the drop zone, if anything.
    IntakeNote(Option<Rc<str>>),
    /// To models: these files look like a model's.
    ImportModel(Rc<ModelFiles>),
    /// To inspect: show this photo closely.
    InspectPhoto(CardId),
    /// To search: put this photo into the query, or take it out.
    SearchPhoto(CardId),
    /// To export: write the results into a file.
    SaveResults(ResultsFile),
    /// To the shell: something that the page's address holds has changed.
    SetupChanged,
    /// Shell: the page's address was followed, and every feature has read its part.
    SetupRead,
}
