//! The messages between the page and its inference workers: [`Request`] one way, [`Response`] the
//! other.
//!
//! A message is an [`Envelope`]: the enum as JSON, and beside it what JSON shouldn't carry, files
//! or a picture on the way in, embeddings as a transferred `Float32Array` on the way out. Every
//! request that may be sent again has an id of the page's choosing; its answer repeats it.

mod envelope;
mod failure;

pub use envelope::{Envelope, EnvelopeError};
pub use failure::{
    FileFault, FileLength, FilePurpose, GoldenCheck, ImageFailure, ImportFailure, MissingFile,
    OpenFailure, PackFailure, TextsFailure, Unsupported,
};

use glimpse_model::{
    pack::{PackSummary, Quantisation, Tower},
    pixels::{Grid, View},
};
use serde::{Deserialize, Serialize};

/// Another number for other messages. Page and worker are modules of their own, which a server may
/// hand out from different builds while a site is being replaced.
pub const VERSION: u32 = fingerprint(&[
    include_str!("envelope.rs"),
    include_str!("failure.rs"),
    include_str!("mod.rs"),
]);

/// The first thing that a worker posts, once it listens: "alive" and its [`VERSION`].
pub fn greeting() -> String {
    format!("{ALIVE} {VERSION}")
}

/// How every version's greeting begins.
pub const ALIVE: &str = "alive";

/// FNV-1a of all sources' bytes.
const fn fingerprint(sources: &[&str]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    let mut source = 0;
    while source < sources.len() {
        let bytes = sources[source].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        source += 1;
    }
    hash
}

/// Names a request; unique within a worker's life.
pub type RequestId = u64;

/// The backend that a worker computes on, each a module of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The CPU with SIMD, one core a worker.
    Cpu,
    /// The GPU, by way of WebGPU.
    WebGpu,
}

impl Backend {
    /// The backend's name in `?backend=`, in `data-backend` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }
}

/// Where a pack lies, which also tells it from all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackLocation {
    /// A folder of this site: an absolute address ending in `/`.
    Site(String),
    /// A folder of the browser's storage, by its name under `packs/`: an imported pack.
    Kept(String),
}

/// A message from the page to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Fetch this pack, load both towers, check them; a model that was open before is dropped, and
    /// what was asked of it gets no answer. Answered by [`Response::Progress`] many times, on the
    /// way perhaps by [`Response::ImageTowerReady`], in the end by [`Response::Ready`] or
    /// [`Response::OpenFailed`].
    Open {
        /// The folder that the pack lies in.
        pack: PackLocation,
        /// Whether only the image tower is loaded, without requesting the manifest where a cached
        /// one is; answered by [`Response::ImageTowerReady`] in the end.
        images_only: bool,
    },
    /// Import the model attached, an `Array` of `File`s: a checkpoint's, a pack's, or a ZIP archive
    /// of either. Asked once in the life of a worker that does nothing else, so that ending it
    /// cancels the import; answered by [`Response::Importing`] many times, then by
    /// [`Response::Imported`] or [`Response::ImportFailed`].
    Import {
        /// The new pack's folder under `packs/`. It counts once it has a manifest.
        folder: String,
        /// The model's name, unless its files have one.
        name: String,
        /// The form in which a checkpoint's weights are stored; a pack stays as it is.
        quantisation: Quantisation,
    },
    /// Embed the picture attached: a `File` or `Blob`, or an `ImageBitmap` that the page decoded.
    /// Answered by [`Response::ImageEmbedded`], [`Response::ImageFailed`] or
    /// [`Response::IsDrawing`].
    EmbedImage {
        /// The id that its answer repeats.
        id: RequestId,
    },
    /// Embed whole sentences (templates filled in). More urgent than waiting pictures. Answered by
    /// [`Response::TextsEmbedded`] or [`Response::TextsFailed`].
    EmbedTexts {
        /// The id that its answer repeats.
        id: RequestId,
        /// At least one sentence.
        texts: Vec<String>,
        /// Asked while someone types: a newer such request replaces one that hasn't started, which
        /// then gets no answer.
        draft: bool,
    },
    /// Inspect the picture attached, as in [`Request::EmbedImage`]: embed each of its patches. More
    /// urgent than waiting pictures; a newer such request replaces one that hasn't started, which
    /// then gets no answer. Answered by [`Response::Regions`], [`Response::InspectFailed`] or
    /// [`Response::IsDrawing`].
    InspectImage {
        /// The id that its answer repeats.
        id: RequestId,
    },
    /// Give a sign of life, at once, whatever is going on; answered by [`Response::Pong`] as soon as
    /// the worker takes messages.
    Ping,
    /// Forget a picture that hasn't started; it gets no answer.
    Cancel {
        /// The id of the picture's request.
        id: RequestId,
    },
}

impl Request {
    /// The id that the answer repeats; `None` for requests that a worker gets once.
    pub fn id(&self) -> Option<RequestId> {
        match self {
            Self::Open { .. } | Self::Import { .. } | Self::Ping => None,
            Self::EmbedImage { id }
            | Self::EmbedTexts { id, .. }
            | Self::InspectImage { id }
            | Self::Cancel { id } => Some(*id),
        }
    }
}

