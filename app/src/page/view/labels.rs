//! The labels: a field, and a chip each.

use super::{
    super::{
        app::{LabelMsg, Send},
        labels, words,
    },
    field::typed,
    icons,
};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::ClipboardEvent;
use yew::{Event, Html, KeyboardEvent, Properties, component, html};

/// See [`LabelsPanel`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub items: Rc<[Rc<str>]>,
    pub draft: String,
    pub note: Option<Rc<str>>,
    pub warning: Option<String>,
    /// What a label waits for.
    pub late: Option<String>,
    pub send: Send,
}

/// Everything about labels but the template.
#[component]
pub fn LabelsPanel(props: &Props) -> Html {
    let Props {
        items,
        draft,
        note,
        warning,
        late,
        send,
    } = props;
    html! {
        <section class="labels">
            <h2 id="labels-title">{ words::LABELS }</h2>
            { field(draft, send) }
            <p class="note" role="status">{ note.clone().unwrap_or_default() }</p>
            if items.is_empty() {
                <p class="empty">{ words::NO_LABELS }</p>
            }
            <ul class="chips" id="labels">{ for items.iter().map(|label| chip(label, send)) }</ul>
            if let Some(late) = late {
                <p class="note" id="late" role="status">{ late }</p>
            }
            if let Some(warning) = warning {
                <p class="warning" role="status">{ warning }</p>
            }
            { sets(!items.is_empty(), send) }
        </section>
    }
}

fn field(draft: &str, send: &Send) -> Html {
    let oninput = typed(send, LabelMsg::Typed);
    let is_empty = draft.is_empty();
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| match event.key().as_str() {
            // An input method's own Enter chooses a word.
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                send.emit(LabelMsg::Commit.into());
            }
            "Backspace" if is_empty && !event.repeat() => send.emit(LabelMsg::RemoveLast.into()),
            _ => {}
        }
    };
    // The field itself would glue lines together.
    let onpaste = {
        let send = send.clone();
        move |event: Event| {
            let event: &ClipboardEvent = event.unchecked_ref();
            let text = event
                .clipboard_data()
                .and_then(|data| data.get_data("text/plain").ok());
            if let Some(list) = text.filter(|text| labels::is_list(text)) {
                event.prevent_default();
                send.emit(LabelMsg::Pasted(list).into());
            }
        }
    };
    let onclick = send.reform(|_| LabelMsg::Commit.into());
    html! {
        <>
            <label class="field-name" for="label-input">{ words::LABEL_FIELD }</label>
            <div class="field">
                <input
                    id="label-input"
                    type="text"
                    value={draft.to_owned()}
                    placeholder={words::LABEL_EXAMPLE}
                    aria-describedby="label-hint"
                    autocomplete="off"
                    autocapitalize="none"
                    enterkeyhint="done"
                    {oninput}
                    {onkeydown}
                    {onpaste}
                />
                <button type="button" class="button" disabled={draft.trim().is_empty()} {onclick}>
                    { words::ADD }
                </button>
            </div>
            <p class="hint" id="label-hint">{ words::LABEL_HINT }</p>
        </>
    }
}

fn chip(label: &Rc<str>, send: &Send) -> Html {
    let onclick = {
        let label = label.clone();
        send.reform(move |_| LabelMsg::Remove(label.clone()).into())
    };
    html! {
        <li key={&**label}>
            <button
                type="button"
                class="chip"
                data-chip={label.clone()}
                aria-label={words::remove_label(label)}
                {onclick}
            >
                <span>{ label.clone() }</span>
                { icons::cross() }
            </button>
        </li>
    }
}

fn sets(can_clear: bool, send: &Send) -> Html {
    let set = |(place, (name, _)): (usize, &(&'static str, &'static [&'static str]))| {
        let onclick = send.reform(move |_| LabelMsg::Set(place).into());
        html! { <button type="button" class="quiet" {onclick}>{ format!("+ {name}") }</button> }
    };
    let onclick = send.reform(|_| LabelMsg::Clear.into());
    html! {
        <div class="sets" role="group" aria-label={words::SETS_TITLE}>
            { for words::SETS.iter().enumerate().map(set) }
            if can_clear {
                <button type="button" class="quiet away" {onclick}>{ words::CLEAR_LABELS }</button>
            }
        </div>
    }
}
