//! The model's and the browser's errors as the failures that cross to the page.

use crate::protocol::{FileFault, FileLength, ImageFailure, PackFailure, TextsFailure};
use glimpse_model::{
    pack::{Manifest, ManifestError, PackError},
    pixels::{OpenError, PixelError},
    text::TokenizeError,
    towers::{EmbedError, WeightError},
};

/// A file, and what an error says of it.
pub fn file_fault(file: &str, said: impl ToString) -> FileFault {
    FileFault {
        file: file.to_owned(),
        said: said.to_string(),
    }
}

impl From<&ManifestError> for PackFailure {
    fn from(error: &ManifestError) -> Self {
        match error {
            ManifestError::Json(source) => Self::NotAManifest(source.to_string()),
            ManifestError::Format(format) => Self::OtherFormat(format.clone()),
            ManifestError::Missing(file) => Self::Unlisted(file.clone()),
            ManifestError::Limit(limit) => Self::Damaged(file_fault(Manifest::FILE, limit)),
        }
    }
}

impl From<&PackError> for PackFailure {
    fn from(error: &PackError) -> Self {
        match error {
            PackError::Length {
                file,
                expected,
                found,
            } => Self::Length(FileLength {
                file: file.clone(),
                expected: *expected,
                found: *found,
            }),
            PackError::Hash { file } => Self::Altered(file.clone()),
            PackError::TooLarge { file, .. } => Self::TooLarge(file.clone()),
            PackError::Foreign { file, reason } => Self::Damaged(file_fault(file, reason)),
            PackError::OtherTower { file, found, .. } => Self::Damaged(file_fault(file, found)),
        }
    }
}

/// A tensor that is missing, misshapen or unreadable, with what was expected of it.
pub fn weight_fault(error: &WeightError) -> FileFault {
    match error {
        WeightError::Missing {
            file,
            name,
            expected,
        } => file_fault(file, format!("no tensor \"{name}\" {expected:?}")),
        WeightError::Shape {
            file,
            name,
            expected,
            found,
        } => {
            let said = format!("tensor \"{name}\" {found:?} instead of {expected:?}");
            file_fault(file, said)
        }
        WeightError::Read { file, name, source } => {
            file_fault(file, format!("tensor \"{name}\": {source}"))
        }
    }
}

/// A tokenizer's file that can't be read, or its refusal.
pub fn tokenizer_fault(error: &TokenizeError) -> FileFault {
    match error {
        TokenizeError::File { file, source } => file_fault(file, source),
        TokenizeError::Text(source) => file_fault("tokenizer.json", source),
    }
}

impl From<OpenError> for ImageFailure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<PixelError> for ImageFailure {
    fn from(error: PixelError) -> Self {
        Self::Pixels(error.to_string())
    }
}

impl From<EmbedError> for ImageFailure {
    fn from(error: EmbedError) -> Self {
        Self::Device(error.to_string())
    }
}

impl From<EmbedError> for TextsFailure {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::Tokenize(TokenizeError::Text(source)) => Self::Refused(source.to_string()),
            other => Self::Device(other.to_string()),
        }
    }
}
