//! Published models that can be brought, each for a purpose: how large it is, what it reads, under
//! which licence, how good its makers or a benchmark found it, and how to get it.

use super::text;
use crate::page::locale::{Text, numbers};
use yew::{Html, html};

/// A published model.
struct Suggestion {
    purpose: Text,
    /// Its name on the hub.
    name: &'static str,
    /// Parameters of both towers, in millions: four megabytes each as published, one as int8.
    parameters: u64,
    languages: Text,
    licence: &'static str,
    /// Share of ImageNet's validation photos whose class comes first among its thousand, zero-shot.
    accuracy: f32,
    /// Where the accuracy is published.
    source: &'static str,
}

const BENCHMARK: &str =
    "https://github.com/mlfoundations/open_clip/blob/main/docs/openclip_classification_results.csv";

/// From small to large. Parameters and accuracies are those of the sources.
const SUGGESTIONS: [Suggestion; 4] = [
    Suggestion {
        purpose: text::FOR_PHONES,
        name: "apple/MobileCLIP-S2-OpenCLIP",
        parameters: 99,
        languages: text::ENGLISH,
        licence: "apple-amlr",
        accuracy: 0.744,
        source: "https://arxiv.org/abs/2311.17049",
    },
    Suggestion {
        purpose: text::FOR_COMPARISON,
        name: "openai/clip-vit-base-patch32",
        parameters: 151,
        languages: text::ENGLISH,
        licence: "MIT",
        accuracy: 0.633,
        source: BENCHMARK,
    },
    Suggestion {
        purpose: text::FOR_ACCURACY,
        name: "google/siglip-base-patch16-224",
        parameters: 203,
        languages: text::ENGLISH,
        licence: "Apache-2.0",
        accuracy: 0.760,
        source: BENCHMARK,
    },
    Suggestion {
        purpose: text::FOR_LANGUAGES,
        name: "google/siglip-base-patch16-256-multilingual",
        parameters: 371,
        languages: text::MANY_LANGUAGES,
        licence: "Apache-2.0",
        accuracy: 0.751,
        source: BENCHMARK,
    },
];

/// The suggestions, folded.
pub fn suggestions() -> Html {
    html! {
        <details class="suggestions">
            <summary>{ text::WHICH }</summary>
            <ul>{ for SUGGESTIONS.iter().map(suggestion) }</ul>
            <p class="hint">{ text::HOW }</p>
        </details>
    }
}

fn suggestion(model: &Suggestion) -> Html {
    let outside = |address: String, name: Html| {
        html! { <a href={address} target="_blank" rel="noopener noreferrer">{ name }</a> }
    };
    let folder = model.name.rsplit('/').next().unwrap_or(model.name);
    let facts = text::FACTS.fill(&[
        ("download", &numbers::size(model.parameters * 4_000_000)),
        ("kept", &numbers::size(model.parameters * 1_000_000)),
        ("languages", &model.languages.get()),
        ("licence", model.licence),
        ("accuracy", &numbers::exact_percent(model.accuracy)),
    ]);
    html! {
        <li key={model.name}>
            <p>{ model.purpose }{ ": " }{ outside(format!("https://huggingface.co/{}", model.name), html! { model.name }) }</p>
            <p class="hint">{ facts }{ " (" }{ outside(model.source.to_owned(), html! { text::SOURCE }) }{ ")" }</p>
            <p class="hint"><code>{ format!("hf download {} --local-dir {folder}", model.name) }</code></p>
        </li>
    }
}
