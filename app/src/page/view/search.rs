//! Looking for photos among those on the page.

use super::{
    super::{
        app::{SearchMsg, Send},
        photos::Card,
        search::PhotoTerm,
        shared::Shared,
        words,
    },
    field::typed,
};
use std::rc::Rc;
use yew::{Html, Properties, component, html};

/// See [`SearchBar`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub text: String,
    pub photos: Rc<[PhotoTerm]>,
    pub cards: Vec<Shared<Card>>,
    pub on: bool,
    pub send: Send,
}

/// The field, the photos that take part, and what it means.
#[component]
pub fn SearchBar(props: &Props) -> Html {
    let Props {
        text,
        photos,
        cards,
        on,
        send,
    } = props;
    let oninput = typed(send, SearchMsg::Typed);
    let term = |term: &PhotoTerm| {
        let card = cards.iter().find(|card| card.id == term.card);
        card.map(|card| photo(card, term.minus, send))
            .unwrap_or_default()
    };
    html! {
        <section class="search" role="search" aria-label={words::SEARCH}>
            <label class="field-name" for="search-input">{ words::SEARCH }</label>
            <div class="field">
                <input
                    id="search-input"
                    type="text"
                    maxlength="200"
                    value={text.clone()}
                    placeholder={words::SEARCH_EXAMPLE}
                    aria-describedby="search-hint"
                    autocomplete="off"
                    autocapitalize="none"
                    enterkeyhint="search"
                    {oninput}
                />
                if *on {
                    <button
                        type="button"
                        class="button"
                        onclick={send.reform(|_| SearchMsg::Clear.into())}
                    >
                        { words::SEARCH_CLEAR }
                    </button>
                }
            </div>
            if !photos.is_empty() {
                <ul class="chips query">{ for photos.iter().map(term) }</ul>
            }
            <p class="hint" id="search-hint">{ words::SEARCH_HINT }</p>
            if *on {
                <details>
                    <summary>{ words::SEARCH_TERM }</summary>
                    <p class="hint">{ words::SEARCH_EXACT }</p>
                </details>
            }
        </section>
    }
}

fn photo(card: &Shared<Card>, minus: bool, send: &Send) -> Html {
    let id = card.id;
    html! {
        <li key={id} class="query-photo">
            <button
                type="button"
                class="quiet sign"
                aria-label={words::turn_term(&card.name, minus)}
                onclick={send.reform(move |_| SearchMsg::Turn(id).into())}
            >
                { if minus { "\u{2212}" } else { "+" } }
            </button>
            <img src={card.picture.url.clone()} alt="" decoding="async" />
            <span class="query-name">{ card.name.clone() }</span>
            <button
                type="button"
                class="quiet"
                aria-label={words::drop_term(&card.name)}
                onclick={send.reform(move |_| SearchMsg::Photo(id).into())}
            >
                { super::icons::cross() }
            </button>
        </li>
    }
}
