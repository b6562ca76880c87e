//! The scores' sentences: tables, the choice of a score mode, and what the numbers mean.

use super::ScoreMode;
use crate::page::ui::numbers;
use glimpse_model::{
    pack::Manifest,
    score::{self, Alone, Calibration, Scoring, Together},
};

/// The columns of a table with all numbers: label, cosine, logit, independent probability, share.
pub fn columns(is_softmax: bool) -> [&'static str; 5] {
    let last = if is_softmax { SHARE } else { FIT };
    ["Label", "Cosine", "Logit", ALONE, last]
}

/// The column of probabilities that add up to 1.
pub const SHARE: &str = "Share";
/// The column of probabilities of a sigmoid.
pub const FIT: &str = "Fit";
/// The column of calibrated probabilities that don't heed the other labels.
pub const ALONE: &str = "Alone";
/// Beside the unfinished label.
pub const DRAFT: &str = "typing";
/// Under a table with a single label.
pub const ONE_LABEL: &str = "Add another label to compare. With a single one the share is always 100\u{202f}%, which says nothing.";
/// The button that shortens a long table.
pub const FEWER: &str = "Show fewer";

/// The button that shows the rest of a long table.
pub fn show_all(count: usize) -> String {
    format!("Show all {count}")
}

/// The heading above the choice of a score mode.
pub const READ_SCORES: &str = "How to read the scores";
/// The slider's name.
pub const SHARPNESS: &str = "Sharpness";
/// The slider's left end.
pub const SOFTER: &str = "softer";
/// The slider's middle.
pub const TRAINED: &str = "\u{25b2} as trained";
/// The slider's right end.
pub const SHARPER: &str = "sharper";
/// The exact term for what the slider changes.
pub const SHARPNESS_TERM: &str = "temperature";
/// The button that takes score mode and slider back to the start.
pub const RESET: &str = "Reset";

/// The name of a score mode.
pub fn mode(mode: ScoreMode) -> &'static str {
    match mode {
        ScoreMode::Calibrated => "Honest",
        ScoreMode::Softmax => "Contest",
        ScoreMode::Sigmoid => "One by one",
    }
}

/// What a score mode means, and its exact term.
pub fn mode_means(mode: ScoreMode, model: &Manifest) -> String {
    match mode {
        ScoreMode::Calibrated => "Shares that come true about as often as they say, with \u{201c}none of these\u{201d} among them. (Exact term: calibrated softmax.)".into(),
        ScoreMode::Softmax => "Your labels share 100\u{202f}% among themselves, so one always wins \u{2013} even if nothing fits. Try it with a photo of something else! (Exact term: softmax.)".into(),
        ScoreMode::Sigmoid => {
            let trained = match (model.scoring.mode, &model.calibration) {
                (score::ScoreMode::Sigmoid, _) => String::new(),
                (score::ScoreMode::Softmax, Some(calibration)) => format!(
                    " This model was trained as a contest, so the cosine of 50\u{202f}%, {}, was found afterwards.",
                    numbers::signed(calibration.alone.midpoint, 3)
                ),
                (score::ScoreMode::Softmax, None) => {
                    " This model was trained as a contest and never learnt where \u{201c}fits\u{201d} begins, so these numbers are all too high.".into()
                }
            };
            format!("Each label is judged by itself: all may fit, or none. (Exact term: sigmoid.){trained}")
        }
    }
}

/// The slider's value: what cosines are multiplied with.
pub fn sharpness(scale: &str, as_trained: bool) -> String {
    let trained = if as_trained { " (as trained)" } else { "" };
    format!("\u{d7}\u{202f}{scale}{trained}")
}

/// The definition of the temperature, with the number that training found.
pub fn sharpness_exact(trained: f32) -> String {
    format!(
        "Cosines are multiplied by this number before softmax or sigmoid; 1 divided by it is called the temperature. Training found {trained:.1}, which is best for telling thousands of captions apart. Turn it down and all labels become alike; turn it up and the best takes everything, though no label moved any closer."
    )
}

/// The explanation of one of the numbers.
pub struct Explained {
    /// The name in plain words.
    pub plain: &'static str,
    /// What the number tells.
    pub sentence: String,
    /// The exact term, as a paper would say it.
    pub term: &'static str,
    /// The term's definition.
    pub exact: String,
}

/// The heading above the explanations.
pub const EXPLAIN: &str = "What the numbers mean";
/// Under the explanations.
pub const EXPLAIN_LIMITS: &str = "A high score means that picture and words often go together in what the model has learnt from. It is not a fact about the picture, and never a fact about a person.";

/// The row that stands for no label.
pub const NONE: &str = "None of these";
/// The button that explains "none of these".
pub const NONE_ASK: &str = "What\u{2019}s that?";

/// What the share of "none of these" means.
pub fn none_means(share: f32) -> String {
    format!(
        "How likely it is that none of your labels fits this photo: {}. It shares 100\u{202f}% with the labels. If it comes first, the photo is probably of something else \u{2013} or of something this model knows too little about.",
        numbers::percent(share)
    )
}

/// How the share of "none of these" is computed.
pub fn none_exact(joint: &Together) -> String {
    format!(
        "It takes part in the softmax like one more label for each of yours, with a cosine of {}. That cosine was found on pictures whose labels were known, so that \u{201c}none\u{201d} comes true about as often as it says (calibration), with every second picture fitting none of ten labels.",
        numbers::signed(joint.none_cosine, 3)
    )
}

/// The explanations of all numbers, with this model's own constants where they are known.
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

/// The explanation of the logit.
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

/// The explanation of the model's own probability.
fn probability(scoring: Option<&Scoring>) -> Explained {
    let mode = scoring.map_or(score::ScoreMode::Softmax, |scoring| scoring.mode);
    let (plain, sentence, exact) = match mode {
        score::ScoreMode::Softmax => (
            SHARE,
            "The labels share 100\u{202f}% among themselves. Someone always wins, even if nothing fits \u{2013} so look at the cosine too.",
            "The softmax over the logits of all your labels: e to the logit, divided by the sum of them all. Adding or removing a label changes every share.",
        ),
        score::ScoreMode::Sigmoid => (
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

/// The explanations of a calibration's two probabilities.
fn calibrated(
    Calibration {
        together: joint,
        alone: independent,
        ..
    }: &Calibration,
) -> [Explained; 2] {
    [
        Explained {
            plain: ALONE,
            sentence: "Each on its own: how likely this label fits, whatever the others are. All may fit, or none.".into(),
            term: "calibrated probability",
            exact: format!(
                "1 / (1 + e to the \u{2212}{:.1} \u{d7} (cosine \u{2212} {:.3})): a logistic curve, fitted on pictures whose labels were known, so that it comes true about as often as it says if {} of all labels fit (Platt scaling).",
                independent.slope,
                independent.midpoint,
                numbers::percent(Alone::PRIOR),
            ),
        },
        Explained {
            plain: SHARE,
            sentence: "Which label is it? Your labels and \u{201c}none of these\u{201d} share 100\u{202f}% among themselves. Adding or removing a label changes every share.".into(),
            term: "calibrated softmax",
            exact: format!(
                "The softmax over cosine \u{d7} {:.1} of all labels and of \u{201c}none of these\u{201d}, which counts like one more label for each of yours, with a cosine of {}. Both numbers were fitted after training, so that shares come true about as often as they say (temperature scaling); the logit keeps the sharpness from training.",
                joint.inverse_temperature,
                numbers::signed(joint.none_cosine, 3),
            ),
        },
    ]
}
