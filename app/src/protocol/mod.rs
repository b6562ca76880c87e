//! What the page and its inference worker say to each other: one enum each way.
//!
//! A message is an [`Envelope`]: the enum as JSON, and beside it what JSON shouldn't carry, files
//! or a picture on the way in, embeddings as a transferred `Float32Array` on the way out. Every
//! request that may be asked again has an id of the page's choosing; its answer repeats it.

mod envelope;

pub use envelope::{Envelope, EnvelopeError};

use glimpse_model::{
    pack::{Manifest, Quantisation, Tower},
    pixels::{Grid, View},
};
use serde::{Deserialize, Serialize};

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

/// Where a pack lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackPlace {
    /// A folder of this site: an absolute address ending in `/`.
    Site(String),
    /// A folder of the browser's storage, by its name under `packs/`.
    Kept(String),
}

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Fetch this pack, load both towers, check them; a model that was open before is dropped, and
    /// what was asked of it gets no answer. Answered by [`Response::Progress`]es, on the way perhaps
    /// a [`Response::Sees`], then [`Response::Ready`] or [`Response::OpenFailed`].
    Open {
        /// The pack's folder.
        pack: PackPlace,
        /// The image tower alone, without asking the network where there is a copy; answered by
        /// [`Response::Sees`] in the end.
        images_only: bool,
    },
    /// Keep the model attached, an `Array` of `File`s: a checkpoint's, a pack's, or a ZIP archive
    /// of either. Asked once in the life of a worker that does nothing else, so that ending it
    /// cancels the import; answered by [`Response::Importing`]s, then [`Response::Imported`] or
    /// [`Response::ImportFailed`].
    Import {
        /// The new pack's folder under `packs/`. It counts once it has a manifest.
        folder: String,
        /// What the model is called, unless its files say.
        name: String,
        /// How a checkpoint's weights are stored; a pack stays as it is.
        quantisation: Quantisation,
    },
    /// Embed the picture attached: a `File` or `Blob`, or an `ImageBitmap` that the page decoded.
    /// Answered by [`Response::ImageEmbedded`], [`Response::ImageFailed`] or [`Response::IsDrawing`].
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
    /// Say where in the picture attached, as in [`Request::EmbedImage`], what is. Goes before waiting
    /// pictures; a newer such request replaces one that hasn't started, which then gets no answer.
    /// Answered by [`Response::Regions`], [`Response::LookFailed`] or [`Response::IsDrawing`].
    LookCloser {
        /// The answer's id.
        id: RequestId,
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
    /// The image tower is loaded, checked and warm: pictures can be embedded, and looked at more
    /// closely, while the text tower is on its way. Attached are the embeddings of sentences that
    /// the pack brought along, `Float32Array(sentences × projection_dim)`; packs that bring none are
    /// only ever [`Response::Ready`].
    Sees {
        /// The pack's.
        manifest: Box<Manifest>,
        /// As in [`Response::Ready`].
        device: String,
        /// Whose embeddings are attached.
        sentences: Vec<String>,
    },
    /// Both towers are loaded, checked and warm.
    Ready {
        /// The pack's.
        manifest: Box<Manifest>,
        /// What runs, e.g. "Apple M2 (WebGPU)" or "CPU, SIMD".
        device: String,
        /// Since the worker's start, or since it was asked to change models.
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
    /// What is where in a picture. Attached is an `Array` of two: an embedding for each place,
    /// `Float32Array(rows × columns × projection_dim)`, each L2-normalised; and what the encoder
    /// gets to see, `Uint8ClampedArray(width × height × 4)` of RGBA, sizes as in `view`.
    Regions {
        /// The request's.
        id: RequestId,
        /// The places, in pixels of the encoder's input.
        grid: Grid,
        /// The part of the picture that is the encoder's input, in the picture's pixels, EXIF
        /// orientation applied.
        view: View,
    },
    /// This picture can't be looked at more closely.
    LookFailed {
        /// The request's.
        id: RequestId,
        /// Why, as a sentence for the person who brought it.
        reason: String,
    },
    /// The picture is a vector drawing, which no worker can draw: the page asks again with a bitmap
    /// of it.
    IsDrawing {
        /// The request's.
        id: RequestId,
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
    /// How far an import has come.
    Importing {
        /// What is going on.
        step: ImportStep,
        /// Share of the whole, 0 to 1.
        fraction: f64,
    },
    /// The pack is kept, whole.
    Imported {
        /// What became of a checkpoint's towers; empty for a pack.
        towers: Vec<ImportedTower>,
    },
    /// The import ended; what it wrote is of no use.
    ImportFailed {
        /// Why, as a sentence.
        reason: String,
    },
}

/// A part of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportStep {
    /// A pack's files are checked and copied.
    Copy,
    /// A checkpoint's weights are read, shrunk and written.
    Weights(Tower),
    /// The tower is run with its float and its stored weights.
    Check(Tower),
}

/// What became of a checkpoint's tower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImportedTower {
    /// Which.
    pub tower: Tower,
    /// Of its file.
    pub bytes: u64,
    /// Cosine of the stored weights' embeddings to the float weights', the least of several
    /// pictures or sentences.
    pub least_cosine: f32,
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
