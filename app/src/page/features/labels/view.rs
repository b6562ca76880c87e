//! The labels: a field, and a chip each.

use super::{
    Deps, Labels, Msg, list::ListEditor, state::is_list, template::TemplateField, text, warning,
};
use crate::page::{
    features::scores::{Fit, NONE, Tally},
    locale::{Text, numbers},
    ui::{field::typed, icons, progress::Progress, undo::undo},
};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::ClipboardEvent;
use yew::{
    Callback, Event, Html, KeyboardEvent, Properties, classes, component, html, use_memo, use_state,
};

/// Chips on show; the others are in the list.
const SHOWN_CHIPS: usize = 100;

/// What labels say about the photos on the page, and what can be done with them.
#[derive(Clone, PartialEq)]
pub struct OnPhotos {
    /// How many photos each label fits best; `None` where there is nothing to count.
    pub tally: Option<Rc<Tally>>,
    /// What all photos on show are fitted best by, if that was chosen.
    pub only: Option<Fit>,
    /// Leaves on show only photos that this fits best.
    pub filter: Callback<Fit>,
}

/// The section about labels.
pub fn panel(labels: &Labels, deps: &Deps<'_>, on_photos: OnPhotos, send: &Callback<Msg>) -> Html {
    let languages = deps.engine.model().map(|model| model.languages.clone());
    html! {
        <LabelsPanel
            items={labels.items.clone()}
            draft={labels.draft.clone()}
            note={labels.note.clone()}
            languages={languages.unwrap_or_default()}
            late={labels.late_label(deps.engine)}
            reading={labels.reading(deps.engine.texts().coming())}
            {on_photos}
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
    /// The languages that the model knows, as BCP 47 tags.
    languages: Vec<String>,
    /// A label that waits for the text tower.
    late: Option<String>,
    /// Of many labels, how far they are embedded: done and all.
    reading: Option<(usize, usize)>,
    on_photos: OnPhotos,
    send: Callback<Msg>,
}

/// Everything about labels but the templates.
#[component]
fn LabelsPanel(props: &Props) -> Html {
    let Props {
        items,
        draft,
        note,
        languages,
        late,
        reading,
        on_photos,
        send,
    } = props;
    // Thousands of labels aren't looked through with each key.
    let warning = use_memo((items.clone(), languages.clone()), |(items, languages)| {
        warning::foreign(items.iter(), languages)
    });
    let warning = (*warning)
        .clone()
        .or_else(|| warning::foreign([&Rc::from(draft.trim())], languages));
    let is_list_open = use_state(|| false);
    let toggle_list = {
        let is_open = is_list_open.clone();
        Callback::from(move |()| is_open.set(!*is_open))
    };
    let more = items.len().saturating_sub(SHOWN_CHIPS);
    html! {
        <section class="labels">
            <h2 id="labels-title">{ text::LABELS }</h2>
            { field(draft, send) }
            <p class="note" role="status">{ note.clone().unwrap_or_default() }</p>
            if let Some((done, all)) = *reading {
                <Progress
                    label={text::LABELS}
                    text={text::reading(done, all)}
                    value={Some(done as f64 / all as f64)}
                />
            }
            if items.is_empty() {
                <p class="empty">{ text::NO_LABELS }</p>
            }
            <div class="offers">
                <ul class="chips" id="labels">
                    { for items.iter().take(SHOWN_CHIPS).map(|label| chip(label, on_photos, send)) }
                    { none_chip(on_photos).unwrap_or_default() }
                    if more > 0 {
                        <li class="more">{ text::more(more) }</li>
                    }
                </ul>
                { sets(!items.is_empty(), *is_list_open, &toggle_list, send) }
            </div>
            if *is_list_open {
                <ListEditor items={items.clone()} send={send.clone()} close={toggle_list} />
            }
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

/// A label, with the number of photos that it fits best, and the button that removes it.
fn chip(label: &Rc<str>, on_photos: &OnPhotos, send: &Callback<Msg>) -> Html {
    let onclick = {
        let label = label.clone();
        send.reform(move |_| Msg::Remove(label.clone()))
    };
    let fit = Fit::Label(label.clone());
    let class = classes!("chip", chosen(&fit, on_photos));
    let name = match filter_button(fit, label, on_photos) {
        Some(button) => button,
        None => html! { <span class="chip-name">{ label.clone() }</span> },
    };
    html! {
        <li key={&**label} {class}>
            { name }
            <button
                type="button"
                class="chip-remove"
                data-chip={label.clone()}
                aria-label={text::remove_label(label)}
                title={text::remove_label(label)}
                {onclick}
            >
                { icons::cross() }
            </button>
        </li>
    }
}

/// "None of these", which can be filtered by but not removed.
fn none_chip(on_photos: &OnPhotos) -> Option<Html> {
    let has_none = on_photos.tally.as_ref().is_some_and(|tally| tally.has_none);
    let name: Rc<str> = Rc::from(&*NONE.get());
    let button = filter_button(Fit::None, &name, on_photos).filter(|_| has_none)?;
    // No label has this key, since labels have no space at their ends.
    let class = classes!("chip", "none", chosen(&Fit::None, on_photos));
    Some(html! { <li key=" none" {class}>{ button }</li> })
}

/// The class of the chip whose photos alone are on show.
fn chosen(fit: &Fit, on_photos: &OnPhotos) -> Option<&'static str> {
    (on_photos.only.as_ref() == Some(fit)).then_some("chosen")
}

/// The button that leaves on show what a label fits best; none for a single photo.
fn filter_button(fit: Fit, label: &Rc<str>, on_photos: &OnPhotos) -> Option<Html> {
    let count = on_photos.tally.as_ref()?.count(&fit);
    let pressed = on_photos.only.as_ref() == Some(&fit);
    let data = match &fit {
        Fit::Label(label) => label.clone(),
        Fit::None => Rc::default(),
    };
    let onclick = on_photos.filter.reform(move |_| fit.clone());
    Some(html! {
        <button
            type="button"
            class="chip-name"
            data-only={data}
            data-count={count.to_string()}
            aria-pressed={pressed.to_string()}
            {onclick}
        >
            <span>{ label.clone() }</span>{ " " }
            <span class="chip-count">{ numbers::whole(count) }</span>{ " " }
            <span class="visually-hidden">{ text::ONLY }</span>
        </button>
    })
}

fn sets(
    can_clear: bool,
    is_list_open: bool,
    toggle_list: &Callback<()>,
    send: &Callback<Msg>,
) -> Html {
    let set = |(index, (name, _)): (usize, &(Text, &[&str]))| {
        let onclick = send.reform(move |_| Msg::AddSet(index));
        let name = format!("+ {}", name.get());
        html! { <button type="button" class="quiet" {onclick}>{ name }</button> }
    };
    let onclick = send.reform(|_| Msg::Clear);
    html! {
        <div class="sets" role="group" aria-label={text::SETS_TITLE}>
            { for text::SETS.iter().enumerate().map(set) }
            <button
                type="button"
                class="quiet"
                id="label-list"
                aria-expanded={is_list_open.to_string()}
                onclick={toggle_list.reform(|_| ())}
            >
                { text::AS_LIST }
            </button>
            if can_clear {
                <button type="button" class="quiet away" {onclick}>{ text::CLEAR_LABELS }</button>
            }
        </div>
    }
}
