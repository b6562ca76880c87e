//! Copies of the packs that this site serves, in the browser's own storage, so that they are there
//! without a network: a folder each under `copies/`, named after the pack's address. A file in it
//! is named after its SHA-256; one that is too short is a download that broke off. The manifest is
//! written last: it tells that everything it lists is there.

use super::opfs;
use glimpse_model::pack::Manifest;
use js_sys::{Uint8Array, decode_uri_component, encode_uri_component};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::FileSystemDirectoryHandle;

const FOLDER: &str = "copies";

/// The folder of all copies; made if it isn't there.
pub async fn all() -> Result<FileSystemDirectoryHandle, JsValue> {
    opfs::subfolder(&opfs::root().await?, FOLDER, true).await
}

/// The folder of one pack's copy.
pub async fn folder(address: &str, create: bool) -> Result<FileSystemDirectoryHandle, JsValue> {
    opfs::subfolder(&all().await?, &name(address), create).await
}

/// What a pack's folder is called.
pub fn name(address: &str) -> String {
    encode_uri_component(address).into()
}

/// The address of the pack whose folder is called so.
pub fn address(name: &str) -> Option<String> {
    decode_uri_component(name).ok().map(Into::into)
}

/// The manifest of a pack whose copy is whole.
pub async fn manifest(address: &str) -> Result<Vec<u8>, JsValue> {
    let folder = folder(address, false).await?;
    let file = opfs::file(&folder, Manifest::FILE).await?;
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
