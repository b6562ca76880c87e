//! What is told about labels that the model can't answer, or not yet.

use super::{Labels, fill, language, script, text};
use crate::page::engine::Engine;
use std::rc::Rc;

impl Labels {
    /// Tells the first label that has to wait for the text tower, while photos are already answered.
    pub(super) fn late_label(&self, engine: &Engine) -> Option<String> {
        if engine.is_ready() || !engine.is_image_tower_ready() {
            return None;
        }
        let draft = self.tidy_draft();
        let mut labels = self.items.iter().chain(draft.as_ref());
        let waits = |label: &&Rc<str>| {
            let mut sentences = fill(&self.templates, label);
            sentences.any(|sentence| !engine.texts().is_settled(&sentence))
        };
        labels.find(waits).map(|label| text::label_waits(label))
    }

    /// Tells the first label in a language that the model doesn't know; `languages` are the model's,
    /// as BCP 47 tags.
    pub(super) fn foreign_label(&self, languages: &[String]) -> Option<String> {
        let draft = self.tidy_draft();
        let mut labels = self.items.iter().chain(draft.as_ref());
        let foreign = |label: &&Rc<str>| {
            script::is_foreign(label, languages) || language::looks_foreign(label, languages)
        };
        let label = labels.find(foreign)?;
        let is_certain = script::is_foreign(label, languages);
        Some(text::foreign(label, languages, is_certain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_foreign_label_is_told_be_it_only_a_draft() {
        let english = ["en".to_owned()];
        let mut labels = Labels::new(&["cat"]);
        assert_eq!(labels.foreign_label(&english), None);
        labels.draft = "кошка".into();
        let told = labels.foreign_label(&english).unwrap_or_default();
        assert!(told.starts_with("This model has only read en."), "{told}");
        let labels = Labels::new(&["Hund", "кошка"]);
        let told = labels.foreign_label(&english).unwrap_or_default();
        assert!(told.starts_with("Is \u{201c}Hund\u{201d}"), "{told}");
    }
}
