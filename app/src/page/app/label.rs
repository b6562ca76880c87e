//! Labels: typed, kept, embedded once, scored against every photo.

use super::{
    super::{
        dom,
        labels::{self, Labels, Refusal},
        language,
        photos::CardId,
        ranking::{Best, Candidate},
        script,
        texts::Texts,
        view::photos::LabelsStand,
        words,
    },
    App, FRAME,
    msg::LabelMsg,
};
use crate::{
    page::texts::BATCH,
    protocol::{Request, RequestId},
};
use glimpse_model::text::Template;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use yew::Context;

/// Milliseconds without a key before the unfinished word is embedded.
const DRAFT_PAUSE: u32 = 200;

/// Photos that are scored in one go.
const RANKED_AT_ONCE: usize = 16;

/// Milliseconds without a key before a new template is.
const TEMPLATE_PAUSE: u32 = 400;

impl App {
    pub(super) fn on_label(&mut self, _: &Context<Self>, msg: LabelMsg) -> bool {
        match msg {
            LabelMsg::Typed(text) => self.typed(&text),
            LabelMsg::Pasted(list) => {
                let typed = std::mem::take(&mut self.labels.draft);
                let list = format!("{typed}{list}");
                let refusal = self.labels.add_all(labels::split(&list));
                self.labels_changed(refusal);
            }
            LabelMsg::Commit => {
                let draft = std::mem::take(&mut self.labels.draft);
                let refusal = self.labels.add(&draft).err();
                if refusal == Some(Refusal::TooLong) {
                    self.labels.draft = draft;
                }
                self.labels_changed(refusal);
            }
            LabelMsg::DraftPause => self.ask_for_draft(),
            LabelMsg::Rank => self.rank_some(),
            LabelMsg::Remove(label) => {
                self.focus = Some(match self.labels.remove(&label) {
                    // Places rather than names, since a name may hold any character.
                    Some(next) => self.chip(&next),
                    None => "#label-input".into(),
                });
                self.labels_changed(None);
            }
            LabelMsg::RemoveLast => {
                if let Some(last) = self.labels.items.last().cloned() {
                    self.labels.remove(&last);
                    self.labels_changed(None);
                }
            }
            LabelMsg::Clear => {
                self.labels.clear();
                self.focus = Some("#label-input".into());
                self.labels_changed(None);
            }
            LabelMsg::Set(place) => {
                let set = words::SETS.get(place).map(|(_, labels)| *labels);
                // What is there already needs no remark here.
                let refusal = self.labels.add_all(set.unwrap_or_default().iter().copied());
                self.labels_changed(refusal.filter(|r| !matches!(r, Refusal::Duplicate(_))));
            }
            LabelMsg::Template(text) => {
                self.labels.template_text = text;
                let pause = LabelMsg::TemplatePause.into();
                self.timers.template = Some(self.after(TEMPLATE_PAUSE, pause));
            }
            LabelMsg::TemplatePause => {
                self.labels.templates = labels::templates(&self.labels.template_text);
                self.labels_changed(None);
            }
            LabelMsg::TemplateReset => {
                self.timers.template = None;
                self.set_templates(&[Template::default().as_str()]);
            }
            LabelMsg::TemplateSet => {
                self.timers.template = None;
                self.set_templates(&words::TEMPLATES);
            }
        }
        true
    }

    fn set_templates(&mut self, lines: &[&str]) {
        self.labels.template_text = lines.join("\n");
        self.labels.templates = labels::templates(&self.labels.template_text);
        self.labels_changed(None);
    }

    fn chip(&self, label: &str) -> String {
        let place = self.labels.items.iter().position(|item| &**item == label);
        format!(
            "#labels li:nth-child({}) [data-chip]",
            place.unwrap_or_default() + 1
        )
    }

    /// Everything before the last separator is finished.
    fn typed(&mut self, text: &str) {
        let mut parts = labels::split(text);
        let rest = parts.pop().unwrap_or_default();
        self.labels.draft = rest.trim_start().to_owned();
        if parts.is_empty() {
            self.label_note = None;
        } else {
            let refusal = self.labels.add_all(parts);
            self.labels_changed(refusal);
        }
        if self.labels.tidy_draft().is_none() {
            self.labels.shown_draft = None;
            self.rank();
        }
        let pause = LabelMsg::DraftPause.into();
        self.timers.draft = Some(self.after(DRAFT_PAUSE, pause));
    }

    fn labels_changed(&mut self, refusal: Option<Refusal>) {
        self.label_note = refusal
            .as_ref()
            .map(|refusal| words::refusal(refusal).into());
        if self.labels.draft.is_empty() {
            self.labels.shown_draft = None;
            self.timers.draft = None;
        }
        self.pump();
        self.rank();
        self.remember();
    }

    /// Asks for every label that isn't there and isn't coming.
    pub(super) fn ask_for_labels(&mut self) {
        let query = self.query_sentences();
        let missing = self.texts.missing(self.labels.sentences().chain(query));
        for batch in missing.chunks(BATCH) {
            self.ask(batch.to_vec(), false);
        }
    }

    pub(super) fn ask_for_draft(&mut self) {
        if self.is_ready()
            && let Some(draft) = self.labels.tidy_draft()
        {
            let sentences = labels::fill(&self.labels.templates, &draft);
            let missing = self.texts.missing(sentences);
            if !missing.is_empty() {
                self.ask(missing, true);
                // A label that waited for the draft before this one may wait in vain.
                self.ask_for_labels();
            }
        }
        self.rank();
    }