/// A message from a worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// How far opening has come.
    Progress {
        /// The step of opening that is going on.
        stage: Stage,
        /// Share of the whole way to [`Response::Ready`], 0 to 1, never falling.
        fraction: f64,
        /// Bytes fetched so far and in all.
        bytes: (u64, u64),
    },
    /// The image tower is loaded, checked and warm: pictures can be embedded and inspected while
    /// the text tower is on its way. Attached are the embeddings of sentences that the pack brought
    /// along, `Float32Array(sentences × projection_dim)`; for a pack that brings none, only
    /// [`Response::Ready`] is sent.
    ImageTowerReady {
        /// The pack's manifest, as far as the page needs it.
        manifest: Box<PackSummary>,
        /// The graphics card's name, as in [`Response::Ready`].
        device: String,
        /// The sentences whose embeddings are attached.
        sentences: Vec<String>,
    },
    /// Both towers are loaded, checked and warm.
    Ready {
        /// The pack's manifest, as far as the page needs it.
        manifest: Box<PackSummary>,
        /// The graphics card's name, e.g. "Apple M2"; empty for the CPU, and where the browser keeps
        /// it to itself.
        device: String,
        /// Milliseconds since the worker's start, or since it was asked to change models.
        load_ms: f64,
    },
    /// Opening failed; the worker is of no more use.
    OpenFailed {
        /// What kept it from being done, as data.
        failure: OpenFailure,
    },
    /// The picture's embedding is attached: `Float32Array(projection_dim)`, L2-normalised. Where an
    /// `<img>` may not show the file upright, it is an `Array` of the embedding and a `Blob`, a small
    /// upright copy to show instead.
    ImageEmbedded {
        /// The id of the request that this answers.
        id: RequestId,
        /// The upright picture's width in pixels.
        width: u32,
        /// The picture's height in pixels, likewise.
        height: u32,
        /// How long each part of it took.
        timing: ImageTiming,
    },
    /// This picture can't be embedded; others can.
    ImageFailed {
        /// The id of the request that this answers.
        id: RequestId,
        /// What kept it from being done, as data.
        failure: ImageFailure,
    },
    /// The picture's patches are embedded. Attached is an `Array` of two: an embedding for each
    /// patch, `Float32Array(rows × columns × projection_dim)`, each L2-normalised; and the
    /// encoder's input, `Uint8ClampedArray(width × height × 4)` of RGBA, sizes as in `view`.
    Regions {
        /// The id of the request that this answers.
        id: RequestId,
        /// The patches, in pixels of the encoder's input.
        grid: Grid,
        /// The part of the picture that is the encoder's input, in the upright picture's pixels.
        view: View,
    },
    /// This picture can't be inspected.
    InspectFailed {
        /// The id of the request that this answers.
        id: RequestId,
        /// What kept it from being done, as data.
        failure: ImageFailure,
    },
    /// The picture is a vector drawing, which no worker can draw: the page asks again with a bitmap
    /// of it.
    IsDrawing {
        /// The id of the request that this answers.
        id: RequestId,
    },
    /// The sentences' embeddings are attached: `Float32Array(texts × projection_dim)`, each
    /// L2-normalised.
    TextsEmbedded {
        /// The id of the request that this answers.
        id: RequestId,
        /// Milliseconds that tokenizing and embedding all of them took.
        milliseconds: f64,
    },
    /// These sentences can't be embedded.
    TextsFailed {
        /// The id of the request that this answers.
        id: RequestId,
        /// What kept it from being done, as data.
        failure: TextsFailure,
    },
    /// A sign of life.
    Pong,
    /// A request of the page's is none that this worker knows: they are of different versions.
    NotUnderstood {
        /// The JSON reader's words.
        said: String,
    },
    /// How far an import has come.
    Importing {
        /// The step of the import that is going on.
        step: ImportStep,
        /// Share of the whole, 0 to 1.
        fraction: f64,
    },
    /// The model is imported: its pack is stored, whole.
    Imported {
        /// A checkpoint's towers, as they were stored; empty for a pack.
        towers: Vec<ImportedTower>,
    },
    /// The import failed; what it wrote is of no use.
    ImportFailed {
        /// What kept it from being done, as data.
        failure: ImportFailure,
    },
}

/// A step of an import, as the page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportStep {
    /// A pack's files are checked and copied.
    Copy,
    /// A checkpoint's weights are read, shrunk and written.
    Weights(Tower),
    /// The tower is run with its float and its stored weights.
    Check(Tower),
}

/// A checkpoint's tower, as it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImportedTower {
    /// The tower that the file holds.
    pub tower: Tower,
    /// Bytes of the tower's file in the pack.
    pub bytes: u64,
    /// Cosine between the embeddings by the stored and by the float weights, the least of several
    /// pictures or sentences.
    pub least_cosine: f32,
}

/// A step of opening a pack, as the page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Weights come over the network, or from the browser's cache.
    Download,
    /// A tower is built from its weights.
    Load(Tower),
    /// The first run: compiles shaders on WebGPU, and must reproduce the golden embeddings.
    WarmUp(Tower),
}

/// Milliseconds that one picture took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImageTiming {
    /// The browser's decoding, and reading back the pixels.
    pub decode: f64,
    /// Resizing, cropping and normalising.
    pub preprocess: f64,
    /// The image tower's own time.
    pub embed: f64,
}

impl ImageTiming {
    /// The sum of all parts, in milliseconds.
    pub fn total(&self) -> f64 {
        self.decode + self.preprocess + self.embed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_fnv_1a() {
        assert_eq!(fingerprint(&[""]), 0x811c_9dc5);
        assert_eq!(fingerprint(&["foobar"]), 0xbf9c_f968);
        assert_eq!(fingerprint(&["foo", "bar"]), 0xbf9c_f968);
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn every_source_of_the_messages_counts_for_the_version() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol");
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        // As `VERSION` lists them.
        paths.sort();
        let read = |path| std::fs::read_to_string(path).unwrap();
        let sources: Vec<String> = paths.into_iter().map(read).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        assert_eq!(fingerprint(&sources), VERSION);
    }
}
