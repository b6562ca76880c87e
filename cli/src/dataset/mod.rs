//! Data sets of pictures with labels or captions, in every layout of [`LAYOUTS`], through one reader
//! ([`read`]): what lies there says which layout it is (`layout.rs`).

mod class_lists;
mod coco;
mod facts;
mod folder;
mod layout;
mod limits;
mod lists;
mod npy;
mod parquet;
mod pattern;
mod split;
mod webdataset;

pub use pattern::expand;
pub use split::Purpose;

use crate::{
    failure::{Failed, Usage, one_line, say},
    labels,
    pictures::Picture,
};
use anyhow::{Result, bail};
use facts::{Class, Facts, Truth};
use split::Wanted;
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    path::{Path, PathBuf},
};

/// The layouts that are read: what each is called, and what it looks like. Help and documentation
/// say the same.
pub const LAYOUTS: [(&str, &str); 9] = [
    (
        "WebDataset",
        "tar files with a .json, .txt, .cls or .npy beside each picture, as img2dataset writes them",
    ),
    (
        "CLIP_benchmark",
        "a folder with test/0.tar, test/nshards.txt, classnames.txt and \
         zeroshot_classification_templates.txt",
    ),
    (
        "Hugging Face imagefolder",
        "a folder with metadata.jsonl, metadata.csv or metadata.parquet",
    ),
    (
        "Parquet",
        "files with a column of pictures, as Hugging Face and img2dataset write them",
    ),
    (
        "COCO",
        "captions_val2017.json or instances_val2017.json and the like, with the pictures beside",
    ),
    (
        "Flickr8k and Flickr30k",
        "Flickr8k.token.txt, captions.txt, results.csv or flickr_annotations_30k.csv, with the \
         pictures beside",
    ),
    (
        "class folders",
        "a folder of pictures for each label (_ is a space)",
    ),
    (
        "files beside pictures",
        "a.jpg with a.json, a.txt (a caption a line) or a.cls",
    ),
    (
        "lists",
        "captions.json ({\"a.jpg\": [\"…\"]}), captions.tsv (file, tab, caption), or a table with \
         the columns file_name and caption",
    ),
];

/// The layouts, for `--help`.
pub fn help() -> String {
    let mut text = "Data sets that are read (docs/datasets.md has examples):\n".to_owned();
    for (name, look) in LAYOUTS {
        text += &format!("  {name}: {look}\n");
    }
    text + "Several shards are named one by one, by a pattern (\"train/*.tar\"), or with braces \
            (\"train/{000..012}.tar\")."
}

/// Which data set is meant.
#[derive(Debug, clap::Args)]
pub struct Choice {
    /// The split to read, where a data set has several: "test", "val2017"
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
}

/// Names of classes that a data set only has numbers of.
#[derive(Debug, clap::Args)]
pub struct ClassNames {
    /// The names of the data set's classes in the order of their numbers, separated by commas (a name
    /// with a comma in quotes: '"salt, pepper", cat'); may be given several times
    #[arg(long, value_name = "LABELS")]
    labels: Vec<String>,
    /// A file with the same, one name a line, or with a JSON array of them
    #[arg(long, value_name = "FILE")]
    labels_file: Option<PathBuf>,
}

impl ClassNames {
    /// The names; `None` if there are no such arguments.
    pub fn read(&self) -> Result<Option<Vec<String>>> {
        match self.labels.is_empty() && self.labels_file.is_none() {
            true => Ok(None),
            false => labels::all(&self.labels, self.labels_file.as_deref()).map(Some),
        }
    }
}

/// A picture and what is said of it.
pub struct Item {
    pub picture: Picture,
    pub captions: Vec<String>,
    /// Its classes by their places in [`DataSet::classes`]; `None` where that isn't said.
    pub classes: Option<Vec<usize>>,
    /// Why what is said of it, or a part of that, can't be used.
    trouble: Option<String>,
    /// Why it has no class.
    no_label: Option<&'static str>,
}

/// A data set in whatever layout.
pub struct DataSet {
    /// What it was read from.
    pub name: String,
    pub items: Vec<Item>,
    /// Names of the classes, those without pictures among them if the data set lists its classes.
    pub classes: Vec<String>,
    /// Whether a picture may belong to several classes, or to none.
    pub is_multi_label: bool,
    /// Whether classes have numbers and no names.
    is_nameless: bool,
    /// The data set's own sentences around a class, with `{c}` in its place.
    pub templates: Vec<String>,
    /// What can't be read.
    pub failed: Vec<Failed>,
}

