//! Lists of pictures with what is said of them: tables, Flickr's captions, JSON; and where the
//! pictures lie that they name.

use super::{
    Part, Sample, coco,
    facts::{self, Facts},
    limits::{LIST, at_most, inside, next_line, read_text},
    split::{Split, Wanted},
};
use crate::{
    disk,
    failure::{Failed, one_line},
    pictures::{Picture, is_picture},
};
use anyhow::{Context, Result, bail};
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

/// Bytes of a file that tell what kind of list it is.
const HEAD: u64 = 64 << 10;
/// Pictures of a list that are looked for to find the folder they lie in.
const LOOKED_FOR: usize = 200;
/// Folders in which they are looked for.
const FOLDERS: usize = 1000;

/// A picture of a list, by the name that stands there.
#[derive(Debug)]
pub struct Row {
    pub picture: String,
    pub split: Option<String>,
    pub facts: Facts,
}

/// Rows as objects, each with the place where it stands; or what is wrong with them.
pub type PlacedRows = Vec<Result<(String, Map<String, Value>), Failed>>;

/// What a list says.
#[derive(Default)]
pub struct List {
    pub rows: Vec<Row>,
    pub failed: Vec<Failed>,
    /// The classes' names in the order of their numbers.
    pub names: Option<Vec<String>>,
}

/// What kind of list a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// COCO's or Karpathy's JSON.
    Coco,
    /// A JSON object by pictures' names, or an array with an object for each.
    Json,
    /// A JSON object a line.
    JsonLines,
    /// `a.jpg#0`, tab, caption.
    Token,
    /// File, tab, caption, without a head.
    Tabs,
    /// A head that names the columns.
    Table,
}

impl Kind {
    /// What it is called in errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco => "COCO's JSON",
            Self::Json | Self::JsonLines | Self::Tabs => "a list of captions",
            Self::Token => "Flickr's captions",
            Self::Table => "a table",
        }
    }

    /// Of a file that a folder holds; `None` if it is no list, as far as its name and its first lines
    /// tell.
    pub fn of(file: &Path) -> Option<Self> {
        let name = file.file_name()?.to_str()?.to_ascii_lowercase();
        let ending = name.rsplit_once('.')?.1;
        if !matches!(ending, "json" | "jsonl" | "csv" | "tsv" | "txt" | "token") {
            return None;
        }
        let head = head(file).ok()?;
        match ending {
            "json" if coco::is_head(&head) => Some(Self::Coco),
            "json" => (name == "captions.json").then_some(Self::Json),
            "jsonl" => {
                let line: Value = serde_json::from_str(head.lines().next()?).ok()?;
                let object = line.as_object()?;
                let keys: Vec<&str> = object.keys().map(String::as_str).collect();
                let is_list = facts::picture(object).is_some() && facts::says_something(&keys);
                is_list.then_some(Self::JsonLines)
            }
            _ if name == "captions.tsv" => Some(match is_table(&head) {
                true => Self::Table,
                false => Self::Tabs,
            }),
            _ if is_token(&head) => Some(Self::Token),
            _ => is_table(&head).then_some(Self::Table),
        }
    }

    /// Of a file that somebody named.
    ///
    /// # Errors
    /// If it is no list.
    pub fn of_named(file: &Path) -> Result<Self> {
        if let Some(kind) = Self::of(file) {
            return Ok(kind);
        }
        let head = head(file).with_context(|| format!("{} can't be read", file.display()))?;
        match head.trim_start().chars().next() {
            Some('{' | '[') => Ok(Self::Json),
            _ if is_token(&head) => Ok(Self::Token),
            _ if is_table(&head) => Ok(Self::Table),
            _ => bail!(
                "{} is neither a tar file that can be read nor a list of pictures: a table needs a \
                 first line that names its columns, such as file_name and caption",
                file.display()
            ),
        }
    }
}

