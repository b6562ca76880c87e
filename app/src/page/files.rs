//! Files from a drop, the clipboard or the picker.

use super::{
    brought::{Brought, Found},
    dom,
    walk::walk,
};
use web_sys::{DataTransfer, Event, File, FileList, FileSystemEntry, HtmlInputElement};

/// Photos that someone brought.
#[derive(Default)]
pub struct Incoming {
    /// To be tried.
    pub files: Vec<File>,
    /// Others in the same folders, left out because they aren't pictures.
    pub skipped: usize,
}

/// Whether something that is being dragged holds files.
pub fn holds_files(transfer: &DataTransfer) -> bool {
    transfer.types().includes(&"Files".into(), 0)
}

/// The files that lie flat in a drop or a clipboard.
pub fn flat(transfer: &DataTransfer) -> Vec<File> {
    transfer.files().as_ref().map(all).unwrap_or_default()
}

/// The files of a drop, folders walked, photos told from a model. What the browser lends is only valid during the event, so
/// everything is taken out before the first wait.
pub fn dropped(transfer: &DataTransfer) -> impl Future<Output = Brought> + 'static {
    let items = transfer.items();
    let entries: Vec<FileSystemEntry> = (0..items.length())
        .filter_map(|place| items.get(place))
        .filter(|item| item.kind() == "file")
        .filter_map(|item| item.webkit_get_as_entry().ok().flatten())
        .collect();
    let has_folder = entries.iter().any(FileSystemEntry::is_directory);
    let files = flat(transfer);
    async move {
        Brought::sort(if has_folder {
            walk(entries).await
        } else {
            loose(files)
        })
    }
}

/// The files of a picker, which is emptied so that the same file can be chosen again.
pub fn picked(event: &Event) -> Vec<File> {
    use yew::TargetCast;
    let Some(input) = event.target_dyn_into::<HtmlInputElement>() else {
        return Vec::new();
    };
    let files = input.files().as_ref().map(all).unwrap_or_default();
    input.set_value("");
    files
}

/// Files without their folders.
pub fn loose(files: Vec<File>) -> Vec<Found> {
    let found = |file| Found {
        folder: String::new(),
        file,
    };
    files.into_iter().map(found).collect()
}

/// Files of a folder picker, with the folders that they lie in.
pub fn with_folders(files: Vec<File>) -> Vec<Found> {
    let found = |file: File| {
        let path = dom::property(&file, "webkitRelativePath").and_then(|path| path.as_string());
        let path = path.unwrap_or_default();
        Found {
            folder: folder_of(&path).to_owned(),
            file,
        }
    };
    files.into_iter().map(found).collect()
}

/// A path without its last part.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn all(list: &FileList) -> Vec<File> {
    (0..list.length())
        .filter_map(|place| list.get(place))
        .collect()
}

/// Told by the browser's guess or the name.
pub fn looks_like_picture(file: &File) -> bool {
    const ENDINGS: [&str; 14] = [
        "jpg", "jpeg", "png", "webp", "gif", "bmp", "avif", "heic", "heif", "svg", "tif", "tiff",
        "jxl", "ico",
    ];
    let name = file.name().to_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('.')
        && (file.type_().starts_with("image/") || ending.is_some_and(|e| ENDINGS.contains(&e)))
}
