//! What the numbers mean, each with its exact term one tap away.

use super::{
    Deps,
    text::{self, Explained},
};
use crate::page::ui::Model;
use yew::{Html, Properties, component, html};

/// The section that explains cosine, logit and percentages.
pub fn explanations(deps: &Deps<'_>) -> Html {
    html! { <Explanations model={deps.engine.model().cloned()} /> }
}

/// See [`Explanations`].
#[derive(Properties, PartialEq)]
struct Props {
    model: Option<Model>,
}

/// Every number in plain words, with its definition folded away.
#[component]
fn Explanations(props: &Props) -> Html {
    let item = |explained: Explained| {
        html! {
            <li key={explained.term.english()}>
                <p><strong>{ explained.plain }</strong>{ " " }{ explained.sentence }</p>
                <details>
                    <summary>{ explained.term }</summary>
                    <p>{ explained.exact }</p>
                </details>
            </li>
        }
    };
    let explained = text::explained(props.model.as_deref());
    html! {
        <section class="explain" aria-labelledby="explain-title">
            <h2 id="explain-title">{ text::EXPLAIN }</h2>
            <ul>{ for explained.into_iter().map(item) }</ul>
            <p class="hint">{ text::EXPLAIN_LIMITS }</p>
        </section>
    }
}
