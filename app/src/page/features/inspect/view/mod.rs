//! One photo, looked at closely: a dialogue with four tabs.

mod ask;
mod canvas;
mod described;
mod heat_map;
mod vectors;

use super::{
    Deps, Inspect, Msg,
    state::{Inspector, Tab},
    text,
};
use crate::page::{
    effects::ImageEmbedding,
    features::photos::{self, Card, CardStatus},
    ui::{PtrEqRc, field::typed, icons},
};
use heat_map::HeatMap;
use std::rc::Rc;
use web_sys::HtmlDialogElement;
use yew::{
    Callback, Html, KeyboardEvent, Properties, component, html, use_effect_with, use_node_ref,
};

/// The dialogue, while a photo is open.
pub fn dialogue(inspect: &Inspect, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    let Some(inspector) = &inspect.open else {
        return Html::default();
    };
    let Some(card) = deps.photos.get(inspector.card) else {
        return Html::default();
    };
    let CardStatus::Done(image) = &card.status else {
        return Html::default();
    };
    html! {
        <Dialogue
            key={inspector.card}
            tab={inspector.tab}
            card={card.clone()}
            shown={shown(inspector, card, image, deps, send)}
            send={send.clone()}
        />
    }
}

fn shown(
    inspector: &Inspector,
    card: &PtrEqRc<Card>,
    image: &Rc<ImageEmbedding>,
    deps: &Deps<'_>,
    send: &Callback<Msg>,
) -> Html {
    let (labels, texts) = (deps.labels, deps.engine.texts());
    match inspector.tab {
        Tab::Where => html! {
            <HeatMap
                inspector={inspector.clone()}
                card={card.clone()}
                size={[image.width, image.height]}
                text={inspector.words_direction(labels, texts)}
                others={inspector.other_directions(labels, texts)}
                labels={labels.items.clone()}
                send={send.clone()}
            />
        },
        Tab::Words => described::described(inspector, image, deps, send),
        Tab::Ask => ask::ask(inspector, image, deps, send),
        Tab::Numbers => vectors::vectors(inspector, image, deps, send),
    }
}

/// What [`Dialogue`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    tab: Tab,
    card: PtrEqRc<Card>,
    /// What the chosen tab shows.
    shown: Html,
    send: Callback<Msg>,
}

/// A native dialogue: it keeps the keyboard inside, and Escape closes it.
#[component]
fn Dialogue(props: &Props) -> Html {
    let Props {
        tab,
        card,
        shown,
        send,
    } = props;
    let dialogue = use_node_ref();
    use_effect_with(dialogue.clone(), |dialogue| {
        if let Some(dialogue) = dialogue.cast::<HtmlDialogElement>()
            && !dialogue.open()
        {
            // Refused only for one that isn't on the page.
            let _ = dialogue.show_modal();
        }
    });
    let close = send.reform(|_| Msg::Close);
    let onclose = send.reform(|_| Msg::Close);
    html! {
        <dialog
            ref={dialogue}
            class="closer"
            id="closer"
            aria-labelledby="closer-title"
            data-tab={tab.id()}
            {onclose}
        >
            // Beside the heat map, which has the photo too, it says nothing new.
            <img
                class="closer-photo"
                src={card.picture.url.clone()}
                alt={match tab {
                    Tab::Where => String::new(),
                    _ => photos::photo(&card.name),
                }}
            />
            <div class="closer-head">
                <h2 id="closer-title">{ text::title(&card.name) }</h2>
                <button
                    type="button"
                    class="remove"
                    id="closer-close"
                    aria-label={text::CLOSE}
                    onclick={close}
                >
                    { icons::cross() }
                </button>
            </div>
            <div class="tabs" role="tablist" aria-labelledby="closer-title">
                { for Tab::ALL.into_iter().map(|each| tab_button(each, *tab, send)) }
            </div>
            <div
                class="tab-panel"
                role="tabpanel"
                id="closer-panel"
                tabindex="0"
                aria-labelledby={tab.id()}
            >
                { shown.clone() }
            </div>
        </dialog>
    }
}

fn tab_button(tab: Tab, open: Tab, send: &Callback<Msg>) -> Html {
    let is_open = tab == open;
    let onclick = send.reform(move |_| Msg::Tab(tab));
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            let steps = match event.key().as_str() {
                "ArrowRight" => 1,
                "ArrowLeft" => -1,
                _ => return,
            };
            event.prevent_default();
            send.emit(Msg::StepTab(steps));
        }
    };
    html! {
        <button
            type="button"
            role="tab"
            id={tab.id()}
            aria-selected={is_open.to_string()}
            aria-controls="closer-panel"
            tabindex={if is_open { "0" } else { "-1" }}
            {onclick}
            {onkeydown}
        >
            { text::tab(tab) }
        </button>
    }
}

/// The words that are compared with the photo: the labels to choose from, and a field.
fn words_field(inspector: &Inspector, labels: &[Rc<str>], send: &Callback<Msg>) -> Html {
    let oninput = typed(send, Msg::Words);
    html! {
        <>
            <label class="field-name" for="closer-words">{ text::WORDS }</label>
            <div class="field">
                <input
                    id="closer-words"
                    type="text"
                    maxlength="200"
                    list="closer-labels"
                    value={inspector.words.clone()}
                    autocomplete="off"
                    autocapitalize="none"
                    {oninput}
                />
            </div>
            <datalist id="closer-labels">
                { for labels.iter().map(|label| html! { <option value={label.clone()} /> }) }
            </datalist>
        </>
    }
}
