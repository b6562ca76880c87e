//! The strip of sample photos.

use super::super::{Msg, Photos, samples::Sample, text};
use std::rc::Rc;
use yew::{Callback, Html, Properties, component, html};

/// The sample photos; nothing if the site has none.
pub fn samples(photos: &Photos, send: &Callback<Msg>) -> Html {
    html! { <Strip samples={photos.samples.list.clone()} send={send.clone()} /> }
}

/// What [`Strip`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    samples: Rc<[Sample]>,
    send: Callback<Msg>,
}

/// A button a sample, and who made them.
#[component]
fn Strip(props: &Props) -> Html {
    if props.samples.is_empty() {
        return Html::default();
    }
    let button = |(index, sample): (usize, &Sample)| {
        let onclick = props.send.reform(move |_| Msg::ChooseSample(index));
        html! {
            <li key={sample.file.clone()}>
                <button type="button" class="sample" data-sample={sample.file.clone()} {onclick}>
                    <img
                        src={sample.url()}
                        alt={sample.alt.clone()}
                        width="96"
                        height="96"
                        decoding="async"
                    />
                    <span>{ sample.title.clone() }</span>
                </button>
            </li>
        }
    };
    html! {
        <section class="samples" aria-labelledby="samples-title">
            <h2 id="samples-title">{ text::SAMPLES }</h2>
            <ul class="strip">{ for props.samples.iter().enumerate().map(button) }</ul>
            <details class="credits">
                <summary>{ text::CREDITS }</summary>
                <ul>{ for props.samples.iter().map(credit) }</ul>
            </details>
        </section>
    }
}

fn credit(sample: &Sample) -> Html {
    let text = format!("{}, {}", sample.credit, sample.licence);
    let title = match sample.link() {
        Some(link) => html! {
            <a href={link.to_owned()} target="_blank" rel="noopener noreferrer">{ &sample.title }</a>
        },
        None => html! { { &sample.title } },
    };
    html! { <li key={sample.file.clone()}>{ title }{ ": " }{ text }</li> }
}
