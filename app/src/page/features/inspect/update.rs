//! What becomes of the dialogue: which photo is open, and what is asked for it.

use super::{
    Deps, Inspect, Msg,
    caption::Caption,
    question::{self, Parsed, Question},
    state::{Inspector, RegionStatus, Regions},
};
use crate::{
    page::{
        effects::{CardId, Effects, Event, Loss, PRIMARY, Redraw, Reply, TimerKey},
        features::{Feature, labels, photos::CardStatus},
        platform::{clipboard, svg},
        ui::PtrEqRc,
    },
    protocol::{ImageFailure, Request, RequestId},
};
use wasm_bindgen::JsValue;

const TYPED: TimerKey = "inspect.typed";

/// Milliseconds without a key before words are embedded.
const TYPING_PAUSE: u32 = 300;

impl Feature for Inspect {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let Some(inspector) = &mut self.open else {
            return Redraw::No;
        };
        let is_typed = matches!(
            msg,
            Msg::Words(_) | Msg::Ask(_) | Msg::Statement(_) | Msg::Answers(_)
        );
        match msg {
            Msg::Replied(id, _) | Msg::Drawn(id, _) if inspector.request != Some(id) => {
                return Redraw::No;
            }
            Msg::Replied(id, reply) => return inspector.on_reply(id, reply, deps, fx),
            Msg::Drawn(_, bitmap) => return inspector.on_drawn(bitmap, deps, fx),
            Msg::Close => {
                fx.focus(format!("#photo-{} [data-closer]", inspector.card));
                self.close(fx);
                return Redraw::Now;
            }
            Msg::Again => {
                inspector.regions = RegionStatus::Coming;
                inspector.request_regions(deps, fx);
            }
            Msg::Tab(tab) => inspector.tab = tab,
            Msg::StepTab(steps) => {
                inspector.tab = inspector.tab.step(steps);
                fx.focus(format!("#{}", inspector.tab.id()));
            }
            Msg::Words(words) => inspector.words = words.into(),
            Msg::Opacity(opacity) => {
                inspector.opacity = opacity.clamp(0.0, 1.0);
                return Redraw::Now;
            }
            Msg::ToggleContrast => {
                inspector.contrast = !inspector.contrast;
                return Redraw::Now;
            }
            Msg::Ask(text) => {
                inspector.ask(match question::parse(&text) {
                    Parsed::Question(question) => question,
                    Parsed::Who | Parsed::Unclear | Parsed::Empty => Question::default(),
                });
                inspector.asked = text;
            }
            Msg::Kind(kind) => inspector.ask(kind.suggestion()),
            Msg::Statement(text) => inspector.question.statement = text,
            Msg::Answers(text) => inspector.set_answers(text),
            Msg::TypingPaused => {}
            Msg::Describe => inspector.describing = true,
            Msg::CopyCaption => {
                if let Some(Caption::Found { text, .. }) = inspector.caption.clone() {
                    fx.spawn(async move { Msg::Copied(clipboard::copy(&text).await) });
                }
                return Redraw::No;
            }
            Msg::Copied(done) => inspector.copied = Some(done),
        }
        if is_typed {
            fx.after(TYPED, TYPING_PAUSE, Msg::TypingPaused);
        } else {
            inspector.embed(deps, fx);
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        if let Event::InspectPhoto(card) = *event {
            return self.inspect(card, deps, fx);
        }
        let Some(inspector) = &mut self.open else {
            return Redraw::No;
        };
        match *event {
            Event::ImageTowerReady => inspector.request_regions(deps, fx),
            Event::Ready | Event::TextsEmbedded | Event::TextRefused(_) | Event::LabelsChanged => {
                inspector.embed(deps, fx)
            }
            Event::PhotoRemoved(card) if card != inspector.card => return Redraw::No,
            Event::ModelChanged | Event::PhotosCleared | Event::PhotoRemoved(_) => self.close(fx),
            _ => return Redraw::No,
        }
        Redraw::Now
    }
}

