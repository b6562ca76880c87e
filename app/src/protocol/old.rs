//! What the page and its inference worker say to each other: one enum each way.
//!
//! A message is an [`Envelope`]: the enum as JSON, and beside it what JSON shouldn't carry, a file
//! or a picture on the way in, embeddings as a transferred `Float32Array` on the way out. Every
//! request has an id of the page's choosing; its answer repeats it.

use glimpse_model::pack::{Manifest, Tower};
use js_sys::{Array, Float32Array, Object, Reflect};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

/// Names a request; unique within a worker's life.
pub type RequestId = u64;

/// Which module computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn-flex with SIMD, on one core.
    Cpu,
    /// burn-wgpu.
    WebGpu,
}

impl Backend {
    /// As in `?backend=`, in `data-backend` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }
}

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Fetch the pack in this folder (an absolute URL ending in `/`), load both towers, check
    /// them. Asked once in a worker's life; answered by [`Response::Progress`]es, then
    /// [`Response::Ready`] or [`Response::OpenFailed`].
    Open {
        /// The pack's folder.
        pack: String,
    },
    /// Embed the picture attached: a `File` or `Blob`, or an `ImageBitmap` that the page decoded.
    /// Answered by [`Response::ImageEmbedded`] or [`Response::ImageFailed`].
    EmbedImage {
        /// The answer's id.
        id: RequestId,
    },
    /// Embed whole sentences (templates filled in). Goes before waiting pictures. Answered by
    /// [`Response::TextsEmbedded`] or [`Response::TextsFailed`].
    EmbedTexts {
        /// The answer's id.
        id: RequestId,
        /// At least one sentence.
        texts: Vec<String>,
        /// Asked while someone types: a newer such request replaces one that hasn't started, which
        /// then gets no answer.
        draft: bool,
    },
    /// Forget a picture that hasn't started; it gets no answer.
    Cancel {
        /// The picture's.
        id: RequestId,
    },
}

/// From the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// How far opening has come.
    Progress {
        /// What is going on.
        stage: Stage,
        /// Share of the whole way to [`Response::Ready`], 0 to 1, never falling.
        fraction: f64,
        /// Bytes fetched so far and in all.
        bytes: (u64, u64),
    },
    /// Both towers are loaded, checked and warm.
    Ready {
        /// The pack's.
        manifest: Box<Manifest>,
        /// What runs, e.g. "Apple M2 (WebGPU)" or "CPU, SIMD".
        device: String,
        /// Since the worker's start.
        load_ms: f64,
    },
    /// Opening ended; the worker is of no more use.
    OpenFailed {
        /// Why, as a sentence.
        reason: String,
        /// Whether the same pack may well work on the other backend.
        blame: Blame,
    },
    /// The picture's embedding is attached: `Float32Array(projection_dim)`, L2-normalised.
    ImageEmbedded {
        /// The request's.
        id: RequestId,
        /// The picture's, EXIF orientation applied.
        width: u32,
        /// Likewise.
        height: u32,
        /// How long it took.
        timing: ImageTiming,
    },
    /// This picture can't be embedded; others can.
    ImageFailed {
        /// The request's.
        id: RequestId,
        /// Why, as a sentence for the person who brought it.
        reason: String,
    },
    /// The sentences' embeddings are attached: `Float32Array(texts × projection_dim)`, each
    /// L2-normalised.
    TextsEmbedded {
        /// The request's.
        id: RequestId,
        /// Tokenizing and embedding all of them.
        milliseconds: f64,
    },
    /// These sentences can't be embedded.
    TextsFailed {
        /// The request's.
        id: RequestId,
        /// Why, as a sentence.
        reason: String,
    },
}

/// A part of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Weights come over the network, or from the browser's cache.
    Download,
    /// A tower is built from its weights.
    Load(Tower),
    /// The first run: compiles shaders on WebGPU, and must reproduce the golden embeddings.
    WarmUp(Tower),
}

/// What a failed opening is due to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blame {
    /// No device, a lost one, or one that fails the golden self-check: another backend may do.
    Backend,
    /// The pack or the way to it: another backend would fail as well.
    Pack,
}

/// Milliseconds that one picture took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImageTiming {
    /// The browser's decoding, and reading the pixels.
    pub decode: f64,
    /// Resizing, cropping and normalising.
    pub preprocess: f64,
    /// The image tower.
    pub embed: f64,
}

impl ImageTiming {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.decode + self.preprocess + self.embed
    }
}

/// A message with what JSON shouldn't carry.
pub struct Envelope<T> {
    /// The message.
    pub message: T,
    /// A `File`, `Blob`, `ImageBitmap` or `Float32Array`; undefined where a message needs none.
    pub attachment: JsValue,
}

/// Why something that arrived is no message.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an object with a `message` string.
    #[error("a message without its text arrived")]
    Shape,
    /// Not one of the enum.
    #[error("an unknown message arrived: {0}")]
    Json(#[from] serde_json::Error),
}

const MESSAGE: &str = "message";
const ATTACHMENT: &str = "attachment";

impl<T> Envelope<T> {
    /// A message that stands alone.
    pub fn of(message: T) -> Self {
        Self {
            message,
            attachment: JsValue::UNDEFINED,
        }
    }
}

impl<T: Serialize> Envelope<T> {
    /// What to hand to `postMessage`: the value, and the list of what moves rather than being
    /// copied.
    pub fn into_js(self) -> Result<(JsValue, Array), EnvelopeError> {
        let object = Object::new();
        let message = JsValue::from(serde_json::to_string(&self.message)?);
        let transfer = Array::new();
        if let Some(floats) = self.attachment.dyn_ref::<Float32Array>() {
            transfer.push(&floats.buffer());
        } else if self.attachment.is_instance_of::<web_sys::ImageBitmap>() {
            transfer.push(&self.attachment);
        }
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&object, &MESSAGE.into(), &message);
        let _ = Reflect::set(&object, &ATTACHMENT.into(), &self.attachment);
        Ok((object.into(), transfer))
    }
}

impl<T: DeserializeOwned> Envelope<T> {
    /// Reads what arrived in a `message` event's data.
    pub fn from_js(value: &JsValue) -> Result<Self, EnvelopeError> {
        let message = Reflect::get(value, &MESSAGE.into())
            .ok()
            .and_then(|message| message.as_string())
            .ok_or(EnvelopeError::Shape)?;
        Ok(Self {
            message: serde_json::from_str(&message)?,
            attachment: Reflect::get(value, &ATTACHMENT.into()).unwrap_or(JsValue::UNDEFINED),
        })
    }
}
