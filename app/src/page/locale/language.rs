//! Which language the page speaks.

use crate::page::platform::{dom, storage};

/// A language that the page speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// What sentences are written in, so that nothing is fetched.
    #[default]
    English,
    /// German, by its catalog of translations.
    German,
}

/// What names the choice in the browser's memory.
const KEY: &str = "glimpse-language";

impl Language {
    /// All of them, in their order in the choice.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag (BCP 47), also in the page's `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language's own name for itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language with this tag, whatever its region.
    pub fn tagged(tag: &str) -> Option<Self> {
        let first = tag.split('-').next().unwrap_or_default();
        let same = |language: &Self| language.tag().eq_ignore_ascii_case(first);
        Self::ALL.into_iter().find(same)
    }

    /// The first of these tags that the page speaks.
    pub fn preferred<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        tags.into_iter().find_map(Self::tagged).unwrap_or_default()
    }

    /// What was chosen here before, or else what the browser asks for.
    pub fn wanted() -> Self {
        if let Some(language) = storage::get(KEY).and_then(|tag| Self::tagged(&tag)) {
            return language;
        }
        let languages = dom::window().map(|window| window.navigator().languages());
        let tags: Vec<String> = languages
            .iter()
            .flat_map(|tags| tags.iter())
            .filter_map(|tag| tag.as_string())
            .collect();
        Self::preferred(tags.iter().map(String::as_str))
    }

    /// Keeps the language for the next visit, in the browser's local storage.
    pub fn remember(self) {
        storage::set(KEY, self.tag());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_the_page_speaks_is_preferred() {
        assert_eq!(Language::preferred(["fr", "de-AT", "en"]), Language::German);
        assert_eq!(Language::preferred(["en-GB", "de"]), Language::English);
        assert_eq!(Language::preferred(["fr"]), Language::English);
        assert_eq!(Language::preferred([]), Language::English);
    }
}
