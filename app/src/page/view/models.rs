//! The model that runs, and the menu of those that could.

use super::{
    super::{
        app::{ModelMsg, Send},
        engine::Model,
        models::{Entry, Models},
        numbers, words,
    },
    bring::Bring,
};
use crate::protocol::PackPlace;
use glimpse_model::pack::Manifest;
use yew::{Html, Properties, classes, component, html};

/// See [`ModelMenu`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub models: Models,
    /// The chosen one's facts.
    pub model: Option<Model>,
    pub send: Send,
}

/// One line about the chosen model; behind its button all others, and the way to bring one.
#[component]
pub fn ModelMenu(props: &Props) -> Html {
    let Props {
        models,
        model,
        send,
    } = props;
    let title = models.title(&models.chosen);
    let title = title.or_else(|| model.as_ref().map(|model| model.name.clone()));
    html! {
        <section class="models" aria-labelledby="models-title">
            <h2 class="unseen" id="models-title">{ words::MODELS }</h2>
            <p class="model-line">
                <span>
                    { words::MODEL }{ " " }
                    <strong>{ title.unwrap_or_else(|| words::MODEL_UNKNOWN.to_owned()) }</strong>
                    if let Some(model) = model {
                        { " " }<span class="hint">{ words::summary(model) }</span>
                    }
                </span>
                <button
                    type="button"
                    class="quiet"
                    id="models-button"
                    aria-expanded={models.open.to_string()}
                    aria-controls="models"
                    onclick={send.reform(|_| ModelMsg::Menu.into())}
                >
                    { if models.open { words::CLOSE } else { words::CHANGE } }
                    <span class="unseen">{ " \u{2013} " }{ words::MODELS }</span>
                </button>
            </p>
            <div class="panel" id="models" hidden={!models.open}>
                if models.open {
                    <ul class="model-list">
                        { for models.entries().enumerate().map(|(place, entry)| {
                            item(place, entry, models, send)
                        }) }
                    </ul>
                    { space(models) }
                    <Bring
                        import={models.import.clone()}
                        title={imported_title(models)}
                        in_use={models.import.place().as_ref() == Some(&models.chosen)}
                        quantisation={models.quantisation}
                        send={send.clone()}
                    />
                }
            </div>
        </section>
    }
}

/// What the model that was just brought is called, once it is in the list.
fn imported_title(models: &Models) -> Option<String> {
    models.title(&models.import.place()?)
}

fn item(number: usize, entry: &Entry, models: &Models, send: &Send) -> Html {
    let (Some(facts), Some(title)) = (&entry.facts, models.title(&entry.place)) else {
        return Html::default();
    };
    let in_use = entry.place == models.chosen;
    let folder = match &entry.place {
        PackPlace::Kept(folder) => Some(folder),
        PackPlace::Site(_) => None,
    };
    let summary = match folder {
        Some(_) => format!("{} \u{b7} {}", words::summary(facts), words::IN_STORAGE),
        None => words::summary(facts),
    };
    let copy = models.copy(&entry.place);
    let doubted = models.doubted.as_ref() == Some(&entry.place);
    html! {
        <li
            key={format!("{:?}", entry.place)}
            id={format!("model-{number}")}
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
                        { words::copied(&numbers::size(copy.bytes), copy.manifest.is_some()) }
                    </p>
                }
            </div>
            { buttons(entry, &title, in_use, folder.is_some() || copy.is_some(), send) }
            if doubted {
                { doubt(&entry.place, &title, in_use, send) }
            }
            <details>
                <summary>
                    { words::MORE }<span class="unseen">{ ": " }{ title.clone() }</span>
                </summary>
                { details(facts) }
            </details>
        </li>
    }
}

fn buttons(entry: &Entry, title: &str, in_use: bool, can_go: bool, send: &Send) -> Html {
    let choose = {
        let place = entry.place.clone();
        send.reform(move |_| ModelMsg::Choose(place.clone()).into())
    };
    html! {
        <div class="model-buttons">
            if can_go {
                <button
                    type="button"
                    class="quiet away"
                    data-delete="true"
                    aria-label={words::delete_model(title)}
                    onclick={
                        let place = entry.place.clone();
                        send.reform(move |_| ModelMsg::Doubt(place.clone()).into())
                    }
                >
                    { words::DELETE }
                </button>
            }
            if in_use {
                <span class="badge">{ words::IN_USE }</span>
            } else {
                <button
                    type="button"
                    class="button"
                    data-use="true"
                    aria-label={words::use_model(title)}
                    onclick={choose}
                >
                    { words::USE }
                </button>
            }
        </div>
    }
}

/// Asks before anything is deleted.
fn doubt(place: &PackPlace, title: &str, in_use: bool, send: &Send) -> Html {
    let delete = {
        let place = place.clone();
        send.reform(move |_| ModelMsg::Delete(place.clone()).into())
    };
    let question = match place {
        PackPlace::Kept(_) => words::delete_question(title, in_use),
        PackPlace::Site(_) => words::delete_copy_question(title),
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
                    onclick={send.reform(|_| ModelMsg::Keep.into())}
                >
                    { words::KEEP }
                </button>
                <button
                    type="button"
                    class="button grave"
                    data-delete-now="true"
                    aria-describedby="doubt-question"
                    onclick={delete}
                >
                    { words::DELETE_NOW }
                </button>
            </div>
        </div>
    }
}

fn details(facts: &Manifest) -> Html {
    let fact = |(term, description): (&'static str, String)| {
        html! { <><dt>{ term }</dt><dd>{ description }</dd></> }
    };
    let measures = words::measures(facts);
    let recall = facts.accuracy.keys().any(|name| name.contains("recall@"));
    html! {
        <>
            <p>{ facts.description.clone() }</p>
            <dl class="model-facts">
                { for words::details(facts).into_iter().map(fact) }
                if !measures.is_empty() {
                    <dt>{ words::MEASURED }</dt>
                    <dd>
                        <ul>{ for measures.iter().map(|measure| html! { <li>{ measure }</li> }) }</ul>
                        if recall {
                            <p class="hint">{ words::RECALL }</p>
                        }
                    </dd>
                }
            </dl>
        </>
    }
}

fn space(models: &Models) -> Html {
    let Some(space) = models.space.filter(|_| models.stores_any()) else {
        return Html::default();
    };
    let text = words::space(space.used, space.quota, space.persists);
    html! { <p class="hint" data-space="true">{ text }</p> }
}
