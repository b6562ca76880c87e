//! Sentences that are written in English and shown in the page's language.

use super::catalog;
use std::rc::Rc;
use yew::{AttrValue, Html, html::IntoPropValue, virtual_dom::VNode};

/// A sentence in English, which is also what finds its translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(&'static str);

impl Text {
    /// A sentence as it is written.
    pub const fn new(english: &'static str) -> Self {
        Self(english)
    }

    /// The wording in English, which is also its key.
    pub const fn english(self) -> &'static str {
        self.0
    }

    /// The sentence in the page's language.
    pub fn get(self) -> AttrValue {
        match catalog::translated(self.0) {
            Some(text) => text.into(),
            None => AttrValue::Static(self.0),
        }
    }

    /// The sentence in the page's language, with each value in place of its name in braces. Braces that
    /// are none of these names stay.
    pub fn fill(self, values: &[(&str, &str)]) -> String {
        let mut text = self.get().to_string();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

/// The sentence for this count: `one` or `other`, with `{count}` filled in.
pub fn plural(count: usize, one: Text, other: Text) -> String {
    // English and German have the same two forms.
    let text = if count == 1 { one } else { other };
    text.fill(&[("count", &count.to_string())])
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.get().to_string()
    }
}

impl From<Text> for Rc<str> {
    fn from(text: Text) -> Self {
        Rc::from(&*text.get())
    }
}

impl IntoPropValue<AttrValue> for Text {
    fn into_prop_value(self) -> AttrValue {
        self.get()
    }
}

impl IntoPropValue<Option<AttrValue>> for Text {
    fn into_prop_value(self) -> Option<AttrValue> {
        Some(self.get())
    }
}

impl IntoPropValue<String> for Text {
    fn into_prop_value(self) -> String {
        self.into()
    }
}

impl From<Text> for Html {
    fn from(text: Text) -> Self {
        VNode::from(&*text.get())
    }
}

impl IntoPropValue<Html> for Text {
    fn into_prop_value(self) -> Html {
        self.into()
    }
}

/// Declares sentences: `/// What it is.` and `NAME = "English";`. In tests, `ALL` lists them.
macro_rules! texts {
    ($($(#[$doc:meta])* $NAME:ident = $english:expr;)*) => {
        $(
            $(#[$doc])*
            pub const $NAME: $crate::page::locale::Text =
                $crate::page::locale::Text::new($english);
        )*

        /// All sentences of this file.
        #[cfg(test)]
        pub const ALL: &[$crate::page::locale::Text] = &[$($NAME),*];
    };
}
pub(crate) use texts;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::{Language, catalog::speak};

    const LEFT_OUT: Text = Text::new("{count} of {all} left out {}");

    #[test]
    fn values_take_the_place_of_their_names() {
        let text = LEFT_OUT.fill(&[("count", "2"), ("all", "7")]);
        assert_eq!(text, "2 of 7 left out {}");
    }

    #[test]
    fn a_sentence_without_a_translation_stays_english() {
        let json = r#"{ "{count} of {all} left out {}": "von {all} fehlen {count} {}" }"#;
        speak(Language::German, json);
        let text = LEFT_OUT.fill(&[("count", "2"), ("all", "7")]);
        assert_eq!(text, "von 7 fehlen 2 {}");
        assert_eq!(&*Text::new("Labels").get(), "Labels");
    }
}
