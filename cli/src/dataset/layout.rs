//! Which layout a data set has, by what lies there.

use super::{
    Part, class_lists,
    folder::{self, METADATA},
    lists::{self, Kind, name_of, subfolders},
    parquet, pattern,
    split::{Purpose, Split, Wanted},
    webdataset::{self, First},
};
use crate::{failure::say, pictures::is_picture};
use anyhow::{Context, Result, bail};
use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Reads what one argument names.
pub fn read(path: &Path, wanted: &Wanted<'_>) -> Result<Part> {
    let paths = pattern::expand(path)?;
    if let [path] = &paths[..] {
        return match path.is_dir() {
            true => read_folder(path, wanted),
            false => read_file(path, wanted),
        };
    }
    let folders = paths.iter().filter(|path| path.is_dir()).count();
    if folders == paths.len() {
        let mut whole = Part::default();
        for path in &paths {
            whole.append(read_folder(path, wanted)?)?;
        }
        return Ok(whole);
    }
    read_shards(&paths, path)
}

/// Several files of one kind.
fn read_shards(paths: &[PathBuf], named: &Path) -> Result<Part> {
    let ending = |wanted: &str| {
        let is = |path: &PathBuf| {
            path.extension()
                .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        paths.iter().all(is)
    };
    if ending("tar") {
        return class_lists::read(paths);
    }
    if ending("parquet") {
        return read_tables(paths);
    }
    bail!(
        "{} names files of several kinds: shards are all .tar or all .parquet",
        named.display()
    )
}

fn read_tables(paths: &[PathBuf]) -> Result<Part> {
    let mut whole = Part::default();
    for path in paths {
        match parquet::read(path) {
            Ok(part) => whole.append(part)?,
            Err(error) if paths.len() == 1 => return Err(error),
            Err(error) => whole.fail_file(path, &error),
        }
    }
    Ok(whole)
}

fn read_file(path: &Path, wanted: &Wanted<'_>) -> Result<Part> {
    let unreadable = || format!("{} can't be read", path.display());
    let mut head = [0; 4];
    let mut file: File = crate::disk::open_file(path).with_context(unreadable)?;
    let _ = file.read(&mut head).with_context(unreadable)?;
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if &head == b"PAR1" || ending == "parquet" {
        return match METADATA.contains(&name_of(path)) && !parquet::has_pictures(path)? {
            true => folder::read_metadata(&[path.to_owned()], parent(path), wanted),
            false => parquet::read(path),
        };
    }
    if METADATA.contains(&name_of(path)) {
        return folder::read_metadata(&[path.to_owned()], parent(path), wanted);
    }
    let is_list = ["json", "jsonl", "csv", "tsv", "txt", "token"]
        .iter()
        .any(|list| ending == *list);
    if is_list {
        let folder = parent(path);
        // `annotations/captions_val2017.json` is of pictures beside its folder.
        let above = match folder.file_name() {
            Some(_) => parent(folder).to_owned(),
            None => PathBuf::from(".."),
        };
        return lists::read(
            path,
            Kind::of_named(path)?,
            &[folder.to_owned(), above],
            wanted,
        );
    }
    class_lists::read(&[path.to_owned()])
}

/// The folder that a file lies in, as it can be listed.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What a folder holds that says what data set it is.
enum Marker {
    Shards(Vec<PathBuf>),
    Tables(Vec<PathBuf>),
    Metadata(Vec<PathBuf>),
    Lists(Vec<(PathBuf, Kind)>),
}

impl Marker {
    fn describe(&self) -> String {
        let (what, first) = match self {
            Self::Shards(files) => ("WebDataset shards", files.first()),
            Self::Tables(files) => ("Parquet files with pictures", files.first()),
            Self::Metadata(files) => ("metadata of an imagefolder", files.first()),
            Self::Lists(lists) => (
                lists.first().map_or("a list", |(_, kind)| kind.name()),
                lists.first().map(|(file, _)| file),
            ),
        };
        let file = first.map(|file| name_of(file)).unwrap_or_default();
        format!("{what} ({file})")
    }
}

fn read_folder(folder: &Path, wanted: &Wanted<'_>) -> Result<Part> {
    let shown = folder.display().to_string();
    let entries = Entries::of(folder)?;
    // CLIP_benchmark's splits.
    if entries.file(class_lists::SHARD_COUNT).is_some() {
        return class_lists::read(&class_lists::counted(folder)?);
    }
    let counted = |path: &&PathBuf| path.join(class_lists::SHARD_COUNT).is_file();
    let splits: Vec<String> = entries
        .folders
        .iter()
        .filter(counted)
        .map(|path| name_of(path).to_owned())
        .collect();
    if !splits.is_empty() {
        let chosen = wanted.choose(&splits, &shown)?;
        return read_folder(&folder.join(&chosen[0]), wanted);
    }

    let markers = markers(folder, &entries, wanted)?;
    if markers.len() > 1 {
        let all: Vec<String> = markers.iter().map(Marker::describe).collect();
        bail!(
            "{shown} can be read in several ways: it holds {}. Name the files that are meant",
            all.join(" and ")
        );
    }
    match markers.into_iter().next() {
        Some(Marker::Shards(files)) => {
            if entries.pictures {
                say(&format!(
                    "note: {shown} holds shards and pictures; the shards are read"
                ));
            }
            class_lists::read(&one_split(files, &shown, wanted)?)
        }
        Some(Marker::Tables(files)) => read_tables(&one_split(files, &shown, wanted)?),
        Some(Marker::Metadata(files)) => folder::read_metadata(&files, folder, wanted),
        Some(Marker::Lists(found)) => read_lists(folder, found, wanted),
        None => read_plain(folder, &entries, wanted),
    }
}

/// A folder without lists: of splits, of one folder with all the rest, or of pictures.
fn read_plain(folder: &Path, entries: &Entries, wanted: &Wanted<'_>) -> Result<Part> {
    let shown = folder.display().to_string();
    if !entries.pictures && !entries.folders.is_empty() {
        let names: Vec<String> = entries
            .folders
            .iter()
            .map(|path| name_of(path).to_owned())
            .collect();
        let are_splits = names.iter().all(|name| Split::is_name(name));
        if are_splits {
            let chosen = wanted.choose(&names, &shown)?;
            let inner = Wanted {
                split: None,
                ..*wanted
            };
            return read_folder(&folder.join(&chosen[0]), &inner);
        }
        // Lists beside a folder of pictures have been looked for already.
        if let [only] = &entries.folders[..] {
            let inner = Entries::of(only)?;
            let inner_names = inner.folders.iter().map(|path| name_of(path));
            let has_splits = !inner.pictures
                && !inner.folders.is_empty()
                && inner_names.clone().all(Split::is_name);
            let holds_sets = inner.files.iter().any(|file| {
                let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
                ending == "tar" || ending == "parquet"
            });
            if has_splits || holds_sets {
                return read_folder(only, wanted);
            }
        }
    }
    if let Some(split) = wanted.split {
        bail!("{shown} has no split {split:?}: its folders aren't splits");
    }
    if entries
        .files
        .iter()
        .any(|file| file.extension().is_some_and(|ending| ending == "arrow"))
    {
        bail!(
            "{shown} holds Arrow files, as save_to_disk writes them, which aren't read: to_parquet \
             writes what is"
        );
    }
    folder::read_pictures(folder)
}

/// What lies directly in a folder; hidden files are passed over.
struct Entries {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    /// Whether pictures are among the files.
    pictures: bool,
}

impl Entries {
    fn of(folder: &Path) -> Result<Self> {
        let unreadable = || format!("{} can't be read", folder.display());
        let mut files = Vec::new();
        for entry in folder.read_dir().with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            let is_hidden = path
                .file_name()
                .unwrap_or_default()
                .as_encoded_bytes()
                .starts_with(b".");
            if path.is_file() && !is_hidden {
                files.push(path);
            }
        }
        files.sort_by_cached_key(|path| pattern::natural(name_of(path)));
        Ok(Self {
            pictures: files.iter().any(|path| is_picture(path)),
            folders: subfolders(folder),
            files,
        })
    }

    fn file(&self, name: &str) -> Option<&PathBuf> {
        self.files.iter().find(|path| name_of(path) == name)
    }

    fn ending(&self, wanted: &str) -> Vec<PathBuf> {
        let is = |path: &&PathBuf| {
            path.extension()
                .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        self.files.iter().filter(is).cloned().collect()
    }

    /// Lists among the files that aren't a picture's own text.
    fn lists(&self) -> Vec<(PathBuf, Kind)> {
        let stem = |path: &Path| {
            name_of(path)
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let pictures = self
            .files
            .iter()
            .filter(|path| is_picture(path) || path.extension().is_some_and(|own| own == "tar"));
        let stems: HashSet<String> = pictures.map(|path| stem(path)).collect();
        let lists = self
            .files
            .iter()
            .filter(|path| !stems.contains(&stem(path)) && !METADATA.contains(&name_of(path)));
        let known = lists.filter_map(|path| Some((path.clone(), Kind::of(path)?)));
        known.collect()
    }
}

fn markers(folder: &Path, entries: &Entries, wanted: &Wanted<'_>) -> Result<Vec<Marker>> {
    let mut markers = Vec::new();
    let shards = entries.ending("tar");
    if shards.is_empty() {
        let compressed = entries.files.iter().find(|file| {
            let name = name_of(file);
            name.contains(".tar.") || name.ends_with(".tgz")
        });
        // They say themselves how to decompress them.
        if let Some(file) = compressed {
            webdataset::read(file, First::Json)?;
        }
    }
    let mut tables = entries.ending("parquet");
    tables.retain(|file| !METADATA.contains(&name_of(file)));
    // img2dataset writes a table of addresses beside each shard.
    let beside = |file: &PathBuf| {
        shards
            .iter()
            .any(|shard| shard.file_stem() == file.file_stem())
    };
    tables.retain(|file| !beside(file));
    if let Some(first) = tables.first()
        && matches!(parquet::has_pictures(first), Ok(false))
    {
        tables.clear();
    }
    let lists = lists_of(entries, wanted);
    let metadata = match shards.is_empty() && tables.is_empty() {
        true => folder::metadata_in(folder)?,
        false => METADATA
            .iter()
            .filter_map(|name| entries.file(name).cloned())
            .collect(),
    };
    if !shards.is_empty() {
        markers.push(Marker::Shards(shards));
    }
    if !tables.is_empty() {
        markers.push(Marker::Tables(tables));
    }
    if !metadata.is_empty() {
        markers.push(Marker::Metadata(metadata));
    }
    if !lists.is_empty() {
        markers.push(Marker::Lists(lists));
    }
    // A data set of splits has its lists in them.
    if markers.is_empty() && class_lists::is_marked(folder) {
        let with_shards: Vec<&PathBuf> = entries
            .folders
            .iter()
            .filter(|folder| Entries::of(folder).is_ok_and(|inner| !inner.ending("tar").is_empty()))
            .collect();
        if !with_shards.is_empty() {
            let names: Vec<String> = with_shards
                .iter()
                .map(|path| name_of(path).to_owned())
                .collect();
            let chosen = wanted.choose(&names, &folder.display().to_string())?;
            let shards = Entries::of(&folder.join(&chosen[0]))?.ending("tar");
            markers.push(Marker::Shards(shards));
        }
    }
    Ok(markers)
}

/// The lists in a folder, or else in folders of it without pictures (`annotations`, `Flickr8k_text`).
fn lists_of(entries: &Entries, wanted: &Wanted<'_>) -> Vec<(PathBuf, Kind)> {
    let mut lists = entries.lists();
    if lists.is_empty() && entries.folders.len() <= 50 {
        for inner in &entries.folders {
            if Split::is_name(name_of(inner)) || lists::has_pictures(inner) {
                continue;
            }
            if let Ok(inner) = Entries::of(inner) {
                lists.extend(inner.lists());
            }
        }
    }
    // Flickr8k's captions come also with words in their dictionary form.
    let is_lemma = |file: &Path| name_of(file).contains(".lemma.");
    if lists
        .iter()
        .any(|(file, kind)| *kind == Kind::Token && !is_lemma(file))
    {
        lists.retain(|(file, _)| !is_lemma(file));
    }
    // COCO's captions lie beside its classes.
    let kind_of =
        |prefix: &'static str| move |(file, _): &(PathBuf, Kind)| name_of(file).starts_with(prefix);
    if lists.len() > 1 && lists.iter().all(|(_, kind)| *kind == Kind::Coco) {
        let preferred = match wanted.purpose {
            Purpose::MeasureLabels => "instances",
            _ => "captions",
        };
        if lists.iter().any(kind_of(preferred)) {
            lists.retain(kind_of(preferred));
        }
    }
    lists
}

fn read_lists(folder: &Path, found: Vec<(PathBuf, Kind)>, wanted: &Wanted<'_>) -> Result<Part> {
    let shown = folder.display().to_string();
    let roots = [folder.to_owned()];
    if let [(file, kind)] = &found[..] {
        return lists::read(file, *kind, &roots, wanted);
    }
    let stems: Vec<String> = found
        .iter()
        .map(|(file, _)| {
            file.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    if !stems.iter().all(|stem| Split::of(stem).is_some()) {
        let names: Vec<&str> = found.iter().map(|(file, _)| name_of(file)).collect();
        bail!(
            "{shown} can be read in several ways: it holds the lists {}. Name the one that is meant",
            names.join(", ")
        );
    }
    // `captions_val2017` is the split "val2017".
    let named = wanted.split.and_then(|split| {
        let mut stems = stems.iter();
        stems.find(|stem| stem.ends_with(split)).cloned()
    });
    let wanted = Wanted {
        split: named.as_deref().or(wanted.split),
        ..*wanted
    };
    let chosen = wanted.choose(&stems, &shown)?;
    let place = stems
        .iter()
        .position(|stem| *stem == chosen[0])
        .unwrap_or_default();
    let (file, kind) = &found[place];
    let inner = Wanted {
        split: None,
        ..wanted
    };
    lists::read(file, *kind, &roots, &inner)
}

/// The files of one split, where their names tell splits apart.
fn one_split(files: Vec<PathBuf>, shown: &str, wanted: &Wanted<'_>) -> Result<Vec<PathBuf>> {
    let name = |file: &Path| {
        let stem = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let kind = Split::of(&stem)?;
        let letters: String = stem
            .chars()
            .take_while(|letter| letter.is_alphabetic())
            .collect();
        Some(match Split::of(&letters) {
            Some(_) => letters,
            None => format!("{kind:?}").to_lowercase(),
        })
    };
    let splits: Option<Vec<String>> = files.iter().map(|file| name(file)).collect();
    match (splits, wanted.split) {
        (Some(splits), _) => {
            let chosen = wanted.choose(&splits, shown)?;
            let with = files.into_iter().zip(splits);
            let of = with.filter(|(_, split)| chosen.contains(split));
            Ok(of.map(|(file, _)| file).collect())
        }
        (None, Some(split)) => {
            bail!("{shown} has no split {split:?}: its files' names tell of none")
        }
        (None, None) => Ok(files),
    }
}
