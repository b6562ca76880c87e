//! One photo, looked at closely, in a dialogue with four tabs: a heat map of where words match
//! (patch-level cosine similarity), a caption and the nearest things, answers to questions, and the
//! embeddings themselves.
//!
//! [`Inspect`] says which photo is open and what was asked about it; [`dialogue`] shows it. All of
//! it is comparing: [`question`] makes statements of questions, [`caption`] puts phrases together, and
//! [`vocabulary`] has the phrases.

mod caption;
mod question;
mod state;
mod text;
mod update;
mod view;
mod vocabulary;

pub use state::Inspect;
pub use view::dialogue;

use super::{labels::Labels, photos::Photos, scores::Scores};
use crate::{
    page::{effects::Reply, engine::Engine},
    protocol::RequestId,
};
use question::Kind;
use state::Tab;
use wasm_bindgen::JsValue;

/// What a photo is inspected with.
pub struct Deps<'a> {
    /// Holds the embeddings of sentences.
    pub engine: &'a Engine,
    /// Answers are scored as the model was trained to, whatever is chosen here.
    #[expect(dead_code, reason = "of scores, inspect only uses types and functions")]
    pub scores: &'a Scores,
    /// The words to choose from, and the sentences around them.
    pub labels: &'a Labels,
    /// All photos, the one that is open among them.
    pub photos: &'a Photos,
}

/// What can happen to the dialogue.
pub enum Msg {
    /// The request for the photo's patches got its reply.
    Replied(RequestId, Reply),
    /// The photo is a vector drawing, and was drawn as a bitmap for a request, or couldn't be.
    Drawn(RequestId, Option<JsValue>),
    /// The patches are asked for once more, after a failure.
    Again,
    /// The dialogue is closed by the visitor.
    Close,
    /// Another tab was chosen.
    Tab(Tab),
    /// The keyboard goes so many tabs ahead, past the last one to the first.
    StepTab(isize),
    /// The field for the words to compare with the photo changed.
    Words(String),
    /// The heat map's opacity changed, 0 to 1.
    Opacity(f32),
    /// The heat map's comparison with the other labels was switched on or off.
    ToggleContrast,
    /// The question's field changed.
    Ask(String),
    /// Answers of another kind are wanted, whatever the question.
    Kind(Kind),
    /// The field for the statement made of the question changed.
    Statement(String),
    /// The field for the answers to try changed.
    Answers(String),
    /// No key was pressed in any field for a while.
    TypingPaused,
    /// A caption and the nearest things are wanted.
    Describe,
    /// The caption is wanted in the clipboard.
    CopyCaption,
    /// The caption is in the clipboard, or isn't.
    Copied(bool),
}
