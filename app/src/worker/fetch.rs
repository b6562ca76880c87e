//! A pack's files over the network or out of the browser's storage, checked while they come in.

use super::{download, pieces::Pieces, scope, thrown, timer};
use crate::{copies, kept, protocol::PackPlace};
use glimpse_model::pack::{FileEntry, Manifest, PackError, Verifier};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, Response};

/// Milliseconds that the network has for a small file, where there is a copy to go on with.
const PATIENCE: u32 = 6000;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The network, or the server behind it.
    #[error("{file} could not be downloaded ({reason}). Check the connection and try again.")]
    Network {
        /// The file.
        file: String,
        /// The browser's words, or the server's status.
        reason: String,
    },
    /// The browser's storage.
    #[error(
        "{file} could not be read from this browser\u{2019}s storage ({reason}). Delete the model there and bring it again."
    )]
    Kept {
        /// The file.
        file: String,
        /// The browser's words.
        reason: String,
    },
    /// It came, but isn't what the manifest says.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Fetches a pack's manifest: asked for anew, so that a new version is seen, unless it is wanted
/// `as_kept`; without a network, the copy's.
pub async fn manifest(pack: &PackPlace, as_kept: bool) -> Result<Vec<u8>, FetchError> {
    let name = Manifest::FILE;
    let failed = |error| failed(pack, name, &error);
    match pack {
        PackPlace::Site(base) => match copies::manifest(base).await {
            Ok(copy) if as_kept => Ok(copy),
            Ok(copy) => Ok(fetch_soon(base, name).await.unwrap_or(copy)),
            Err(_) => fetch(base, name).await.map_err(failed),
        },
        PackPlace::Kept(folder) => {
            let file = kept_file(folder, name).await.map_err(failed)?;
            let buffer = JsFuture::from(file.array_buffer()).await.map_err(failed)?;
            Ok(Uint8Array::new(&buffer).to_vec())
        }
    }
}

/// Fetches one file of a pack, telling `progress` how many bytes each piece had.
pub async fn file(
    pack: &PackPlace,
    name: &str,
    facts: &FileEntry,
    mut progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let folder = match pack {
        PackPlace::Site(base) => return download::file(base, name, facts, progress).await,
        PackPlace::Kept(folder) => folder,
    };
    let failed = |error| failed(pack, name, &error);
    let file = kept_file(folder, name).await.map_err(failed)?;
    let mut pieces = Pieces::of(&file.stream());
    let mut verifier = Verifier::new(name, facts);
    let mut bytes = Vec::with_capacity(usize::try_from(facts.bytes).unwrap_or_default());
    while let Some(piece) = pieces.next().await.map_err(failed)? {
        verifier.update(&piece)?;
        progress(piece.len() as u64);
        bytes.extend_from_slice(&piece);
    }
    verifier.finish()?;
    Ok(bytes)
}

async fn kept_file(folder: &str, name: &str) -> Result<File, JsValue> {
    kept::file(&kept::pack(folder, false).await?, name).await
}

async fn fetch(base: &str, name: &str) -> Result<Vec<u8>, JsValue> {
    let response = scope().fetch_with_str(&format!("{base}{name}"));
    let response: Response = JsFuture::from(response).await?.unchecked_into();
    if !response.ok() {
        return Err(format!("HTTP status {}", response.status()).into());
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A network that is there in name only must not keep anyone waiting.
async fn fetch_soon(base: &str, name: &str) -> Option<Vec<u8>> {
    let (base, name) = (base.to_owned(), name.to_owned());
    let answer = wasm_bindgen_futures::future_to_promise(async move {
        let bytes = fetch(&base, &name).await?;
        Ok(Uint8Array::from(&*bytes).into())
    });
    let first = Promise::race(&Array::of2(&answer, &timer(PATIENCE)));
    let bytes = JsFuture::from(first).await.ok()?;
    Some(bytes.dyn_ref::<Uint8Array>()?.to_vec())
}

fn failed(pack: &PackPlace, file: &str, error: &JsValue) -> FetchError {
    let (file, reason) = (file.to_owned(), thrown(error));
    match pack {
        PackPlace::Site(_) => FetchError::Network { file, reason },
        PackPlace::Kept(_) => FetchError::Kept { file, reason },
    }
}
