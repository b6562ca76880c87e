//! Photos ranked by a query: words, photos, and sums of both (embedding arithmetic).
//!
//! Every term of a query is a direction in the space that pictures and words share.
//! [`Search::found`] ranks the photos by their cosine to the terms'
//! [sum](crate::page::engine::direction::sum), and [`bar`] is the field that takes them.

mod query;
mod state;
mod text;
mod update;
mod view;

pub use state::Search;
pub use view::bar;

use super::photos::Photos;
use crate::page::{effects::CardId, engine::Engine};

/// What a search is made with.
pub struct Deps<'a> {
    /// Holds the embeddings of a query's words.
    pub engine: &'a Engine,
    /// The photos that are ranked, some of which the query may name.
    pub photos: &'a Photos,
}

/// What can happen to the search.
pub enum Msg {
    /// The query's field changed.
    Typed(String),
    /// No key was pressed in the query's field for a while.
    TypingPaused,
    /// A photo of the query is subtracted rather than added, or the other way round.
    FlipSign(CardId),
    /// A photo goes out of the query.
    RemoveTerm(CardId),
    /// The query is emptied.
    Clear,
}