/// Pictures that each belong to classes.
pub struct Labelled {
    /// The classes' names.
    pub labels: Vec<String>,
    /// The data set's own sentences around a class, with `{c}` in its place.
    pub templates: Vec<String>,
    /// Pictures and their classes' places in `labels`: one, unless it is a multi-label data set.
    pub pictures: Vec<(Picture, Vec<usize>)>,
    pub is_multi_label: bool,
}

/// Pictures that each have captions.
pub struct Captioned {
    /// Pictures and at least one caption each.
    pub pictures: Vec<(Picture, Vec<String>)>,
}

/// A data set, and what of it can't be used.
pub struct Found<T> {
    pub data: T,
    pub failed: Vec<Failed>,
}

/// A picture as a layout's reader gives it.
struct Sample {
    picture: Picture,
    facts: Facts,
    /// Why it has no class, if the layout knows.
    no_label: Option<&'static str>,
}

/// What a layout's reader gives.
#[derive(Default)]
struct Part {
    samples: Vec<Sample>,
    failed: Vec<Failed>,
    /// Names of the classes by their numbers.
    names: Option<Vec<String>>,
    templates: Vec<String>,
}

impl Part {
    fn fail(&mut self, file: impl Display, error: String) {
        let file = file.to_string();
        self.failed.push(Failed { file, error });
    }

    /// Counts a file that can't be read, of which the error begins with its name.
    fn fail_file(&mut self, file: &Path, error: &anyhow::Error) {
        let shown = file.display().to_string();
        let error = one_line(error);
        let rest = error.strip_prefix(&shown).unwrap_or(&error).trim_start();
        let rest = match rest.starts_with("can't") || rest.starts_with("is ") {
            true => format!("it {rest}"),
            false => rest.to_owned(),
        };
        self.fail(shown, rest);
    }

    /// Adds another part of the same data set.
    fn append(&mut self, other: Self) -> Result<()> {
        self.samples.extend(other.samples);
        self.failed.extend(other.failed);
        match (&self.names, other.names) {
            (Some(own), Some(names)) if *own != names => {
                bail!("parts of the data set list different classes, so they are no single one")
            }
            (None, Some(names)) => self.names = Some(names),
            _ => {}
        }
        if self.templates.is_empty() {
            self.templates = other.templates;
        }
        Ok(())
    }
}

/// Reads a data set that lies in `paths`: files, folders, patterns and braces.
///
/// # Errors
/// If nothing of it can be read, it can be read in several ways, or a list names files outside of
/// its folder.
pub fn read(
    paths: &[PathBuf],
    split: Option<&str>,
    purpose: Purpose,
    names: Option<Vec<String>>,
) -> Result<DataSet> {
    let wanted = Wanted { split, purpose };
    let mut whole = Part::default();
    for path in paths {
        whole.append(layout::read(path, &wanted)?)?;
    }
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let name = shown.join(", ");
    if whole.samples.is_empty() {
        for Failed { file, error } in &whole.failed {
            say(&format!("{file}: {error}"));
        }
        bail!("{name} holds no picture that can be read");
    }
    if names.is_some() {
        whole.names = names;
    }
    assemble(name, whole)
}

fn assemble(name: String, part: Part) -> Result<DataSet> {
    let Part {
        samples,
        failed,
        names,
        templates,
    } = part;
    let truths = || {
        samples
            .iter()
            .filter_map(|sample| sample.facts.truth.as_ref())
    };
    let is_multi_label = truths().any(|truth| !matches!(truth, Truth::One(_)));
    let numbered = |truth: &Truth| match truth {
        Truth::One(class) => matches!(class, Class::Number(_)),
        Truth::Several(classes) => classes
            .iter()
            .any(|class| matches!(class, Class::Number(_))),
        Truth::Flags(_) => true,
    };
    let is_nameless = names.is_none() && truths().any(numbered);
    let classes = match names {
        Some(names) => names,
        None => found_classes(&name, truths())?,
    };
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, class) in classes.iter().enumerate() {
        places.entry(class).or_insert(place);
    }
    let items = samples.into_iter().map(|sample| {
        let Facts {
            captions,
            truth,
            mut trouble,
        } = sample.facts;
        let own = truth.map(|truth| resolve(truth, &classes, &places));
        let own = match own {
            Some(Err(reason)) => {
                trouble.get_or_insert(reason);
                None
            }
            own => own.and_then(Result::ok),
        };
        Item {
            picture: sample.picture,
            captions,
            classes: own,
            trouble,
            no_label: sample.no_label,
        }
    });
    Ok(DataSet {
        items: items.collect(),
        name,
        is_multi_label,
        is_nameless,
        templates,
        failed,
        classes,
    })
}

