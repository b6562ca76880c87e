//! Files from a drop, the clipboard or the picker.

use super::{
    dom,
    dropped::{Dropped, DroppedItem},
    walk::walk,
};
use glimpse_model::pixels::PictureFormat;
use web_sys::{DataTransfer, Event, File, FileList, FileSystemEntry, HtmlInputElement};

/// Photos to be added to the page.
#[derive(Default)]
pub struct Incoming {
    /// The photos; whether they can be opened, a worker will tell.
    pub files: Vec<File>,
    /// What came with them, and isn't among them.
    pub left_out: LeftOut,
}

/// What is left out of a drop or a picked folder.
#[derive(Default)]
pub struct LeftOut {
    /// How many files in folders aren't pictures.
    pub skipped: usize,
    /// The paths of files and folders that the browser can't read.
    pub unreadable: Vec<String>,
    /// Whether there is more than was looked at.
    pub is_cut: bool,
}

/// Whether something that is being dragged holds files.
pub fn holds_files(transfer: &DataTransfer) -> bool {
    transfer.types().includes(&"Files".into(), 0)
}

/// The files that lie flat in a drop or a clipboard.
pub fn flat(transfer: &DataTransfer) -> Vec<File> {
    transfer.files().as_ref().map(all).unwrap_or_default()
}

/// The files of a drop, folders walked, photos told from a model. The browser's objects are only
/// valid during the event, so everything is taken out before the first wait.
pub fn dropped(transfer: &DataTransfer) -> impl Future<Output = Dropped> + 'static {
    let items = transfer.items();
    let entries: Vec<FileSystemEntry> = (0..items.length())
        .filter_map(|index| items.get(index))
        .filter(|item| item.kind() == "file")
        .filter_map(|item| item.webkit_get_as_entry().ok().flatten())
        .collect();
    let has_folder = entries.iter().any(FileSystemEntry::is_directory);
    let files = flat(transfer);
    async move {
        Dropped::sort(if has_folder {
            walk(entries).await
        } else {
            loose(files).into()
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

/// Files that were dropped or chosen one by one, as items without a folder.
pub fn loose(files: Vec<File>) -> Vec<DroppedItem> {
    let item = |file| DroppedItem {
        folder: String::new(),
        file,
    };
    files.into_iter().map(item).collect()
}

/// Files of a folder picker, with the folders that they lie in.
pub fn with_folders(files: Vec<File>) -> Vec<DroppedItem> {
    let item = |file: File| {
        let path = dom::property(&file, "webkitRelativePath").and_then(|path| path.as_string());
        let path = path.unwrap_or_default();
        DroppedItem {
            folder: folder_of(&path).to_owned(),
            file,
        }
    };
    files.into_iter().map(item).collect()
}

/// A path without its last part.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn all(list: &FileList) -> Vec<File> {
    (0..list.length())
        .filter_map(|index| list.get(index))
        .collect()
}

/// Whether a file may be a picture, by the browser's guess or by its name.
pub fn looks_like_picture(file: &File) -> bool {
    is_picture(&file.name(), &file.type_())
}

fn is_picture(name: &str, mime: &str) -> bool {
    !name.starts_with('.')
        && (mime.starts_with("image/")
            || PictureFormat::is_ending_of(&PictureFormat::OPENED, name)
            || PictureFormat::is_ending_of(&PictureFormat::PAGE_ONLY, name))
}

/// What a file picker is asked to offer: what the browser takes for pictures, and the endings of all
/// formats that can be opened.
pub fn accepted() -> String {
    let opened = PictureFormat::OPENED.iter();
    let endings = opened
        .chain(&PictureFormat::PAGE_ONLY)
        .flat_map(|format| format.endings())
        .map(|ending| format!(",.{ending}"));
    endings.fold("image/*".to_owned(), |all, ending| all + &ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_type_or_name_unless_hidden() {
        assert!(is_picture("photo", "image/jpeg"));
        assert!(is_picture("Photo.HEIC", ""));
        assert!(is_picture("DSC_1.NEF", ""));
        assert!(accepted().contains(",.heic,.heif") && accepted().contains(",.svg"));
        assert!(!is_picture("._photo.jpg", "image/jpeg"));
        assert!(!is_picture("notes.txt", "text/plain"));
        assert!(!is_picture("jpg", ""));
    }

    #[test]
    fn a_folder_is_a_path_without_its_last_part() {
        assert_eq!(folder_of("holiday/beach/a.jpg"), "holiday/beach");
        assert_eq!(folder_of("a.jpg"), "");
    }
}
