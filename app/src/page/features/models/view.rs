//! The model that runs, and the menu of those that could.

use super::{Deps, Models, Msg, import::ImportPanel, spending::AskReason, state::Entry, text};
use crate::{
    page::locale::{Text, numbers},
    protocol::PackLocation,
};
use glimpse_model::pack::PackSummary;
use yew::{Callback, Html, classes, html};

/// One line about the chosen model; behind its button the [panel] with all others.
pub fn menu(models: &Models, deps: &Deps<'_>, panel: Html, send: &Callback<Msg>) -> Html {
    let model = deps.engine.model();
    let title = models.title(&models.chosen);
    let title = title.or_else(|| model.map(|model| model.name.clone()));
    html! {
        <section class="models" aria-labelledby="models-title">
            <h2 class="visually-hidden" id="models-title">{ text::MODELS }</h2>
            <p class="model-line">
                <span>
                    { text::MODEL }{ " " }
                    <strong>{ title.unwrap_or_else(|| text::MODEL_UNKNOWN.into()) }</strong>
                    if let Some(model) = model {
                        { " " }<span class="hint">{ text::summary(model, models.download_size(&models.chosen)) }</span>
                    }
                </span>
                <button
                    type="button"
                    class="quiet"
                    id="models-button"
                    aria-expanded={models.is_open.to_string()}
                    aria-controls="models"
                    onclick={send.reform(|_| Msg::ToggleMenu)}
                >
                    { if models.is_open { text::CLOSE } else { text::CHANGE } }
                    <span class="visually-hidden">{ " \u{2013} " }{ text::MODELS }</span>
                </button>
            </p>
            <div class="panel" id="models" hidden={!models.is_open}>
                { panel }
            </div>
        </section>
    }
}

/// What the chosen model takes to download, and the button that starts it; nothing unless it is to be
/// asked about.
pub fn ask(models: &Models, send: &Callback<Msg>) -> Html {
    let Some(reason) = models.ask.filter(|_| models.is_asking) else {
        return Html::default();
    };
    let title = models.title(&models.chosen).unwrap_or_default();
    html! {
        <section class="panel permission" role="status">
            <p>{ text::ask(&title, models.download_size(&models.chosen)) }</p>
            <p class="hint">{ text::ask_reason(reason) }</p>
            <button
                type="button"
                class="button"
                id="fetch-model"
                onclick={send.reform(|_| Msg::GoAhead)}
            >
                { text::GO_AHEAD }
            </button>
        </section>
    }
}

/// Whether downloads are asked about.
fn ask_first(models: &Models, send: &Callback<Msg>) -> Html {
    let wanted = models.ask == Some(AskReason::Setting);
    html! {
        <label class="tick">
            <input
                type="checkbox"
                id="ask-first"
                checked={wanted}
                onchange={send.reform(move |_| Msg::AskFirst(!wanted))}
            />
            <span>{ text::ASK_FIRST }</span>
        </label>
    }
}

/// All models that can be chosen, while the menu is open, and the import of another one.
pub fn panel(models: &Models, send: &Callback<Msg>) -> Html {
    if !models.is_open {
        return Html::default();
    }
    html! {
        <>
            <ul class="model-list">
                { for models.entries().enumerate().map(|(index, entry)| {
                    item(index, entry, models, send)
                }) }
            </ul>
            { space(models) }
            { ask_first(models, send) }
            { import(models, send) }
        </>
    }
}

fn import(models: &Models, send: &Callback<Msg>) -> Html {
    let imported = models.import.status.location();
    html! {
        <ImportPanel
            status={models.import.status.clone()}
            title={imported.as_ref().and_then(|location| models.title(location))}
            in_use={imported.as_ref() == Some(&models.chosen)}
            quantisation={models.import.quantisation}
            send={send.clone()}
        />
    }
}

fn item(index: usize, entry: &Entry, models: &Models, send: &Callback<Msg>) -> Html {
    let Some(title) = models.title(&entry.location) else {
        return Html::default();
    };
    let Some(manifest) = &entry.manifest else {
        return broken(index, entry, &title, models, send);
    };
    let in_use = entry.location == models.chosen;
    let folder = match &entry.location {
        PackLocation::Kept(folder) => Some(folder),
        PackLocation::Site(_) => None,
    };
    let summary = match folder {
        Some(_) => format!(
            "{} \u{b7} {}",
            text::summary(manifest, None),
            text::IN_STORAGE.get()
        ),
        None => text::summary(manifest, models.download_size(&entry.location)),
    };
    let copy = models.cached_pack(&entry.location);
    let is_pending = models.pending_delete.as_ref() == Some(&entry.location);
    html! {
        <li
            key={format!("{:?}", entry.location)}
            id={format!("model-{index}")}
            class={classes!("model", in_use.then_some("in-use"))}
            tabindex="-1"
            aria-current={in_use.then_some("true")}
            data-model={title.clone()}
            data-kept={folder.is_some().to_string()}
            data-copied={copy.map(|copy| copy.manifest.is_some().to_string())}
        >
            <div class="model-head">
                <h3>{ title.clone() }</h3>
                <p class="hint">{ summary }</p>
                if let Some(copy) = copy {
                    <p class="hint">
                        { text::cached(&numbers::size(copy.bytes), copy.manifest.is_some()) }
                    </p>
                }
            </div>
            { buttons(entry, &title, in_use, folder.is_some() || copy.is_some(), send) }
            if is_pending {
                { confirm_delete(&entry.location, &title, in_use, send) }
            }
            <details>
                <summary>
                    { text::MORE }<span class="visually-hidden">{ ": " }{ title.clone() }</span>
                </summary>
                { details(manifest) }
            </details>
        </li>
    }
}