/// The beginning of a file, as far as it is text.
fn head(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    disk::open_file(file)?.take(HEAD).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn is_token(head: &str) -> bool {
    head.lines()
        .find(|line| !line.trim().is_empty())
        .and_then(token)
        .is_some()
}

fn is_table(head: &str) -> bool {
    let first = head.lines().find(|line| !line.trim().is_empty());
    first.and_then(columns).is_some()
}

/// The delimiter and the columns of a table's first line, if it names pictures and what is said of
/// them.
fn columns(line: &str) -> Option<(u8, Vec<String>)> {
    [b',', b'|', b'\t', b';'].into_iter().find_map(|delimiter| {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .from_reader(line.as_bytes());
        let mut record = StringRecord::new();
        reader.read_record(&mut record).ok()?;
        let columns: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let is_table = facts::picture_column(&names).is_some() && facts::says_something(&names);
        is_table.then_some((delimiter, columns))
    })
}

/// A line of Flickr's captions: the picture and the caption.
fn token(line: &str) -> Option<(&str, &str)> {
    let (name, caption) = line.split_once('\t')?;
    let (name, number) = name.rsplit_once('#')?;
    let is_number = !number.is_empty() && number.trim().bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((name.trim(), caption.trim()))
}

fn tabbed(line: &str) -> Option<(&str, &str)> {
    let (name, caption) = line.split_once('\t')?;
    Some((name.trim(), caption.trim()))
}

/// Reads the pictures that a list names, where they lie below one of `roots`.
///
/// # Errors
/// If the list can't be read, or names files outside of its folder.
pub fn read(file: &Path, kind: Kind, roots: &[PathBuf], wanted: &Wanted<'_>) -> Result<Part> {
    let mut list = match kind {
        Kind::Coco => coco::read(file)?,
        Kind::Json => json_list(file)?,
        Kind::JsonLines => rows(json_lines(file)?),
        Kind::Token => lines(file, token, "a file with #, a number, a tab and a caption")?,
        Kind::Tabs => lines(file, tabbed, "a file, a tab and a caption")?,
        Kind::Table => rows(table_rows(file)?),
    };
    splits(file, &mut list, wanted)?;
    let mut rows = Vec::with_capacity(list.rows.len());
    for row in list.rows {
        rows.push((inside(row.picture.trim(), file.display())?, row.facts));
    }
    let names: Vec<&Path> = rows.iter().map(|(path, _)| path.as_path()).collect();
    let folder = folder_of(&names, file, roots);
    let samples = rows.into_iter().map(|(path, facts)| Sample {
        picture: Picture::file(folder.join(path)),
        facts,
        no_label: None,
    });
    Ok(Part {
        samples: samples.collect(),
        failed: list.failed,
        names: list.names,
        templates: Vec::new(),
    })
}

/// Leaves the rows of one split, by their own words or by the lists that lie beside Flickr8k's.
fn splits(file: &Path, list: &mut List, wanted: &Wanted<'_>) -> Result<()> {
    if list.rows.iter().all(|row| row.split.is_none()) {
        let lists = split_lists(file)?;
        for row in &mut list.rows {
            let mut lists = lists.iter();
            let own = lists.find(|(_, names)| names.contains(&row.picture));
            row.split = own.map(|(name, _)| name.clone());
        }
    }
    let own = list.rows.iter().filter_map(|row| row.split.clone());
    let own: Vec<String> = own.collect();
    if own.is_empty() {
        return match wanted.split {
            // The file's own name may be that of the split.
            Some(split) if !is_split_file(file, split) => {
                bail!(
                    "{} has no split {split:?}: it has none at all",
                    file.display()
                )
            }
            _ => Ok(()),
        };
    }
    let chosen = wanted.choose(&own, &file.display().to_string())?;
    list.rows.retain(|row| {
        row.split
            .as_ref()
            .is_some_and(|split| chosen.contains(split))
    });
    Ok(())
}

fn is_split_file(file: &Path, split: &str) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.contains(split) || (Split::of(split).is_some() && Split::of(split) == Split::of(&stem))
}

/// Lists of the pictures of each split, as they lie beside Flickr8k's captions.
fn split_lists(file: &Path) -> Result<Vec<(String, HashSet<String>)>> {
    const LISTS: [(&str, &str); 3] = [
        ("train", "Flickr_8k.trainImages.txt"),
        ("dev", "Flickr_8k.devImages.txt"),
        ("test", "Flickr_8k.testImages.txt"),
    ];
    let mut lists = Vec::new();
    for (split, name) in LISTS {
        let beside = file.with_file_name(name);
        if beside.is_file() {
            let text = read_text(&beside, LIST)?;
            let names = facts::lines(&text).map(str::to_owned);
            lists.push((split.to_owned(), names.collect()));
        }
    }
    Ok(lists)
}

