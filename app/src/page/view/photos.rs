//! All cards, and what can be done with all of them.

use super::{
    super::{
        app::{Msg, PhotoMsg, Send},
        photos::{Card, Stand},
        shared::Shared,
        words,
    },
    card::CardView,
};
use yew::{Html, Properties, component, html};

/// See [`PhotoGrid`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub cards: Vec<Shared<Card>>,
    pub numbers: bool,
    pub ready: bool,
    pub has_labels: bool,
    pub shares: bool,
    pub send: Send,
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
    let card = |card: &Shared<Card>| {
        html! {
            <li key={card.id}>
                <CardView
                    card={card.clone()}
                    numbers={props.numbers}
                    ready={props.ready}
                    has_labels={props.has_labels}
                    shares={props.shares}
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
                    aria-pressed={props.numbers.to_string()}
                    onclick={send.reform(|_| Msg::Numbers)}
                >
                    { words::NUMBERS }
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
            <ul class={if props.numbers { "cards wide" } else { "cards" }}>{ for cards.iter().map(card) }</ul>
        </section>
    }
}
