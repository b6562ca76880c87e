//! The three numbers in words.

use super::{FIT, SHARE};
use glimpse_model::{pack::Manifest, score::ScoreMode};

/// One of the three numbers: its plain name, the sentence, the exact term and its sentence.
pub struct Explained {
    /// As a visitor would say it.
    pub plain: &'static str,
    /// What it tells.
    pub sentence: String,
    /// As a paper would say it.
    pub term: &'static str,
    /// Its definition.
    pub exact: String,
}

/// Above the explanations.
pub const EXPLAIN: &str = "What the numbers mean";
/// Under them.
pub const EXPLAIN_LIMITS: &str = "A high score means that picture and words often go together in what the model has learnt from. It is not a fact about the picture, and never a fact about a person.";

/// The three numbers, with this model's own constants where they are known.
pub fn explained(model: Option<&Manifest>) -> [Explained; 3] {
    let mode = model.map_or(ScoreMode::Softmax, |model| model.scoring.mode);
    let scale = model.map_or_else(
        || "a constant".to_owned(),
        |model| format!("{:.1}", model.scoring.logit_scale.exp()),
    );
    let bias = model.map_or(0.0, |model| model.scoring.logit_bias);
    let bias = match bias {
        0.0 => String::new(),
        bias if bias < 0.0 => format!(" \u{2212} {:.1}", -bias),
        bias => format!(" + {bias:.1}"),
    };
    let (plain, sentence, exact) = match mode {
        ScoreMode::Softmax => (
            SHARE,
            "The labels share 100\u{202f}% among themselves. Someone always wins, even if nothing fits \u{2013} so look at the cosine too.",
            "The softmax over the logits of all your labels: e to the logit, divided by the sum of them all. Adding or removing a label changes every share.",
        ),
        ScoreMode::Sigmoid => (
            FIT,
            "Each label is judged by itself: all may fit, or none. Such models are strict, so a few percent can be much \u{2013} compare the labels with each other.",
            "The sigmoid of the logit, 1 / (1 + e to the minus logit). Other labels don\u{2019}t change it.",
        ),
    };
    [
        Explained {
            plain: "How alike",
            sentence: "How closely picture and words point the same way, from \u{2212}1 to 1. It doesn\u{2019}t depend on the other labels.".into(),
            term: "cosine",
            exact: "The cosine of the angle between the picture\u{2019}s embedding and the sentence\u{2019}s. An embedding is the list of numbers that the model makes of either.".into(),
        },
        Explained {
            plain: "Sharpened",
            sentence: "The same, spread out, so that small differences count.".into(),
            term: "logit",
            exact: format!("Cosine \u{d7} {scale}{bias}: the sharpness that this model learnt in training (its logit scale)."),
        },
        Explained {
            plain,
            sentence: sentence.into(),
            term: "probability",
            exact: exact.into(),
        },
    ]
}
