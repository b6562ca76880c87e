//! The sentences of the chosen language by their English wording.

use super::{Language, intl};
use crate::page::platform::{dom, fetch};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// What is loaded.
#[derive(Default)]
struct Catalog {
    language: Language,
    texts: HashMap<String, Rc<str>>,
}

thread_local! {
    static CATALOG: RefCell<Catalog> = RefCell::default();
}

/// The chosen language.
pub fn language() -> Language {
    CATALOG.with_borrow(|catalog| catalog.language)
}

/// A sentence in the chosen language; `None` where that has none of its own.
pub fn translated(english: &str) -> Option<Rc<str>> {
    CATALOG.with_borrow(|catalog| catalog.texts.get(english).cloned())
}

/// Fetches a language's sentences and speaks it from now on; whether they could be had.
pub async fn load(language: Language) -> bool {
    let texts = match language {
        Language::English => HashMap::new(),
        other => match fetched(other).await {
            Some(texts) => texts,
            None => return false,
        },
    };
    set(language, texts);
    dom::set_language(language.tag());
    true
}

async fn fetched(language: Language) -> Option<HashMap<String, Rc<str>>> {
    let json = fetch::text(&format!("text/{}.json", language.tag())).await?;
    parsed(&json)
}

fn parsed(json: &str) -> Option<HashMap<String, Rc<str>>> {
    let texts: HashMap<String, String> = serde_json::from_str(json).ok()?;
    let shared = texts
        .into_iter()
        .map(|(english, text)| (english, text.into()));
    Some(shared.collect())
}

fn set(language: Language, texts: HashMap<String, Rc<str>>) {
    intl::set_language(language);
    CATALOG.replace(Catalog { language, texts });
}

/// Speaks a language whose catalogs are given, for the length of a test's thread.
#[cfg(test)]
pub fn speak(language: Language, catalogs: &[&str]) {
    let texts = catalogs.iter().filter_map(|json| parsed(json)).flatten();
    set(language, texts.collect());
}

/// Fails unless `json` translates exactly these sentences, each with the same names in braces.
#[cfg(test)]
pub fn check(sentences: &[super::Text], json: &str) {
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("no catalog: {error}"));
    for text in sentences {
        let english = text.english();
        let Some(other) = texts.get(english) else {
            panic!("not translated: {english}");
        };
        assert!(!other.trim().is_empty(), "empty: {english}");
        assert_eq!(names(english), names(other), "{english}");
    }
    for english in texts.keys() {
        let is_used = sentences.iter().any(|text| text.english() == english);
        assert!(is_used, "not said any more: {english}");
    }
}

/// The names in braces, sorted.
#[cfg(test)]
fn names(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    let mut names: Vec<&str> = parts.filter_map(|part| part.split('}').next()).collect();
    names.sort_unstable();
    names
}
