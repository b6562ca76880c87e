//! The numbers in words.

use super::{ALONE, FIT, SHARE};
use crate::page::numbers;
use glimpse_model::{
    pack::Manifest,
    score::{Alone, Calibration, ScoreMode, Scoring, Together},
};

/// One of the numbers: its plain name, the sentence, the exact term and its sentence.
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

/// On the row that stands for no label.
pub const NONE: &str = "None of these";
/// Beside it.
pub const NONE_ASK: &str = "What\u{2019}s that?";

/// What the row means.
pub fn none_means(share: f32) -> String {
    format!(
        "How likely it is that none of your labels fits this photo: {}. It shares 100\u{202f}% with the labels. If it comes first, the photo is probably of something else \u{2013} or of something this model knows too little about.",
        numbers::percent(share)
    )
}

/// How it is computed.
pub fn none_exact(together: &Together) -> String {
    format!(
        "It takes part in the softmax like one more label for each of yours, with a cosine of {}. That cosine was found on pictures whose labels were known, so that \u{201c}none\u{201d} comes true about as often as it says (calibration), with every second picture fitting none of ten labels.",
        numbers::signed(together.none_cosine, 3)
    )
}

/// The numbers, with this model's own constants where they are known.
pub fn explained(model: Option<&Manifest>) -> Vec<Explained> {
    let scoring = model.map(|model| &model.scoring);
    let calibration = model.and_then(|model| model.calibration.as_ref());
    let mut all = vec![
        Explained {
            plain: "How alike",
            sentence: "How closely picture and words point the same way, from \u{2212}1 to 1. It doesn\u{2019}t depend on the other labels.".into(),
            term: "cosine",
            exact: "The cosine of the angle between the picture\u{2019}s embedding and the sentence\u{2019}s. An embedding is the list of numbers that the model makes of either.".into(),
        },
        sharpened(scoring),
    ];
    match calibration {
        Some(calibration) => all.extend(calibrated(calibration)),
        None => all.push(probability(scoring)),
    }
    all
}

fn sharpened(scoring: Option<&Scoring>) -> Explained {
    let scale = scoring.map_or_else(
        || "a constant".to_owned(),
        |scoring| format!("{:.1}", scoring.logit_scale.exp()),
    );
    let bias = match scoring.map_or(0.0, |scoring| scoring.logit_bias) {
        0.0 => String::new(),
        bias if bias < 0.0 => format!(" \u{2212} {:.1}", -bias),
        bias => format!(" + {bias:.1}"),
    };
    Explained {
        plain: "Sharpened",
        sentence: "The same, spread out, so that small differences count.".into(),
        term: "logit",
        exact: format!(
            "Cosine \u{d7} {scale}{bias}: the sharpness that this model learnt in training (its logit scale)."
        ),
    }
}

/// The model's own probability.
fn probability(scoring: Option<&Scoring>) -> Explained {
    let mode = scoring.map_or(ScoreMode::Softmax, |scoring| scoring.mode);
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
    Explained {
        plain,
        sentence: sentence.into(),
        term: "probability",
        exact: exact.into(),
    }
}

/// What a calibration says.
fn calibrated(
    Calibration {
        together, alone, ..
    }: &Calibration,
) -> [Explained; 2] {
    [
        Explained {
            plain: ALONE,
            sentence: "Each on its own: how likely this label fits, whatever the others are. All may fit, or none.".into(),
            term: "calibrated probability",
            exact: format!(
                "1 / (1 + e to the \u{2212}{:.1} \u{d7} (cosine \u{2212} {:.3})): a logistic curve, fitted on pictures whose labels were known, so that it comes true about as often as it says if {} of all labels fit (Platt scaling).",
                alone.slope,
                alone.midpoint,
                numbers::percent(Alone::PRIOR),
            ),
        },
        Explained {
            plain: SHARE,
            sentence: "Which label is it? Your labels and \u{201c}none of these\u{201d} share 100\u{202f}% among themselves. Adding or removing a label changes every share.".into(),
            term: "calibrated softmax",
            exact: format!(
                "The softmax over cosine \u{d7} {:.1} of all labels and of \u{201c}none of these\u{201d}, which counts like one more label for each of yours, with a cosine of {}. Both numbers were fitted after training, so that shares come true about as often as they say (temperature scaling); the logit keeps the sharpness from training.",
                together.inverse_temperature,
                numbers::signed(together.none_cosine, 3),
            ),
        },
    ]
}
