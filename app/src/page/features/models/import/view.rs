//! Where models are imported: buttons, and how the import goes.

use super::{ImportMsg, ImportStatus, import_failure, state::Imported, suggestions::suggestions};
use crate::page::{
    features::models::{Msg, text},
    locale::Text,
    platform::{
        dom,
        dropped::{DroppedItem, ModelFiles},
        files,
    },
    ui::progress::Progress,
};
use glimpse_model::pack::Quantisation;
use std::rc::Rc;
use web_sys::{File, HtmlSelectElement};
use yew::{Callback, Event, Html, Properties, TargetCast, component, html};

/// What [`ImportPanel`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub status: ImportStatus,
    /// The title of the imported model, once it is in the list.
    pub title: Option<String>,
    /// Whether the imported model is in use.
    pub in_use: bool,
    pub quantisation: Quantisation,
    pub send: Callback<Msg>,
}

/// The buttons, the choice of precision, and how the import goes. Drops are heard by the window.
#[component]
pub fn ImportPanel(props: &Props) -> Html {
    let send = &props.send;
    let running = matches!(props.status, ImportStatus::Running { .. });
    html! {
        <section class="bring" id="import" aria-labelledby="bring-title">
            <h3 id="bring-title">{ text::IMPORT }</h3>
            <p class="hint">{ text::IMPORT_HINT }</p>
            { suggestions() }
            <div class="bring-controls">
                { picker("bring-folder-button", text::IMPORT_FOLDER, "#bring-folder", running) }
                { picker("bring-files-button", text::IMPORT_FILES, "#bring-files", running) }
                { precision(props.quantisation, running, send) }
            </div>
            { status(props) }
        </section>
    }
}

fn picker(id: &'static str, name: Text, input: &'static str, disabled: bool) -> Html {
    let onclick = move |_| dom::click(input);
    html! { <button type="button" class="button" {id} {disabled} {onclick}>{ name }</button> }
}

/// The hidden file inputs that the buttons open. They belong at the end of the page, so that whoever
/// looks for a file input finds the one for photos first.
pub fn pickers(send: &Callback<Msg>) -> Html {
    html! {
        <>
            <input
                id="bring-folder"
                type="file"
                hidden=true
                webkitdirectory=true
                aria-label={text::IMPORT_FOLDER}
                onchange={picked(send, files::with_folders)}
            />
            <input
                id="bring-files"
                type="file"
                hidden=true
                multiple=true
                aria-label={text::IMPORT_FILES}
                onchange={picked(send, files::loose)}
            />
        </>
    }
}

fn picked(send: &Callback<Msg>, items: fn(Vec<File>) -> Vec<DroppedItem>) -> Callback<Event> {
    let send = send.clone();
    Callback::from(move |event: Event| {
        if let Some(files) = ModelFiles::forced(items(files::picked(&event))) {
            send.emit(ImportMsg::Start(Rc::new(files)).into());
        }
    })
}

fn precision(chosen: Quantisation, disabled: bool, send: &Callback<Msg>) -> Html {
    let onchange = {
        let send = send.clone();
        move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            if let Ok(quantisation) = select.value().parse() {
                send.emit(ImportMsg::Quantisation(quantisation).into());
            }
        }
    };
    let option = |quantisation: Quantisation| {
        html! {
            <option value={quantisation.to_string()} selected={quantisation == chosen}>
                { text::quantisation_choice(quantisation) }
            </option>
        }
    };
    html! {
        <label class="precision">
            <span>{ text::STORE_AS }</span>
            <select id="quantisation" {disabled} {onchange}>
                { for Quantisation::ALL.into_iter().map(option) }
            </select>
        </label>
    }
}

fn status(props: &Props) -> Html {
    let send = &props.send;
    match &props.status {
        ImportStatus::None => Html::default(),
        ImportStatus::Running {
            name,
            step,
            fraction,
        } => html! {
            <div class="importing">
                <Progress
                    label={text::IMPORT_PROGRESS}
                    text={format!("{name}: {}", text::import_step(*step).get())}
                    figures={step.map(|_| format!("{:.0}\u{202f}%", fraction * 100.0))}
                    value={step.map(|_| *fraction)}
                />
                <button
                    type="button"
                    class="button"
                    id="cancel-import"
                    onclick={send.reform(|_| ImportMsg::Cancel.into())}
                >
                    { text::CANCEL }
                </button>
            </div>
        },
        ImportStatus::Done(imported) => done(imported, props),
        ImportStatus::Failed(failure) => failed(import_failure(failure)),
        ImportStatus::Broke(reason) => failed(text::import_broke(reason)),
        ImportStatus::Cancelled => html! { <p class="note">{ text::CANCELLED }</p> },
    }
}

fn failed(reason: String) -> Html {
    html! { <p class="card-note failed" data-import-failed="true">{ reason }</p> }
}

fn done(imported: &Imported, props: &Props) -> Html {
    let Some(title) = props.title.as_deref() else {
        return Html::default();
    };
    let choose = {
        let location = imported.location();
        props.send.reform(move |_| Msg::Choose(location.clone()))
    };
    html! {
        <div class="brought" data-imported={title.to_owned()}>
            <p><strong>{ title }</strong>{ " " }{ text::IS_STORED }</p>
            <ul class="hint">
                if imported.towers.is_empty() {
                    <li>{ text::PACK_CHECKED }</li>
                }
                { for imported.towers.iter().map(|tower| html! {
                    <li>{ text::imported(tower) }</li>
                }) }
            </ul>
            if !props.in_use {
                <button
                    type="button"
                    class="button strong"
                    data-use-imported="true"
                    aria-label={text::use_model(title)}
                    onclick={choose}
                >
                    { text::USE }
                </button>
            }
        </div>
    }
}
