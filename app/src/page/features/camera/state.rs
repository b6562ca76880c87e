//! Whether the camera is on, and what became of its last frame.

use super::media::Stream;
use crate::{
    page::{effects::ImageEmbedding, features::scores::Ranking},
    protocol::RequestId,
};
use std::{collections::VecDeque, rc::Rc};

/// The number of latest frames over which the frame rate is measured.
const RATE_FRAMES: usize = 8;

/// Whether the camera is on, or why not.
#[derive(Default)]
pub enum Camera {
    /// The camera isn't in use.
    #[default]
    Off,
    /// The browser asks the visitor whether the page may use the camera.
    Asking,
    /// The camera can't be used; why, as a sentence.
    Refused(Rc<str>),
    /// Frames are taken and scored, one after another.
    On(Live),
}

/// A camera that is on: its stream, and what became of its frames.
pub struct Live {
    /// The camera's stream, which ends with the last copy of this.
    pub stream: Rc<Stream>,
    /// The request of the frame in work; `None` between frames.
    pub request: Option<RequestId>,
    /// The last frame's embedding; `None` before the first, and after a change of models.
    pub image: Option<ImageEmbedding>,
    /// The labels' scores for the last frame.
    pub ranking: Ranking,
    /// When the replies to the last [`RATE_FRAMES`] frames came, in milliseconds.
    times: VecDeque<f64>,
}

impl Live {
    /// A stream of which no frame has been taken.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream: Rc::new(stream),
            request: None,
            image: None,
            ranking: Ranking::default(),
            times: VecDeque::new(),
        }
    }

    /// Takes over a frame's embedding, which came at this time in milliseconds.
    pub fn embedded(&mut self, image: ImageEmbedding, time: f64) {
        self.image = Some(image);
        self.times.push_back(time);
        if self.times.len() > RATE_FRAMES {
            self.times.pop_front();
        }
    }

    /// Drops what a model made of frames, since another one is chosen.
    pub fn forget(&mut self) {
        self.image = None;
        self.ranking = Ranking::default();
    }

    /// Frames per second; `None` before the second frame.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        let passed = last - first;
        (passed > 0.0).then(|| (self.times.len() - 1) as f64 * 1000.0 / passed)
    }
}

impl Camera {
    /// The camera as far as it is on.
    pub(super) fn live(&mut self) -> Option<&mut Live> {
        match self {
            Self::On(live) => Some(live),
            _ => None,
        }
    }
}
