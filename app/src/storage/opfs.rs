//! Packs that a visitor brought, in the browser's own storage (the origin private file system): a
//! folder each under `packs/`. A pack without its manifest, which is written last, is none.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
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

/// A kept pack's folder.
pub async fn pack(name: &str, create: bool) -> Result<FileSystemDirectoryHandle, JsValue> {
    subfolder(&packs().await?, name, create).await
}

/// A folder in a folder.
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

/// A file of a folder.
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

/// Says to the other tabs, as long as this page or worker lives, that a folder is being written.
pub fn hold(folder: &str) {
    // The lock is kept until the promise that the callback gives is settled: never.
    let callback = Closure::once_into_js(|| Promise::new(&mut |_, _| {}));
    if let Some((locks, request)) = lock_manager("request") {
        // A browser without locks has one danger more: two tabs at once.
        let _ = request.call2(&locks, &lock_name(folder).into(), &callback);
    }
}

/// The folders that any tab is writing.
pub async fn held() -> Vec<String> {
    let snapshot = async {
        let (locks, query) = lock_manager("query")?;
        let promise: Promise = query.call0(&locks).ok()?.dyn_into().ok()?;
        let snapshot = JsFuture::from(promise).await.ok()?;
        Some(Array::from(&Reflect::get(&snapshot, &"held".into()).ok()?))
    };
    let locks = snapshot.await.unwrap_or_default();
    let prefix = lock_name("");
    locks
        .iter()
        .filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string())
        .filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned))
        .collect()
}

fn lock_name(folder: &str) -> String {
    format!("glimpse import {folder}")
}

/// `navigator.locks` and one of its functions, through reflection: the bindings are still unstable.
fn lock_manager(function: &str) -> Option<(JsValue, Function)> {
    let locks = navigator("locks")?;
    let function = Reflect::get(&locks, &function.into()).ok()?;
    Some((locks, function.dyn_into().ok()?))
}

/// A property of the navigator, which pages and workers have alike.
fn navigator(property: &str) -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let found = Reflect::get(&navigator, &property.into()).ok()?;
    (!found.is_undefined() && !found.is_null()).then_some(found)
}