/// The folder below one of `roots` in which most of the pictures lie; the list's own if none does.
fn folder_of(names: &[&Path], list: &Path, roots: &[PathBuf]) -> PathBuf {
    let own = list.parent().unwrap_or(Path::new("")).to_owned();
    let step = names.len().div_ceil(LOOKED_FOR).max(1);
    let some: Vec<&&Path> = names.iter().step_by(step).collect();
    let hits = |folder: &Path| {
        some.iter()
            .filter(|name| folder.join(name).is_file())
            .count()
    };
    let mut best = (hits(&own), own);
    for root in roots {
        if best.0 > 0 {
            break;
        }
        let mut folders = vec![root.clone()];
        let mut place = 0;
        while place < folders.len() {
            let folder = folders[place].clone();
            place += 1;
            let found = hits(&folder);
            if found > best.0 {
                best = (found, folder.clone());
            }
            let depth = folder
                .strip_prefix(root)
                .map_or(0, |path| path.components().count());
            if depth < 3 && folders.len() < FOLDERS {
                folders.extend(subfolders(&folder));
            }
        }
    }
    best.1
}

/// The folders directly in a folder, hidden ones left out, in the order of their names.
pub fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !is_hidden(path))
        .collect();
    folders.sort();
    folders
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .unwrap_or_default()
        .as_encoded_bytes()
        .starts_with(b".")
}

/// Rows of a table or of JSON lines, those of one picture together.
fn rows(placed: PlacedRows) -> List {
    let mut list = Collected::default();
    for row in placed {
        let (place, row) = match row {
            Ok(row) => row,
            Err(failed) => {
                list.failed.push(failed);
                continue;
            }
        };
        let facts = Facts::of(&row);
        match facts::picture(&row)
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            None => list.fail(place, "it names no picture"),
            Some(_) if facts.captions.is_empty() && facts.truth.is_none() => {
                list.fail(place, "it has neither a caption nor a label");
            }
            Some(name) => {
                let split = row.get("split").and_then(Value::as_str);
                list.add(name, facts, split.filter(|split| !split.is_empty()));
            }
        }
    }
    list.list()
}

/// Rows of a list, those of one picture together, in the order of their first.
#[derive(Default)]
struct Collected {
    rows: Vec<Row>,
    places: HashMap<String, usize>,
    failed: Vec<Failed>,
}

impl Collected {
    fn fail(&mut self, file: String, error: &str) {
        let error = error.to_owned();
        self.failed.push(Failed { file, error });
    }

    fn add(&mut self, name: &str, facts: Facts, split: Option<&str>) {
        if let Some(&place) = self.places.get(name) {
            let own = &mut self.rows[place].facts;
            own.captions.extend(facts.captions);
            own.truth = own.truth.take().or(facts.truth);
            return;
        }
        self.places.insert(name.to_owned(), self.rows.len());
        self.rows.push(Row {
            picture: name.to_owned(),
            split: split.map(str::to_owned),
            facts,
        });
    }

    fn list(self) -> List {
        List {
            rows: self.rows,
            failed: self.failed,
            names: None,
        }
    }
}

/// A list with a picture and a caption a line.
fn lines(
    file: &Path,
    split: impl Fn(&str) -> Option<(&str, &str)>,
    expected: &str,
) -> Result<List> {
    let unreadable = || format!("{} can't be read", file.display());
    let mut reader = BufReader::new(disk::open_file(file).with_context(unreadable)?);
    let mut list = Collected::default();
    let mut number = 0;
    while let Some(line) = next_line(&mut reader).with_context(unreadable)? {
        number += 1;
        let place = || format!("{}, line {number}", file.display());
        let Ok(line) = String::from_utf8(line) else {
            list.fail(place(), "this is not text in UTF-8");
            continue;
        };
        let line = line.trim_start_matches('\u{feff}');
        if line.trim().is_empty() {
            continue;
        }
        match split(line) {
            Some((name, caption)) if !name.is_empty() && !caption.is_empty() => {
                let captions = vec![caption.to_owned()];
                let facts = Facts {
                    captions,
                    ..Facts::default()
                };
                list.add(name, facts, None);
            }
            _ => list.fail(place(), &format!("{expected} were expected")),
        }
    }
    Ok(list.list())
}

/// `{"a.jpg": ["…"]}`, or `[{"file": "a.jpg", "captions": ["…"]}]`.
fn json_list(file: &Path) -> Result<List> {
    let wrong = || {
        format!(
            "{} is neither {{\"a.jpg\": [\"caption\"]}} nor [{{\"file\": \"a.jpg\", \
             \"captions\": [\"caption\"]}}]",
            file.display()
        )
    };
    let text = read_text(file, LIST)?;
    let text = text.trim_start_matches('\u{feff}');
    let place = |number: usize| format!("{}, entry {}", file.display(), number + 1);
    let mut placed = Vec::new();
    match serde_json::from_str(text).with_context(wrong)? {
        Value::Object(files) => {
            for (number, (name, captions)) in files.into_iter().enumerate() {
                let mut row = match captions {
                    Value::Object(row) => row,
                    captions => Map::from_iter([("captions".to_owned(), captions)]),
                };
                row.insert("file_name".to_owned(), json!(name));
                placed.push(Ok((place(number), row)));
            }
        }
        Value::Array(rows) => {
            for (number, row) in rows.into_iter().enumerate() {
                placed.push(match row {
                    Value::Object(row) => Ok((place(number), row)),
                    _ => Err(Failed {
                        file: place(number),
                        error: "this is no object".to_owned(),
                    }),
                });
            }
        }
        _ => bail!(wrong()),
    }
    let list = rows(placed);
    if list.rows.is_empty() {
        bail!(wrong());
    }
    Ok(list)
}

