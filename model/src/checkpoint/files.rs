//! A checkpoint's small files, read as a whole.

use super::{CheckpointError, Folder};
use crate::limits::LimitError;
use serde::de::DeserializeOwned;
use std::io::{self, Read};

/// Bytes of a file that is read as a whole. The largest are tokenizers of 256,000 tokens, which have
/// up to 40 MB, and shards' indexes of some.
const MAX_BYTES: u64 = 128 << 20;

/// Bytes of a config, or of a model card; a large one has one megabyte.
const MAX_CONFIG: u64 = 16 << 20;

/// Parts of the names of those that may have [`MAX_BYTES`].
const LARGE: [&str; 2] = ["tokenizer.json", ".index."];

impl dyn Folder + '_ {
    /// A small file's bytes; `None` if it isn't there. No more are read than such a file may have.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, CheckpointError> {
        let failed = |source| CheckpointError::Read {
            file: name.to_owned(),
            source,
        };
        let mut reader = match self.open(name) {
            Ok(reader) => reader,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let is_large = LARGE.iter().any(|part| name.contains(part));
        let most = if is_large { MAX_BYTES } else { MAX_CONFIG };
        let mut bytes = Vec::new();
        let read = reader.by_ref().take(most + 1).read_to_end(&mut bytes);
        if read.map_err(failed)? as u64 > most {
            let (found, allowed) = (format!("more than {most}"), format!("at most {most}"));
            return Err(CheckpointError::Limit {
                file: name.to_owned(),
                source: LimitError::new("its length in bytes", found, allowed),
            });
        }
        Ok(Some(bytes))
    }

    /// A JSON file; `None` if it isn't there.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, CheckpointError> {
        let Some(bytes) = self.read(name)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| CheckpointError::Json {
                file: name.to_owned(),
                source,
            })
    }
}
