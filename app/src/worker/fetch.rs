//! A pack's files over the network (or from the browser's cache) or out of the browser's storage,
//! checked while they come in.

use super::{scope, thrown};
use crate::{kept, protocol::PackPlace};
use glimpse_model::pack::{FileFacts, Manifest, PackError, Verifier};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ReadableStream, ReadableStreamDefaultReader, Response};

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

/// Fetches a pack's manifest: small, and asked for anew each time.
pub async fn manifest(pack: &PackPlace) -> Result<Vec<u8>, FetchError> {
    let name = Manifest::FILE;
    let failed = |error| failed(pack, name, &error);
    let buffer = match pack {
        PackPlace::Site(base) => {
            let response = request(base, name, "").await.map_err(failed)?;
            response.array_buffer().map_err(failed)?
        }
        PackPlace::Kept(folder) => kept_file(folder, name)
            .await
            .map_err(failed)?
            .array_buffer(),
    };
    let buffer = JsFuture::from(buffer).await.map_err(failed)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Fetches one file of a pack, telling `progress` how many bytes each piece had.
pub async fn file(
    pack: &PackPlace,
    name: &str,
    facts: &FileFacts,
    mut progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let failed = |error| failed(pack, name, &error);
    let body = body(pack, name, facts).await.map_err(failed)?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut verifier = Verifier::new(name, facts);
    let mut bytes = Vec::with_capacity(usize::try_from(facts.bytes).unwrap_or_default());
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(failed)?;
        let done = Reflect::get(&piece, &"done".into()).map_err(failed)?;
        if done.is_truthy() {
            break;
        }
        let piece = Reflect::get(&piece, &"value".into()).map_err(failed)?;
        let piece = Uint8Array::new(&piece).to_vec();
        verifier.update(&piece)?;
        progress(piece.len() as u64);
        bytes.extend_from_slice(&piece);
    }
    verifier.finish()?;
    Ok(bytes)
}

async fn body(pack: &PackPlace, name: &str, facts: &FileFacts) -> Result<ReadableStream, JsValue> {
    match pack {
        PackPlace::Site(base) => {
            // The hash in the address lets the browser keep the file for good.
            let query = format!("?sha256={}", facts.sha256);
            let response = request(base, name, &query).await?;
            Ok(response.body().ok_or("the answer has no body")?)
        }
        PackPlace::Kept(folder) => Ok(kept_file(folder, name).await?.stream()),
    }
}

async fn kept_file(folder: &str, name: &str) -> Result<File, JsValue> {
    kept::file(&kept::pack(folder, false).await?, name).await
}

async fn request(base: &str, name: &str, query: &str) -> Result<Response, JsValue> {
    let address = format!("{base}{name}{query}");
    let response = JsFuture::from(scope().fetch_with_str(&address)).await?;
    let response: Response = response.unchecked_into();
    if response.ok() {
        Ok(response)
    } else {
        Err(format!("HTTP status {}", response.status()).into())
    }
}

fn failed(pack: &PackPlace, file: &str, error: &JsValue) -> FetchError {
    let (file, reason) = (file.to_owned(), thrown(error));
    match pack {
        PackPlace::Site(_) => FetchError::Network { file, reason },
        PackPlace::Kept(_) => FetchError::Kept { file, reason },
    }
}
