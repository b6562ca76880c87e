//! The text of the JSON file. Its keys stay as they are: people's own programs read them.

use crate::{
    page::{
        engine::TextEmbeddings,
        features::{
            labels::{self, Labels},
            photos::{self, Card, CardStatus},
        },
        ui::{Model, PtrEqRc},
    },
    protocol::Backend,
};
use glimpse_model::{
    score::{Calibration, LabelChance, Score, ScoreMode},
    text::Template,
};
use serde::Serialize;

/// The saved file, whose keys other programs read.
#[derive(Serialize)]
struct Results<'a> {
    model: &'a str,
    backend: &'static str,
    templates: Vec<&'a str>,
    score_mode: ScoreMode,
    /// The natural logarithm of the scale, as checkpoints store it.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<&'a [f32]>,
    labels: Vec<Label<'a>>,
    /// How many labels were scored, if only the best of them are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels_scored: Option<usize>,
    /// The share of "none of these", if scores are calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<f32>,
}

#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    #[serde(flatten)]
    score: Score,
    /// `share` and `alone`, if scores are calibrated.
    #[serde(flatten)]
    chance: Option<LabelChance>,
}

#[derive(Serialize)]
struct Text {
    label: String,
    /// The sentences whose mean direction the embedding is.
    texts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<Vec<f32>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    file: &'a str,
    reason: String,
}

/// Writes the results as JSON, with embeddings (some 10 kB a photo) where they are wanted. The label that
/// is being typed is left out.
pub fn json(
    model: &Model,
    backend: Backend,
    cards: &[PtrEqRc<Card>],
    labels: &Labels,
    texts: &TextEmbeddings,
    with_embeddings: bool,
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
        images: cards
            .iter()
            .filter_map(|card| image(card, with_embeddings))
            .collect(),
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
                    embedding: with_embeddings.then_some(embedding),
                })
            })
            .collect(),
        failed: cards.iter().filter_map(|card| failure(card)).collect(),
    };
    serde_json::to_string_pretty(&results)
}

fn image(card: &Card, with_embedding: bool) -> Option<Image<'_>> {
    let CardStatus::Done(picture) = &card.status else {
        return None;
    };
    let rows = card.ranking.rows.iter().filter(|row| !row.draft);
    Some(Image {
        file: &card.name,
        width: picture.width,
        height: picture.height,
        embedding: with_embedding.then_some(&picture.embedding),
        labels: rows
            .map(|row| Label {
                label: &row.label,
                score: row.score,
                chance: row.chance,
            })
            .collect(),
        labels_scored: (card.ranking.scored > card.ranking.rows.len())
            .then_some(card.ranking.scored),
        none: card.ranking.none,
    })
}

fn failure(card: &Card) -> Option<Failure<'_>> {
    let reason = photos::failure(&card.status)?;
    let file = &card.name;
    Some(Failure { file, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn keys(value: &Value) -> BTreeSet<&str> {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(key, _)| key.as_str()).collect()
    }

    fn label(chance: Option<LabelChance>) -> Label<'static> {
        Label {
            label: "cat",
            score: Score {
                cosine: 0.25,
                logit: 2.5,
                probability: 0.75,
            },
            chance,
        }
    }

    fn results(chance: Option<LabelChance>) -> serde_json::Result<Value> {
        serde_json::to_value(Results {
            model: "model",
            backend: Backend::Cpu.name(),
            templates: vec!["a photo of a {}"],
            score_mode: ScoreMode::Softmax,
            logit_scale: 4.5,
            logit_bias: 0.0,
            calibration: None,
            images: vec![Image {
                file: "cat.jpg",
                width: 4,
                height: 3,
                embedding: Some(&[1.0]),
                labels: vec![label(chance)],
                labels_scored: None,
                none: chance.map(|_| 0.5),
            }],
            texts: vec![Text {
                label: "cat".into(),
                texts: vec!["a photo of a cat".into()],
                embedding: Some(vec![1.0]),
            }],
            failed: vec![Failure {
                file: "notes.txt",
                reason: "not a picture".to_owned(),
            }],
        })
    }

    #[test]
    fn the_keys_are_those_that_other_programs_read() -> serde_json::Result<()> {
        let results = results(None)?;
        let expected = [
            "model",
            "backend",
            "templates",
            "score_mode",
            "logit_scale",
            "logit_bias",
            "images",
            "texts",
            "failed",
        ];
        assert_eq!(keys(&results), BTreeSet::from(expected));
        let image = &results["images"][0];
        let expected = ["file", "width", "height", "embedding", "labels"];
        assert_eq!(keys(image), BTreeSet::from(expected));
        let expected = ["label", "cosine", "logit", "probability"];
        assert_eq!(keys(&image["labels"][0]), BTreeSet::from(expected));
        let expected = ["label", "texts", "embedding"];
        assert_eq!(keys(&results["texts"][0]), BTreeSet::from(expected));
        assert_eq!(
            keys(&results["failed"][0]),
            BTreeSet::from(["file", "reason"])
        );
        Ok(())
    }

    #[test]
    fn calibrated_scores_have_more_keys() -> serde_json::Result<()> {
        let results = results(Some(LabelChance {
            share: 0.4,
            alone: 0.9,
        }))?;
        let image = &results["images"][0];
        assert!(keys(image).contains("none"));
        let expected = ["label", "cosine", "logit", "probability", "share", "alone"];
        assert_eq!(keys(&image["labels"][0]), BTreeSet::from(expected));
        Ok(())
    }
}
