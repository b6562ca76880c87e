//! A pack's files, fetched over the network or read from the browser's storage, and checked while
//! they come in.

use super::{
    chunks::{Chunks, within},
    download, scope, thrown,
};
use crate::{
    protocol::PackLocation,
    storage::{opfs, pack_cache},
};
use glimpse_model::pack::{FileBytes, FileEntry, Manifest, PackError};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, Response};

/// Milliseconds that the network has for a manifest, where there is a cached one to go on with.
const MANIFEST_TIMEOUT_MS: u32 = 6000;

/// Milliseconds that the network has for a manifest, where there is none to go on with.
const MANIFEST_LIMIT_MS: u32 = 60_000;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The network, or the server behind it, failed.
    #[error("{file} can't be fetched: {reason}")]
    Network {
        /// The file's name in the pack.
        file: String,
        /// The browser's words, or the server's status.
        reason: String,
    },
    /// The browser's storage failed.
    #[error("{file} can't be read from storage: {reason}")]
    Storage {
        /// The file's name in the pack.
        file: String,
        /// What the browser said, in its words.
        reason: String,
    },
    /// The file isn't what the manifest says.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Fetches a pack's manifest. A served pack's is requested anew, so that a new version is seen; the
/// cached one counts without a network, and with `cached_first` wherever there is one.
pub async fn manifest(pack: &PackLocation, cached_first: bool) -> Result<Vec<u8>, FetchError> {
    let name = Manifest::FILE;
    let failed = |error| failed(pack, name, &error);
    match pack {
        PackLocation::Site(base) => match pack_cache::manifest(base).await {
            Ok(cached) if cached_first => Ok(cached),
            Ok(cached) => Ok(fetch_soon(base, name).await.unwrap_or(cached)),
            Err(_) => fetch(base, name).await.map_err(failed),
        },
        PackLocation::Kept(folder) => {
            let file = stored_file(folder, name).await.map_err(failed)?;
            // Of a longer one, enough to tell that it is.
            let most = (Manifest::MAX_BYTES + 1) as f64;
            let file = file.slice_with_f64_and_f64(0.0, most).map_err(failed)?;
            let buffer = JsFuture::from(file.array_buffer()).await.map_err(failed)?;
            Ok(Uint8Array::new(&buffer).to_vec())
        }
    }
}

/// Fetches one file of a pack; `progress` is told how many bytes each chunk has.
pub async fn file(
    pack: &PackLocation,
    name: &str,
    entry: &FileEntry,
    mut progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let folder = match pack {
        PackLocation::Site(base) => return download::file(base, name, entry, progress).await,
        PackLocation::Kept(folder) => folder,
    };
    let failed = |error| failed(pack, name, &error);
    let file = stored_file(folder, name).await.map_err(failed)?;
    let mut chunks = Chunks::of(&file.stream());
    let mut bytes = FileBytes::new(name, entry);
    bytes.expect(file.size() as u64)?;
    while let Some(chunk) = chunks.next().await.map_err(failed)? {
        bytes.push(&chunk)?;
        progress(chunk.len() as u64);
    }
    Ok(bytes.finish()?)
}

async fn stored_file(folder: &str, name: &str) -> Result<File, JsValue> {
    opfs::file(&opfs::pack(folder, false).await?, name).await
}

async fn fetch(base: &str, name: &str) -> Result<Vec<u8>, JsValue> {
    let response = scope().fetch_with_str(&format!("{base}{name}"));
    let response: Response = within(MANIFEST_LIMIT_MS, &response).await?.unchecked_into();
    if !response.ok() {
        return Err(format!("HTTP status {}", response.status()).into());
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Fetches a file unless that takes too long: a network that is there in name only must not keep
/// anyone waiting.
async fn fetch_soon(base: &str, name: &str) -> Option<Vec<u8>> {
    let (base, name) = (base.to_owned(), name.to_owned());
    let answer = wasm_bindgen_futures::future_to_promise(async move {
        let bytes = fetch(&base, &name).await?;
        Ok(Uint8Array::from(&*bytes).into())
    });
    let bytes = within(MANIFEST_TIMEOUT_MS, &answer).await.ok()?;
    Some(bytes.dyn_ref::<Uint8Array>()?.to_vec())
}

fn failed(pack: &PackLocation, file: &str, error: &JsValue) -> FetchError {
    let (file, reason) = (file.to_owned(), thrown(error));
    match pack {
        PackLocation::Site(_) => FetchError::Network { file, reason },
        PackLocation::Kept(_) => FetchError::Storage { file, reason },
    }
}
