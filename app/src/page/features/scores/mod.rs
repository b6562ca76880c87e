//! How cosines become scores, and the tables of them.
//!
//! A cosine becomes a percentage by a [`ScoreMode`] at a [`Temperature`], both the visitor's choice.
//! [`rank`] does that for the labels of one picture, and [`RankingTable`] shows the result.

mod explain;
mod none_row;
mod ranking;
mod state;
mod table;
mod tally;
mod text;
mod update;
mod view;

pub use explain::explanations;
pub use ranking::{Best, Candidate, Ranking, Row, rank, shares};
pub use state::{ScoreMode, Scores, Temperature};
pub use table::RankingTable;
pub use tally::{Fit, Tally};
pub use text::{NONE, SHARE};
pub use view::panel;

use crate::page::engine::Engine;

/// What the scores are made with.
pub struct Deps<'a> {
    /// The engine, which tells the model.
    pub engine: &'a Engine,
}

/// What can happen to the scores.
pub enum Msg {
    /// A score mode was chosen.
    Choose(ScoreMode),
    /// The slider moved to this [`Temperature::log2_factor`].
    Turn(f32),
    /// Score mode and temperature as at the start.
    Reset,
}
