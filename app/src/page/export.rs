//! Results as a JSON file.

use super::{
    dom,
    engine::Model,
    labels::{self, Labels},
    photos::{Card, Stand},
    shared::Shared,
    texts::Texts,
};
use crate::protocol::Backend;
use glimpse_model::score::{Calibration, LabelChance, Score, ScoreMode};
use glimpse_model::text::Template;
use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

const FILE_NAME: &str = "glimpse-results.json";

/// The whole file.
#[derive(Serialize)]
struct Results<'a> {
    model: &'a str,
    backend: &'static str,
    templates: Vec<&'a str>,
    score_mode: ScoreMode,
    /// The logarithm, as checkpoints store it.
    logit_scale: f32,
    logit_bias: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<&'a Calibration>,
    images: Vec<Image<'a>>,
    texts: Vec<Text>,
    failed: Vec<Failure<'a>>,
}

#[derive(Serialize)]
struct Image<'a> {
    file: &'a str,
    width: u32,
    height: u32,
    embedding: &'a [f32],
    labels: Vec<Label<'a>>,
    /// The share of "none of these".
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<f32>,
}

#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    #[serde(flatten)]
    score: Score,
    /// `share` and `alone`.
    #[serde(flatten)]
    chance: Option<LabelChance>,
}

#[derive(Serialize)]
struct Text {
    label: String,
    /// Whose mean direction the embedding is.
    texts: Vec<String>,
    embedding: Vec<f32>,
}

#[derive(Serialize)]
struct Failure<'a> {
    file: &'a str,
    reason: &'a str,
}

/// The file's text. The word being typed is left out.
pub fn json(
    model: &Model,
    backend: Backend,
    cards: &[Shared<Card>],
    labels: &Labels,
    texts: &Texts,
) -> Result<String, serde_json::Error> {
    let templates = &labels.shown_templates;
    let results = Results {
        model: &model.name,
        backend: backend.name(),
        templates: templates.iter().map(Template::as_str).collect(),
        score_mode: model.scoring.mode,
        logit_scale: model.scoring.logit_scale,
        logit_bias: model.scoring.logit_bias,
        calibration: model.calibration.as_ref(),
        images: cards.iter().filter_map(|card| image(card)).collect(),
        texts: labels
            .items
            .iter()
            .filter_map(|label| {
                let sentences: Vec<String> = labels::fill(templates, label).collect();
                let embedding = texts.mean(sentences.iter().cloned())?.to_vec();
                let label = label.to_string();
                Some(Text {
                    label,
                    texts: sentences,
                    embedding,
                })
            })
            .collect(),
        failed: cards.iter().filter_map(|card| failure(card)).collect(),
    };
    serde_json::to_string_pretty(&results)
}

fn image(card: &Card) -> Option<Image<'_>> {
    let Stand::Done(seen) = &card.stand else {
        return None;
    };
    let rows = card.ranking.rows.iter().filter(|row| !row.draft);
    Some(Image {
        file: &card.name,
        width: seen.width,
        height: seen.height,
        embedding: &seen.embedding,
        labels: rows
            .map(|row| Label {
                label: &row.label,
                score: row.score,
                chance: row.chance,
            })
            .collect(),
        none: card.ranking.none,
    })
}

fn failure(card: &Card) -> Option<Failure<'_>> {
    match &card.stand {
        Stand::Failed(reason) => Some(Failure {
            file: &card.name,
            reason,
        }),
        _ => None,
    }
}

/// Hands the text to the visitor as a download.
pub fn save(text: &str) -> Option<()> {
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = dom::document()?.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(FILE_NAME);
    link.click();
    // The browser reads it after this turn of the event loop.
    gloo_timers::callback::Timeout::new(60_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}
