//! Labels that are typed, removed and embedded. Whatever changes them asks for their embeddings and
//! tells the others.

use super::{
    Deps, Labels, Msg, fill, split,
    state::{Refused, parse_templates, room},
    text,
};
use crate::page::{
    effects::{Effects, Event, Redraw, TimerKey},
    engine::text::texts_failure,
    features::{Feature, Link},
    ui::undo,
};
use glimpse_model::text::Template;
use std::rc::Rc;

const DRAFT: TimerKey = "labels.draft";
const FORGET: TimerKey = "labels.forget";
const TEMPLATE: TimerKey = "labels.template";

/// Milliseconds without a key before the draft is embedded.
const DRAFT_PAUSE: u32 = 200;

/// Milliseconds without a key before new templates are.
const TEMPLATE_PAUSE: u32 = 400;

/// Selects the field of the draft, where the keyboard goes.
const FIELD: &str = "#label-input";

impl Feature for Labels {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Typed(text) => self.typed(&text, deps, fx),
            Msg::Pasted(list) => {
                self.draft.push_str(&list);
                self.commit(deps, fx);
            }
            Msg::Commit => self.commit(deps, fx),
            Msg::DraftPause => self.draft_paused(deps, fx),
            Msg::Remove(label) => {
                fx.focus(match self.remove(&label) {
                    Some(next) => self.chip(&next),
                    None => FIELD.to_owned(),
                });
                self.taken_away(deps, fx);
            }
            Msg::Undo => {
                fx.stop_timer(FORGET);
                self.bring_back();
                fx.focus(FIELD);
                self.changed(&Refused::default(), deps, fx);
            }
            Msg::Forget => self.removed = None,
            Msg::RemoveLast => {
                if let Some(last) = self.items.last().cloned() {
                    self.remove(&last);
                    self.taken_away(deps, fx);
                }
            }
            Msg::Clear => {
                self.clear();
                fx.focus(FIELD);
                self.taken_away(deps, fx);
            }
            Msg::AddSet(index) => {
                let set = text::SETS.get(index).map(|(_, labels)| *labels);
                let mut refused = self.add(set.unwrap_or_default().iter().copied());
                // What is there already needs no remark here.
                refused.duplicates.clear();
                self.changed(&refused, deps, fx);
            }
            Msg::TemplateTyped(text) => {
                self.template_text = text;
                fx.after(TEMPLATE, TEMPLATE_PAUSE, Msg::TemplatePause);
            }
            Msg::TemplatePause => self.take_templates(deps, fx),
            Msg::TemplateReset => {
                self.template_text = Template::default().as_str().to_owned();
                self.take_templates(deps, fx);
            }
            Msg::TemplateSet => {
                self.template_text = text::TEMPLATES.join("\n");
                self.take_templates(deps, fx);
            }
            Msg::List(list) => self.replace_by(&list, deps, fx),
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match event {
            Event::Ready => {
                self.embed(fx);
                self.embed_draft(fx);
            }
            Event::TextRefused(failure) => self.note = Some(texts_failure(failure).into()),
            Event::SetupRead => {
                self.embed(fx);
                fx.event(Event::LabelsChanged);
            }
            Event::ModelChanged => {
                self.shown_draft = None;
                return Redraw::Now;
            }
            // What was forgotten for lack of room is asked for again.
            Event::ImageEmbedded(_) => {
                self.embed(fx);
                return Redraw::No;
            }
            Event::TextsEmbedded | Event::ImageTowerReady => {}
            _ => return Redraw::No,
        }
        // Photos follow the same events, and hear of them later.
        self.settle(deps.engine.texts());
        Redraw::Now
    }

    fn read_link(&mut self, link: &Link) {
        let mut labels = Self::default();
        if let Some(text) = link.get("sentences") {
            labels.set_templates(text.clone());
            labels.shown_templates = labels.templates.clone();
        }
        if let Some(list) = link.get("labels") {
            labels.items = Rc::default();
            let mut refused = labels.add(split(list));
            // A link that names a label twice loses nothing.
            refused.duplicates.clear();
            labels.draft = refused.left();
            labels.note = text::refused(&refused, labels.room()).map(Rc::from);
        }
        *self = labels;
    }

    fn write_link(&self, link: &mut Link) {
        let start = Self::default();
        if self.items != start.items {
            link.insert("labels", self.items.join(","));
        }
        if self.template_text != start.template_text {
            link.insert("sentences", self.template_text.clone());
        }
    }
}

