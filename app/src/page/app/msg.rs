//! What can happen on the page.

use super::super::{
    engine::{Signal, Why},
    files::Incoming,
    photos::CardId,
    samples::Sample,
};
use crate::protocol::{Backend, RequestId};
use glimpse_model::pack::Manifest;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::Blob;
use yew::Callback;

/// How components tell the root what happened; there is one, so it never looks changed.
pub type Send = Callback<Msg>;

/// Everything that can happen.
pub enum Msg {
    /// To the worker.
    Life(LifeMsg),
    /// To photos.
    Photo(PhotoMsg),
    /// To labels.
    Label(LabelMsg),
    /// The list of samples came.
    Samples(Vec<Sample>),
    /// Numbers on or off.
    Numbers,
    /// Files are over the window, or no longer.
    Dragging(bool),
    /// There is news, and a pause.
    Announce,
    /// Results are wanted as a file.
    Save,
}

/// To the worker.
pub enum LifeMsg {
    /// A backend is chosen.
    Chosen(Backend, Why),
    /// The manifest came before the worker was ready.
    Manifest(Box<Manifest>),
    /// A worker, by its number, says something.
    Signal(u32, Signal),
    /// A worker, by its number, should have said something by now.
    Watch(u32),
    /// It can't: its module isn't there.
    Unreachable(u32),
    /// Someone wants another try.
    Retry,
}

/// To photos.
pub enum PhotoMsg {
    /// Files came.
    Incoming(Incoming),
    /// Something without files was dropped.
    Nothing,
    /// A sample, by its place, is wanted.
    Sample(usize),
    /// It came.
    SampleCame(usize, Option<Blob>),
    /// What the worker gets for a photo, by its request.
    Prepared(RequestId, Result<JsValue, String>),
    /// Off the page.
    Remove(CardId),
    /// All off the page.
    Clear,
}

/// To labels.
pub enum LabelMsg {
    /// The field changed.
    Typed(String),
    /// A list was pasted.
    Pasted(String),
    /// What is in the field becomes a label.
    Commit,
    /// Typing paused.
    DraftPause,
    /// Off the list.
    Remove(Rc<str>),
    /// The last one off the list.
    RemoveLast,
    /// All off the list.
    Clear,
    /// One of the sets, by its place.
    Set(usize),
    /// The template's field changed.
    Template(String),
    /// Typing there paused.
    TemplatePause,
    /// Back to the usual template.
    TemplateReset,
}

impl From<LifeMsg> for Msg {
    fn from(msg: LifeMsg) -> Self {
        Self::Life(msg)
    }
}

impl From<PhotoMsg> for Msg {
    fn from(msg: PhotoMsg) -> Self {
        Self::Photo(msg)
    }
}

impl From<LabelMsg> for Msg {
    fn from(msg: LabelMsg) -> Self {
        Self::Label(msg)
    }
}