/// What an import left that is no model: it may be deleted, and only then is.
fn broken(index: usize, entry: &Entry, title: &str, models: &Models, send: &Callback<Msg>) -> Html {
    let is_pending = models.pending_delete.as_ref() == Some(&entry.location);
    html! {
        <li
            key={format!("{:?}", entry.location)}
            id={format!("model-{index}")}
            class="model"
            tabindex="-1"
            data-broken={title.to_owned()}
        >
            <div class="model-head">
                <h3>{ title }</h3>
                <p class="hint">{ entry.fault.map(text::fault_means) }</p>
            </div>
            <div class="model-buttons">{ delete_button(entry, title, send) }</div>
            if is_pending {
                { confirm_delete(&entry.location, title, false, send) }
            }
        </li>
    }
}

fn delete_button(entry: &Entry, title: &str, send: &Callback<Msg>) -> Html {
    let location = entry.location.clone();
    html! {
        <button
            type="button"
            class="quiet away"
            data-delete="true"
            aria-label={text::delete_model(title)}
            onclick={send.reform(move |_| Msg::RequestDelete(location.clone()))}
        >
            { text::DELETE }
        </button>
    }
}

fn buttons(
    entry: &Entry,
    title: &str,
    in_use: bool,
    can_delete: bool,
    send: &Callback<Msg>,
) -> Html {
    let choose = {
        let location = entry.location.clone();
        send.reform(move |_| Msg::Choose(location.clone()))
    };
    html! {
        <div class="model-buttons">
            if can_delete {
                { delete_button(entry, title, send) }
            }
            if in_use {
                <span class="badge">{ text::IN_USE }</span>
            } else {
                <button
                    type="button"
                    class="button"
                    data-use="true"
                    aria-label={text::use_model(title)}
                    onclick={choose}
                >
                    { text::USE }
                </button>
            }
        </div>
    }
}

/// Asks before anything is deleted.
fn confirm_delete(
    location: &PackLocation,
    title: &str,
    in_use: bool,
    send: &Callback<Msg>,
) -> Html {
    let delete = {
        let location = location.clone();
        send.reform(move |_| Msg::Delete(location.clone()))
    };
    let question = match location {
        PackLocation::Kept(_) => text::delete_question(title, in_use),
        PackLocation::Site(_) => text::delete_copy_question(title),
    };
    html! {
        <div class="doubt" role="group" aria-labelledby="doubt-question">
            <p id="doubt-question">{ question }</p>
            <div class="model-buttons">
                <button
                    type="button"
                    class="button"
                    id="keep-model"
                    aria-describedby="doubt-question"
                    onclick={send.reform(|_| Msg::CancelDelete)}
                >
                    { text::CANCEL_DELETE }
                </button>
                <button
                    type="button"
                    class="button grave"
                    data-delete-now="true"
                    aria-describedby="doubt-question"
                    onclick={delete}
                >
                    { text::CONFIRM_DELETE }
                </button>
            </div>
        </div>
    }
}

fn details(manifest: &PackSummary) -> Html {
    let fact = |(term, description): (Text, String)| {
        html! { <><dt>{ term }</dt><dd>{ description }</dd></> }
    };
    let measures = text::measures(manifest);
    let has_recall = manifest
        .accuracy
        .keys()
        .any(|name| name.contains("recall@"));
    html! {
        <>
            <p>{ manifest.description.clone() }</p>
            <dl class="model-facts">
                { for text::details(manifest).into_iter().map(fact) }
                if !measures.is_empty() {
                    <dt>{ text::MEASURED }</dt>
                    <dd>
                        <ul>{ for measures.iter().map(|measure| html! { <li>{ measure }</li> }) }</ul>
                        if has_recall {
                            <p class="hint">{ text::RECALL }</p>
                        }
                    </dd>
                }
            </dl>
        </>
    }
}

fn space(models: &Models) -> Html {
    let Some(space) = models.space.filter(|_| models.uses_storage()) else {
        return Html::default();
    };
    let sentence = text::space(space.used, space.quota, space.persists);
    html! { <p class="hint" data-space="true">{ sentence }</p> }
}
