//! The page's language: its sentences, numbers, lists and names of languages.
//!
//! Sentences are written in English where they are used, each feature's in its `text.rs` by
//! [`texts!`], and looked up by their English wording in the [catalog](catalog) of the language that is
//! chosen; what isn't in it stays English. Catalogs are `text.LANGUAGE.json` beside each `text.rs`,
//! which the site's build merges into `text/LANGUAGE.json`.

pub(in crate::page) mod catalog;
mod intl;
mod language;
pub mod numbers;
mod text;

pub use catalog::load;
pub use intl::{language_name, list};
pub use language::Language;
pub(crate) use text::texts;
pub use text::{Text, plural};

/// The language that the page speaks now.
pub fn current() -> Language {
    catalog::language()
}
