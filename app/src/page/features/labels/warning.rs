//! What is told about labels that the model can't answer, or not yet.

use super::{Labels, fill, language, script, text};
use crate::page::engine::Engine;
use std::rc::Rc;

/// So many labels take seconds to be embedded.
const MANY: usize = 100;

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

    /// Of so many labels that they take their time, how many are embedded, and how many there are.
    /// `coming` sentences are on their way, few of them for others.
    pub(super) fn reading(&self, coming: usize) -> Option<(usize, usize)> {
        let coming = coming / self.templates.len().max(1);
        let all = self.items.len();
        (coming > 0 && all >= MANY).then(|| (all.saturating_sub(coming), all))
    }
}

/// Tells the first of these labels in a language that the model doesn't know; `languages` are the
/// model's, as BCP 47 tags.
pub fn foreign<'a>(
    labels: impl IntoIterator<Item = &'a Rc<str>>,
    languages: &[String],
) -> Option<String> {
    let is_foreign = |label: &&Rc<str>| {
        script::is_foreign(label, languages) || language::looks_foreign(label, languages)
    };
    let label = labels.into_iter().find(is_foreign)?;
    let is_certain = script::is_foreign(label, languages);
    Some(text::foreign(label, languages, is_certain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_foreign_label_is_told() {
        let english = ["en".to_owned()];
        let told = |labels: &[&str]| {
            let labels: Vec<Rc<str>> = labels.iter().map(|&label| label.into()).collect();
            foreign(&labels, &english).unwrap_or_default()
        };
        assert_eq!(told(&["cat"]), "");
        let certain = told(&["cat", "кошка"]);
        assert!(
            certain.starts_with("This model has only read en."),
            "{certain}"
        );
        let perhaps = told(&["Hund", "кошка"]);
        assert!(perhaps.starts_with("Is \u{201c}Hund\u{201d}"), "{perhaps}");
    }

    #[test]
    fn thousands_of_labels_are_counted_while_they_come() {
        let mut labels = Labels::new(&[]);
        let names: Vec<String> = (0..200).map(|index| index.to_string()).collect();
        labels.add(names.iter().map(|name| &**name));
        assert_eq!(labels.reading(0), None);
        assert_eq!(labels.reading(50), Some((150, 200)));
    }
}