/// The classes that pictures belong to, where there is no list of them: names by the alphabet, and
/// numbers as their own names.
fn found_classes<'a>(
    name: &str,
    truths: impl Iterator<Item = &'a Truth> + Clone,
) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut flags = 0;
    let mut add = |class: &Class| {
        match class {
            Class::Name(name) => drop(names.insert(name.clone())),
            Class::Number(number) => drop(numbers.insert(*number)),
        };
    };
    for truth in truths {
        match truth {
            Truth::One(class) => add(class),
            Truth::Several(classes) => classes.iter().for_each(&mut add),
            Truth::Flags(of) => flags = flags.max(of.len()),
        }
    }
    if flags > 0 && !(names.is_empty() && numbers.is_empty()) {
        bail!(
            "{name} says by name or number which classes some pictures belong to, and by a row of flags for others"
        );
    }
    if flags > 0 {
        numbers.extend(0..flags as i64);
    }
    let only_numbers = names.is_empty();
    let numbers = numbers.into_iter().map(|number| number.to_string());
    if only_numbers {
        return Ok(numbers.collect());
    }
    names.extend(numbers);
    Ok(names.into_iter().collect())
}

/// The places of a picture's classes, or why they aren't known.
fn resolve(
    truth: Truth,
    classes: &[String],
    places: &HashMap<&str, usize>,
) -> Result<Vec<usize>, String> {
    let count = classes.len();
    let place = |class: &Class| match class {
        Class::Name(name) => match (places.get(name.as_str()), name.parse::<usize>()) {
            (Some(&place), _) => Ok(place),
            (None, Ok(number)) if number < count => Ok(number),
            _ => Err(format!(
                "its label {name:?} is none of the data set's {count} classes"
            )),
        },
        Class::Number(number) => {
            let listed = usize::try_from(*number)
                .ok()
                .filter(|&number| number < count);
            let named = || places.get(number.to_string().as_str()).copied();
            // Numbers that are their own names needn't begin at 0.
            let is_named = || classes.iter().all(|class| class.parse::<i64>().is_ok());
            let found = if is_named() {
                named()
            } else {
                listed.or_else(named)
            };
            found.ok_or_else(|| {
                format!("its class is {number}, and the data set has {count} classes, from 0 on")
            })
        }
    };
    match truth {
        Truth::One(class) => Ok(vec![place(&class)?]),
        Truth::Several(all) => {
            let found: Result<BTreeSet<usize>, String> = all.iter().map(place).collect();
            Ok(found?.into_iter().collect())
        }
        Truth::Flags(flags) if flags.len() != count => Err(format!(
            "it has flags for {} classes, and the data set has {count}",
            flags.len()
        )),
        Truth::Flags(flags) => {
            let set = flags.iter().enumerate().filter(|(_, flag)| **flag);
            Ok(set.map(|(place, _)| place).collect())
        }
    }
}

impl DataSet {
    /// Whether a picture of it has captions.
    pub fn has_captions(&self) -> bool {
        self.items.iter().any(|item| !item.captions.is_empty())
    }

    /// The pictures that have labels.
    ///
    /// # Errors
    /// If there are none, or fewer than two labels.
    pub fn labelled(self) -> Result<Found<Labelled>> {
        let has_captions = self.has_captions();
        let Self {
            name,
            items,
            classes,
            is_multi_label,
            is_nameless,
            templates,
            mut failed,
        } = self;
        if is_nameless {
            say(&format!(
                "note: {name} numbers its classes and has no names for them, so the numbers are \
                 taken as labels. A classnames.txt beside it, or --labels-file of glimpse evaluate, \
                 names them"
            ));
        }
        let mut pictures = Vec::new();
        let mut unlabelled = None;
        for item in items {
            if let Some(known) = item.picture.known_failure() {
                failed.push(known);
                continue;
            }
            match item.classes {
                Some(classes) => pictures.push((item.picture, classes)),
                None => {
                    unlabelled.get_or_insert_with(|| item.picture.name.clone());
                    let none =
                        "it has no label: no \"label\" or \"names\" in a JSON, no .cls, no column";
                    let error = item
                        .trouble
                        .unwrap_or_else(|| item.no_label.unwrap_or(none).to_owned());
                    let file = item.picture.name;
                    failed.push(Failed { file, error });
                }
            }
        }
        if pictures.is_empty() {
            let hint = match has_captions {
                true => "it has captions: glimpse evaluate retrieval measures those",
                false => {
                    "labels are a JSON's or a column's \"label\" or \"names\", a .cls file beside \
                     the picture, or folders: each class has a folder of its own, named by its label"
                }
            };
            bail!(
                "no picture of {name} has a label, {} for one; {hint}",
                unlabelled.unwrap_or_default()
            );
        }
        if classes.len() < 2 {
            bail!(
                "{name} has {} labels; at least two are needed to choose from",
                classes.len()
            );
        }
        let data = Labelled {
            labels: classes,
            templates,
            pictures,
            is_multi_label,
        };
        Ok(Found { data, failed })
    }

