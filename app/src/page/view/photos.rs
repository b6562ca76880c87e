//! All cards, and what can be done with all of them.

use super::{
    super::{
        app::{Msg, PhotoMsg, Send},
        photos::{Card, CardId, Stand},
        search::{Match, PhotoTerm},
        shared::Shared,
        words,
    },
    card::CardView,
    search::SearchBar,
};
use glimpse_model::score::Together;
use std::{collections::HashMap, rc::Rc};
use yew::{Html, Properties, component, html};

/// See [`PhotoGrid`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub cards: Vec<Shared<Card>>,
    pub settings: Settings,
    /// What is looked for, in words.
    pub query: String,
    /// And in photos.
    pub query_photos: Rc<[PhotoTerm]>,
    /// The best first; those that aren't in it come behind.
    pub found: Option<Rc<[Match]>>,
    pub send: Send,
}

/// What all cards have in common.
#[derive(Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether cosine and logit are shown beside the share.
    pub numbers: bool,
    /// Whether the worker takes photos.
    pub ready: bool,
    /// What there is to compare with.
    pub labels: LabelsStand,
    /// Whether labels share 100 %.
    pub shares: bool,
    /// How "none of these" comes about, if the scores are calibrated.
    pub together: Option<Together>,
    /// Whether photos are in the order of a query.
    pub searched: bool,
}

/// What became of the labels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LabelsStand {
    /// There are none.
    None,
    /// Some are embedded or will be.
    Some,
    /// They wait for the text tower.
    Later,
    /// The model's tokenizer refuses all of them.
    Unreadable,
}

/// A card a photo; nothing without photos.
#[component]
pub fn PhotoGrid(props: &Props) -> Html {
    let cards = &props.cards;
    if cards.is_empty() {
        return Html::default();
    }
    let send = &props.send;
    let any_done = cards
        .iter()
        .any(|card| matches!(card.stand, Stand::Done(_)));
    let card = |(card, found): (&Shared<Card>, Option<Match>)| {
        html! {
            <li key={card.id}>
                <CardView
                    card={card.clone()}
                    settings={props.settings}
                    cosine={found.map(|found| found.cosine)}
                    send={send.clone()}
                />
            </li>
        }
    };
    html! {
        <section class="photos" id="photos" aria-labelledby="photos-title">
            <div class="bar-of-buttons">
                <h2 id="photos-title">
                    { words::PHOTOS }{ " " }<span class="count">{ cards.len() }</span>
                </h2>
                <button
                    type="button"
                    class="button"
                    aria-pressed={props.settings.numbers.to_string()}
                    onclick={send.reform(|_| Msg::Numbers)}
                >
                    { words::numbers(props.settings.together.is_some()) }
                </button>
                <button
                    type="button"
                    class="button"
                    id="save-results"
                    disabled={!any_done}
                    onclick={send.reform(|_| Msg::Save)}
                >
                    { words::SAVE }
                </button>
                <button
                    type="button"
                    class="button"
                    onclick={send.reform(|_| PhotoMsg::Clear.into())}
                >
                    { words::CLEAR_PHOTOS }
                </button>
            </div>
            if cards.len() > 1 || props.found.is_some() {
                <SearchBar
                    text={props.query.clone()}
                    photos={props.query_photos.clone()}
                    cards={in_query(cards, &props.query_photos)}
                    on={props.found.is_some()}
                    send={send.clone()}
                />
            }
            <ul class={if props.settings.numbers { "cards wide" } else { "cards" }}>{ for ordered(cards, props.found.as_deref()).into_iter().map(card) }</ul>
        </section>
    }
}

/// The cards in the order of a query, each with its match; those without one behind.
fn ordered<'a>(
    cards: &'a [Shared<Card>],
    found: Option<&[Match]>,
) -> Vec<(&'a Shared<Card>, Option<Match>)> {
    let found = found.unwrap_or_default().iter().enumerate();
    let places: HashMap<CardId, (usize, Match)> = found
        .map(|(place, &found)| (found.card, (place, found)))
        .collect();
    let mut ordered: Vec<_> = cards
        .iter()
        .map(|card| (card, places.get(&card.id).map(|&(_, found)| found)))
        .collect();
    ordered.sort_by_key(|(card, _)| places.get(&card.id).map_or(usize::MAX, |&(place, _)| place));
    ordered
}

/// Only those, so that the bar is drawn anew only when they change.
fn in_query(cards: &[Shared<Card>], terms: &[PhotoTerm]) -> Vec<Shared<Card>> {
    let is_term = |card: &&Shared<Card>| terms.iter().any(|term| term.card == card.id);
    cards.iter().filter(is_term).cloned().collect()
}
