//! The sentence around a label, Hugging Face's `hypothesis_template`.

use super::with_article;
use serde::{Deserialize, Serialize};

/// A sentence with `{}` where the label goes, or with `{a}` where it goes with its article ("an apple",
/// "water"); without either, the label follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

impl Default for Template {
    fn default() -> Self {
        Self::new("a photo of {a}")
    }
}

impl Template {
    /// Takes any text; an empty one leaves labels as they are.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The template's text, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Fills the template in for one label.
    pub fn fill(&self, label: &str) -> String {
        let template = self.0.trim();
        if template.contains("{}") || template.contains("{a}") {
            let mut filled = String::with_capacity(template.len() + label.len());
            let mut rest = template;
            while let Some(index) = rest.find('{') {
                let (before, from) = rest.split_at(index);
                filled.push_str(before);
                if let Some(after) = from.strip_prefix("{}") {
                    filled.push_str(label);
                    rest = after;
                } else if let Some(after) = from.strip_prefix("{a}") {
                    filled.push_str(&with_article(label));
                    rest = after;
                } else {
                    filled.push('{');
                    rest = &from[1..];
                }
            }
            filled + rest
        } else if template.is_empty() {
            label.to_owned()
        } else {
            format!("{template} {label}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_where_the_braces_are() {
        assert_eq!(Template::default().fill("cat"), "a photo of a cat");
        assert_eq!(Template::default().fill("apple"), "a photo of an apple");
        assert_eq!(
            Template::default().fill("night sky"),
            "a photo of the night sky"
        );
        assert_eq!(Template::new("{} and {}").fill("x"), "x and x");
        assert_eq!(
            Template::new("a {} {b} {a}").fill("{} {a}"),
            "a {} {a} {b} a {} {a}"
        );
        assert_eq!(Template::new("").fill("a red ball"), "a red ball");
        assert_eq!(Template::new("a drawing of").fill("{}"), "a drawing of {}");
    }
}
