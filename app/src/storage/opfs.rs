//! Packs that a visitor brought, in the browser's own storage (the origin private file system): a
//! folder each under `packs/`. A pack without its manifest, which is written last, is none.

use super::locks;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, StorageManager,
};

const FOLDER: &str = "packs";

/// `navigator.storage`; absent in browsers without it, and where the site isn't served securely.
pub fn storage() -> Option<StorageManager> {
    navigator("storage").map(JsCast::unchecked_into)
}

/// The outermost folder of the browser's storage.
pub async fn root() -> Result<FileSystemDirectoryHandle, JsValue> {
    let storage = storage().ok_or("this browser keeps no files for pages")?;
    let root = JsFuture::from(storage.get_directory()).await?;
    Ok(root.unchecked_into())
}

/// The folder of all kept packs; made if it isn't there.
pub async fn packs() -> Result<FileSystemDirectoryHandle, JsValue> {
    subfolder(&root().await?, FOLDER, true).await
}

/// A kept pack's folder, by its name; with `create`, made if it isn't there.
pub async fn pack(name: &str, create: bool) -> Result<FileSystemDirectoryHandle, JsValue> {
    subfolder(&packs().await?, name, create).await
}

/// A folder in a folder; with `create`, made if it isn't there.
pub async fn subfolder(
    folder: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(create);
    let found = JsFuture::from(folder.get_directory_handle_with_options(name, &options)).await?;
    Ok(found.unchecked_into())
}

/// A file of a folder; with `create`, made empty if it isn't there.
pub async fn file_handle(
    folder: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemFileHandle, JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(create);
    let found = JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?;
    Ok(found.unchecked_into())
}

/// A file of a folder, to be read.
pub async fn file(folder: &FileSystemDirectoryHandle, name: &str) -> Result<File, JsValue> {
    let handle = file_handle(folder, name, false).await?;
    Ok(JsFuture::from(handle.get_file()).await?.unchecked_into())
}

/// The names of a folder's files and folders.
pub async fn names(folder: &FileSystemDirectoryHandle) -> Result<Vec<String>, JsValue> {
    let mut names = Vec::new();
    let keys = folder.keys();
    loop {
        let next = JsFuture::from(keys.next()?).await?;
        match Reflect::get(&next, &"value".into())?.as_string() {
            Some(name) => names.push(name),
            None => return Ok(names),
        }
    }
}

/// The lock that a folder's writer holds, before the folder's name.
const LOCK: &str = "glimpse import ";

/// Says to the other tabs, as long as this page or worker lives, that a folder is being written. A
/// browser without locks has one danger more: two tabs at once.
pub fn hold(folder: &str) {
    locks::hold(&format!("{LOCK}{folder}"), || {});
}

/// The folders that any tab is writing.
pub async fn held() -> Vec<String> {
    locks::held(LOCK).await
}

/// A property of the navigator, which pages and workers have alike.
fn navigator(property: &str) -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let found = Reflect::get(&navigator, &property.into()).ok()?;
    (!found.is_undefined() && !found.is_null()).then_some(found)
}
