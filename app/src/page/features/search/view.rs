//! The field for a query, and the photos in it.

use super::{Deps, Msg, Search, state::PhotoTerm, text};
use crate::page::{
    features::photos::Card,
    ui::{PtrEqRc, field::typed, icons},
};
use std::rc::Rc;
use yew::{Callback, Html, Properties, component, html};

/// The search bar, for above the photos.
pub fn bar(search: &Search, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    let in_query = search.photos.iter();
    let cards: Vec<_> = in_query
        .filter_map(|term| deps.photos.get(term.card).cloned())
        .collect();
    html! {
        <SearchBar
            text={search.text.clone()}
            photos={search.photos.clone()}
            {cards}
            on={search.found.is_some()}
            send={send.clone()}
        />
    }
}

/// What [`SearchBar`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    text: String,
    photos: Rc<[PhotoTerm]>,
    /// The cards of `photos`, for their thumbnails and names.
    cards: Vec<PtrEqRc<Card>>,
    on: bool,
    send: Callback<Msg>,
}

/// The field, the photos in the query, and the exact term.
#[component]
fn SearchBar(props: &Props) -> Html {
    let Props {
        text,
        photos,
        cards,
        on,
        send,
    } = props;
    let oninput = typed(send, Msg::Typed);
    let term = |term: &PhotoTerm| {
        let card = cards.iter().find(|card| card.id == term.card);
        card.map(|card| photo(card, term.minus, send))
            .unwrap_or_default()
    };
    html! {
        <section class="search" role="search" aria-label={text::TITLE}>
            <label class="field-name" for="search-input">{ text::TITLE }</label>
            <div class="field">
                <input
                    id="search-input"
                    type="text"
                    maxlength="200"
                    value={text.clone()}
                    placeholder={text::EXAMPLE}
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
                        onclick={send.reform(|_| Msg::Clear)}
                    >
                        { text::CLEAR }
                    </button>
                }
            </div>
            if !photos.is_empty() {
                <ul class="chips query">{ for photos.iter().map(term) }</ul>
            }
            <p class="hint" id="search-hint">{ text::HINT }</p>
            if *on {
                <details>
                    <summary>{ text::TERM }</summary>
                    <p class="hint">{ text::EXACT }</p>
                </details>
            }
        </section>
    }
}

fn photo(card: &PtrEqRc<Card>, minus: bool, send: &Callback<Msg>) -> Html {
    let id = card.id;
    html! {
        <li key={id} class="query-photo">
            <button
                type="button"
                class="quiet sign"
                aria-label={text::flip_sign(&card.name, minus)}
                onclick={send.reform(move |_| Msg::FlipSign(id))}
            >
                { if minus { "\u{2212}" } else { "+" } }
            </button>
            <img src={card.picture.url.clone()} alt="" decoding="async" />
            <span class="query-name">{ card.name.clone() }</span>
            <button
                type="button"
                class="quiet"
                aria-label={text::remove_term(&card.name)}
                onclick={send.reform(move |_| Msg::RemoveTerm(id))}
            >
                { icons::cross() }
            </button>
        </li>
    }
}
