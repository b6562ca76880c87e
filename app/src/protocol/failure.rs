//! Why a worker can't do what it was asked, as data: the sentences for a visitor are the page's.
//!
//! What only a library, the browser or the server can name crosses in its own words (`said`, mostly
//! English), for whoever wants to search for them.

use glimpse_model::{pack::Tower, pixels};
use serde::{Deserialize, Serialize};

/// A file, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFault {
    /// The file's name, without its folder.
    pub file: String,
    /// The words of the library, the browser or the server.
    pub said: String,
}

/// Why a folder isn't the pack that its manifest describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackFailure {
    /// `manifest.json` isn't a manifest; what the JSON reader said.
    NotAManifest(String),
    /// The pack's format is another program's, or of a later version; its name.
    OtherFormat(String),
    /// The manifest doesn't list this file, which every pack has.
    Unlisted(String),
    /// A file is shorter or longer than the manifest says.
    Length(FileLength),
    /// A file of the right length has another SHA-256 than in the manifest.
    Altered(String),
    /// A file that can't be read, or doesn't fit the manifest's architecture.
    Damaged(FileFault),
    /// A file has no room in the memory of a page.
    TooLarge(String),
}

/// A file whose length isn't the manifest's; lengths in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLength {
    /// The file's name in the pack.
    pub file: String,
    /// Bytes that the manifest says.
    pub expected: u64,
    /// The length that came, up to the chunk that passed the expected one.
    pub found: u64,
}

/// Why a pack couldn't be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OpenFailure {
    /// The network, or the server behind it, failed.
    Network(FileFault),
    /// The browser's storage, where the model was kept, failed.
    Storage(FileFault),
    /// What came isn't a whole pack.
    Pack(PackFailure),
    /// The browser gives no device; its words.
    NoDevice(String),
    /// The device stopped computing; its words.
    DeviceLost(String),
    /// The tower's embedding isn't the golden one on this device.
    WrongNumbers(GoldenCheck),
}

impl OpenFailure {
    /// Whether the device is at fault, so that the same pack may work on another backend.
    pub fn is_of_device(&self) -> bool {
        match self {
            Self::NoDevice(_) | Self::DeviceLost(_) | Self::WrongNumbers(_) => true,
            Self::Network(_) | Self::Storage(_) | Self::Pack(_) => false,
        }
    }
}

/// A tower's embedding of the golden picture or sentence, beside the manifest's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GoldenCheck {
    /// The tower that was checked.
    pub tower: Tower,
    /// Cosine of the two embeddings.
    pub cosine: f32,
}

/// Why a picture couldn't be embedded or inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageFailure {
    /// The file is of no format that can be opened, or too large.
    Open(pixels::OpenError),
    /// The file can't be read any more: moved or deleted since it was chosen; the browser's words.
    Unreadable(String),
    /// The browser refuses a canvas or its pixels; its words.
    Canvas(String),
    /// The module with the decoders that the browser lacks can't be loaded; the browser's words.
    NoDecoder(String),
    /// A decoder broke over a photo of this format, perhaps for lack of memory.
    DecoderBroke(pixels::PictureFormat),
    /// The pixels don't fit the model's preprocessing.
    Pixels(String),
    /// The device stopped computing; its words.
    Device(String),
    /// No model is loaded yet.
    NotReady,
}

impl ImageFailure {
    /// That of a vector drawing which the page can't draw.
    pub const UNDRAWABLE: Self =
        Self::Open(pixels::OpenError::Undecodable(pixels::PictureFormat::Svg));
}

/// Why sentences couldn't be embedded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextsFailure {
    /// The tokenizer refuses a sentence, such as one with a letter that it lacks; its words.
    Refused(String),
    /// The device stopped computing; its words.
    Device(String),
    /// No model is loaded yet.
    NotReady,
}

/// Why a model couldn't be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportFailure {
    /// There is no room left in the browser's storage.
    Full,
    /// The browser keeps no files for this page; its words.
    NoStorage(String),
    /// A file was moved, changed or deleted since it was chosen.
    Moved(String),
    /// A file can't be read or written.
    File(FileFault),
    /// A file is no ZIP archive that can be read.
    Archive(FileFault),
    /// A pack isn't as its manifest says.
    Pack(PackFailure),
    /// The pack's manifest lists a file that isn't there.
    MissingOfPack(String),
    /// Neither a checkpoint nor a pack: the first of the files that are there.
    NotAModel(Vec<String>),
    /// A checkpoint lacks a file.
    Missing(MissingFile),
    /// A field of a config has a value that there is no code for.
    Unsupported(Unsupported),
    /// Two parts of a config don't fit each other; the equation that should hold.
    Inconsistent(FileFault),
    /// A config isn't JSON, or lacks a field.
    NotAConfig(FileFault),
    /// A file isn't a weight file, or a damaged one.
    NotWeights(FileFault),
    /// A file isn't a tokenizer, or a damaged one.
    NotATokenizer(FileFault),
    /// What a file holds is missing, misshapen or no number.
    Damaged(FileFault),
    /// A tower's embeddings are zeros or not finite.
    Lifeless(Tower),
    /// The device stopped computing; its words.
    Device(String),
    /// The worker is of a module that was built without the import.
    NotHere,
}

/// A file that a checkpoint lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingFile {
    /// The file's name, or several to choose from.
    pub file: String,
    /// What it is needed for.
    pub purpose: FilePurpose,
}

/// What a file of a checkpoint is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilePurpose {
    /// How pictures are resized, cropped and normalised.
    Preprocessing,
    /// How sentences are cut into tokens.
    Tokenizer,
    /// The weights, or a shard of them.
    Weights,
}

/// A value in a config that there is no code for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// The config's file name.
    pub file: String,
    /// The field and its value.
    pub what: String,
    /// The values that are supported.
    pub supported: String,
}
