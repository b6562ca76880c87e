//! The strip of sample photos.

use super::super::{
    app::{PhotoMsg, Send},
    samples::Sample,
    words,
};
use std::rc::Rc;
use yew::{Html, Properties, component, html};

/// See [`Samples`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub samples: Rc<[Sample]>,
    pub send: Send,
}

/// A button a sample, and who made them.
#[component]
pub fn Samples(props: &Props) -> Html {
    if props.samples.is_empty() {
        return Html::default();
    }
    let button = |(place, sample): (usize, &Sample)| {
        let onclick = props.send.reform(move |_| PhotoMsg::Sample(place).into());
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
            <h2 id="samples-title">{ words::SAMPLES }</h2>
            <ul class="strip">{ for props.samples.iter().enumerate().map(button) }</ul>
            <details class="credits">
                <summary>{ words::CREDITS }</summary>
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
