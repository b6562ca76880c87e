//! The labels, the word being typed, and the sentences around them.

use glimpse_model::text::Template;
use std::rc::Rc;

/// Characters in a label.
pub const MAX_LENGTH: usize = 200;

/// Labels at once.
pub const MAX_LABELS: usize = 100;

/// Sentences around a label at once.
pub const MAX_TEMPLATES: usize = 12;

/// What people put between labels, in several scripts.
const SEPARATORS: [char; 6] = [',', '\n', '\r', '\t', '，', '、'];

/// Why a label wasn't added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is there already, perhaps in other capitals.
    Duplicate(Rc<str>),
    /// Beyond [`MAX_LENGTH`].
    TooLong,
    /// Beyond [`MAX_LABELS`].
    TooMany,
}

/// Everything the labels panel holds.
pub struct Labels {
    /// In the order in which they were added.
    pub items: Rc<[Rc<str>]>,
    /// The unfinished word.
    pub draft: String,
    /// The last unfinished word that has been embedded; it stays visible until the next one is.
    pub shown_draft: Option<Rc<str>>,
    /// What the field says: a template a line.
    pub template_text: String,
    /// The templates that are embedded, once typing pauses.
    pub templates: Rc<[Template]>,
    /// The templates of the scores on the page: older ones while the new sentences are on their
    /// way.
    pub shown_templates: Rc<[Template]>,
}

impl Labels {
    /// Starts with these.
    pub fn new(items: &[&str]) -> Self {
        let template = Template::default();
        let templates: Rc<[Template]> = [template.clone()].into();
        Self {
            items: items.iter().map(|&item| Rc::from(item)).collect(),
            draft: String::new(),
            shown_draft: None,
            template_text: template.as_str().to_owned(),
            shown_templates: templates.clone(),
            templates,
        }
    }

    /// Adds one label; an empty one is no label and no mistake.
    pub fn add(&mut self, text: &str) -> Result<(), Refusal> {
        let text = tidy(text);
        if text.is_empty() {
            return Ok(());
        }
        if text.chars().count() > MAX_LENGTH {
            return Err(Refusal::TooLong);
        }
        if let Some(same) = self.find(&text) {
            return Err(Refusal::Duplicate(same));
        }
        if self.items.len() >= MAX_LABELS {
            return Err(Refusal::TooMany);
        }
        let added = std::iter::once(Rc::from(text));
        self.items = self.items.iter().cloned().chain(added).collect();
        Ok(())
    }

    /// Adds several, and tells of the last that wasn't added.
    pub fn add_all<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Option<Refusal> {
        texts
            .into_iter()
            .filter_map(|text| self.add(text).err())
            .last()
    }

    /// Removes one and tells the one that took its place.
    pub fn remove(&mut self, label: &str) -> Option<Rc<str>> {
        let place = self.items.iter().position(|item| &**item == label)?;
        let others = self.items.iter().filter(|item| &***item != label);
        self.items = others.cloned().collect();
        let last = self.items.len().checked_sub(1)?;
        self.items.get(place.min(last)).cloned()
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.items = Rc::default();
    }

    /// The unfinished word, if it would become a label.
    pub fn tidy_draft(&self) -> Option<Rc<str>> {
        let draft = tidy(&self.draft);
        let fits = !draft.is_empty() && draft.chars().count() <= MAX_LENGTH;
        (fits && self.find(&draft).is_none()).then(|| draft.into())
    }

    /// Whether the sentence around labels is the usual one.
    pub fn has_first_template(&self) -> bool {
        *self.templates == [Template::default()]
    }

    /// The whole sentences of all labels, as they should be embedded.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.items
            .iter()
            .flat_map(|label| fill(&self.templates, label))
    }

    fn find(&self, text: &str) -> Option<Rc<str>> {
        let text = text.to_lowercase();
        let same = |item: &&Rc<str>| item.to_lowercase() == text;
        self.items.iter().find(same).cloned()
    }
}

/// A label in every template.
pub fn fill(templates: &[Template], label: &str) -> impl Iterator<Item = String> {
    templates.iter().map(move |template| template.fill(label))
}

/// A template a line; no line is the bare label.
pub fn templates(text: &str) -> Rc<[Template]> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut templates: Vec<Template> = Vec::new();
    for template in lines.take(MAX_TEMPLATES).map(Template::new) {
        if !templates.contains(&template) {
            templates.push(template);
        }
    }
    if templates.is_empty() {
        templates.push(Template::new(""));
    }
    templates.into()
}

/// Splits what was typed or pasted where a label ends; the last part may be unfinished.
pub fn split(text: &str) -> Vec<&str> {
    text.split(SEPARATORS).collect()
}

/// Whether `text` holds more than one label.
pub fn is_list(text: &str) -> bool {
    text.trim().contains(SEPARATORS)
}

/// Single spaces, none around.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn lists_are_split_and_tidied() {
        let mut labels = Labels::new(&["cat"]);
        let list = " red   hat, , Cat\ndog、fox";
        assert!(is_list(list));
        let refusal = labels.add_all(split(list));
        assert_eq!(refusal, Some(Refusal::Duplicate("cat".into())));
        let items: Vec<&str> = labels.items.iter().map(|item| &**item).collect();
        assert_eq!(items, ["cat", "red hat", "dog", "fox"]);
    }

    #[wasm_bindgen_test]
    fn templates_stand_on_lines() {
        let found = templates("a photo of a {}\n\n a drawing of a {} \na photo of a {}");
        let sentences: Vec<String> = fill(&found, "cat").collect();
        assert_eq!(sentences, ["a photo of a cat", "a drawing of a cat"]);
        let bare = templates(" \n");
        assert_eq!(fill(&bare, "cat").collect::<Vec<_>>(), ["cat"]);
    }

    #[wasm_bindgen_test]
    fn there_are_limits() {
        let mut labels = Labels::new(&[]);
        assert_eq!(
            labels.add(&"x".repeat(MAX_LENGTH + 1)),
            Err(Refusal::TooLong)
        );
        for place in 0..MAX_LABELS {
            assert_eq!(labels.add(&place.to_string()), Ok(()));
        }
        assert_eq!(labels.add("one more"), Err(Refusal::TooMany));
    }

    #[wasm_bindgen_test]
    fn the_next_label_takes_the_place_of_a_removed_one() {
        let mut labels = Labels::new(&["a", "b", "c"]);
        assert_eq!(labels.remove("b").as_deref(), Some("c"));
        assert_eq!(labels.remove("c").as_deref(), Some("a"));
        assert_eq!(labels.remove("a"), None);
    }

    #[wasm_bindgen_test]
    fn a_draft_that_is_a_label_is_none() {
        let mut labels = Labels::new(&["cat"]);
        labels.draft = " CAT ".into();
        assert_eq!(labels.tidy_draft(), None);
        labels.draft = "cats".into();
        assert_eq!(labels.tidy_draft().as_deref(), Some("cats"));
    }
}
