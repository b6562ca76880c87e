//! The sentences of the chosen language by their English wording.

use super::{Language, intl};
use crate::page::platform::{dom, fetch};
use std::cell::{Cell, RefCell};
use texts::Texts;

thread_local! {
    static LANGUAGE: Cell<Language> = Cell::default();
    /// None for what sentences are written in.
    static TEXTS: RefCell<Option<Texts>> = const { RefCell::new(None) };
}

/// The language that the page speaks now.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// A sentence in the chosen language; `None` where that has none of its own.
pub fn translated(english: &str) -> Option<String> {
    TEXTS.with_borrow(|texts| texts.as_ref()?.get(english))
}

/// Fetches a language's sentences and speaks it from now on; whether they could be had.
pub async fn load(language: Language) -> bool {
    let texts = match language {
        Language::English => None,
        other => match fetched(other).await {
            Some(texts) => Some(texts),
            None => return false,
        },
    };
    set(language, texts);
    dom::set_language(language.tag());
    true
}

async fn fetched(language: Language) -> Option<Texts> {
    let json = fetch::text(&format!("text/{}.json", language.tag())).await?;
    Texts::parse(&json)
}

fn set(language: Language, texts: Option<Texts>) {
    intl::set_language(language);
    LANGUAGE.set(language);
    TEXTS.replace(texts);
}

/// A JSON object, parsed and kept by the browser, which makes the module smaller than a map here.
#[cfg(target_arch = "wasm32")]
mod texts {
    use js_sys::{JSON, Reflect};
    use wasm_bindgen::JsValue;

    pub struct Texts(JsValue);

    impl Texts {
        pub fn parse(json: &str) -> Option<Self> {
            let texts = JSON::parse(json).ok()?;
            texts.is_object().then_some(Self(texts))
        }

        pub fn get(&self, english: &str) -> Option<String> {
            Reflect::get(&self.0, &english.into()).ok()?.as_string()
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod texts {
    use std::collections::HashMap;

    pub struct Texts(HashMap<String, String>);

    impl Texts {
        pub fn parse(json: &str) -> Option<Self> {
            serde_json::from_str(json).ok().map(Self)
        }

        pub fn get(&self, english: &str) -> Option<String> {
            self.0.get(english).cloned()
        }
    }
}

/// Speaks a language with this catalog, for the length of a test's thread.
#[cfg(test)]
pub fn speak(language: Language, json: &str) {
    set(language, Texts::parse(json));
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
