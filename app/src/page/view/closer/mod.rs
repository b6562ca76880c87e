//! One photo, looked at closely: a dialogue with four parts.

mod ask;
mod canvas;
mod described;
mod numbers;
mod place;

use super::{
    super::{
        app::{App, CloserMsg, Send},
        closer::{Closer, Tab},
        photos::{Card, Seen, Stand},
        shared::Shared,
        words,
    },
    field::typed,
    icons,
};
use std::rc::Rc;
use web_sys::HtmlDialogElement;
use yew::{Html, KeyboardEvent, Properties, component, html, use_effect_with, use_node_ref};

/// The dialogue, while a photo is looked at.
pub fn dialogue(app: &App) -> Html {
    let Some(closer) = &app.closer else {
        return Html::default();
    };
    let Some(card) = app.photos.get(closer.card) else {
        return Html::default();
    };
    let Stand::Done(seen) = &card.stand else {
        return Html::default();
    };
    html! {
        <Dialogue
            key={closer.card}
            closer={closer.clone()}
            card={card.clone()}
            shown={shown(app, closer, card, seen)}
            send={app.send.clone()}
        />
    }
}

fn shown(app: &App, closer: &Closer, card: &Shared<Card>, seen: &Rc<Seen>) -> Html {
    match closer.tab {
        Tab::Where => html! {
            <place::Place
                closer={closer.clone()}
                card={card.clone()}
                size={[seen.width, seen.height]}
                text={app.closer_words()}
                others={app.closer_others()}
                labels={app.labels.items.clone()}
                send={app.send.clone()}
            />
        },
        Tab::Words => described::described(app, closer, seen),
        Tab::Ask => ask::ask(app, closer, seen),
        Tab::Numbers => numbers::numbers(app, closer, seen),
    }
}

/// See [`Dialogue`].
#[derive(Properties, PartialEq)]
struct Props {
    closer: Closer,
    card: Shared<Card>,
    shown: Html,
    send: Send,
}

/// A native dialogue: it keeps the keyboard inside, and Escape closes it.
#[component]
fn Dialogue(props: &Props) -> Html {
    let Props {
        closer,
        card,
        shown,
        send,
    } = props;
    let dialogue = use_node_ref();
    use_effect_with(dialogue.clone(), |dialogue| {
        if let Some(dialogue) = dialogue.cast::<HtmlDialogElement>()
            && !dialogue.open()
        {
            let _ = dialogue.show_modal();
        }
    });
    let close = send.reform(|_| CloserMsg::Close.into());
    let onclose = send.reform(|_| CloserMsg::Close.into());
    html! {
        <dialog
            ref={dialogue}
            class="closer"
            id="closer"
            aria-labelledby="closer-title"
            {onclose}
        >
            <div class="closer-head">
                <h2 id="closer-title">{ words::closer_title(&card.name) }</h2>
                <button
                    type="button"
                    class="remove"
                    id="closer-close"
                    aria-label={words::CLOSE}
                    onclick={close}
                >
                    { icons::cross() }
                </button>
            </div>
            <div class="tabs" role="tablist" aria-labelledby="closer-title">
                { for Tab::ALL.into_iter().map(|tab| tab_button(tab, closer.tab, send)) }
            </div>
            <div
                class="tab-panel"
                role="tabpanel"
                id="closer-panel"
                tabindex="0"
                aria-labelledby={tab_id(closer.tab)}
            >
                { shown.clone() }
            </div>
        </dialog>
    }
}

fn tab_id(tab: Tab) -> &'static str {
    match tab {
        Tab::Where => "tab-where",
        Tab::Words => "tab-words",
        Tab::Ask => "tab-ask",
        Tab::Numbers => "tab-numbers",
    }
}

fn tab_button(tab: Tab, open: Tab, send: &Send) -> Html {
    let is_open = tab == open;
    let onclick = send.reform(move |_| CloserMsg::Tab(tab).into());
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowRight" => 1,
                "ArrowLeft" => -1,
                _ => return,
            };
            event.prevent_default();
            let next = App::next_tab(tab, step);
            send.emit(CloserMsg::Tab(next).into());
            super::super::dom::focus(&format!("#{}", tab_id(next)));
        }
    };
    html! {
        <button
            type="button"
            role="tab"
            id={tab_id(tab)}
            aria-selected={is_open.to_string()}
            aria-controls="closer-panel"
            tabindex={if is_open { "0" } else { "-1" }}
            {onclick}
            {onkeydown}
        >
            { words::tab(tab) }
        </button>
    }
}

/// The words that are compared with the photo: the labels to choose from, and a field.
fn words_field(closer: &Closer, labels: &[Rc<str>], send: &Send) -> Html {
    let oninput = typed(send, CloserMsg::Words);
    html! {
        <>
            <label class="field-name" for="closer-words">{ words::CLOSER_WORDS }</label>
            <div class="field">
                <input
                    id="closer-words"
                    type="text"
                    maxlength="200"
                    list="closer-labels"
                    value={closer.words.clone()}
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