impl Labels {
    /// Everything before the last separator is finished.
    fn typed(&mut self, text: &str, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let mut parts = split(text);
        let rest = parts.pop().unwrap_or_default().trim_start();
        if parts.is_empty() {
            self.draft = rest.to_owned();
            self.note = None;
        } else {
            let refused = self.add(parts);
            self.draft = match refused.left() {
                left if left.is_empty() => rest.to_owned(),
                left => format!("{left}, {rest}"),
            };
            self.changed(&refused, deps, fx);
        }
        if self.tidy_draft().is_none() && self.shown_draft.take().is_some() {
            fx.event(Event::LabelsChanged);
        }
        fx.after(DRAFT, DRAFT_PAUSE, Msg::DraftPause);
    }

    fn draft_paused(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        self.embed_draft(fx);
        // A label that waited for the draft before this one may wait in vain.
        self.embed(fx);
        if self.settle(deps.engine.texts()) {
            fx.event(Event::LabelsChanged);
        }
    }

    /// The draft becomes a label, or several; what doesn't fit stays in the field.
    fn commit(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let draft = std::mem::take(&mut self.draft);
        let refused = self.add(split(&draft));
        self.draft = refused.left();
        self.changed(&refused, deps, fx);
    }

    /// The list becomes the labels, in place of those that are there.
    fn replace_by(&mut self, list: &str, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let before = std::mem::take(&mut self.items);
        let refused = self.add(split(list));
        let is_lost = before.iter().any(|label| !self.items.contains(label));
        if is_lost {
            self.removed = Some(before);
            fx.after(FORGET, undo::TIME, Msg::Forget);
        }
        self.draft = refused.left();
        self.changed(&refused, deps, fx);
    }

    /// There are other labels, or other sentences around them.
    fn changed(&mut self, refused: &Refused, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        self.note = text::refused(refused, self.room()).map(Rc::from);
        if self.draft.is_empty() {
            self.shown_draft = None;
            fx.stop_timer(DRAFT);
        }
        self.embed(fx);
        self.settle(deps.engine.texts());
        fx.event(Event::LabelsChanged);
        fx.event(Event::SetupChanged);
    }

    /// Labels were taken away, which can be undone for some seconds.
    fn taken_away(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.after(FORGET, undo::TIME, Msg::Forget);
        self.changed(&Refused::default(), deps, fx);
    }

    /// Takes the templates that the field says, unless that makes too many sentences.
    fn take_templates(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.stop_timer(TEMPLATE);
        let templates = parse_templates(&self.template_text);
        if self.items.len() > room(templates.len()) {
            self.note = Some(text::many_sentences(self.items.len(), templates.len()).into());
            return;
        }
        self.templates = templates;
        self.changed(&Refused::default(), deps, fx);
    }

    fn embed(&self, fx: &mut Effects<Msg>) {
        fx.embed_texts(self.sentences().collect());
    }

    fn embed_draft(&self, fx: &mut Effects<Msg>) {
        if let Some(draft) = self.tidy_draft() {
            fx.embed_draft(fill(&self.templates, &draft).collect());
        }
    }