impl Inspect {
    fn inspect(&mut self, card: CardId, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let Some(card) = deps.photos.get(card) else {
            return Redraw::No;
        };
        self.close(fx);
        let best = card.ranking.rows.first().map(|row| row.label.clone());
        let inspector = Inspector::new(card.id, best.unwrap_or_default());
        let inspector = self.open.insert(inspector);
        inspector.request_regions(deps, fx);
        inspector.embed(deps, fx);
        Redraw::Now
    }

    fn close(&mut self, fx: &mut Effects<Msg>) {
        let Some(inspector) = self.open.take() else {
            return;
        };
        fx.stop_timer(TYPED);
        if let Some(request) = inspector.request {
            fx.cancel(request);
        }
    }
}

impl Inspector {
    /// Asks for the photo's patches, if they are still to come and weren't asked for. Before the
    /// image tower is ready, they wait for it.
    fn request_regions(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let is_due = self.request.is_none() && self.regions == RegionStatus::Coming;
        if !is_due || !deps.engine.is_image_tower_ready() {
            return;
        }
        if let Some(card) = deps.photos.get(self.card) {
            self.send_picture(card.picture.blob.clone().into(), deps, fx);
        }
    }

    /// Sends a picture, as a file or as a bitmap.
    fn send_picture(&mut self, picture: JsValue, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let id = deps.engine.new_request();
        self.request = Some(id);
        let message = move |reply| Msg::Replied(id, reply);
        fx.request(PRIMARY, Request::InspectImage { id }, picture, message);
    }

