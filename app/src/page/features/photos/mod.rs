//! The photos: how they come in, the queue to the workers that embed them, and their cards with the
//! scores of all labels.
//!
//! [`Photos`] has a [`Card`] for each; its [`CardStatus`] tells whether it [waits](CardStatus::Waiting)
//! or has an [embedding](CardStatus::Done). [`grid`] shows the cards, [`intake`] and [`samples()`] bring
//! photos in.

mod arrivals;
mod choice;
mod embed;
mod in_flight;
mod present;
mod progress;
mod removed;
mod samples;
mod score;
mod state;
mod text;
mod update;
mod view;

pub use crate::page::effects::CardId;
pub use state::{Card, CardStatus, Match, Photos};
pub use text::{LOOKING, failure, photo};
pub use view::{folder_button, folder_input, grid, intake, samples, undo_bar};

use crate::{
    page::{
        effects::{Reply, ResultsFile},
        engine::Engine,
        features::{labels, scores},
        platform::{dom::Listener, dropped::Dropped, files::Incoming},
    },
    protocol::RequestId,
};
use samples::Sample;
use scores::Fit;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// What photos are embedded and scored with.
pub struct Deps<'a> {
    /// Tells the workers, the model and the embeddings of sentences.
    pub engine: &'a Engine,
    /// How cosines become scores.
    pub scores: &'a scores::Scores,
    /// What photos are scored against.
    pub labels: &'a labels::Labels,
}

/// What can happen to the photos.
pub enum Msg {
    /// Files were dropped, pasted or picked.
    Incoming(Incoming),
    /// Files were shared by another app, and so many more that found no room.
    Shared(Incoming, usize),
    /// A folder was picked: photos, or a model.
    FolderPicked(Dropped),
    /// Something without files was dropped or shared.
    NothingDropped,
    /// The next photos of the last batch come on the page.
    Arrive,
    /// The list of the sample photos was fetched.
    SamplesListed(Vec<Sample>),
    /// A sample photo was chosen, by its index.
    ChooseSample(usize),
    /// The sample photo of this index was fetched, or couldn't be.
    SampleFetched(usize, Option<Blob>),
    /// The request for a photo's embedding got its reply.
    Replied(RequestId, Reply),
    /// The photo of this request is a vector drawing, and was drawn as a bitmap, or couldn't be.
    Drawn(RequestId, Option<JsValue>),
    /// No further photos are looked at.
    Stop,
    /// The rest of them is looked at after all.
    GoOn,
    /// What was taken off the page last comes back.
    Undo,
    /// It can't come back any more.
    Forget,
    /// A photo that failed is tried again.
    Retry(CardId),
    /// The next photos are scored anew.
    Rank,
    /// All photos are, against the labels that have come so far.
    RankAll,
    /// Only photos that this fits best are shown, or all again.
    Only(Option<Fit>),
    /// Photos that this label fits come first, or they stand as they came.
    SortBy(Option<Rc<str>>),
    /// Photos are shown one at a time, in large type.
    Present,
    /// What listens to keys while they are.
    Listening(Vec<Listener>),
    /// The photo so many places on is shown.
    StepPresentation(isize),
    /// All photos are shown again.
    EndPresentation,
    /// All numbers are shown, or only the shares.
    ToggleNumbers,
    /// Cards become small, or large.
    ToggleCompact,
    /// The results are wanted as a file of this kind.
    Save(ResultsFile),
    /// A photo is to be inspected.
    Inspect(CardId),
    /// A photo goes into the query, or out of it.
    SearchLike(CardId),
    /// A photo goes off the page.
    Remove(CardId),
    /// All photos go off the page.
    Clear,
}
