//! Dropped and picked files, sorted into photos and a model's files: by their names alone, since
//! weight files are large.

use super::files::{Incoming, looks_like_picture};
use web_sys::File;

/// Files, by what they are for.
pub enum Dropped {
    /// Files that may be pictures, to become photos of the page.
    Photos(Incoming),
    /// The files of a model, to be imported.
    Model(ModelFiles),
}

/// Files that make one model.
pub struct ModelFiles {
    /// The name of their folder or archive; `None` for several loose files.
    pub name: Option<String>,
    /// The files of one folder, or one archive.
    pub files: Vec<File>,
}

/// A file, and the folder that it was found in.
pub struct DroppedItem {
    /// The folder's path; empty for a loose file.
    pub folder: String,
    /// The file, not read yet.
    pub file: File,
}

/// What was found in a drop or in a picked folder.
#[derive(Default)]
pub struct Found {
    /// The files, in order.
    pub items: Vec<DroppedItem>,
    /// The paths of files and folders that the browser can't read.
    pub unreadable: Vec<String>,
    /// Whether there is more than was looked at.
    pub is_cut: bool,
}

impl From<Vec<DroppedItem>> for Found {
    fn from(items: Vec<DroppedItem>) -> Self {
        Self {
            items,
            ..Self::default()
        }
    }
}

/// Files whose folder is a model's.
const CONFIGS: [&str; 3] = ["config.json", "open_clip_config.json", "manifest.json"];

impl Dropped {
    /// Tells a model's files from photos.
    pub fn sort(found: impl Into<Found>) -> Self {
        let Found {
            items,
            unreadable,
            is_cut,
        } = found.into();
        let has_pictures = items.iter().any(|item| looks_like_picture(&item.file));
        match model_folder_of(&items, has_pictures) {
            Some(folder) => Self::Model(ModelFiles::of(items, &folder)),
            None => {
                let mut incoming = photos(items);
                incoming.left_out.unreadable = unreadable;
                incoming.left_out.is_cut = is_cut;
                Self::Photos(incoming)
            }
        }
    }
}

impl ModelFiles {
    /// Takes files as a model's, whether they look like it or not; `None` for no files.
    pub fn forced(items: Vec<DroppedItem>) -> Option<Self> {
        let first = items.first()?.folder.clone();
        let folder = model_folder_of(&items, false).unwrap_or(first);
        Some(Self::of(items, &folder))
    }

    fn of(items: Vec<DroppedItem>, folder: &str) -> Self {
        let files: Vec<File> = items
            .into_iter()
            .filter(|item| item.folder == folder)
            .map(|item| item.file)
            .collect();
        let only = match files.as_slice() {
            [file] => Some(file.name()),
            _ => None,
        };
        Self {
            name: model_name(folder, only.as_deref()),
            files,
        }
    }
}

/// A model is called like its folder, or like its only file.
fn model_name(folder: &str, only: Option<&str>) -> Option<String> {
    match folder.rsplit('/').next() {
        Some(name) if !name.is_empty() => Some(name.to_owned()),
        _ => only.map(|file| stem(file).to_owned()),
    }
}

/// Loose files are tried whatever they are; inside folders only pictures are taken.
fn photos(items: Vec<DroppedItem>) -> Incoming {
    let mut incoming = Incoming::default();
    for DroppedItem { folder, file } in items {
        if folder.is_empty() || looks_like_picture(&file) {
            incoming.files.push(file);
        } else if !file.name().starts_with('.') {
            incoming.left_out.skipped += 1;
        }
    }
    incoming
}

fn model_folder_of(items: &[DroppedItem], has_pictures: bool) -> Option<String> {
    let names: Vec<String> = items.iter().map(|item| item.file.name()).collect();
    let folders = items.iter().map(|item| &*item.folder);
    let files: Vec<(&str, &str)> = folders.zip(names.iter().map(|name| &**name)).collect();
    model_folder(&files, has_pictures).map(str::to_owned)
}

/// The folder of the model among these files (folder and name), if there is one. Programs of all
/// kinds have a `config.json`, so where there are pictures it needs weights beside it.
fn model_folder<'a>(files: &[(&'a str, &str)], has_pictures: bool) -> Option<&'a str> {
    if let [(folder, name)] = files
        && name.to_lowercase().ends_with(".zip")
    {
        return Some(folder);
    }
    let marked = |&&(_, name): &&(&str, &str)| CONFIGS.contains(&name) || is_weights(name);
    let depth = |folder: &str| (!folder.is_empty(), folder.matches('/').count());
    let folder = files.iter().filter(marked).map(|&(folder, _)| folder);
    let folder = folder.min_by_key(|folder| depth(folder))?;
    let weights = files
        .iter()
        .any(|&(other, name)| other == folder && (is_weights(name) || name.ends_with(".bin")));
    (weights || !has_pictures).then_some(folder)
}

fn is_weights(name: &str) -> bool {
    name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_told_from_photos() {
        let config = ("clip", "config.json");
        let weights = ("clip", "pytorch_model.bin");
        let photo = ("clip", "CLIP.png");
        assert_eq!(model_folder(&[config, weights, photo], true), Some("clip"));
        assert_eq!(model_folder(&[config], false), Some("clip"));
        assert_eq!(model_folder(&[config, photo], true), None);
        assert_eq!(model_folder(&[("", "a.jpg"), ("", "b.jpg")], true), None);
        assert_eq!(model_folder(&[("", "notes.txt")], false), None);
        assert_eq!(model_folder(&[("", "model.safetensors")], false), Some(""));
        assert_eq!(model_folder(&[("", "Pack.ZIP")], false), Some(""));
    }

    #[test]
    fn the_outermost_folder_counts() {
        let files = [
            ("models/clip/onnx", "config.json"),
            ("models/clip", "config.json"),
            ("models/clip", "model.safetensors"),
        ];
        assert_eq!(model_folder(&files, false), Some("models/clip"));
        let files = [("clip", "config.json"), ("", "manifest.json")];
        assert_eq!(model_folder(&files, false), Some(""));
    }

    #[test]
    fn a_model_is_called_like_its_folder_or_its_only_file() {
        assert_eq!(model_name("models/clip", None).as_deref(), Some("clip"));
        assert_eq!(
            model_name("models/clip", Some("a.zip")).as_deref(),
            Some("clip")
        );
        assert_eq!(
            model_name("", Some("my.clip.zip")).as_deref(),
            Some("my.clip")
        );
        assert_eq!(model_name("", Some("clip")).as_deref(), Some("clip"));
        assert_eq!(model_name("", None), None);
    }

    #[test]
    fn nothing_is_no_model() {
        assert!(ModelFiles::forced(Vec::new()).is_none());
        assert!(matches!(
            Dropped::sort(Vec::new()),
            Dropped::Photos(incoming) if incoming.files.is_empty() && incoming.left_out.skipped == 0
        ));
    }
}
