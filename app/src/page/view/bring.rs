//! Where models come in.

use super::{
    super::{
        app::{ImportMsg, ModelMsg, Msg, Send},
        brought::{Brought, Bundle, Found},
        dom, files,
        models::{Import, Imported},
        words,
    },
    progress::Progress,
};
use glimpse_model::pack::Quantisation;
use web_sys::{File, HtmlSelectElement};
use yew::{Callback, Event, Html, Properties, TargetCast, component, html};

/// See [`Bring`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub import: Import,
    /// Of the model that was brought last.
    pub title: Option<String>,
    /// Whether that one is in use.
    pub in_use: bool,
    pub quantisation: Quantisation,
    pub send: Send,
}

/// The buttons, the choice of precision, and how the import goes. Drops are heard by the window.
#[component]
pub fn Bring(props: &Props) -> Html {
    let send = &props.send;
    let running = matches!(props.import, Import::Running { .. });
    html! {
        <section class="bring" id="import" aria-labelledby="bring-title">
            <h3 id="bring-title">{ words::BRING }</h3>
            <p class="hint">{ words::BRING_HINT }</p>
            <div class="bring-controls">
                { picker("bring-folder-button", words::BRING_FOLDER, "#bring-folder", running) }
                { picker("bring-files-button", words::BRING_FILES, "#bring-files", running) }
                { precision(props.quantisation, running, send) }
            </div>
            { stand(props) }
        </section>
    }
}

fn picker(id: &'static str, name: &'static str, input: &'static str, disabled: bool) -> Html {
    let onclick = move |_| dom::click(input);
    html! { <button type="button" class="button" {id} {disabled} {onclick}>{ name }</button> }
}

/// See [`Pickers`].
#[derive(Properties, PartialEq)]
pub struct PickerProps {
    pub send: Send,
}

/// What the buttons open. The photos' own input is the first of the page, so that whoever looks
/// for a file input finds that one.
#[component]
pub fn Pickers(props: &PickerProps) -> Html {
    let send = &props.send;
    html! {
        <>
            <input
                id="bring-folder"
                type="file"
                hidden=true
                webkitdirectory=true
                aria-label={words::BRING_FOLDER}
                onchange={picked(send, files::with_folders)}
            />
            <input
                id="folder-input"
                type="file"
                hidden=true
                webkitdirectory=true
                aria-label={words::CHOOSE_FOLDER}
                onchange={folder(send)}
            />
            <input
                id="bring-files"
                type="file"
                hidden=true
                multiple=true
                aria-label={words::BRING_FILES}
                onchange={picked(send, files::loose)}
            />
        </>
    }
}

fn picked(send: &Send, place: fn(Vec<File>) -> Vec<Found>) -> Callback<Event> {
    let send = send.clone();
    Callback::from(move |event: Event| {
        if let Some(bundle) = Bundle::forced(place(files::picked(&event))) {
            send.emit(ImportMsg::Bring(bundle).into());
        }
    })
}

/// A folder of photos; a model's folder is taken as one.
fn folder(send: &Send) -> Callback<Event> {
    let send = send.clone();
    Callback::from(move |event: Event| {
        let found = files::with_folders(files::picked(&event));
        send.emit(Brought::sort(found).into());
    })
}

fn precision(chosen: Quantisation, disabled: bool, send: &Send) -> Html {
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
                { words::quantisation_choice(quantisation) }
            </option>
        }
    };
    html! {
        <label class="precision">
            <span>{ words::STORE_AS }</span>
            <select id="quantisation" {disabled} {onchange}>
                { for Quantisation::ALL.into_iter().map(option) }
            </select>
        </label>
    }
}

fn stand(props: &Props) -> Html {
    let send = &props.send;
    match &props.import {
        Import::None => Html::default(),
        Import::Running {
            name,
            step,
            fraction,
        } => html! {
            <div class="importing">
                <Progress
                    label={words::IMPORT_PROGRESS}
                    text={format!("{name}: {}", words::import_step(*step))}
                    figures={step.map(|_| format!("{:.0}\u{202f}%", fraction * 100.0))}
                    value={step.map(|_| *fraction)}
                />
                <button
                    type="button"
                    class="button"
                    id="cancel-import"
                    onclick={send.reform(|_| ImportMsg::Cancel.into())}
                >
                    { words::CANCEL }
                </button>
            </div>
        },
        Import::Done(imported) => done(imported, props),
        Import::Failed(reason) => html! {
            <p class="card-note failed" data-import-failed="true">{ reason.clone() }</p>
        },
        Import::Cancelled => html! { <p class="note">{ words::CANCELLED }</p> },
    }
}

fn done(imported: &Imported, props: &Props) -> Html {
    let Some(title) = props.title.as_deref() else {
        return Html::default();
    };
    let choose = {
        let place = imported.place();
        props
            .send
            .reform(move |_| -> Msg { ModelMsg::Choose(place.clone()).into() })
    };
    html! {
        <div class="brought" data-imported={title.to_owned()}>
            <p><strong>{ title }</strong>{ " " }{ words::IS_KEPT }</p>
            <ul class="hint">
                if imported.towers.is_empty() {
                    <li>{ words::PACK_CHECKED }</li>
                }
                { for imported.towers.iter().map(|tower| html! {
                    <li>{ words::imported(tower) }</li>
                }) }
            </ul>
            if !props.in_use {
                <button
                    type="button"
                    class="button strong"
                    data-use-imported="true"
                    aria-label={words::use_model(title)}
                    onclick={choose}
                >
                    { words::USE }
                </button>
            }
        </div>
    }
}
