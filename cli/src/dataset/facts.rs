//! What is said of one picture: captions, and the class or classes that it belongs to.

use serde_json::{Map, Value};

/// Keys of captions, the most explicit first; upper and lower case are one.
const CAPTIONS: [&str; 2] = ["captions", "caption"];
/// Keys that hold captions where there is no text file beside the picture either.
const TEXTS: [&str; 8] = [
    "text",
    "texts",
    "sentences",
    "sentence",
    "title",
    "raw",
    "comment",
    "description",
];
/// Keys of classes, names of classes before their numbers.
const LABELS: [&str; 13] = [
    "label_name",
    "label_text",
    "class_name",
    "label",
    "labels",
    "class",
    "classes",
    "category",
    "categories",
    "fine_label",
    "cls",
    "names",
    "target",
];
/// Keys of a picture's file, as tables and lists of captions name it.
const PICTURES: [&str; 11] = [
    "file_name",
    "filename",
    "image",
    "image_name",
    "image_path",
    "filepath",
    "file_path",
    "file",
    "path",
    "img",
    "picture",
];

/// One class, by its name or by its number in the data set's list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    Name(String),
    Number(i64),
}

impl Class {
    /// A whole number, or else a name; `None` if there is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse() {
            Ok(number) => Some(Self::Number(number)),
            Err(_) if text.is_empty() => None,
            Err(_) => Some(Self::Name(text.to_owned())),
        }
    }

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) => {
                let name = name.trim();
                (!name.is_empty()).then(|| Self::Name(name.to_owned()))
            }
            // Tables with gaps turn whole numbers into floating point.
            Value::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Self::Number(number),
                (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => {
                    Self::Number(float as i64)
                }
                _ => Self::Name(number.to_string()),
            }),
            _ => None,
        }
    }
}

/// The class or classes that a picture belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// One of the classes.
    One(Class),
    /// Any number of them.
    Several(Vec<Class>),
    /// For each of the classes, whether the picture belongs to it (multi-hot).
    Flags(Vec<bool>),
}

/// What is said of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub captions: Vec<String>,
    pub truth: Option<Truth>,
    /// Why something that is said of it can't be used.
    pub trouble: Option<String>,
}

impl Facts {
    /// What an object says: a JSON file's, or a row's of a table.
    pub fn of(object: &Map<String, Value>) -> Self {
        let captions = captions(object);
        let captions = match captions.is_empty() {
            true => texts(object),
            false => captions,
        };
        Self {
            captions,
            truth: truth(object),
            trouble: None,
        }
    }
}

/// The value of a key, whatever its case.
fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let found = object.get(key).or_else(|| {
        let mut entries = object.iter();
        let same = entries.find(|(other, _)| other.trim().eq_ignore_ascii_case(key));
        same.map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

/// `captions` or `caption` of an object.
pub fn captions(object: &Map<String, Value>) -> Vec<String> {
    first_texts(object, &CAPTIONS)
}

/// What else an object may call its captions: `text` and the like, or `caption_0`, `caption_1`, ….
pub fn texts(object: &Map<String, Value>) -> Vec<String> {
    let numbered: Vec<String> = (0..100)
        .map_while(|number| {
            let keys = [format!("caption_{number}"), format!("caption{number}")];
            // Some count from 0, some from 1.
            let value = keys.iter().find_map(|key| get(object, key));
            match value {
                None if number == 0 => Some(Vec::new()),
                value => value.map(strings),
            }
        })
        .flatten()
        .collect();
    match numbered.is_empty() {
        true => first_texts(object, &TEXTS),
        false => numbered,
    }
}

fn first_texts(object: &Map<String, Value>, keys: &[&str]) -> Vec<String> {
    let found = keys.iter().filter_map(|key| get(object, key)).map(strings);
    let mut found = found.filter(|texts| !texts.is_empty());
    found.next().unwrap_or_default()
}

/// A string or several, also as a table's field holds a JSON array of them; blank ones are left out.
pub fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) if text.trim_start().starts_with('[') => {
            match serde_json::from_str::<Vec<String>>(text) {
                Ok(texts) => non_blank(texts),
                Err(_) => vec![text.clone()],
            }
        }
        Value::String(text) => vec![text.clone()],
        // Karpathy's lists have an object for each sentence.
        Value::Array(texts) => texts
            .iter()
            .flat_map(|text| match text {
                Value::String(text) => non_blank([text.clone()]),
                Value::Object(text) => first_texts(text, &["raw", "caption", "text"]),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn non_blank(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let texts = texts.into_iter();
    texts.filter(|text| !text.trim().is_empty()).collect()
}

/// The class or classes of an object.
pub fn truth(object: &Map<String, Value>) -> Option<Truth> {
    LABELS.iter().find_map(|&key| {
        let value = get(object, key)?;
        match value {
            // A WordNet synset's: the first is the label, the others are synonyms.
            Value::Array(names) if key == "names" => {
                names.first().and_then(Class::of).map(Truth::One)
            }
            Value::Array(classes) => {
                let known: Option<Vec<Class>> = classes.iter().map(Class::of).collect();
                known.map(Truth::Several)
            }
            // What Hugging Face calls a picture without a label.
            Value::Number(number) if number.as_i64() == Some(-1) => None,
            value => Class::of(value).map(Truth::One),
        }
    })
}

/// The first of the columns that holds classes.
pub fn label_column<'a>(columns: &[&'a str]) -> Option<&'a str> {
    first_column(columns, &LABELS)
}

