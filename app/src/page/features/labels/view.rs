//! The labels: a field, and a chip each.

use super::{Deps, Labels, Msg, state::is_list, template::TemplateField, text};
use crate::page::{
    locale::Text,
    ui::{field::typed, icons, undo::undo},
};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::ClipboardEvent;
use yew::{Callback, Event, Html, KeyboardEvent, Properties, component, html};

/// The section about labels.
pub fn panel(labels: &Labels, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    let model = deps.engine.model();
    html! {
        <LabelsPanel
            items={labels.items.clone()}
            draft={labels.draft.clone()}
            note={labels.note.clone()}
            warning={model.and_then(|model| labels.foreign_label(&model.languages))}
            late={labels.late_label(deps.engine)}
            send={send.clone()}
        />
    }
}

/// What was taken away last, and the way back.
pub fn undo_bar(labels: &Labels, send: &Callback<Msg>) -> Html {
    undo(text::removed(&labels.gone()), send.reform(|_| Msg::Undo))
}

/// The section about the sentences around labels.
pub fn templates(labels: &Labels, send: &Callback<Msg>) -> Html {
    html! {
        <TemplateField
            template_text={labels.template_text.clone()}
            is_changed={!labels.has_first_template()}
            send={send.clone()}
        />
    }
}

/// What [`LabelsPanel`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    items: Rc<[Rc<str>]>,
    draft: String,
    /// Why a label wasn't added, or can't be embedded.
    note: Option<Rc<str>>,
    /// A label in a language that the model doesn't know.
    warning: Option<String>,
    /// A label that waits for the text tower.
    late: Option<String>,
    send: Callback<Msg>,
}

/// Everything about labels but the templates.
#[component]
fn LabelsPanel(props: &Props) -> Html {
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
            <h2 id="labels-title">{ text::LABELS }</h2>
            { field(draft, send) }
            <p class="note" role="status">{ note.clone().unwrap_or_default() }</p>
            if items.is_empty() {
                <p class="empty">{ text::NO_LABELS }</p>
            }
            <div class="offers">
                <ul class="chips" id="labels">
                    { for items.iter().map(|label| chip(label, send)) }
                </ul>
                { sets(!items.is_empty(), send) }
            </div>
            if let Some(late) = late {
                <p class="note" id="late" role="status">{ late }</p>
            }
            if let Some(warning) = warning {
                <p class="warning" role="status">{ warning }</p>
            }
        </section>
    }
}

fn field(draft: &str, send: &Callback<Msg>) -> Html {
    let oninput = typed(send, Msg::Typed);
    let is_empty = draft.is_empty();
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| match event.key().as_str() {
            // An input method's own Enter chooses a word.
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                send.emit(Msg::Commit);
            }
            "Backspace" if is_empty && !event.repeat() => send.emit(Msg::RemoveLast),
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
            if let Some(list) = text.filter(|text| is_list(text)) {
                event.prevent_default();
                send.emit(Msg::Pasted(list));
            }
        }
    };
    let onclick = send.reform(|_| Msg::Commit);
    html! {
        <>
            <label class="field-name" for="label-input">{ text::LABEL_FIELD }</label>
            <div class="field">
                <input
                    id="label-input"
                    type="text"
                    value={draft.to_owned()}
                    placeholder={text::LABEL_EXAMPLE}
                    aria-describedby="label-hint"
                    autocomplete="off"
                    autocapitalize="none"
                    enterkeyhint="done"
                    {oninput}
                    {onkeydown}
                    {onpaste}
                />
                <button type="button" class="button" disabled={draft.trim().is_empty()} {onclick}>
                    { text::ADD }
                </button>
            </div>
            <p class="hint" id="label-hint">{ text::LABEL_HINT }</p>
        </>
    }
}

fn chip(label: &Rc<str>, send: &Callback<Msg>) -> Html {
    let onclick = {
        let label = label.clone();
        send.reform(move |_| Msg::Remove(label.clone()))
    };
    html! {
        <li key={&**label}>
            <button
                type="button"
                class="chip"
                data-chip={label.clone()}
                aria-label={text::remove_label(label)}
                {onclick}
            >
                <span>{ label.clone() }</span>
                { icons::cross() }
            </button>
        </li>
    }
}

fn sets(can_clear: bool, send: &Callback<Msg>) -> Html {
    let set = |(index, (name, _)): (usize, &(Text, &[&str]))| {
        let onclick = send.reform(move |_| Msg::AddSet(index));
        let name = format!("+ {}", name.get());
        html! { <button type="button" class="quiet" {onclick}>{ name }</button> }
    };
    let onclick = send.reform(|_| Msg::Clear);
    html! {
        <div class="sets" role="group" aria-label={text::SETS_TITLE}>
            { for text::SETS.iter().enumerate().map(set) }
            if can_clear {
                <button type="button" class="quiet away" {onclick}>{ text::CLEAR_LABELS }</button>
            }
        </div>
    }
}
