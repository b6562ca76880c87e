//! The progress of something that takes its time.

use crate::page::locale::Text;
use yew::{Html, Properties, component, html};

/// What [`Progress`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The bar's name for a screen reader.
    pub label: Text,
    /// What is going on, above the bar.
    pub text: String,
    /// How much of how much, beside the text.
    #[prop_or_default]
    pub figures: Option<String>,
    /// Share of the whole, 0 to 1; the bar moves back and forth while it isn't known.
    pub value: Option<f64>,
}

/// A progress bar under its text and figures.
#[component]
pub fn Progress(props: &Props) -> Html {
    let Props {
        label,
        text,
        figures,
        value,
    } = props;
    let value_text = match figures {
        Some(figures) => format!("{text}: {figures}"),
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
                if let Some(figures) = figures { <span class="figures">{ figures }</span> }
            </p>
            <div
                class={if value.is_some() { "track" } else { "track unknown" }}
                role="progressbar"
                aria-label={*label}
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow={percent}
                aria-valuetext={value_text}
            >
                <svg aria-hidden="true" focusable="false">
                    <rect {width} height="100%" rx="3" />
                </svg>
            </div>
        </div>
    }
}