    pub(super) fn ask(&mut self, texts: Vec<String>, draft: bool) {
        let id = self.request_id();
        self.texts.ask(id, texts.clone(), draft);
        self.post(Request::EmbedTexts { id, texts, draft }, JsValue::UNDEFINED);
    }

    pub(super) fn texts_came(&mut self, id: RequestId, embeddings: &[f32], milliseconds: f64) {
        if let Some(count) = self.texts.answer(id, embeddings) {
            self.life.texts_ms = Some((count, milliseconds));
            dom::mark("text-ms", &format!("{milliseconds:.1}"));
            self.rank();
            self.seek();
            self.ask_for_closer();
        }
    }

    pub(super) fn texts_failed(&mut self, id: RequestId, reason: &str) {
        let several = self.texts.refuse(id);
        if several.is_empty() {
            self.label_note = Some(reason.into());
        }
        for sentence in several {
            self.ask(vec![sentence], false);
        }
        self.rank();
    }

    /// Scores everything anew, from what is kept.
    pub(super) fn rank(&mut self) {
        // The page changes over to a new template at once, when all its sentences are there.
        if self
            .labels
            .sentences()
            .all(|sentence| self.texts.settled(&sentence))
        {
            self.labels.shown_templates = self.labels.templates.clone();
        }
        let draft = self.labels.tidy_draft().filter(|draft| {
            let sentences = labels::fill(&self.labels.shown_templates, draft);
            self.texts.mean(sentences).is_some()
        });
        if draft.is_some() {
            self.labels.shown_draft = draft;
        }
        let before = self.winner();
        self.unranked = self.photos.cards().iter().map(|card| card.id).collect();
        self.rank_some();
        self.rank_camera();
        let winner = self.winner();
        if winner.is_some() && winner != before {
            let card = self.photos.cards().first();
            let news = card.map(|card| words::announce_done(&card.name, card.ranking.best()));
            self.announcer.say(news.unwrap_or_default());
            self.announce_soon();
        }
    }

    /// Scores the next few of the photos that have to be scored anew; the others follow after a
    /// breath, so that the page stays fluid.
    pub(super) fn rank_some(&mut self) {
        let rest = self
            .unranked
            .split_off(self.unranked.len().min(RANKED_AT_ONCE));
        let some = std::mem::replace(&mut self.unranked, rest);
        self.rank_photos(&some);
        if !self.unranked.is_empty() {
            self.timers.rank = Some(self.after(FRAME, LabelMsg::Rank.into()));
        }
    }

    /// Scores photos against whatever can be scored.
    pub(super) fn rank_photos(&mut self, which: &[CardId]) {
        if let Some(model) = &self.model {
            let candidates = candidates(&self.labels, &self.texts);
            self.photos.rank(which, &candidates, model, &self.dial);
        }
    }

    /// The first photo and its best label, which is empty where none fits.
    fn winner(&self) -> Option<(CardId, Rc<str>)> {
        let card = self.photos.cards().first()?;
        let label = match card.ranking.best()? {
            Best::Label(label, _) => label,
            Best::None(_) => Rc::default(),
        };
        Some((card.id, label))
    }

    /// What became of the labels, for cards that have nothing to show.
    pub(super) fn labels_stand(&self) -> LabelsStand {
        if self.labels.items.is_empty() && self.labels.shown_draft.is_none() {
            return LabelsStand::None;
        }
        if !self.is_ready() && self.sees() {
            return LabelsStand::Later;
        }
        let mut sentences = self.labels.sentences().peekable();
        let any = sentences.peek().is_some();
        if any && sentences.all(|sentence| self.texts.is_refused(&sentence)) {
            LabelsStand::Unreadable
        } else {
            LabelsStand::Some
        }
    }

    /// The first label that has to wait for the text tower, while photos are already answered.
    pub(in super::super) fn late_label(&self) -> Option<String> {
        if self.is_ready() || !self.sees() {
            return None;
        }
        let draft = self.labels.tidy_draft();
        let mut labels = self.labels.items.iter().chain(draft.as_ref());
        let waits = |label: &&Rc<str>| {
            let mut sentences = labels::fill(&self.labels.templates, label);
            sentences.any(|sentence| !self.texts.settled(&sentence))
        };
        labels.find(waits).map(|label| words::label_waits(label))
    }

    /// The first label in a language that the model doesn't know.
    pub(in super::super) fn foreign_label(&self) -> Option<String> {
        let languages = &self.model.as_ref()?.languages;
        let draft = self.labels.tidy_draft();
        let mut labels = self.labels.items.iter().chain(draft.as_ref());
        let foreign = |label: &&Rc<str>| {
            script::is_foreign(label, languages) || language::looks_foreign(label, languages)
        };
        let label = labels.find(foreign)?;
        let certain = script::is_foreign(label, languages);
        Some(words::foreign(label, languages, certain))
    }
}

/// Whatever can be scored: labels, then the unfinished word.
pub(super) fn candidates(labels: &Labels, texts: &Texts) -> Vec<Candidate> {
    let candidate = |label: &Rc<str>, draft| {
        let embedding = texts.mean(labels::fill(&labels.shown_templates, label))?;
        Some(Candidate {
            label: label.clone(),
            draft,
            embedding,
        })
    };
    let kept = labels.items.iter().map(|label| (label, false));
    let draft = labels
        .shown_draft
        .iter()
        .filter(|draft| !labels.items.contains(draft));
    kept.chain(draft.map(|draft| (draft, true)))
        .filter_map(|(label, draft)| candidate(label, draft))
        .collect()
}
