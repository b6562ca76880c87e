//! What someone brought: photos, or a model. Told by the files' names alone, since weight files are
//! large.

use super::{
    files::{Incoming, looks_like_picture},
    words,
};
use web_sys::File;

/// One kind or the other.
pub enum Brought {
    /// To be looked at.
    Photos(Incoming),
    /// To be kept.
    Model(Bundle),
}

/// A model's files.
pub struct Bundle {
    /// What their folder or archive is called.
    pub name: String,
    /// Of one folder, or one archive.
    pub files: Vec<File>,
}

/// A file, and the folder that it was found in; empty for files that were brought by themselves.
pub struct Found {
    /// Its path.
    pub folder: String,
    /// The file.
    pub file: File,
}

/// Files whose folder is a model's.
const MARKS: [&str; 3] = ["config.json", "open_clip_config.json", "manifest.json"];

impl Brought {
    /// Tells which kind it is.
    pub fn sort(found: Vec<Found>) -> Self {
        let pictures = found.iter().any(|found| looks_like_picture(&found.file));
        match model_folder_of(&found, pictures) {
            Some(folder) => Self::Model(Bundle::of(found, &folder)),
            None => Self::Photos(photos(found)),
        }
    }
}

impl Bundle {
    /// What was brought as a model, whether it looks like one or not; `None` for no files.
    pub fn forced(found: Vec<Found>) -> Option<Self> {
        let first = found.first()?.folder.clone();
        let folder = model_folder_of(&found, false).unwrap_or(first);
        Some(Self::of(found, &folder))
    }

    fn of(found: Vec<Found>, folder: &str) -> Self {
        let own = |found: &Found| found.folder == folder;
        let files: Vec<File> = found.into_iter().filter(own).map(|f| f.file).collect();
        let name = match (folder.rsplit('/').next(), files.as_slice()) {
            (Some(name), _) if !name.is_empty() => name.to_owned(),
            (_, [file]) => stem(&file.name()).to_owned(),
            _ => words::NAMELESS.to_owned(),
        };
        Self { name, files }
    }
}

/// Files brought by themselves are tried whatever they are; inside folders only pictures are taken.
fn photos(found: Vec<Found>) -> Incoming {
    let mut incoming = Incoming::default();
    for Found { folder, file } in found {
        if folder.is_empty() || looks_like_picture(&file) {
            incoming.files.push(file);
        } else if !file.name().starts_with('.') {
            incoming.skipped += 1;
        }
    }
    incoming
}

fn model_folder_of(found: &[Found], pictures: bool) -> Option<String> {
    let names: Vec<String> = found.iter().map(|found| found.file.name()).collect();
    let folders = found.iter().map(|found| &*found.folder);
    let files: Vec<(&str, &str)> = folders.zip(names.iter().map(|name| &**name)).collect();
    model_folder(&files, pictures).map(str::to_owned)
}

/// The folder of the model among these files (folder and name), if there is one. Programs of all
/// kinds have a `config.json`, so where there are `pictures` it needs weights beside it.
fn model_folder<'a>(files: &[(&'a str, &str)], pictures: bool) -> Option<&'a str> {
    if let [(folder, name)] = files
        && name.to_lowercase().ends_with(".zip")
    {
        return Some(folder);
    }
    let marked = |&&(_, name): &&(&str, &str)| MARKS.contains(&name) || is_weights(name);
    let depth = |folder: &str| (!folder.is_empty(), folder.matches('/').count());
    let folder = files.iter().filter(marked).map(|&(folder, _)| folder);
    let folder = folder.min_by_key(|folder| depth(folder))?;
    let weights = files
        .iter()
        .any(|&(other, name)| other == folder && (is_weights(name) || name.ends_with(".bin")));
    (weights || !pictures).then_some(folder)
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
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
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

    #[wasm_bindgen_test]
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
}
