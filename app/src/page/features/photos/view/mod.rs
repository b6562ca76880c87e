//! What the photos look like: the ways in, and the cards.

mod card;
mod choice;
mod grid;
mod intake;
mod present;
mod strip;

pub use grid::{grid, undo_bar};
pub use intake::{folder_button, folder_input, intake};
pub use strip::samples;
