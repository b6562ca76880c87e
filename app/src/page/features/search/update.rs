//! What becomes of a query.

use super::{
    Deps, Msg, Search,
    query::{TextTerm, terms},
    text,
};
use crate::page::{
    effects::{CardId, Effects, Event, Redraw, TimerKey},
    engine::direction::sum,
    features::{
        Feature, Link,
        photos::{CardStatus, Match},
    },
};
use glimpse_model::{order::sorted, score::cosine};
use std::rc::Rc;

const TYPED: TimerKey = "search.typed";

/// Milliseconds without a key before a query is embedded.
const TYPING_PAUSE: u32 = 250;

/// The query's name in a link.
const LINK_KEY: &str = "find";

impl Feature for Search {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Typed(text) => {
                self.text = text;
                fx.after(TYPED, TYPING_PAUSE, Msg::TypingPaused);
                if !self.is_on() {
                    self.run_search(deps, fx);
                }
            }
            Msg::TypingPaused => {
                self.embed(fx);
                self.run_search(deps, fx);
                fx.event(Event::SetupChanged);
            }
            Msg::FlipSign(card) => {
                self.flip_sign(card);
                self.run_search(deps, fx);
            }
            Msg::RemoveTerm(card) => {
                self.remove(card);
                self.run_search(deps, fx);
                fx.reveal("#photos");
            }
            Msg::Clear => {
                *self = Self::default();
                fx.stop_timer(TYPED);
                fx.focus("#search-input");
                fx.event(Event::SetupChanged);
            }
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let was_on = self.is_on();
        match *event {
            Event::SearchPhoto(card) => {
                self.toggle(card);
                fx.reveal("#photos");
            }
            Event::Ready | Event::SetupRead => self.embed(fx),
            // What was forgotten for lack of room, or waited for a draft that was replaced.
            Event::LabelsChanged => {
                self.embed(fx);
                return Redraw::No;
            }
            Event::ImageEmbedded(_) => self.embed(fx),
            Event::TextsEmbedded | Event::TextRefused(_) => {}
            Event::PhotoRemoved(card) => self.remove(card),
            Event::PhotosCleared => self.photos = Rc::default(),
            Event::ModelChanged => {
                self.found = None;
                return Redraw::Now;
            }
            _ => return Redraw::No,
        }
        self.run_search(deps, fx);
        match event {
            Event::SetupRead => Redraw::Now,
            _ if !was_on && !self.is_on() => Redraw::No,
            Event::ImageEmbedded(_) => Redraw::Soon,
            _ => Redraw::Now,
        }
    }

    fn read_link(&mut self, link: &Link) {
        self.text = link.get(LINK_KEY).cloned().unwrap_or_default();
    }

    fn write_link(&self, link: &mut Link) {
        let text = self.text.trim();
        if !text.is_empty() {
            link.insert(LINK_KEY, text.to_owned());
        }
    }
}

impl Search {
    /// Asks for the embeddings of the query's words.
    fn embed(&self, fx: &mut Effects<Msg>) {
        let sentences = self.sentences();
        if !sentences.is_empty() {
            fx.embed_texts(sentences);
        }
    }

    /// Ranks the photos anew, once all of the query's words are embedded; until then, what was
    /// found before stays. Tells a screen reader when another photo is best.
    fn run_search(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        if !self.is_on() {
            self.found = None;
            return;
        }
        let Some(query) = self.query(deps) else {
            return;
        };
        let found = rank(query.as_deref(), deps);
        let best = |found: &[Match]| found.first().map(|best| best.card);
        let before = self.found.as_deref().and_then(best);
        let now = best(&found);
        if now != before
            && let Some(card) = now.and_then(|card| deps.photos.get(card))
        {
            fx.say(text::announce_found(&card.name));
        }
        self.found = Some(found);
    }

    /// The query's direction; `None` while a term of it isn't embedded, and `Some(None)` if its
    /// terms cancel each other out or can't be embedded.
    fn query(&self, deps: &Deps<'_>) -> Option<Option<Vec<f32>>> {
        let texts = deps.engine.texts();
        let mut directions: Vec<(Rc<[f32]>, bool)> = Vec::new();
        for TextTerm { text, minus } in terms(&self.text) {
            match texts.get(&text) {
                Some(embedding) => directions.push((embedding, minus)),
                None if texts.is_refused(&text) => {}
                None => return None,
            }
        }
        for term in self.photos.iter() {
            if let Some(embedding) = embedding(term.card, deps) {
                directions.push((embedding, term.minus));
            }
        }
        let directions = directions.iter();
        Some(sum(
            directions.map(|(direction, minus)| (&**direction, *minus))
        ))
    }
}

