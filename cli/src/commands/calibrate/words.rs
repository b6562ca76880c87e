//! Labels of captioned pictures: the things that their captions name.

use crate::labels;
use anyhow::{Context, Result, bail};

/// Everyday things, in English.
const EVERYDAY: &str = include_str!("words.txt");

/// A label and the words under which captions speak of it.
#[derive(Debug, PartialEq)]
pub struct Word {
    /// The label as it is embedded and scored.
    pub label: String,
    /// Each as its parts, small letters.
    forms: Vec<Vec<String>>,
    /// Whether it is often there without being named.
    often_unsaid: bool,
}

/// What a picture's captions say about a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Yes,
    No,
    /// They don't name it, but that means little.
    Unknown,
}

impl Word {
    /// Looks for it in captions.
    pub fn named_in(&self, captions: &[Vec<String>]) -> Named {
        let named = |caption: &Vec<String>| self.forms.iter().any(|form| contains(caption, form));
        match captions.iter().any(named) {
            true => Named::Yes,
            false if self.often_unsaid => Named::Unknown,
            false => Named::No,
        }
    }
}

/// The list that comes with the program.
pub fn everyday() -> Result<Vec<Word>> {
    parse(EVERYDAY).context("the list of everyday things")
}

/// Reads "label: form, form" a line; `~` before the label marks what often goes unsaid, `#` a
/// comment.
pub fn parse(text: &str) -> Result<Vec<Word>> {
    let mut words = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (often_unsaid, line) = match line.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        // A label may hold commas, and in quotes it may hold a colon.
        let (label, others) = match line.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((label, rest)) => (label, rest.trim_start().strip_prefix(':').unwrap_or(rest)),
            None => line.split_once(':').unwrap_or((line, "")),
        };
        let others = labels::split(others).with_context(|| format!("line {}", place + 1))?;
        let forms = [label].into_iter().chain(others.iter().map(String::as_str));
        let forms: Vec<_> = forms.map(tokens).filter(|form| !form.is_empty()).collect();
        let label = label.trim().to_owned();
        if label.is_empty() {
            bail!("line {}: there is no label", place + 1);
        }
        words.push(Word {
            label,
            forms,
            often_unsaid,
        });
    }
    Ok(words)
}

/// A sentence's words in small letters.
pub fn tokens(sentence: &str) -> Vec<String> {
    let parts = sentence.split(|c: char| !c.is_alphanumeric());
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

fn contains(caption: &[String], form: &[String]) -> bool {
    let windows = caption.windows(form.len().max(1));
    windows.into_iter().any(|part| {
        part.iter()
            .zip(form)
            .all(|(word, wanted)| is_form(word, wanted))
    })
}

/// The word itself or its regular plural.
fn is_form(word: &str, wanted: &str) -> bool {
    word.strip_prefix(wanted)
        .is_some_and(|rest| matches!(rest, "" | "s" | "es"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_name_things() {
        let list = "# things\n\ncup of coffee: mug\nbus\n~ hat: \"cap\"\n";
        let words = parse(list).unwrap();
        let named = |caption: &str| {
            let caption = [tokens(caption)];
            let all = words.iter().map(|word| word.named_in(&caption));
            all.collect::<Vec<_>>()
        };
        use Named::{No, Unknown, Yes};
        assert_eq!(named("Two cups of coffee."), [Yes, No, Unknown]);
        assert_eq!(named("A Cup of coffee, and caps"), [Yes, No, Yes]);
        assert_eq!(named("mugs on buses"), [Yes, Yes, Unknown]);
        assert_eq!(named("a busy captain"), [No, No, Unknown]);
        assert_eq!(named(""), [No, No, Unknown]);
    }

    #[test]
    fn the_list_that_comes_with_it_can_be_read() {
        let words = everyday().unwrap();
        assert!(words.len() > 50);
        let error = parse("cat\n: kitten").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        let words = parse("\"salt, pepper\": \"salt, sugar\"\nred, white").unwrap();
        let labels: Vec<_> = words.iter().map(|word| word.label.as_str()).collect();
        assert_eq!(labels, ["salt, pepper", "red, white"]);
    }
}
