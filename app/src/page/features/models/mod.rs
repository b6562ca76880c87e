//! Models: the menu of those that can be chosen, and [imports](import) of further ones.
//!
//! A model is a pack, told from others by its [`PackLocation`]: served by this site (the default one
//! first), or stored in this browser by an import. Served packs that were used are [cached], so that
//! they work without a network.

mod cached;
mod import;
mod remember;
mod served;
mod spending;
mod start;
mod state;
mod storage;
mod text;
mod update;
mod view;

pub use import::pickers;
pub use spending::asks_first;
pub use state::Models;
pub use view::{ask, menu, panel};

use crate::{page::engine::Engine, protocol::PackLocation};
use cached::CachedPack;
use glimpse_model::pack::PackSummary;
use import::ImportMsg;
use spending::AskReason;
use start::Wanted;
use storage::{Space, StoredPack};

/// What models read of others: only the engine.
pub struct Deps<'a> {
    pub engine: &'a Engine,
}

/// What can happen to models.
pub enum Msg {
    /// The page's address and the browser's memory tell which model to begin with.
    Begin {
        /// The model that every site has.
        default: PackLocation,
        /// The model to begin with, by the address or the last visit.
        wanted: Wanted,
        /// Why downloads are asked about, if they are.
        ask: Option<AskReason>,
    },
    /// A copy of this served model is there, or it has to be downloaded.
    Checked(PackLocation, bool),
    /// What the served model of this address takes to download, in bytes.
    Weighed(String, u64),
    /// The model that was asked about may be downloaded.
    GoAhead,
    /// Downloads are asked about from now on, or they aren't.
    AskFirst(bool),
    /// The model of the last visit is still there, or it isn't.
    Remembered(bool),
    /// Manifests of served models were fetched.
    Fetched(Vec<(PackLocation, PackSummary)>),
    /// All folders of the browser's storage that should hold an imported pack.
    Stored(Vec<StoredPack>),
    /// All served packs of which there is a copy in the browser's storage.
    Cached(Vec<CachedPack>),
    /// Room in the browser's storage; none where the browser doesn't tell.
    Space(Option<Space>),
    /// Opens or closes the menu.
    ToggleMenu,
    /// Runs this model from now on.
    Choose(PackLocation),
    /// Asks the visitor whether an imported model, or a served one's copy, is to be deleted.
    RequestDelete(PackLocation),
    /// Cancels the deletion that waits for confirmation.
    CancelDelete,
    /// Deletes an imported model, or a served one's copy, after the visitor's confirmation.
    Delete(PackLocation),
    /// An imported model, or a served one's copy, is deleted, or can't be.
    Deleted(PackLocation, bool),
    /// A message to the import that runs.
    Import(ImportMsg),
}

impl From<ImportMsg> for Msg {
    fn from(msg: ImportMsg) -> Self {
        Self::Import(msg)
    }
}