/// A photo's embedding, once it is there.
fn embedding(card: CardId, deps: &Deps<'_>) -> Option<Rc<[f32]>> {
    match &deps.photos.get(card)?.status {
        CardStatus::Done(image) => Some(image.embedding.clone()),
        _ => None,
    }
}

/// All embedded photos by their cosine to the query, best first.
fn rank(query: Option<&[f32]>, deps: &Deps<'_>) -> Rc<[Match]> {
    let Some(query) = query else {
        return Rc::default();
    };
    let cards = deps.photos.cards().iter();
    let found: Vec<Match> = cards
        .filter_map(|card| match &card.status {
            CardStatus::Done(image) => Some(Match {
                card: card.id,
                cosine: cosine(&image.embedding, query),
            }),
            _ => None,
        })
        .collect();
    sorted(found, |a, b| b.cosine.total_cmp(&a.cosine)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{effects::Effect, engine::Engine, features::photos::Photos};
    use yew::Callback;

    /// What an update of a page without photos asks for.
    fn effects(change: impl FnOnce(&Deps<'_>, &mut Effects<Msg>)) -> Vec<Effect> {
        let (engine, photos) = (Engine::new(Callback::noop()), Photos::default());
        let deps = Deps {
            engine: &engine,
            photos: &photos,
        };
        let mut fx = Effects::default();
        change(&deps, &mut fx);
        fx.take()
    }

    fn of(text: &str) -> Search {
        Search {
            text: text.to_owned(),
            ..Search::default()
        }
    }

    #[test]
    fn a_query_is_embedded_once_typing_pauses() {
        let mut search = Search::default();
        let asked = effects(|deps, fx| {
            search.update(Msg::Typed("dog + snow".into()), deps, fx);
        });
        assert!(matches!(asked[..], [Effect::After(TYPED, TYPING_PAUSE, _)]));
        let asked = effects(|deps, fx| {
            search.update(Msg::TypingPaused, deps, fx);
        });
        let [
            Effect::EmbedTexts { sentences, draft },
            Effect::Event(Event::SetupChanged),
        ] = &asked[..]
        else {
            panic!("{} effects", asked.len());
        };
        assert_eq!(sentences[..], ["dog", "snow"]);
        assert!(!draft);
    }

    #[test]
    fn what_was_found_stays_until_the_new_words_are_embedded() {
        let mut search = of("dog");
        search.found = Some(Rc::default());
        effects(|deps, fx| {
            search.update(Msg::Typed("dog in snow".into()), deps, fx);
            search.update(Msg::TypingPaused, deps, fx);
        });
        assert!(search.found.is_some());
        effects(|deps, fx| {
            search.update(Msg::Typed(String::new()), deps, fx);
        });
        assert!(search.found.is_none());
    }

    #[test]
    fn a_query_is_embedded_anew_when_the_model_is_ready() {
        let mut search = of("dog");
        let asked = effects(|deps, fx| {
            search.hear(&Event::Ready, deps, fx);
        });
        assert!(
            matches!(&asked[..], [Effect::EmbedTexts { sentences, .. }] if sentences[..] == ["dog"])
        );
    }

    #[test]
    fn a_removed_photo_leaves_the_query() {
        let mut search = Search::default();
        let asked = effects(|deps, fx| {
            assert_eq!(search.hear(&Event::SearchPhoto(3), deps, fx), Redraw::Now);
        });
        assert!(matches!(asked[..], [Effect::Reveal("#photos")]));
        assert!(search.found.is_some());
        effects(|deps, fx| {
            search.hear(&Event::PhotoRemoved(4), deps, fx);
            assert!(search.is_on());
            assert_eq!(search.hear(&Event::PhotoRemoved(3), deps, fx), Redraw::Now);
        });
        assert!(!search.is_on() && search.found.is_none());
    }

    #[test]
    fn nothing_is_drawn_for_photos_that_nobody_looks_for() {
        let mut search = Search::default();
        let asked = effects(|deps, fx| {
            let redraw = search.hear(&Event::ImageEmbedded(3), deps, fx);
            assert_eq!(redraw, Redraw::No);
        });
        assert!(asked.is_empty());
    }

    #[test]
    fn a_link_holds_the_words() {
        let mut link = Link::default();
        of(" ").write_link(&mut link);
        assert_eq!(link, Link::default());
        of(" dog ").write_link(&mut link);
        let mut search = of("cat");
        search.read_link(&link);
        assert_eq!(search.text, "dog");
        search.read_link(&Link::default());
        assert_eq!(search.text, "");
    }
}
