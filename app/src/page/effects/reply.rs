//! What becomes of a request to a worker.

use crate::protocol::{ImageFailure, ImageTiming};
use glimpse_model::pixels::{Grid, View};
use std::rc::Rc;
use web_sys::Blob;

/// Names a worker for as long as it runs.
pub type WorkerId = u32;

/// The worker that embeds photos and sentences; all others only embed photos.
pub const PRIMARY: WorkerId = 0;

/// A photo's embedding, and what came with it.
#[derive(Debug, Clone)]
pub struct ImageEmbedding {
    /// The embedding: `projection_dim` values, L2-normalised.
    pub embedding: Rc<[f32]>,
    /// Of the upright picture, in pixels.
    pub width: u32,
    /// Of the picture, as its width.
    pub height: u32,
    /// What to show instead of the file, if that may not be shown upright.
    pub preview: Option<Blob>,
    /// How long each part took.
    pub timing: ImageTiming,
}

/// A worker's answer to a request, or why there is none.
#[derive(Debug, Clone)]
pub enum Reply {
    /// To [`Request::EmbedImage`](crate::protocol::Request::EmbedImage): the photo is embedded.
    Image(ImageEmbedding),
    /// To [`Request::InspectImage`](crate::protocol::Request::InspectImage): patches are embedded.
    Regions {
        /// The patches, in pixels of the encoder's input.
        grid: Grid,
        /// The part of the picture that is the encoder's input.
        view: View,
        /// (rows · columns · `projection_dim`), each patch's embedding L2-normalised.
        embeds: Vec<f32>,
        /// The encoder's input, (height · width · 4) bytes of RGBA.
        pixels: Vec<u8>,
    },
    /// To either: the picture is a vector drawing, to be sent again as a bitmap.
    Drawing,
    /// The picture can't be embedded or inspected.
    Failed(ImageFailure),
    /// The worker ended before it answered.
    Lost(Loss),
}

/// Why a worker that was asked won't answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It broke while it worked on this request: asking again would break the next one.
    InWork,
    /// It broke, but not over this request, which can be sent again.
    Crashed,
    /// It makes room for another one.
    Replaced,
}
