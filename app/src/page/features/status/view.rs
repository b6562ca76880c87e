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
            download={deps.models.download_size(&deps.models.chosen)}
            send={send.clone()}
        />
    }
}

/// What [`StatusLine`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    status: EngineStatus,
    model: Option<Model>,
    /// Bytes to download, if that is known.
    download: Option<u64>,
    send: Callback<Msg>,
}

/// The status line, the progress bar while the model is loaded, and timings afterwards.
#[component]
fn StatusLine(props: &Props) -> Html {
    let Props {
        status,
        model,
        download,
        send,
    } = props;
    let class = format!("status {}", status.phase.name());
    let stored = model.as_ref().map(|model| model.total_bytes());
    let remark = text::remark(status);
    html! {
        <section {class}>
            <p class="line" hidden={remark.is_none()}>
                <span class="lamp" aria-hidden="true"></span>
                <span id="backend-line" role="status">{ remark.unwrap_or_default() }</span>
            </p>
            { progress(status, stored, *download) }
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

/// How far the model is; `stored` and `download` are its bytes in storage and over the network.
fn progress(status: &EngineStatus, stored: Option<u64>, download: Option<u64>) -> Html {
    let (value, text, bytes) = match status.phase {
        Phase::Ready | Phase::Failed(_) => return Html::default(),
        Phase::ChoosingBackend | Phase::Starting => {
            (None, text::starting(download.or(stored)), None)
        }
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
    // What is fetched is counted as it is unpacked, and told as it is sent.
    let sent = |(so_far, total): (u64, u64)| match download {
        Some(download) => (so_far * download / total, download),
        None => (so_far, total),
    };
    let figures = bytes.filter(|&(_, total)| total > 0);
    let figures = figures.map(|bytes| text::bytes(sent(bytes)));
    html! { <Progress label={text::PROGRESS} {text} {figures} {value} /> }
}

/// What the model runs on and why, and how long things took, one tap away; nothing before the model is
/// ready.
fn facts(status: &EngineStatus) -> Html {
    if status.phase != Phase::Ready {
        return Html::default();
    }
    let device = text::device(status);
    let timings = text::timings(status.load_ms, status.photo_ms, status.texts_ms);
    html! {
        <details class="how">
            <summary>{ text::HOW_FAST }</summary>
            <p id="how-it-runs">{ text::line(status) }</p>
            <p class="facts">
                <span>{ device }</span>
                <span class="figures">{ timings }</span>
            </p>
        </details>
    }
}
