//! The labels, the draft being typed, and the templates around them.

use super::text::FIRST_LABELS;
use glimpse_model::text::Template;
use std::rc::Rc;

/// The most characters of a label.
pub const MAX_LENGTH: usize = 200;

/// The most labels at once.
pub const MAX_LABELS: usize = 100;

/// The most templates at once.
pub const MAX_TEMPLATES: usize = 12;

/// What people put between labels, in several scripts.
const SEPARATORS: [char; 6] = [',', '\n', '\r', '\t', '，', '、'];

/// Why a label wasn't added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// This label is there already, perhaps in other capitals.
    Duplicate(Rc<str>),
    /// The label is longer than [`MAX_LENGTH`].
    TooLong,
    /// There would be more labels than [`MAX_LABELS`].
    TooMany,
}

/// The labels, the draft and the templates; and those that the scores on the page are made of.
pub struct Labels {
    /// The labels, in the order in which they were added.
    pub items: Rc<[Rc<str>]>,
    /// The label that is being typed.
    pub draft: String,
    /// The last draft that has been embedded; it stays visible until the next one is.
    pub shown_draft: Option<Rc<str>>,
    /// What the field of templates says: a template a line.
    pub template_text: String,
    /// The templates that labels are embedded in, as of the last pause in typing.
    pub templates: Rc<[Template]>,
    /// The templates of the scores on the page: older ones while the new sentences are on their
    /// way.
    pub shown_templates: Rc<[Template]>,
    /// The labels before the last removal, as long as it can be undone.
    pub removed: Option<Rc<[Rc<str>]>>,
    /// What is told under the field: why a label wasn't added, or can't be embedded.
    pub note: Option<Rc<str>>,
}

impl Default for Labels {
    fn default() -> Self {
        Self::new(&FIRST_LABELS)
    }
}

impl Labels {
    /// These labels, in the usual template and without a draft.
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
            removed: None,
            note: None,
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

    /// Adds several labels, and tells of the last that wasn't added.
    pub fn add_all<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Option<Refusal> {
        texts
            .into_iter()
            .filter_map(|text| self.add(text).err())
            .last()
    }

    /// Removes a label and tells the one that follows it, or else the last one.
    pub fn remove(&mut self, label: &str) -> Option<Rc<str>> {
        let index = self.items.iter().position(|item| &**item == label)?;
        self.removed = Some(self.items.clone());
        let others = self.items.iter().filter(|item| &***item != label);
        self.items = others.cloned().collect();
        let last = self.items.len().checked_sub(1)?;
        self.items.get(index.min(last)).cloned()
    }

    /// Takes all labels away, and keeps the draft.
    pub fn clear(&mut self) {
        self.removed = Some(std::mem::take(&mut self.items));
    }

    /// Undoes the last removal; labels that were added since stay, behind the others.
    pub fn bring_back(&mut self) {
        if let Some(before) = self.removed.take() {
            let since = std::mem::replace(&mut self.items, before);
            // Those that are there already are no mistake here.
            self.add_all(since.iter().map(|label| &**label));
        }
    }

    /// Labels that the last removal took away.
    pub fn gone(&self) -> Vec<Rc<str>> {
        let before = self.removed.as_deref().unwrap_or_default().iter();
        before
            .filter(|label| !self.items.contains(label))
            .cloned()
            .collect()
    }

    /// The draft, if it would become a label.
    pub fn tidy_draft(&self) -> Option<Rc<str>> {
        let draft = tidy(&self.draft);
        let fits = !draft.is_empty() && draft.chars().count() <= MAX_LENGTH;
        (fits && self.find(&draft).is_none()).then(|| draft.into())
    }

    /// Takes templates from what the field says.
    pub fn set_templates(&mut self, text: String) {
        self.templates = parse_templates(&text);
        self.template_text = text;
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

/// The sentences of a label: it, in every template.
pub fn fill(templates: &[Template], label: &str) -> impl Iterator<Item = String> {
    templates.iter().map(move |template| template.fill(label))
}

/// Reads a template a line; without any line, labels are embedded as they are.
pub fn parse_templates(text: &str) -> Rc<[Template]> {
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

/// `text` with single spaces, and none around it.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_labels_come_back_before_those_that_were_added_since() {
        let mut labels = Labels::new(&["cat", "dog"]);
        labels.clear();
        labels.add("tabby").unwrap();
        assert_eq!(labels.gone().len(), 2);
        labels.bring_back();
        assert_eq!(labels.items.join(","), "cat,dog,tabby");
        labels.remove("dog");
        assert_eq!(labels.gone().join(","), "dog");
        labels.bring_back();
        labels.bring_back();
        assert_eq!(labels.items.join(","), "cat,dog,tabby");
    }

    #[test]
    fn lists_are_split_and_tidied() {
        let mut labels = Labels::new(&["cat"]);
        let list = " red   hat, , Cat\ndog、fox";
        assert!(is_list(list));
        let refusal = labels.add_all(split(list));
        assert_eq!(refusal, Some(Refusal::Duplicate("cat".into())));
        let items: Vec<&str> = labels.items.iter().map(|item| &**item).collect();
        assert_eq!(items, ["cat", "red hat", "dog", "fox"]);
    }

    #[test]
    fn templates_stand_on_lines() {
        let found = parse_templates("a photo of a {}\n\n a drawing of a {} \na photo of a {}");
        let sentences: Vec<String> = fill(&found, "cat").collect();
        assert_eq!(sentences, ["a photo of a cat", "a drawing of a cat"]);
        let bare = parse_templates(" \n");
        assert_eq!(fill(&bare, "cat").collect::<Vec<_>>(), ["cat"]);
    }

    #[test]
    fn there_are_limits() {
        let mut labels = Labels::new(&[]);
        assert_eq!(
            labels.add(&"x".repeat(MAX_LENGTH + 1)),
            Err(Refusal::TooLong)
        );
        for index in 0..MAX_LABELS {
            assert_eq!(labels.add(&index.to_string()), Ok(()));
        }
        assert_eq!(labels.add("one more"), Err(Refusal::TooMany));
    }

    #[test]
    fn the_label_after_a_removed_one_is_told() {
        let mut labels = Labels::new(&["a", "b", "c"]);
        assert_eq!(labels.remove("b").as_deref(), Some("c"));
        assert_eq!(labels.remove("c").as_deref(), Some("a"));
        assert_eq!(labels.remove("a"), None);
    }

    #[test]
    fn a_draft_that_is_a_label_is_none() {
        let mut labels = Labels::new(&["cat"]);
        labels.draft = " CAT ".into();
        assert_eq!(labels.tidy_draft(), None);
        labels.draft = "cats".into();
        assert_eq!(labels.tidy_draft().as_deref(), Some("cats"));
    }
}