    fn on_reply(
        &mut self,
        id: RequestId,
        reply: Reply,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> Redraw {
        let regions = match reply {
            Reply::Regions {
                grid,
                view,
                embeds,
                pixels,
            } => RegionStatus::Done(PtrEqRc::new(Regions {
                grid,
                view,
                embeds,
                pixels,
            })),
            Reply::Drawing => {
                if let Some(card) = deps.photos.get(self.card) {
                    let blob = card.picture.blob.clone();
                    fx.spawn(async move { Msg::Drawn(id, svg::drawn(blob).await) });
                }
                return Redraw::No;
            }
            Reply::Failed(failure) => RegionStatus::Failed(failure),
            Reply::Lost(Loss::Replaced) => RegionStatus::Coming,
            Reply::Lost(Loss::InWork | Loss::Crashed) => RegionStatus::Crashed,
            // The reply to another kind of request.
            Reply::Image(_) => return Redraw::No,
        };
        self.regions = regions;
        self.request = None;
        self.request_regions(deps, fx);
        Redraw::Now
    }

    fn on_drawn(
        &mut self,
        bitmap: Option<JsValue>,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> Redraw {
        self.request = None;
        match bitmap {
            Some(bitmap) if deps.engine.is_image_tower_ready() => {
                self.send_picture(bitmap, deps, fx);
                Redraw::No
            }
            // The worker ended meanwhile; the next one is asked anew.
            Some(_) => Redraw::No,
            None => {
                self.regions = RegionStatus::Failed(ImageFailure::UNDRAWABLE);
                Redraw::Now
            }
        }
    }

    /// Asks for every sentence that the tab that is shown needs, until nothing is missing.
    fn embed(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let Some(card) = deps.photos.get(self.card) else {
            return;
        };
        let CardStatus::Done(image) = &card.status else {
            return;
        };
        let texts = deps.engine.texts();
        let mut sentences = self.advance(
            &image.embedding,
            &deps.labels.templates,
            &|sentence| texts.get(sentence),
            &|sentence| texts.is_settled(sentence),
        );
        sentences.extend(labels::fill(&deps.labels.templates, &self.words));
        fx.embed_texts(sentences);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        effects::Effect,
        engine::Engine,
        features::{inspect::state::Tab, labels::Labels, photos::Photos, scores::Scores},
    };
    use yew::Callback;

    /// Photo 7 is open, and request 3 is on its way for it.
    fn open() -> Inspect {
        let mut inspector = Inspector::new(7, "dog".into());
        inspector.request = Some(3);
        Inspect {
            open: Some(inspector),
        }
    }

    /// What an update asks for while nothing runs.
    fn effects(change: impl FnOnce(&Deps<'_>, &mut Effects<Msg>)) -> Vec<Effect> {
        let engine = Engine::new(Callback::noop());
        let (scores, labels) = (Scores::default(), Labels::default());
        let deps = Deps {
            engine: &engine,
            scores: &scores,
            labels: &labels,
            photos: &Photos::default(),
        };
        let mut fx = Effects::default();
        change(&deps, &mut fx);
        fx.take()
    }

    /// What becomes of the patches after this reply to request 3, and of the request.
    fn after(reply: Reply) -> (RegionStatus, Option<RequestId>) {
        let mut inspect = open();
        effects(|deps, fx| {
            inspect.update(Msg::Replied(3, reply), deps, fx);
        });
        let inspector = inspect.open.unwrap_or(Inspector::new(0, "".into()));
        (inspector.regions, inspector.request)
    }

    #[test]
    fn a_lost_request_is_sent_again_unless_the_worker_broke() {
        let replaced = after(Reply::Lost(Loss::Replaced));
        assert!(replaced == (RegionStatus::Coming, None));
        let (broke, _) = after(Reply::Lost(Loss::Crashed));
        assert!(broke == RegionStatus::Crashed);
        let (failed, _) = after(Reply::Failed(ImageFailure::NotReady));
        assert!(failed == RegionStatus::Failed(ImageFailure::NotReady));
    }

    #[test]
    fn a_reply_to_an_earlier_request_is_ignored() {
        let mut inspect = open();
        effects(|deps, fx| {
            let reply = Reply::Failed(ImageFailure::NotReady);
            assert_eq!(inspect.update(Msg::Replied(2, reply), deps, fx), Redraw::No);
        });
        assert!(inspect.open == open().open);
    }

    #[test]
    fn a_drawing_that_cannot_be_drawn_has_failed() {
        let mut inspect = open();
        effects(|deps, fx| {
            inspect.update(Msg::Drawn(3, None), deps, fx);
        });
        let regions = inspect.open.map(|inspector| inspector.regions);
        assert!(matches!(regions, Some(RegionStatus::Failed(_))));
    }

    #[test]
    fn closing_leads_the_keyboard_back_to_the_photo() {
        let mut inspect = open();
        let asked = effects(|deps, fx| {
            inspect.update(Msg::Close, deps, fx);
        });
        assert!(inspect.open.is_none());
        assert!(matches!(
            &asked[..],
            [Effect::Focus(selector), Effect::StopTimer(TYPED), Effect::Cancel(3)]
                if selector == "#photo-7 [data-closer]"
        ));
    }

    #[test]
    fn the_dialogue_closes_with_its_photo_or_model() {
        for (event, is_open) in [
            (Event::PhotoRemoved(6), true),
            (Event::PhotoRemoved(7), false),
            (Event::PhotosCleared, false),
            (Event::ModelChanged, false),
        ] {
            let mut inspect = open();
            effects(|deps, fx| {
                inspect.hear(&event, deps, fx);
            });
            assert_eq!(inspect.open.is_some(), is_open);
        }
    }

    #[test]
    fn a_question_becomes_a_statement_while_it_is_typed() {
        let mut inspect = open();
        let asked = effects(|deps, fx| {
            inspect.update(Msg::Ask("Is it a cat or a dog?".into()), deps, fx);
        });
        assert!(matches!(asked[..], [Effect::After(TYPED, TYPING_PAUSE, _)]));
        let answers = inspect.open.map(|inspector| inspector.answers);
        assert_eq!(answers.as_deref(), Some("a cat, a dog"));
    }

    #[test]
    fn the_keyboard_follows_the_tab() {
        let mut inspect = open();
        let asked = effects(|deps, fx| {
            inspect.update(Msg::StepTab(-1), deps, fx);
        });
        assert!(matches!(&asked[..], [Effect::Focus(selector)] if selector == "#tab-numbers"));
        assert!(inspect.open.is_some_and(|open| open.tab == Tab::Numbers));
    }
}
