//! Importing a pack: it is copied file by file, each checked against the manifest.

use super::{ImportError, failed, send, sink::Sink};
use crate::protocol::{ImportStep, Response};
use glimpse_model::{
    checkpoint::Folder,
    pack::{Manifest, Verifier},
};
use std::io::{self, Read, Write};

/// Bytes copied at once.
const CHUNK_SIZE: usize = 1 << 20;

/// Copies everything that the manifest lists; the manifest itself comes last.
pub async fn copy(source: &dyn Folder, sink: Sink) -> Result<(), ImportError> {
    let mut json = Vec::new();
    source
        .open(Manifest::FILE)
        // Of a longer one, enough to tell that it is.
        .and_then(|file| file.take(Manifest::MAX_BYTES + 1).read_to_end(&mut json))
        .map_err(|source| failed(Manifest::FILE, source))?;
    let manifest = Manifest::from_json(&json)?;
    let total = manifest.total_bytes().max(1) as f64;
    let mut done = 0;
    for (name, entry) in &manifest.files {
        let mut from = source.open(name).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ImportError::Missing(name.clone()),
            _ => failed(name, source),
        })?;
        let mut into = sink.file(name).await?;
        let mut verifier = Verifier::new(name, entry);
        let mut chunk = vec![0; CHUNK_SIZE];
        loop {
            let count = from
                .read(&mut chunk)
                .map_err(|source| failed(name, source))?;
            if count == 0 {
                break;
            }
            verifier.update(&chunk[..count])?;
            let written = into.write_all(&chunk[..count]);
            written.map_err(|source| failed(name, source))?;
            done += count as u64;
            send(Response::Importing {
                step: ImportStep::Copy,
                fraction: done as f64 / total,
            });
        }
        verifier.finish()?;
        into.close().map_err(|source| failed(name, source))?;
    }
    sink.write(Manifest::FILE, &json).await
}
