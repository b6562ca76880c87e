//! Labels as people type them, and their embeddings through templates.

use crate::{batches::embed_texts, disk, failure::Usage, pack::Pack};
use anyhow::{Context, Result};
use glimpse_model::{
    text::{Template, starting},
    towers::normalise_rows,
};
use std::{collections::HashSet, path::Path};

/// `--template`, which may be given several times.
#[derive(clap::Args)]
pub struct Templates {
    /// The sentence around a label, with {} in the label's place, or {a} in that of the label with
    /// its article ("an apple", "water"); given several times, the sentences' embeddings are
    /// averaged. "{}" takes labels as they are [default: "a photo of {a}"]
    #[arg(long = "template", value_name = "TEMPLATE")]
    templates: Vec<String>,
}

impl Templates {
    /// Each label's embedding: the mean over the templates, of unit length.
    pub fn embed(&self, pack: &Pack, labels: &[String]) -> Result<Vec<Vec<f32>>> {
        self.embed_with(pack, labels, &[])
    }

    /// The same with a data set's own sentences, which have `{c}` in the label's place, unless others
    /// are given.
    pub fn embed_with(
        &self,
        pack: &Pack,
        labels: &[String],
        own: &[String],
    ) -> Result<Vec<Vec<f32>>> {
        let templates: Vec<Template> = self.templates.iter().map(Template::new).collect();
        let sentences: Vec<String> = labels
            .iter()
            .flat_map(|label| match (&templates[..], own) {
                ([], []) => vec![starting::template(label).fill(label)],
                ([], own) => own.iter().map(|it| it.replace("{c}", label)).collect(),
                (templates, _) => templates.iter().map(|it| it.fill(label)).collect(),
            })
            .collect();
        let embeds = embed_texts(pack, &sentences)?;
        let each = match (templates.len(), own.len()) {
            (0, own) => own.max(1),
            (given, _) => given,
        };
        let labels = embeds.chunks(each);
        let rows = labels.map(|rows| mean_direction(rows.iter().map(Vec::as_slice)));
        Ok(rows.collect())
    }
}

/// The mean of unit vectors, made a unit vector again.
pub fn mean_direction<'a>(embeds: impl ExactSizeIterator<Item = &'a [f32]>) -> Vec<f32> {
    let is_one = embeds.len() == 1;
    let mut sum = Vec::new();
    for embed in embeds {
        if sum.is_empty() {
            sum = embed.to_vec();
            continue;
        }
        for (sum, value) in sum.iter_mut().zip(embed) {
            *sum += value;
        }
    }
    if !is_one {
        let length = sum.len();
        normalise_rows(&mut sum, length);
    }
    sum
}

/// "a, b" to its parts, without the space around them. As in CSV, a part in quotes may hold commas,
/// and two quotes in it are one: `"salt, pepper", cat`.
///
/// # Errors
/// [`Usage`] if a quote isn't closed.
pub fn split(list: &str) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start();
        let mut part = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let Some((text, behind)) = rest.split_once('"') else {
                    return Err(Usage("a quote at the start of a label isn't closed").into());
                };
                part.push_str(text);
                rest = behind;
                match behind.strip_prefix('"') {
                    Some(behind) => rest = behind,
                    None => break,
                }
                part.push('"');
            }
        }
        let end = rest.find([',', '\n']);
        part.push_str(&rest[..end.unwrap_or(rest.len())]);
        let part = part.trim();
        if !part.is_empty() {
            parts.push(part.to_owned());
        }
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return Ok(parts),
        }
    }
}

/// The labels of lists and of a file, each once.
pub fn collect(lists: &[String], file: Option<&Path>) -> Result<Vec<String>> {
    let mut labels: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for label in all(lists, file)? {
        if seen.insert(label.clone()) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// The labels of lists and of a file, in their order.
///
/// # Errors
/// [`Usage`] if there are none.
pub fn all(lists: &[String], file: Option<&Path>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for list in lists {
        all.extend(split(list)?);
    }
    if let Some(file) = file {
        all.extend(read(file)?);
    }
    if all.is_empty() {
        return Err(Usage("there is no label: --labels takes \"cat, dog\"").into());
    }
    Ok(all)
}

/// A file with one label a line, or with a JSON array of them.
fn read(file: &Path) -> Result<Vec<String>> {
    let bytes = disk::read(file)?;
    if bytes.trim_ascii_start().starts_with(b"[") {
        return strings_in(&bytes, file);
    }
    let text = String::from_utf8(bytes)
        .with_context(|| format!("{} is not text in UTF-8", file.display()))?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

/// A file with a JSON array of strings.
pub fn strings(file: &Path) -> Result<Vec<String>> {
    strings_in(&disk::read(file)?, file)
}

fn strings_in(json: &[u8], file: &Path) -> Result<Vec<String>> {
    serde_json::from_slice(json)
        .with_context(|| format!("{} is not a JSON array of strings", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_and_each_label_is_kept_once() {
        let lists = ["a cat, dog,, ".to_owned(), "dog, red ball".to_owned()];
        assert_eq!(collect(&lists, None).unwrap(), ["a cat", "dog", "red ball"]);
        let error = collect(&[" , ".to_owned()], None).unwrap_err();
        assert!(error.is::<Usage>());
    }

    #[test]
    fn a_label_in_quotes_may_hold_commas() {
        for (list, expected) in [
            (r#""salt, pepper", cat"#, vec!["salt, pepper", "cat"]),
            (
                r#"cat,"a ""big"" dog" ,x"#,
                vec!["cat", "a \"big\" dog", "x"],
            ),
            (r#"5" screen, cat"#, vec!["5\" screen", "cat"]),
            ("\"two\nlines\"\ncat", vec!["two\nlines", "cat"]),
            (r#""", cat"#, vec!["cat"]),
        ] {
            assert_eq!(split(list).unwrap(), expected, "{list}");
        }
        assert!(split(r#"cat, "dog"#).unwrap_err().is::<Usage>());
    }

    #[test]
    fn files_hold_lines_or_json() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("labels");
        std::fs::write(&file, "salt, pepper\r\n\r\ncat\n").unwrap();
        assert_eq!(collect(&[], Some(&file)).unwrap(), ["salt, pepper", "cat"]);
        std::fs::write(&file, r#" ["salt, pepper", "cat"]"#).unwrap();
        assert_eq!(collect(&[], Some(&file)).unwrap(), ["salt, pepper", "cat"]);
        std::fs::write(&file, r#"[1]"#).unwrap();
        assert!(collect(&[], Some(&file)).is_err());
    }

    #[test]
    fn means_have_unit_length() {
        let mean = mean_direction([&[1.0, 0.0][..], &[0.0, 1.0]].into_iter());
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert!(mean.iter().all(|value| (value - half).abs() < 1e-6));
    }
}
