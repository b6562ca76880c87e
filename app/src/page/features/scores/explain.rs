//! What the numbers mean, each with its exact term one tap away.

use super::{
    Deps, Scores, Temperature,
    text::{self, Explained},
};
use crate::page::ui::Model;
use yew::{Html, Properties, component, html};

/// The section that explains cosine, logit and percentages.
pub fn explanations(scores: &Scores, deps: &Deps<'_>) -> Html {
    let model = deps.engine.model().cloned();
    html! { <Explanations {model} temperature={scores.temperature} /> }
}

/// What [`Explanations`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    model: Option<Model>,
    temperature: Temperature,
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
    let explained = text::explained(props.model.as_deref(), &props.temperature);
    html! {
        <section class="explain" aria-labelledby="explain-title">
            <h2 id="explain-title">{ text::EXPLAIN }</h2>
            <ul>{ for explained.into_iter().map(item) }</ul>
            <p class="hint">{ text::EXPLAIN_LIMITS }</p>
        </section>
    }
}
