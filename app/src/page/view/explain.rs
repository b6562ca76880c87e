//! What the numbers mean, each with its exact term one tap away.

use super::super::{
    engine::Model,
    words::{self, Explained},
};
use yew::{Html, Properties, component, html};

/// See [`Explain`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub model: Option<Model>,
}

/// Plain words first.
#[component]
pub fn Explain(props: &Props) -> Html {
    let item = |explained: Explained| {
        html! {
            <li key={explained.term}>
                <p><strong>{ explained.plain }</strong>{ " " }{ explained.sentence }</p>
                <details>
                    <summary>{ explained.term }</summary>
                    <p>{ explained.exact }</p>
                </details>
            </li>
        }
    };
    let explained = words::explained(props.model.as_deref());
    html! {
        <section class="explain" aria-labelledby="explain-title">
            <h2 id="explain-title">{ words::EXPLAIN }</h2>
            <ul>{ for explained.into_iter().map(item) }</ul>
            <p class="hint">{ words::EXPLAIN_LIMITS }</p>
        </section>
    }
}