    /// The selector of a label's chip: by index, since a label may hold any character.
    fn chip(&self, label: &str) -> String {
        let index = self.items.iter().position(|item| &**item == label);
        format!(
            "#labels li:nth-child({}) [data-chip]",
            index.unwrap_or_default() + 1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{effects::Effect, engine::Engine, features::scores::Scores};
    use yew::Callback;

    /// Hands over messages, one after the other, and gives the effects of the last one.
    fn update(labels: &mut Labels, msgs: impl IntoIterator<Item = Msg>) -> Vec<Effect> {
        let (engine, scores) = (Engine::new(Callback::noop()), Scores::default());
        let deps = Deps {
            engine: &engine,
            scores: &scores,
        };
        let mut fx = Effects::default();
        for msg in msgs {
            fx.take();
            labels.update(msg, &deps, &mut fx);
        }
        fx.take()
    }

    fn hear(labels: &mut Labels, event: &Event) -> Vec<Effect> {
        let (engine, scores) = (Engine::new(Callback::noop()), Scores::default());
        let deps = Deps {
            engine: &engine,
            scores: &scores,
        };
        let mut fx = Effects::default();
        labels.hear(event, &deps, &mut fx);
        fx.take()
    }

    fn items(labels: &Labels) -> Vec<&str> {
        labels.items.iter().map(|item| &**item).collect()
    }

    #[test]
    fn a_comma_makes_a_label_whose_sentence_is_embedded() {
        let mut labels = Labels::new(&["cat"]);
        let effects = update(&mut labels, [Msg::Typed("red fox, do".into())]);
        assert_eq!(items(&labels), ["cat", "red fox"]);
        assert_eq!(labels.draft, "do");
        let [
            Effect::EmbedTexts {
                sentences,
                draft: false,
            },
            Effect::Event(Event::LabelsChanged),
            Effect::Event(Event::SetupChanged),
            Effect::After(DRAFT, DRAFT_PAUSE, _),
        ] = &effects[..]
        else {
            panic!("other effects");
        };
        assert_eq!(sentences[..], ["a photo of a cat", "a photo of a red fox"]);
    }

    #[test]
    fn a_draft_is_embedded_once_typing_pauses() {
        let mut labels = Labels::new(&[]);
        let effects = update(&mut labels, [Msg::Typed("fox".into())]);
        assert!(matches!(effects[..], [Effect::After(DRAFT, _, _)]));
        let effects = update(&mut labels, [Msg::DraftPause]);
        assert!(matches!(
            &effects[0],
            Effect::EmbedTexts { sentences, draft: true } if sentences[..] == ["a photo of a fox"]
        ));
    }

    #[test]
    fn a_refused_label_is_told_and_one_that_is_too_long_stays_in_the_field() {
        let mut labels = Labels::new(&["cat"]);
        update(&mut labels, [Msg::Typed("Cat".into()), Msg::Commit]);
        assert_eq!(
            labels.note.as_deref(),
            Some("\u{201c}cat\u{201d} is there already.")
        );
        assert_eq!(labels.draft, "");
        let long = "x".repeat(300);
        update(&mut labels, [Msg::Typed(long.clone()), Msg::Commit]);
        assert_eq!(labels.draft, long);
        assert!(labels.note.is_some());
    }

    #[test]
    fn the_keyboard_goes_to_the_label_after_a_removed_one() {
        let mut labels = Labels::new(&["a", "b"]);
        for (label, selector) in [
            ("a", "#labels li:nth-child(1) [data-chip]"),
            ("b", "#label-input"),
        ] {
            let effects = update(&mut labels, [Msg::Remove(label.into())]);
            assert!(matches!(&effects[0], Effect::Focus(found) if found == selector));
        }
    }

    #[test]
    fn another_model_voids_the_embedded_draft_and_its_readiness_asks_for_all_sentences() {
        let mut labels = Labels::new(&["cat"]);
        (labels.draft, labels.shown_draft) = ("fox".into(), Some("fox".into()));
        assert!(hear(&mut labels, &Event::ModelChanged).is_empty());
        assert_eq!(labels.shown_draft, None);
        assert!(matches!(
            hear(&mut labels, &Event::Ready)[..],
            [
                Effect::EmbedTexts { draft: false, .. },
                Effect::EmbedTexts { draft: true, .. }
            ]
        ));
    }

    #[test]
    fn a_link_brings_back_labels_and_sentences() {
        let mut labels = Labels::default();
        let mut link = Link::default();
        labels.write_link(&mut link);
        assert_eq!(link, Link::default());
        let read = [("labels", ",, ,a & b,cat"), ("sentences", "a {}\nthe {}")];
        labels.read_link(&Link::from(read));
        assert_eq!(items(&labels), ["a & b", "cat"]);
        assert_eq!(labels.shown_templates.len(), 2);
        labels.write_link(&mut link);
        let written = [("labels", "a & b,cat"), ("sentences", "a {}\nthe {}")];
        assert_eq!(link, Link::from(written));
        labels.read_link(&Link::default());
        assert_eq!(labels.items, Labels::default().items);
    }
}