/// A JSON object a line.
pub fn json_lines(file: &Path) -> Result<PlacedRows> {
    let unreadable = || format!("{} can't be read", file.display());
    let mut lines = BufReader::new(disk::open_file(file).with_context(unreadable)?);
    let mut rows = Vec::new();
    let mut number = 0;
    while let Some(line) = next_line(&mut lines).with_context(unreadable)? {
        number += 1;
        let place = format!("{}, line {number}", file.display());
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        rows.push(match serde_json::from_slice(line) {
            Ok(object) => Ok((place, object)),
            Err(error) => Err(Failed {
                file: place,
                error: format!("this is no JSON object: {}", one_line(&error.into())),
            }),
        });
    }
    Ok(rows)
}

/// The rows of a table, each with its place.
fn table_rows(file: &Path) -> Result<PlacedRows> {
    let unreadable = || format!("{} can't be read", file.display());
    let head = head(file).with_context(unreadable)?;
    let first = head
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let (delimiter, columns) = columns(first).with_context(|| {
        format!(
            "{} is no table that can be read: its first line has to name the columns, such as \
             file_name and caption",
            file.display()
        )
    })?;
    rows_of(file, delimiter, &columns)
}

/// The rows of a table with commas, whatever its columns are.
pub fn comma_rows(file: &Path) -> Result<PlacedRows> {
    let unreadable = || format!("{} can't be read", file.display());
    let mut head =
        ReaderBuilder::new().from_reader(disk::open_file(file).with_context(unreadable)?);
    let columns = head.headers().with_context(unreadable)?.iter();
    let columns: Vec<String> = columns
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    rows_of(file, b',', &columns)
}

fn rows_of(file: &Path, delimiter: u8, columns: &[String]) -> Result<PlacedRows> {
    let unreadable = || format!("{} can't be read", file.display());
    let opened: File = disk::open_file(file).with_context(unreadable)?;
    let length = opened.metadata().with_context(unreadable)?.len();
    at_most(format!("the length of {}", file.display()), length, LIST)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        // Flickr30k's captions have quotes that mean nothing.
        .quoting(delimiter != b'|')
        .flexible(true)
        .from_reader(opened);
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                rows.push(Err(Failed {
                    file: file.display().to_string(),
                    error: format!("the rest of it can't be read: {}", one_line(&error.into())),
                }));
                break;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let place = format!("{}, line {line}", file.display());
        rows.push(match StringRecord::from_byte_record(record) {
            Ok(record) => Ok((place, row(columns, &record, delimiter))),
            Err(_) => Err(Failed {
                file: place,
                error: "this is not text in UTF-8".to_owned(),
            }),
        });
    }
    Ok(rows)
}

/// A row as an object. In a table of pictures and captions alone, a caption may hold the delimiter
/// without quotes around it.
fn row(columns: &[String], record: &StringRecord, delimiter: u8) -> Map<String, Value> {
    let is_long = columns.len() == 2 && record.len() > 2;
    let fields: Vec<String> = match is_long {
        true => {
            let rest: Vec<&str> = record.iter().skip(1).collect();
            let joined = rest.join(&char::from(delimiter).to_string());
            vec![record[0].to_owned(), joined]
        }
        false => record.iter().map(str::to_owned).collect(),
    };
    let fields = columns.iter().zip(fields);
    // A gap says nothing.
    let fields = fields.filter(|(_, field)| !field.trim().is_empty());
    let value = |name: &str, field: &str| match field.parse::<i64>() {
        Ok(number) if facts::is_label(name) => json!(number),
        _ => json!(field),
    };
    fields
        .map(|(name, field)| (name.clone(), value(name, field.trim())))
        .collect()
}

/// Whether a folder holds a picture itself.
pub fn has_pictures(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else {
        return false;
    };
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths.any(|path| is_picture(&path) && !is_hidden(&path) && path.is_file())
}

/// A file's name as text.
pub fn name_of(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}
