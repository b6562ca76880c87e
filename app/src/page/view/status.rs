//! What runs, how far it has come, how fast it is.

use super::{
    super::{
        app::{LifeMsg, Send},
        engine::{Life, Model, Phase},
        words,
    },
    progress::Progress,
};
use yew::{Callback, Html, Properties, component, html};

/// See [`Status`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub life: Life,
    pub model: Option<Model>,
    pub send: Send,
}

/// The status line, the progress bar while there is progress, and how fast it is.
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
            if life.sees && life.phase != Phase::Ready {
                <p class="note">{ words::SEES }</p>
            }
            if let Phase::Failed(_) = life.phase {
                <button type="button" class="button" onclick={retry(send)}>{ words::RETRY }</button>
            }
            { facts(life) }
        </section>
    }
}

fn line(life: &Life) -> String {
    let running = match (&life.phase, &life.backend) {
        (Phase::Failed(reason), _) => reason.to_string(),
        (_, Some((backend, why))) => words::backend(*backend, why, life.sees),
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
        } => (
            Some(fraction),
            words::stage(stage, life.sees).to_owned(),
            Some(bytes),
        ),
    };
    let figures = bytes.filter(|&(_, total)| total > 0).map(words::bytes);
    html! { <Progress label={words::PROGRESS} {text} {figures} {value} /> }
}

/// One quiet line: what computes, and how fast.
fn facts(life: &Life) -> Html {
    if life.phase != Phase::Ready {
        return Html::default();
    }
    let device = (!life.device.is_empty()).then(|| html! { <span>{ life.device.clone() }</span> });
    let timings = words::timings(life.load_ms, life.photo_ms, life.texts_ms);
    html! {
        <p class="facts">
            { device.unwrap_or_default() }
            <span class="figures">{ timings }</span>
        </p>
    }
}