    /// The pictures that have captions.
    ///
    /// # Errors
    /// If there are none.
    pub fn captioned(self) -> Result<Found<Captioned>> {
        let Self {
            name,
            items,
            mut failed,
            ..
        } = self;
        let mut pictures = Vec::new();
        for item in items {
            match item.picture.known_failure() {
                Some(known) => failed.push(known),
                None if item.captions.is_empty() => failed.push(Failed {
                    file: item.picture.name,
                    error: item
                        .trouble
                        .unwrap_or_else(|| "it has no caption".to_owned()),
                }),
                None => pictures.push((item.picture, item.captions)),
            }
        }
        if pictures.is_empty() {
            bail!(
                "no picture of {name} has a caption. Captions are a JSON's \"captions\" or a .txt \
                 beside each picture, or stand in a list: captions.json, captions.tsv, \
                 metadata.jsonl and others (glimpse evaluate retrieval --help)"
            );
        }
        let data = Captioned { pictures };
        Ok(Found { data, failed })
    }
}

/// Why a set can't be used where pictures belong to one class each.
pub fn needs_one_label() -> Usage {
    Usage("this data set has several labels a picture, and one each is needed here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_the_same_layouts() {
        let page = include_str!("../../../docs/datasets.md");
        for (name, look) in LAYOUTS {
            let row = format!("| {name} | {look} |");
            assert!(page.contains(&row), "docs/datasets.md lacks: {row}");
        }
    }

    fn part(truths: Vec<Truth>, names: Option<&[&str]>) -> Part {
        let sample = |truth| Sample {
            picture: Picture::file("a.jpg".into()),
            facts: Facts {
                truth: Some(truth),
                ..Facts::default()
            },
            no_label: None,
        };
        Part {
            samples: truths.into_iter().map(sample).collect(),
            names: names.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            ..Part::default()
        }
    }

    fn found(part: Part) -> (Vec<String>, Vec<Option<Vec<usize>>>) {
        let set = assemble("x".to_owned(), part).unwrap();
        let own = set.items.into_iter().map(|item| item.classes).collect();
        (set.classes, own)
    }

    #[test]
    fn classes_by_name_and_by_number() {
        let name = |name: &str| Truth::One(Class::Name(name.to_owned()));
        let number = |number| Truth::One(Class::Number(number));
        let (classes, own) = found(part(vec![name("dog"), name("cat")], None));
        assert_eq!(classes, ["cat", "dog"]);
        assert_eq!(own, [Some(vec![1]), Some(vec![0])]);
        // Without names, 10 comes after 9.
        let (classes, own) = found(part(vec![number(10), number(9)], None));
        assert_eq!(classes, ["9", "10"]);
        assert_eq!(own, [Some(vec![1]), Some(vec![0])]);
        let truths = vec![
            number(1),
            name("b"),
            number(2),
            number(-2),
            name("c"),
            name("0"),
        ];
        let (_, own) = found(part(truths, Some(&["a", "b"])));
        assert_eq!(
            own,
            [
                Some(vec![1]),
                Some(vec![1]),
                None,
                None,
                None,
                Some(vec![0])
            ]
        );
    }

    #[test]
    fn several_classes_a_picture() {
        let flags = |flags: &[bool]| Truth::Flags(flags.to_vec());
        let truths = vec![
            flags(&[true, false, true]),
            flags(&[false; 3]),
            flags(&[true]),
        ];
        let (_, own) = found(part(truths, Some(&["a", "b", "c"])));
        assert_eq!(own, [Some(vec![0, 2]), Some(vec![]), None]);
        let several = Truth::Several(vec![Class::Name("b".into()), Class::Name("a".into())]);
        let set = assemble(
            "x".into(),
            part(vec![several, Truth::One(Class::Name("b".into()))], None),
        );
        let set = set.unwrap();
        assert!(set.is_multi_label);
        let own: Vec<_> = set
            .items
            .into_iter()
            .map(|item| item.classes.unwrap())
            .collect();
        assert_eq!(own, [vec![0, 1], vec![1]]);
    }
}
