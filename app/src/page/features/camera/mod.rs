//! The camera, looked at live: a frame at a time is embedded and ranked, then the next one is taken.

mod media;
mod state;
mod text;
mod update;
mod view;

pub use state::Camera;
pub use view::{button, live};

use crate::{
    page::{
        effects::Reply,
        engine::Engine,
        features::{labels, photos, scores},
    },
    protocol::RequestId,
};
use media::{Still, Stream};
use wasm_bindgen::JsValue;

/// What frames are embedded and ranked with.
pub struct Deps<'a> {
    /// Embeds frames, tells the model and has the sentences' embeddings.
    pub engine: &'a Engine,
    /// How cosines become scores: by which mode and temperature.
    pub scores: &'a scores::Scores,
    /// What frames are scored against.
    pub labels: &'a labels::Labels,
    /// While photos wait, the page is drawn less often.
    pub photos: &'a photos::Photos,
}

/// What can happen to the camera.
pub enum Msg {
    /// The camera is switched on.
    Start,
    /// The browser hands out the camera's stream, or refuses it with an error of this name, as in
    /// [`text::refused`].
    Opened(Result<Stream, String>),
    /// The camera is switched off.
    Stop,
    /// The time has come to take a frame.
    NextFrame,
    /// A frame for this request, as an `ImageBitmap`; `None` before the camera's first picture.
    Frame(RequestId, Option<JsValue>),
    /// What became of a frame.
    Replied {
        /// The request for the frame's embedding.
        request: RequestId,
        /// Its embedding, or why there is none.
        reply: Reply,
        /// When the reply came, in milliseconds since the page was opened.
        time: f64,
    },
    /// What the camera shows becomes a photo of the page.
    Keep,
    /// What the camera showed, as a file; `None` if the browser made none.
    Kept(Option<Still>),
}
