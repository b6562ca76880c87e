//! COCO's JSON, with captions or with the classes of objects, and Karpathy's lists of the same
//! pictures.

use super::{
    facts::{Class, Facts, Truth},
    limits::LIST,
    lists::{List, Row},
};
use crate::{disk, failure::Failed};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{BufReader, Read},
    path::Path,
};

#[derive(Deserialize)]
struct Annotations {
    images: Vec<Image>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    categories: Vec<Category>,
}

/// Both of COCO (`id`, `file_name`) and of Karpathy (`filepath`, `filename`, `sentences`, `split`).
#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    id: Value,
    file_name: Option<String>,
    filename: Option<String>,
    filepath: Option<String>,
    split: Option<String>,
    #[serde(default)]
    sentences: Value,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    image_id: Value,
    #[serde(default)]
    caption: Value,
    #[serde(default)]
    category_id: Value,
}

#[derive(Deserialize)]
struct Category {
    id: Value,
    name: String,
}

/// Whether the head of a JSON file looks like this one's.
pub fn is_head(head: &str) -> bool {
    let list = |key: &str| {
        head.split_once(&format!("\"{key}\""))
            .is_some_and(|(_, rest)| {
                let rest = rest.trim_start().strip_prefix(':').unwrap_or_default();
                rest.trim_start().starts_with('[')
            })
    };
    head.trim_start().starts_with('{') && (list("images") || list("annotations"))
}

/// Reads such a list.
///
/// # Errors
/// If it can't be read or is of another form.
pub fn read(file: &Path) -> Result<List> {
    let unreadable = || format!("{} can't be read", file.display());
    let json = BufReader::new(disk::open_file(file).with_context(unreadable)?);
    let all: Annotations = serde_json::from_reader(json.take(LIST)).with_context(|| {
        format!(
            "{} is no JSON as COCO's, with \"images\" and \"annotations\"",
            file.display()
        )
    })?;
    let mut list = List::default();
    let names: HashMap<String, &str> = all
        .categories
        .iter()
        .map(|category| (category.id.to_string(), category.name.as_str()))
        .collect();
    let mut places = HashMap::new();
    let mut classes: Vec<BTreeSet<String>> = vec![BTreeSet::new(); all.images.len()];
    let mut captions: Vec<Vec<String>> = vec![Vec::new(); all.images.len()];
    for (place, image) in all.images.iter().enumerate() {
        if !image.id.is_null() {
            places.insert(image.id.to_string(), place);
        }
    }
    // By what is wrong with them, annotations that belong to no picture.
    let mut strangers: BTreeMap<String, usize> = BTreeMap::new();
    let (mut has_captions, mut has_classes) = (false, false);
    for annotation in &all.annotations {
        let id = annotation.image_id.to_string();
        let Some(&place) = places.get(&id) else {
            let count = strangers.entry(format!("image_id {id}")).or_default();
            *count += 1;
            continue;
        };
        match (
            &annotation.caption,
            names.get(&annotation.category_id.to_string()),
        ) {
            (Value::String(caption), _) if !caption.trim().is_empty() => {
                has_captions = true;
                captions[place].push(caption.clone());
            }
            (_, Some(&name)) => {
                has_classes = true;
                classes[place].insert(name.to_owned());
            }
            _ => {
                let what = format!("an annotation of image_id {id} without a caption or class");
                *strangers.entry(what).or_default() += 1;
            }
        }
    }
    for (what, count) in strangers {
        list.failed.push(Failed {
            file: format!("{}, {what}", file.display()),
            error: match what.starts_with("image_id") {
                true => format!("its images have no such picture ({count} annotations)"),
                false => format!("it says nothing ({count} annotations)"),
            },
        });
    }
    for (place, image) in all.images.into_iter().enumerate() {
        let name = image.file_name.or(image.filename);
        let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
            list.failed.push(Failed {
                file: format!("{}, image {}", file.display(), place + 1),
                error: "it names no picture: there is no \"file_name\"".to_owned(),
            });
            continue;
        };
        let mut own = std::mem::take(&mut captions[place]);
        own.extend(super::facts::strings(&image.sentences));
        let own_classes = std::mem::take(&mut classes[place]);
        let truth = has_classes.then(|| {
            let classes = own_classes.into_iter().map(Class::Name);
            Truth::Several(classes.collect())
        });
        list.rows.push(Row {
            picture: match image.filepath {
                Some(folder) => format!("{folder}/{name}"),
                None => name,
            },
            split: image.split,
            facts: Facts {
                captions: own,
                truth,
                trouble: None,
            },
        });
    }
    if has_classes && !has_captions {
        // In the order of the list, as everybody numbers them.
        list.names = Some(
            all.categories
                .into_iter()
                .map(|category| category.name)
                .collect(),
        );
    }
    Ok(list)
}