/// Whether a column holds classes.
pub fn is_label(column: &str) -> bool {
    first_column(&[column], &LABELS).is_some()
}

/// The first of the columns that names picture files.
pub fn picture_column<'a>(columns: &[&'a str]) -> Option<&'a str> {
    first_column(columns, &PICTURES)
}

/// Whether one of the columns holds captions or classes.
pub fn says_something(columns: &[&str]) -> bool {
    [&CAPTIONS[..], &TEXTS, &LABELS, &["caption_0", "caption_1"]]
        .iter()
        .any(|keys| first_column(columns, keys).is_some())
}

fn first_column<'a>(columns: &[&'a str], keys: &[&str]) -> Option<&'a str> {
    let find = |key: &&str| {
        let mut columns = columns.iter();
        columns
            .find(|column| column.trim().eq_ignore_ascii_case(key))
            .copied()
    };
    keys.iter().find_map(find)
}

/// The file that an object names.
pub fn picture(object: &Map<String, Value>) -> Option<&str> {
    PICTURES.iter().find_map(|key| get(object, key)?.as_str())
}

/// Python's `splitlines`, without blank lines and the space around the others.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    split_lines(text).filter(|line| !line.is_empty())
}

/// Python's `splitlines`, each line without the space around it.
pub fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\n');
    let is_end = |letter| {
        matches!(
            letter,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut before = '\0';
    let lines = text.split_inclusive(is_end).filter(move |line| {
        // Of "\r\n", the first ends the line.
        let is_rest = *line == "\n" && before == '\r';
        before = line.chars().next_back().unwrap_or_default();
        !is_rest
    });
    lines.map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Facts {
        Facts::of(value.as_object().unwrap())
    }

    #[test]
    fn captions_in_every_form() {
        for (value, expected) in [
            (json!({"captions": ["a", "b"], "text": "c"}), vec!["a", "b"]),
            (json!({"caption": "a"}), vec!["a"]),
            (json!({"TEXT": "a", "url": "b"}), vec!["a"]),
            (json!({"caption": null, "text": ["a", " "]}), vec!["a"]),
            (json!({"raw": "[\"a, b\", \"c\"]"}), vec!["a, b", "c"]),
            (
                json!({"sentences": [{"raw": "a", "tokens": ["a"]}]}),
                vec!["a"],
            ),
            (json!({"caption_0": "a", "caption_1": "b"}), vec!["a", "b"]),
            (json!({"caption1": "a", "caption2": "b"}), vec!["a", "b"]),
            (json!({"captions": [], "label": "x"}), vec![]),
        ] {
            assert_eq!(of(value.clone()).captions, expected, "{value}");
        }
    }

    #[test]
    fn classes_in_every_form() {
        let name = |name: &str| Class::Name(name.to_owned());
        for (value, expected) in [
            (json!({"label": "cat "}), Some(Truth::One(name("cat")))),
            (json!({"label": 7}), Some(Truth::One(Class::Number(7)))),
            (json!({"label": 7.0}), Some(Truth::One(Class::Number(7)))),
            (
                json!({"label": 7, "label_name": "cat"}),
                Some(Truth::One(name("cat"))),
            ),
            (json!({"label": -1}), None),
            (
                json!({"labels": ["cat", 3]}),
                Some(Truth::Several(vec![name("cat"), Class::Number(3)])),
            ),
            (
                json!({"synset": "n02123045", "names": ["tabby", "tabby cat"]}),
                Some(Truth::One(name("tabby"))),
            ),
            (json!({"names": []}), None),
            (json!({"label": " "}), None),
            (json!({"label": {"a": 1}}), None),
        ] {
            assert_eq!(of(value.clone()).truth, expected, "{value}");
        }
        assert_eq!(Class::parse(" 12\n"), Some(Class::Number(12)));
        assert_eq!(Class::parse("tabby cat"), Some(name("tabby cat")));
        assert_eq!(Class::parse(" "), None);
    }

    #[test]
    fn lines_end_where_they_do_in_python() {
        let found: Vec<_> = split_lines("a\r\nb\r c \n\nd\u{2028}e\n").collect();
        assert_eq!(found, ["a", "b", "c", "", "d", "e"]);
        assert_eq!(lines("\u{feff}a\n\nb\n").collect::<Vec<_>>(), ["a", "b"]);
    }
}
