//! What runs, how far it has come, how fast it is.

use super::super::{
    app::{LifeMsg, Send},
    engine::{Life, Model, Phase},
    numbers, words,
};
use yew::{Callback, Html, Properties, component, html};

/// See [`Status`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub life: Life,
    pub model: Option<Model>,
    pub send: Send,
}

/// The status line, the progress bar while there is progress, and the model's facts.
#[component]
pub fn Status(props: &Props) -> Html {
    let Props { life, model, send } = props;
    let class = format!("status {}", life.phase.name());
    html! {
        <section {class}>
            <p class="line">
                <span class="lamp" aria-hidden="true"></span>
                <span id="backend-line" role="status">{ line(life) }</span>
            </p>
            { progress(life, model.as_ref()) }
            if let Phase::Failed(_) = life.phase {
                <button type="button" class="button" onclick={retry(send)}>{ words::RETRY }</button>
            }
            { facts(life, model.as_ref()) }
        </section>
    }
}

fn line(life: &Life) -> String {
    let running = match (&life.phase, &life.backend) {
        (Phase::Failed(reason), _) => reason.to_string(),
        (phase, Some((backend, why))) => words::backend(*backend, why, *phase == Phase::Ready),
        (_, None) => words::CHOOSING.to_owned(),
    };
    match &life.notice {
        Some(notice) => format!("{running} {notice}"),
        None => running,
    }
}

fn retry(send: &Send) -> Callback<yew::MouseEvent> {
    send.reform(|_| LifeMsg::Retry.into())
}

fn progress(life: &Life, model: Option<&Model>) -> Html {
    let total = model.map(|model| model.total_bytes());
    let (value, text, bytes) = match life.phase {
        Phase::Ready | Phase::Failed(_) => return Html::default(),
        Phase::Choosing | Phase::Starting => (None, words::starting(total), None),
        Phase::Opening {
            stage,
            fraction,
            bytes,
        } => (Some(fraction), words::stage(stage).to_owned(), Some(bytes)),
    };
    let bytes = bytes.filter(|&(_, total)| total > 0).map(words::bytes);
    let said = match &bytes {
        Some(bytes) => format!("{text}: {bytes}"),
        None => text.clone(),
    };
    let percent = value.map(|value| format!("{:.0}", value * 100.0));
    let width = percent
        .as_ref()
        .map_or_else(|| "0%".to_owned(), |percent| format!("{percent}%"));
    html! {
        <div class="progress">
            <p class="progress-text">
                <span>{ text }</span>
                if let Some(bytes) = bytes { <span class="figures">{ bytes }</span> }
            </p>
            <div
                class={if value.is_some() { "track" } else { "track unknown" }}
                role="progressbar"
                aria-label={words::PROGRESS}
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow={percent}
                aria-valuetext={said}
            >
                <svg aria-hidden="true" focusable="false">
                    <rect {width} height="100%" rx="3" />
                </svg>
            </div>
        </div>
    }
}

/// One quiet line: the model, its size, what computes, and how fast.
fn facts(life: &Life, model: Option<&Model>) -> Html {
    if life.phase != Phase::Ready {
        return Html::default();
    }
    let model = model.map(|model| {
        let size = numbers::megabytes(model.total_bytes());
        html! { <span title={model.description.clone()}>{ format!("{}, {size}\u{202f}MB", model.name) }</span> }
    });
    let device = (!life.device.is_empty()).then(|| html! { <span>{ life.device.clone() }</span> });
    let timings = words::timings(life.load_ms, life.photo_ms, life.texts_ms);
    html! {
        <p class="facts">
            { model.unwrap_or_default() }
            { device.unwrap_or_default() }
            <span class="figures">{ timings }</span>
        </p>
    }
}
