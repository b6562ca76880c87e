//! The labels, and the sentences around them (templates), as they are typed and as far as they are
//! embedded.
//!
//! [`Labels::candidates`] gives what photos can be scored against, [`Labels::status`] why there may
//! be nothing yet.

mod embedded;
mod language;
mod list;
mod script;
mod state;
mod template;
mod text;
mod update;
mod view;
mod warning;

pub use embedded::LabelsStatus;
pub use state::{Labels, fill, split};
pub use text::{NO_LABELS, READING};
pub use view::{OnPhotos, panel, templates, undo_bar};

use crate::page::{engine::Engine, features::scores};
use std::rc::Rc;

/// What the labels are embedded with.
pub struct Deps<'a> {
    /// Tells the model and the sentences' embeddings.
    pub engine: &'a Engine,
    /// Labels make candidates for scores, whatever these are set to.
    #[expect(dead_code, reason = "of scores, labels only use types")]
    pub scores: &'a scores::Scores,
}

/// What can happen to the labels.
pub enum Msg {
    /// The field of the draft changed to this.
    Typed(String),
    /// A list of labels was pasted, with separators between them.
    Pasted(String),
    /// The draft becomes a label, by Enter or the button beside the field.
    Commit,
    /// Typing paused, so the draft is embedded.
    DraftPause,
    /// A label is taken away.
    Remove(Rc<str>),
    /// The last label is removed, by Backspace in the empty field.
    RemoveLast,
    /// All labels are taken away.
    Clear,
    /// The labels are as they were before the last was taken away.
    Undo,
    /// They can't be any more.
    Forget,
    /// The labels are replaced by those of a list, with separators between them.
    List(String),
    /// A set of labels is added, by its index in [`text::SETS`].
    AddSet(usize),
    /// The field of the templates changed to this.
    TemplateTyped(String),
    /// Typing in the field of the templates paused.
    TemplatePause,
    /// The usual template comes back.
    TemplateReset,
    /// The set of several templates is taken.
    TemplateSet,
}
