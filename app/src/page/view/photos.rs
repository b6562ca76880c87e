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
use glimpse_model::score::Together;
use yew::{Html, Properties, component, html};

/// See [`PhotoGrid`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub cards: Vec<Shared<Card>>,
    pub settings: Settings,
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
    /// How "none of these" comes about, if the model is calibrated.
    pub together: Option<Together>,
}

/// What became of the labels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LabelsStand {
    /// There are none.
    None,
    /// Some are embedded or will be.
    Some,
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
    let card = |card: &Shared<Card>| {
        html! {
            <li key={card.id}>
                <CardView
                    card={card.clone()}
                    settings={props.settings}
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
            <ul class={if props.settings.numbers { "cards wide" } else { "cards" }}>{ for cards.iter().map(card) }</ul>
        </section>
    }
}
