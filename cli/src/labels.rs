//! Labels as people type them, and their embeddings through templates.

use crate::{batches::embed_texts, disk, failure::Usage, pack::Pack};
use anyhow::{Context, Result};
use glimpse_model::{
    text::{Template, starting},
    towers::normalise_rows,
};
use std::path::Path;

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
        let templates: Vec<Template> = self.templates.iter().map(Template::new).collect();
        let sentences: Vec<String> = labels
            .iter()
            .flat_map(|label| match &templates[..] {
                [] => vec![starting::template(label).fill(label)],
                templates => templates.iter().map(|it| it.fill(label)).collect(),
            })
            .collect();
        let embeds = embed_texts(pack, &sentences)?;
        let labels = embeds.chunks(templates.len().max(1));
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

/// "a, b" to its parts, without the space around them.
pub fn split(list: &str) -> impl Iterator<Item = String> {
    let parts = list.split([',', '\n']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The labels of lists and of a file, each once.
pub fn collect(lists: &[String], file: Option<&Path>) -> Result<Vec<String>> {
    let mut all: Vec<String> = lists.iter().flat_map(|list| split(list)).collect();
    if let Some(file) = file {
        all.extend(read(file)?);
    }
    let mut labels: Vec<String> = Vec::with_capacity(all.len());
    for label in all {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.is_empty() {
        return Err(Usage("there is no label: --labels takes \"cat, dog\"").into());
    }
    Ok(labels)
}

/// A file with one label a line, or with a JSON array of them.
fn read(file: &Path) -> Result<Vec<String>> {
    let bytes = disk::read(file)?;
    if bytes.trim_ascii_start().starts_with(b"[") {
        return strings(file);
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
    serde_json::from_slice(&disk::read(file)?)
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
