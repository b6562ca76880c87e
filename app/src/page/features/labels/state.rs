//! The labels, the draft being typed, and the templates around them.

use super::text::FIRST_LABELS;
use crate::page::engine::MAX_SENTENCES;
use glimpse_model::text::{Template, starting};
use std::{collections::HashMap, rc::Rc};

/// The most characters of a label.
pub const MAX_LENGTH: usize = 200;

/// The most labels at once.
pub const MAX_LABELS: usize = 5_000;

/// The most templates at once.
pub const MAX_TEMPLATES: usize = 12;

/// What people put between labels, in several scripts.
const SEPARATORS: [char; 6] = [',', '\n', '\r', '\t', '，', '、'];

/// Labels that weren't added, by the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Labels that are there already, perhaps in other capitals, as they are there.
    pub duplicates: Vec<Rc<str>>,
    /// Labels that are longer than [`MAX_LENGTH`].
    pub long: Vec<String>,
    /// Labels beyond [`Labels::room`].
    pub many: Vec<String>,
}

impl Refused {
    /// What stays in the field, to be changed or added later; nothing of duplicates, which are no loss.
    pub fn left(&self) -> String {
        let left: Vec<&str> = self.long.iter().chain(&self.many).map(|s| &**s).collect();
        left.join(", ")
    }
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

    /// Adds labels, and tells those that weren't added; an empty one is no label and no mistake.
    pub fn add<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Refused {
        let mut refused = Refused::default();
        let mut items = self.items.to_vec();
        let mut known: HashMap<String, Rc<str>> = items
            .iter()
            .map(|item| (item.to_lowercase(), item.clone()))
            .collect();
        let room = self.room();
        for text in texts {
            let text = tidy(text);
            if text.is_empty() {
                continue;
            }
            if let Some(same) = known.get(&text.to_lowercase()) {
                refused.duplicates.push(same.clone());
            } else if text.chars().count() > MAX_LENGTH {
                refused.long.push(text);
            } else if items.len() >= room {
                refused.many.push(text);
            } else {
                let item: Rc<str> = text.into();
                known.insert(item.to_lowercase(), item.clone());
                items.push(item);
            }
        }
        if items.len() > self.items.len() {
            self.items = items.into();
        }
        refused
    }

    /// How many labels there may be at once: fewer with many templates, since each label takes a
    /// sentence of each.
    pub fn room(&self) -> usize {
        room(self.templates.len())
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
            self.add(since.iter().map(|label| &**label));
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
        let fits = !draft.is_empty() && !is_list(&draft) && draft.chars().count() <= MAX_LENGTH;
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

/// How many labels there may be in so many templates.
pub fn room(templates: usize) -> usize {
    (MAX_SENTENCES / templates.max(1)).min(MAX_LABELS)
}

/// The sentences of a label: it, in every template. Where nobody chose templates, some labels have
/// one of their own.
pub fn fill(templates: &[Template], label: &str) -> impl Iterator<Item = String> {
    let own = (*templates == [Template::default()]).then(|| starting::template(label));
    templates
        .iter()
        .map(move |template| own.as_ref().unwrap_or(template).fill(label))
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
        labels.add(["tabby"]);
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
        let refused = labels.add(split(list));
        assert_eq!(refused.duplicates, ["cat".into()]);
        assert_eq!(refused.left(), "");
        let items: Vec<&str> = labels.items.iter().map(|item| &**item).collect();
        assert_eq!(items, ["cat", "red hat", "dog", "fox"]);
    }

    #[test]
    fn a_kind_of_picture_is_nothing_that_a_photo_is_of() {
        let sentences = |templates: &[Template], label| fill(templates, label).collect::<Vec<_>>();
        let usual = [Template::default()];
        assert_eq!(sentences(&usual, "drawing"), ["a drawing"]);
        assert_eq!(sentences(&usual, "apple"), ["a photo of an apple"]);
        let chosen = [Template::new("the {}")];
        assert_eq!(sentences(&chosen, "drawing"), ["the drawing"]);
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
    fn what_does_not_fit_is_left() {
        let mut labels = Labels::new(&[]);
        let long = "x".repeat(MAX_LENGTH + 1);
        let many: Vec<String> = (0..MAX_LABELS).map(|index| index.to_string()).collect();
        let texts = many.iter().map(|text| &**text);
        let refused = labels.add(std::iter::once(&*long).chain(texts));
        assert_eq!(refused.left(), long);
        assert_eq!(labels.items.len(), MAX_LABELS);
        let refused = labels.add(["one more", "0", "and another"]);
        assert_eq!(refused.left(), "one more, and another");
        assert_eq!(refused.duplicates, ["0".into()]);
    }

    #[test]
    fn many_templates_leave_room_for_fewer_labels() {
        assert_eq!([1, 4, 8].map(room), [5_000, 5_000, 2_500]);
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
