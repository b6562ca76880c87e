//! What can happen on the page.

use super::super::{
    brought::{Brought, Bundle},
    closer::Tab,
    engine::{Signal, Why, WorkerId},
    files::Incoming,
    models::{Copy, Space},
    offline::Said,
    photos::CardId,
    reading::Reading,
    samples::Sample,
};
use crate::protocol::{Backend, PackPlace, RequestId, Response};
use glimpse_model::pack::{Manifest, Quantisation};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::{Blob, ImageBitmap, MediaStream, ServiceWorkerRegistration};
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
    /// To the models that can be chosen.
    Model(ModelMsg),
    /// To a model that is brought.
    Import(ImportMsg),
    /// To what is looked for.
    Search(SearchMsg),
    /// To how scores are read, and to the page's address.
    Share(ShareMsg),
    /// To the photo that is looked at closely.
    Closer(CloserMsg),
    /// To the camera.
    Camera(CameraMsg),
    /// To the page's being kept for when there is no network.
    Offline(OfflineMsg),
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
    /// The photos that were answered lately are drawn.
    Draw,
}

impl Msg {
    /// Whether a worker answers for a photo.
    pub fn is_photo_answer(&self) -> bool {
        let Self::Life(
            LifeMsg::Signal(_, Signal::Said(response, _))
            | LifeMsg::Hand(_, _, Signal::Said(response, _)),
        ) = self
        else {
            return false;
        };
        matches!(
            **response,
            Response::ImageEmbedded { .. } | Response::ImageFailed { .. }
        )
    }
}

/// To the worker.
pub enum LifeMsg {
    /// A backend is chosen.
    Chosen(Backend, Why),
    /// The build of the module that was still being compiled ended: whether it is there.
    Built(bool),
    /// A worker, by its number, says something.
    Signal(u32, Signal),
    /// A helper of the worker with this number says something.
    Hand(u32, WorkerId, Signal),
    /// No photo has waited for a while.
    Rest,
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
    /// More of the last batch come on the page.
    Arrive,
    /// Something without files was dropped.
    Nothing,
    /// A sample, by its place, is wanted.
    Sample(usize),
    /// It came.
    SampleCame(usize, Option<Blob>),
    /// A request's photo, which is a drawing, as a bitmap.
    Drawn(RequestId, Result<JsValue, String>),
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
    /// More photos have to be scored.
    Rank,
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
    /// Several templates.
    TemplateSet,
}

/// To what is looked for.
pub enum SearchMsg {
    /// The field changed.
    Typed(String),
    /// Typing there paused.
    Pause,
    /// A photo into the query, or out of it.
    Photo(CardId),
    /// A photo is taken away rather than added, or the other way round.
    Turn(CardId),
    /// Nothing is looked for any more.
    Clear,
}

/// To the camera.
pub enum CameraMsg {
    /// On.
    Start,
    /// Its stream came, or can't be had.
    Came(Result<MediaStream, String>),
    /// Off.
    Stop,
    /// It's time for a picture.
    Look,
    /// A picture was taken, for a request.
    Frame(RequestId, Option<ImageBitmap>),
    /// What it shows now is wanted as a photo.
    Keep,
    /// Here it is.
    Kept(Option<Blob>),
}

/// To the photo that is looked at closely.
pub enum CloserMsg {
    /// This one.
    Open(CardId),
    /// It is a drawing; here is its bitmap.
    Drawn(RequestId, Result<JsValue, String>),
    /// None any more.
    Close,
    /// Another part of it.
    Tab(Tab),
    /// The words to compare with.
    Words(String),
    /// The heat map's.
    Opacity(f32),
    /// The map compares with the other labels, or no longer.
    Contrast,
    /// A question.
    Ask(String),
    /// The statement made of it.
    Statement(String),
    /// The answers, as one text.
    Answers(String),
    /// Typing paused.
    Pause,
    /// Things and a caption are wanted.
    Describe,
    /// Text for the clipboard.
    Copy(String),
    /// It is there, or isn't.
    Copied(bool),
}

/// To how scores are read, and to the page's address.
pub enum ShareMsg {
    /// A way to read the scores.
    Read(Reading),
    /// The dial, in octaves from the trained sharpness.
    Turn(f32),
    /// Both as at the start.
    DialReset,
    /// Changes paused: the address follows.
    Pause,
    /// The address changed.
    Followed,
    /// The address is wanted in the clipboard.
    Copy,
    /// It is there, or isn't.
    Copied(bool),
}

/// To the models that can be chosen.
pub enum ModelMsg {
    /// Whether the model of the last visit is still there.
    Remembered(bool),
    /// A model's facts came.
    Facts(PackPlace, Box<Manifest>),
    /// The list of the browser's storage came.
    Kept(Vec<(String, Manifest)>),
    /// So did the list of what is kept of served ones.
    Copies(Vec<Copy>),
    /// And the storage's room.
    Space(Option<Space>),
    /// The menu opens or closes.
    Menu,
    /// Another one is wanted.
    Choose(PackPlace),
    /// Deletion of a kept one, or of a served one's copy, is wanted, and has to be confirmed.
    Doubt(PackPlace),
    /// It isn't wanted after all.
    Keep,
    /// It is.
    Delete(PackPlace),
    /// It is gone, or can't be deleted.
    Deleted(PackPlace, bool),
}

/// To a model that is brought.
pub enum ImportMsg {
    /// Its files.
    Bring(Bundle),
    /// How checkpoints are stored from now on.
    Quantisation(Quantisation),
    /// An import's worker, by its folder, says something.
    Signal(String, Signal),
    /// It isn't wanted any more.
    Cancel,
}

/// To the page's being kept for when there is no network.
pub enum OfflineMsg {
    /// There is a service worker, or there can't be one.
    Registered(Option<ServiceWorkerRegistration>),
    /// A new one was found.
    Found,
    /// It is a step further.
    Progressed,
    /// Another one serves the page now.
    Changed,
    /// It says something.
    Said(Said),
    /// The page came into view, or out of it.
    Seen,
    /// The new version is wanted.
    Apply,
}

impl From<OfflineMsg> for Msg {
    fn from(msg: OfflineMsg) -> Self {
        Self::Offline(msg)
    }
}

impl From<Brought> for Msg {
    fn from(brought: Brought) -> Self {
        match brought {
            Brought::Photos(incoming) => PhotoMsg::Incoming(incoming).into(),
            Brought::Model(bundle) => ImportMsg::Bring(bundle).into(),
        }
    }
}

impl From<CameraMsg> for Msg {
    fn from(msg: CameraMsg) -> Self {
        Self::Camera(msg)
    }
}

impl From<CloserMsg> for Msg {
    fn from(msg: CloserMsg) -> Self {
        Self::Closer(msg)
    }
}

impl From<SearchMsg> for Msg {
    fn from(msg: SearchMsg) -> Self {
        Self::Search(msg)
    }
}

impl From<ShareMsg> for Msg {
    fn from(msg: ShareMsg) -> Self {
        Self::Share(msg)
    }
}

impl From<ModelMsg> for Msg {
    fn from(msg: ModelMsg) -> Self {
        Self::Model(msg)
    }
}

impl From<ImportMsg> for Msg {
    fn from(msg: ImportMsg) -> Self {
        Self::Import(msg)
    }
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
