//! Labels as far as they are embedded: what photos are scored against.

use super::{Labels, fill};
use crate::page::{
    engine::{Engine, TextEmbeddings},
    features::scores::Candidate,
};
use std::rc::Rc;

/// Whether there is anything to score photos against, for photos without scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelsStatus {
    /// There are no labels, and no draft.
    None,
    /// Labels are embedded or will be.
    Some,
    /// The labels wait for the text tower.
    Later,
    /// The model's tokenizer refuses all of the labels.
    Unreadable,
}

impl Labels {
    /// The labels and the draft with their embeddings, as far as there are any.
    pub fn candidates(&self, texts: &TextEmbeddings) -> Vec<Candidate> {
        let candidate = |label: &Rc<str>, draft| {
            let embedding = texts.mean(fill(&self.shown_templates, label))?;
            Some(Candidate {
                label: label.clone(),
                draft,
                embedding,
            })
        };
        let items = self.items.iter().map(|label| (label, false));
        let draft = self
            .shown_draft
            .iter()
            .filter(|draft| !self.items.contains(draft));
        items
            .chain(draft.map(|draft| (draft, true)))
            .filter_map(|(label, draft)| candidate(label, draft))
            .collect()
    }

    /// Whether photos can be scored against the labels, or why not.
    pub fn status(&self, engine: &Engine) -> LabelsStatus {
        if self.items.is_empty() && self.shown_draft.is_none() {
            return LabelsStatus::None;
        }
        if !engine.is_ready() && engine.is_image_tower_ready() {
            return LabelsStatus::Later;
        }
        let mut sentences = self.sentences().peekable();
        let any = sentences.peek().is_some();
        if any && sentences.all(|sentence| engine.texts().is_refused(&sentence)) {
            LabelsStatus::Unreadable
        } else {
            LabelsStatus::Some
        }
    }

    /// Takes over the templates and the draft that have been embedded by now; whether there were
    /// any. Templates change at once, when all their sentences are there.
    pub(super) fn settle(&mut self, texts: &TextEmbeddings) -> bool {
        let before = (self.shown_templates.clone(), self.shown_draft.clone());
        if self.sentences().all(|sentence| texts.is_settled(&sentence)) {
            self.shown_templates = self.templates.clone();
        }
        let is_embedded =
            |draft: &Rc<str>| texts.mean(fill(&self.shown_templates, draft)).is_some();
        if let Some(draft) = self.tidy_draft().filter(is_embedded) {
            self.shown_draft = Some(draft);
        }
        before != (self.shown_templates.clone(), self.shown_draft.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::features::labels::state::parse_templates;
    use yew::Callback;

    fn texts(sentences: &[&str]) -> TextEmbeddings {
        let mut texts = TextEmbeddings::default();
        for &sentence in sentences {
            texts.add(vec![sentence.to_owned()], &[1.0]);
        }
        texts
    }

    fn names(labels: &Labels, texts: &TextEmbeddings) -> Vec<(String, bool)> {
        let candidates = labels.candidates(texts).into_iter();
        candidates
            .map(|candidate| (candidate.label.to_string(), candidate.draft))
            .collect()
    }

    #[test]
    fn what_is_embedded_can_be_scored_the_draft_last() {
        let mut labels = Labels::new(&["cat", "dog"]);
        labels.draft = "fox".into();
        let texts = texts(&["a photo of a cat", "a photo of a fox"]);
        assert!(labels.settle(&texts));
        assert!(!labels.settle(&texts));
        let expected = [("cat".to_owned(), false), ("fox".to_owned(), true)];
        assert_eq!(names(&labels, &texts), expected);
    }

    #[test]
    fn the_last_draft_stays_until_the_next_one_is_embedded() {
        let mut labels = Labels::new(&[]);
        labels.draft = "fox".into();
        let texts = texts(&["a photo of a fox"]);
        labels.settle(&texts);
        labels.draft = "foxes".into();
        assert!(!labels.settle(&texts));
        assert_eq!(labels.shown_draft.as_deref(), Some("fox"));
    }

    #[test]
    fn templates_change_when_all_their_sentences_are_there() {
        let mut labels = Labels::new(&["cat", "dog"]);
        labels.templates = parse_templates("the {}");
        assert!(!labels.settle(&texts(&["the cat"])));
        assert_ne!(labels.shown_templates, labels.templates);
        assert!(labels.settle(&texts(&["the cat", "the dog"])));
        assert_eq!(labels.shown_templates, labels.templates);
    }

    #[test]
    fn without_labels_there_is_nothing_to_wait_for() {
        let engine = Engine::new(Callback::noop());
        assert_eq!(Labels::new(&[]).status(&engine), LabelsStatus::None);
        assert_eq!(Labels::new(&["cat"]).status(&engine), LabelsStatus::Some);
    }
}
