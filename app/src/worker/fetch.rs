//! A pack's files over the network (or from the browser's cache), checked while they come in.

use super::{scope, thrown};
use glimpse_model::pack::{FileFacts, PackError, Verifier};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

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
    /// It came, but isn't what the manifest says.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Fetches the manifest of the pack at `base`: small, and asked for anew each time.
pub async fn manifest(base: &str) -> Result<Vec<u8>, FetchError> {
    const FILE: &str = "manifest.json";
    let response = request(&format!("{base}{FILE}"), FILE).await?;
    let network = |error: JsValue| failed(FILE, thrown(&error));
    let buffer = JsFuture::from(response.array_buffer().map_err(network)?).await;
    Ok(Uint8Array::new(&buffer.map_err(network)?).to_vec())
}

/// Fetches one file of the pack at `base`, telling `progress` how many bytes each piece had.
pub async fn file(
    base: &str,
    name: &str,
    facts: &FileFacts,
    mut progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let network = |error: JsValue| failed(name, thrown(&error));
    // The hash in the address lets the browser keep the file for good.
    let address = format!("{base}{name}?sha256={}", facts.sha256);
    let response = request(&address, name).await?;
    let body = response
        .body()
        .ok_or_else(|| failed(name, "the answer has no body".to_owned()))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut verifier = Verifier::new(name, facts);
    let mut bytes = Vec::with_capacity(usize::try_from(facts.bytes).unwrap_or_default());
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(network)?;
        let done = Reflect::get(&piece, &"done".into()).map_err(network)?;
        if done.is_truthy() {
            break;
        }
        let piece = Reflect::get(&piece, &"value".into()).map_err(network)?;
        let piece = Uint8Array::new(&piece).to_vec();
        verifier.update(&piece)?;
        progress(piece.len() as u64);
        bytes.extend_from_slice(&piece);
    }
    verifier.finish()?;
    Ok(bytes)
}

async fn request(address: &str, file: &str) -> Result<Response, FetchError> {
    let response: Response = JsFuture::from(scope().fetch_with_str(address))
        .await
        .map_err(|error| failed(file, thrown(&error)))?
        .unchecked_into();
    if response.ok() {
        Ok(response)
    } else {
        Err(failed(file, format!("HTTP status {}", response.status())))
    }
}

fn failed(file: &str, reason: String) -> FetchError {
    FetchError::Network {
        file: file.to_owned(),
        reason,
    }
}
