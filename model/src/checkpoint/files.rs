//! A checkpoint's small files, read as a whole.

use super::{CheckpointError, Folder};
use serde::de::DeserializeOwned;
use std::io;

impl dyn Folder + '_ {
    /// A small file's bytes; `None` if it isn't there.
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
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(failed)?;
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
