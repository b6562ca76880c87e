//! What runs, how far it has come, how fast it is.

use super::{Deps, Msg, text};
use crate::page::{
    engine::{EngineStatus, Fault, Phase},
    ui::{Model, progress::Progress},
};
use yew::{Callback, Html, Properties, component, html};

/// The section with the status line.
pub fn line(deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    html! {
        <StatusLine
            status={deps.engine.status().clone()}
            model={deps.engine.model().cloned()}
            send={send.clone()}
        />
    }
}

/// What [`StatusLine`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    status: EngineStatus,
    model: Option<Model>,
    send: Callback<Msg>,
}

/// The status line, the progress bar while the model is loaded, and timings afterwards.
#[component]
fn StatusLine(props: &Props) -> Html {
    let Props {
        status,
        model,
        send,
    } = props;
    let class = format!("status {}", status.phase.name());
    let total_bytes = model.as_ref().map(|model| model.total_bytes());
    html! {
        <section {class}>
            <p class="line">
                <span class="lamp" aria-hidden="true"></span>
                <span id="backend-line" role="status">{ text::line(status) }</span>
            </p>
            { progress(status, total_bytes) }
            if status.image_tower_ready && status.phase != Phase::Ready {
                <p class="note">{ text::IMAGE_TOWER_READY }</p>
            }
            if let Phase::Failed(fault) = &status.phase {
                { way_out(fault, send) }
            }
            { facts(status) }
        </section>
    }
}

/// What can be done about a failure.
fn way_out(fault: &Fault, send: &Callback<Msg>) -> Html {
    let (text, msg): (_, fn() -> Msg) = match fault {
        Fault::Outdated => (text::RELOAD, || Msg::Reload),
        _ => (text::RETRY, || Msg::Retry),
    };
    html! {
        <button type="button" class="button" onclick={send.reform(move |_| msg())}>{ text }</button>
    }
}

fn progress(status: &EngineStatus, total_bytes: Option<u64>) -> Html {
    let (value, text, bytes) = match status.phase {
        Phase::Ready | Phase::Failed(_) => return Html::default(),
        Phase::ChoosingBackend | Phase::Starting => (None, text::starting(total_bytes), None),
        Phase::Opening {
            stage,
            fraction,
            bytes,
        } => (
            Some(fraction),
            text::stage(stage, status.image_tower_ready).into(),
            Some(bytes),
        ),
    };
    let figures = bytes.filter(|&(_, total)| total > 0).map(text::bytes);
    html! { <Progress label={text::PROGRESS} {text} {figures} {value} /> }
}

/// The device, and how long things took; nothing before the model is ready.
fn facts(status: &EngineStatus) -> Html {
    if status.phase != Phase::Ready {
        return Html::default();
    }
    let device = text::device(status);
    let timings = text::timings(status.load_ms, status.photo_ms, status.texts_ms);
    html! {
        <p class="facts">
            <span>{ device }</span>
            <span class="figures">{ timings }</span>
        </p>
    }
}
