//! Captioned pictures: a tar file, or a folder with a file of captions.

use super::{
    Captioned, Found,
    samples::{self, Sample},
    webdataset,
};
use crate::{
    disk,
    failure::{Failed, one_line},
    pictures::{Picture, find_in},
};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

/// Captions of a folder: {"a.jpg": ["…", "…"]}, or [{"file": "a.jpg", "captions": ["…"]}].
const JSON: &str = "captions.json";
/// Captions of a folder: file, tab, caption; a line for each caption.
const TSV: &str = "captions.tsv";

/// Finds the pictures and their captions.
pub fn captioned(path: &Path) -> Result<Found<Captioned>> {
    let mut failed = Vec::new();
    let all = if !path.is_dir() {
        let archive = webdataset::read(path)?;
        failed.extend(archive.failed);
        archive.samples.into_values().collect()
    } else if path.join(JSON).is_file() {
        listed(path, from_json(&path.join(JSON))?)?
    } else if path.join(TSV).is_file() {
        listed(path, from_tsv(&path.join(TSV))?)?
    } else {
        beside(path)?
    };
    let mut pictures = Vec::new();
    for sample in all {
        let captions = sample.captions();
        let Some(picture) = sample.picture else {
            continue;
        };
        match picture.known_failure() {
            Some(known) => failed.push(known),
            None if captions.is_empty() => failed.push(Failed {
                file: picture.name,
                error: sample
                    .trouble
                    .unwrap_or_else(|| "it has no caption".to_owned()),
            }),
            None => pictures.push((picture, captions)),
        }
    }
    if pictures.is_empty() {
        bail!(
            "no picture of {} has a caption. A tar file needs a JSON with \"captions\" or a .txt \
             beside each picture, a folder the same or a {JSON} or {TSV}",
            path.display()
        );
    }
    Ok(Found {
        data: Captioned { pictures },
        failed,
    })
}

/// Pictures with a `.json` or a `.txt` of their name.
fn beside(path: &Path) -> Result<Vec<Sample>> {
    let with_captions = |picture: Picture| {
        let mut sample = Sample::default();
        let file = |extension: &str| {
            let file = picture.path()?.with_extension(extension);
            file.is_file().then(|| disk::read(&file))
        };
        match file("json") {
            Some(Ok(json)) => sample.take_json(&json),
            Some(Err(error)) => sample.trouble = Some(one_line(&error)),
            None => {}
        }
        match file("txt") {
            Some(Ok(text)) => sample.take_text(text),
            Some(Err(error)) => sample.trouble = Some(one_line(&error)),
            None => {}
        }
        sample.picture = Some(picture);
        sample
    };
    let pictures = find_in(path).with_context(|| path.display().to_string())?;
    Ok(pictures.into_iter().map(with_captions).collect())
}

/// Pictures by their names in a list of captions, which name nothing outside of its folder.
fn listed(folder: &Path, captions: BTreeMap<String, Vec<String>>) -> Result<Vec<Sample>> {
    let pairs = captions.into_iter();
    pairs
        .map(|(file, captions)| {
            let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
            if !Path::new(&file).components().all(is_inside) {
                bail!(
                    "a list of captions names {file:?}, which is outside of its folder {}",
                    folder.display()
                );
            }
            Ok(Sample {
                picture: Some(Picture::file(folder.join(file))),
                json: Some(json!({ "captions": captions })),
                ..Sample::default()
            })
        })
        .collect()
}

fn from_json(file: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let wrong = || {
        format!(
            "{} is neither {{\"a.jpg\": [\"caption\"]}} nor [{{\"file\": \"a.jpg\", \
             \"captions\": [\"caption\"]}}]",
            file.display()
        )
    };
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    match serde_json::from_slice(&disk::read(file)?).with_context(wrong)? {
        Value::Object(files) => {
            for (name, captions) in files {
                let captions = samples::captions(&serde_json::json!({"captions": captions}));
                all.entry(name).or_default().extend(captions);
            }
        }
        Value::Array(rows) => {
            for row in rows {
                let name = row["file"].as_str().with_context(wrong)?;
                let captions = samples::captions(&row);
                all.entry(name.to_owned()).or_default().extend(captions);
            }
        }
        _ => bail!(wrong()),
    }
    Ok(all)
}

fn from_tsv(file: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let text = String::from_utf8(disk::read(file)?)
        .with_context(|| format!("{} is not text in UTF-8", file.display()))?;
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let Some((name, caption)) = line.split_once('\t') else {
            bail!(
                "{}, line {}: a file, a tab and a caption were expected",
                file.display(),
                number + 1
            );
        };
        all.entry(name.trim().to_owned())
            .or_default()
            .push(caption.trim().to_owned());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn lists_of_captions_in_every_form() {
        let folder = tempfile::tempdir().unwrap();
        let expected: BTreeMap<String, Vec<String>> = [
            ("a.jpg".to_owned(), vec!["one".to_owned(), "two".to_owned()]),
            ("b.jpg".to_owned(), vec!["three".to_owned()]),
        ]
        .into();
        let json = folder.path().join(JSON);
        for text in [
            r#"{"a.jpg": ["one", "two"], "b.jpg": "three"}"#,
            r#"[{"file": "a.jpg", "caption": "one"}, {"file": "b.jpg", "captions": ["three"]},
                {"file": "a.jpg", "caption": "two"}]"#,
        ] {
            fs::write(&json, text).unwrap();
            assert_eq!(from_json(&json).unwrap(), expected);
        }
        fs::write(&json, "3").unwrap();
        assert!(from_json(&json).is_err());
        let tsv = folder.path().join(TSV);
        fs::write(&tsv, "a.jpg\tone\nb.jpg\tthree\n\na.jpg\ttwo\n").unwrap();
        assert_eq!(from_tsv(&tsv).unwrap(), expected);
        for outside in ["/etc/passwd", "../a.jpg", "train/../../a.jpg"] {
            let captions = [(outside.to_owned(), vec![])].into();
            let error = listed(folder.path(), captions).unwrap_err().to_string();
            assert!(error.contains(outside), "{error}");
        }
        let captions = [("train/1/a.jpg".to_owned(), vec![])].into();
        assert_eq!(listed(folder.path(), captions).unwrap().len(), 1);
        fs::write(&tsv, "a.jpg one").unwrap();
        let error = from_tsv(&tsv).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
