//! An import's errors as the failure that crosses to the page.

use super::{ImportError, files::Moved};
use crate::{
    protocol::{FilePurpose, ImportFailure, MissingFile, Unsupported},
    worker::failure::{file_fault, tokenizer_fault, weight_fault},
};
use glimpse_model::{
    checkpoint::{CheckpointError, ConvertError, Purpose},
    pack::WriteError,
};
use std::{error::Error, io};

impl ImportError {
    /// The failure as the page is told it.
    pub fn failure(&self) -> ImportFailure {
        if is_full(self) {
            return ImportFailure::Full;
        }
        match self {
            Self::Archive { file, source } => {
                moved(file, source).unwrap_or(ImportFailure::Archive(file_fault(file, source)))
            }
            Self::Checkpoint(error) => of_checkpoint(error),
            Self::Convert(error) => of_conversion(error),
            Self::Manifest(error) => ImportFailure::Pack(error.into()),
            Self::Pack(error) => ImportFailure::Pack(error.into()),
            Self::Missing(file) => ImportFailure::MissingOfPack(file.clone()),
            Self::File { file, source } => of_file(file, source),
            Self::Storage(source) => ImportFailure::NoStorage(source.to_string()),
        }
    }
}

fn of_checkpoint(error: &CheckpointError) -> ImportFailure {
    match error {
        CheckpointError::Foreign { found } => ImportFailure::NotAModel(found.clone()),
        CheckpointError::MissingFile { file, purpose } => ImportFailure::Missing(MissingFile {
            file: file.clone(),
            purpose: match purpose {
                Purpose::Preprocessing => FilePurpose::Preprocessing,
                Purpose::Tokenizer => FilePurpose::Tokenizer,
                Purpose::Weights | Purpose::Shard => FilePurpose::Weights,
            },
        }),
        CheckpointError::Read { file, source } => of_file(file, source),
        CheckpointError::Json { file, source } => {
            ImportFailure::NotAConfig(file_fault(file, source))
        }
        CheckpointError::Unsupported {
            file,
            what,
            supported,
        } => ImportFailure::Unsupported(Unsupported {
            file: file.clone(),
            what: what.clone(),
            supported: supported.clone(),
        }),
        CheckpointError::Inconsistent { file, what } => {
            ImportFailure::Inconsistent(file_fault(file, what))
        }
        CheckpointError::Limit { file, source } => ImportFailure::Unsupported(Unsupported {
            file: file.clone(),
            what: format!("{} {}", source.field, source.found),
            supported: source.allowed.clone(),
        }),
        CheckpointError::UnsafeName { file, .. } => ImportFailure::Damaged(file_fault(file, error)),
        CheckpointError::Weights { file, source } => moved(file, &**source)
            .unwrap_or_else(|| ImportFailure::NotWeights(file_fault(file, &**source))),
        CheckpointError::Tensor(error) => ImportFailure::Damaged(weight_fault(error)),
        CheckpointError::Tokenizer { file, source } => {
            ImportFailure::NotATokenizer(file_fault(file, source))
        }
    }
}

fn of_conversion(error: &ConvertError) -> ImportFailure {
    match error {
        ConvertError::Checkpoint(error) => of_checkpoint(error),
        ConvertError::Write(WriteError::Weight(error)) => {
            ImportFailure::Damaged(weight_fault(error))
        }
        ConvertError::Write(WriteError::Write { file, source })
        | ConvertError::File { file, source } => of_file(file, source),
        ConvertError::Write(
            error @ (WriteError::NotFinite(name)
            | WriteError::Length { name, .. }
            | WriteError::Range { name, .. }),
        ) => ImportFailure::Damaged(file_fault(name, error)),
        ConvertError::Pack(error) => ImportFailure::Pack(error.into()),
        ConvertError::Tokenize(error) => ImportFailure::NotATokenizer(tokenizer_fault(error)),
        ConvertError::Embed(error) => ImportFailure::Device(error.to_string()),
        ConvertError::Lifeless(tower) => ImportFailure::Lifeless(*tower),
    }
}

fn of_file(file: &str, source: &io::Error) -> ImportFailure {
    moved(file, source).unwrap_or(ImportFailure::File(file_fault(file, source)))
}

/// The failure for a file that is no longer what was chosen; `None` for any other cause.
fn moved(file: &str, error: &(dyn Error + 'static)) -> Option<ImportFailure> {
    let is_moved = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<Moved>());
    caused_by(error, is_moved).then(|| ImportFailure::Moved(file.to_owned()))
}

/// Whether there was no room: the browser says so of one file among many.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    caused_by(error, |error| error.kind() == io::ErrorKind::StorageFull)
}

/// Whether an I/O error in the chain of causes is such a one.
fn caused_by(error: &(dyn Error + 'static), is: impl Fn(&io::Error) -> bool) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(&is) {
            return true;
        }
        next = error.source();
    }
    false
}
