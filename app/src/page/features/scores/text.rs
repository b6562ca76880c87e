//! The scores' sentences: tables, the choice of a score mode, and what the numbers mean.

use super::{ScoreMode, Temperature};
use crate::page::locale::{Text, numbers, texts};
use glimpse_model::{
    pack::PackSummary,
    score::{self, Alone, Calibration, Scoring, Together},
};

texts! {
    /// The heading above the column of labels.
    LABEL = "Label";
    /// The column of probabilities that add up to 1.
    SHARE = "Share";
    /// The column of probabilities of a sigmoid.
    FIT = "Fit";
    /// The column of calibrated probabilities that don't heed the other labels.
    ALONE = "Alone";
    /// Beside the label that is still being typed.
    DRAFT = "typing";
    /// Under a table with a single label.
    ONE_LABEL = "Add another label to compare. With a single one the share is always 100\u{202f}%, which says nothing.";
    /// The button that shortens a long table.
    FEWER = "Show fewer";
    /// The button that shows the rest of a long table.
    SHOW_ALL = "Show all {count}";
    /// The button that shows the best of thousands of labels.
    SHOW_BEST = "Show the best {count} of {all}";

    /// The heading above the choice of a score mode.
    READ_SCORES = "How to read the scores";
    /// The name of the score mode that uses the model's calibration.
    CALIBRATED = "Honest";
    /// Under the choice of a score mode: what [`CALIBRATED`] means.
    CALIBRATED_MEANS = "Shares that come true about as often as they say, with \u{201c}none of these\u{201d} among them. (Exact term: calibrated softmax.)";
    /// The calibrated score mode of a model whose calibration is worse than none on some photos.
    DOUBTED = "Perhaps none";
    /// What [`DOUBTED`] means.
    DOUBTED_MEANS = "With \u{201c}none of these\u{201d} among them: right where a photo may show none of your labels. Where one of them does fit, it doubts too much, as measured on photos that nothing was fitted to. (Exact term: calibrated softmax.)";
    /// The score mode of a softmax.
    SOFTMAX = "Contest";
    /// Under the choice of a score mode: what [`SOFTMAX`] means.
    SOFTMAX_MEANS = "Your labels share 100\u{202f}% among themselves, so one always wins \u{2013} even if nothing fits. Try it with a photo of something else! (Exact term: softmax.)";
    /// The score mode of a sigmoid.
    SIGMOID = "One by one";
    /// Under the choice of a score mode: what [`SIGMOID`] means.
    SIGMOID_MEANS = "Each label is judged by itself: all may fit, or none. (Exact term: sigmoid.)";
    /// After [`SIGMOID_MEANS`]: the threshold of a model for softmax was fitted.
    SIGMOID_FITTED = "This model was trained as a contest, so the cosine of 50\u{202f}%, {cosine}, was found afterwards.";
    /// After [`SIGMOID_MEANS`]: a model for softmax has no threshold.
    SIGMOID_UNFITTED = "This model was trained as a contest and never learnt where \u{201c}fits\u{201d} begins, so these numbers are all too high.";

    /// The slider's label, before its value.
    SHARPNESS = "Sharpness";
    /// Under the slider's left end: shares become more alike.
    SOFTER = "softer";
    /// Under the slider's middle: the temperature as training found it.
    TRAINED = "\u{25b2} as trained";
    /// Under the slider's right end: the best label takes more.
    SHARPER = "sharper";
    /// The slider's value in the middle.
    SHARPNESS_TRAINED = "\u{d7}\u{202f}{scale} (as trained)";
    /// The exact term for what the slider changes.
    SHARPNESS_TERM = "temperature";
    /// The definition of [`SHARPNESS_TERM`].
    SHARPNESS_EXACT = "Cosines are multiplied by this number before softmax or sigmoid; 1 divided by it is called the temperature. Training found {scale}, which is best for telling thousands of captions apart. Turn it down and all labels become alike; turn it up and the best takes everything, though no label moved any closer.";
    /// The button that takes score mode and slider back to the start.
    RESET = "Reset";

    /// The row that stands for no label.
    NONE = "None of these";
    /// The button that explains "none of these".
    NONE_ASK = "What\u{2019}s that?";
    /// What the share of "none of these" means.
    NONE_MEANS = "How likely it is that none of your labels fits this photo: {share}. It shares 100\u{202f}% with the labels. If it comes first, the photo is probably of something else \u{2013} or of something this model knows too little about.";
    /// How the share of "none of these" is computed.
    NONE_EXACT = "It takes part in the softmax like one more label for each of yours, with a cosine of {cosine}. That cosine was found on pictures whose labels were known, so that \u{201c}none\u{201d} comes true about as often as it says (calibration), with every second picture fitting none of ten labels.";

    /// The heading of the section that explains the numbers.
    EXPLAIN = "What the numbers mean";
    /// Under the explanations: what a high score doesn't prove.
    EXPLAIN_LIMITS = "A high score means that picture and words often go together in what the model has learnt from. It is not a fact about the picture, and never a fact about a person.";
    /// The cosine's name in plain words, also above its column.
    ALIKE = "Alike";
    /// What the cosine tells, and its range.
    ALIKE_MEANS = "How closely picture and words point the same way, from \u{2212}1 to 1. It doesn\u{2019}t depend on the other labels.";
    /// The exact term for [`ALIKE`].
    ALIKE_TERM = "cosine";
    /// The definition of [`ALIKE_TERM`].
    ALIKE_EXACT = "The cosine of the angle between the picture\u{2019}s embedding and the sentence\u{2019}s. An embedding is the list of numbers that the model makes of either.";
    /// The logit's name in plain words, also above its column.
    SHARPENED = "Sharpened";
    /// What the logit tells, compared with the cosine.
    SHARPENED_MEANS = "The same, spread out, so that small differences count.";
    /// The exact term for [`SHARPENED`].
    SHARPENED_TERM = "logit";
    /// The definition of [`SHARPENED_TERM`]; the bias has its sign, or is nothing.
    SHARPENED_EXACT = "Cosine \u{d7} {scale}{bias}: the sharpness that this model learnt in training (its logit scale).";
    /// The definition of [`SHARPENED_TERM`] while the model isn't known.
    SHARPENED_EXACT_LATER = "Cosine \u{d7} a constant: the sharpness that this model learnt in training (its logit scale).";
    /// The exact term for the model's own [`SHARE`] or [`FIT`].
    PROBABILITY_TERM = "probability";
    /// What the model's own [`SHARE`] tells.
    SHARE_MEANS = "The labels share 100\u{202f}% among themselves. Someone always wins, even if nothing fits \u{2013} so look at \u{201c}Alike\u{201d} too.";
    /// The definition of the model's own [`SHARE`].
    SHARE_EXACT = "The softmax over the logits of all your labels: e to the logit, divided by the sum of them all. Adding or removing a label changes every share.";
    /// What the model's own [`FIT`] tells, and how to read it.
    FIT_MEANS = "Each label is judged by itself: all may fit, or none. Such models are strict, so a few percent can be much \u{2013} compare the labels with each other.";
    /// The definition of [`FIT`].
    FIT_EXACT = "The sigmoid of the logit, 1 / (1 + e to the minus logit). Other labels don\u{2019}t change it.";
    /// What the calibrated [`ALONE`] tells, for one label at a time.
    ALONE_MEANS = "Each on its own: how likely this label fits, whatever the others are. All may fit, or none.";
    /// The exact term for [`ALONE`].
    ALONE_TERM = "calibrated probability";
    /// The definition of [`ALONE_TERM`].
    ALONE_EXACT = "1 / (1 + e to the \u{2212}{slope} \u{d7} (cosine \u{2212} {midpoint})): a logistic curve, fitted on pictures whose labels were known, so that it comes true about as often as it says if {prior} of all labels fit (Platt scaling).";
    /// What the calibrated [`SHARE`] tells.
    TOGETHER_MEANS = "Which label is it? Your labels and \u{201c}none of these\u{201d} share 100\u{202f}% among themselves. Adding or removing a label changes every share.";
    /// The exact term for the calibrated [`SHARE`].
    TOGETHER_TERM = "calibrated softmax";
    /// The definition of [`TOGETHER_TERM`].
    TOGETHER_EXACT = "The softmax over cosine \u{d7} {scale} of all labels and of \u{201c}none of these\u{201d}, which counts like one more label for each of yours, with a cosine of {cosine}. Both numbers were fitted after training, so that shares come true about as often as they say (temperature scaling); the logit keeps the sharpness from training.";
}

/// The columns of a table with all numbers: label, cosine, logit, independent probability, share.
pub fn columns(is_softmax: bool) -> [Text; 5] {
    let last = if is_softmax { SHARE } else { FIT };
    [LABEL, ALIKE, SHARPENED, ALONE, last]
}

/// The button that shows the rest of a long table: `count` of all labels that were scored.
pub fn show_all(count: usize, scored: usize) -> String {
    let text = if count < scored { SHOW_BEST } else { SHOW_ALL };
    let [count, scored] = [count, scored].map(numbers::whole);
    text.fill(&[("count", &count), ("all", &scored)])
}

/// The name of a score mode.
pub fn mode(mode: ScoreMode, model: &PackSummary) -> Text {
    match mode {
        ScoreMode::Calibrated if is_doubted(model) => DOUBTED,
        ScoreMode::Calibrated => CALIBRATED,
        ScoreMode::Softmax => SOFTMAX,
        ScoreMode::Sigmoid => SIGMOID,
    }
}

/// What a score mode means, and its exact term.
pub fn mode_means(mode: ScoreMode, model: &PackSummary) -> String {
    match mode {
        ScoreMode::Calibrated if is_doubted(model) => DOUBTED_MEANS.into(),
        ScoreMode::Calibrated => CALIBRATED_MEANS.into(),
        ScoreMode::Softmax => SOFTMAX_MEANS.into(),
        ScoreMode::Sigmoid => {
            let threshold = match (model.scoring.mode, &model.calibration) {
                (score::ScoreMode::Sigmoid, _) => return SIGMOID_MEANS.into(),
                (score::ScoreMode::Softmax, Some(calibration)) => {
                    let cosine = numbers::signed(calibration.alone.midpoint, 3);
                    SIGMOID_FITTED.fill(&[("cosine", &cosine)])
                }
                (score::ScoreMode::Softmax, None) => SIGMOID_UNFITTED.into(),
            };
            format!("{} {threshold}", SIGMOID_MEANS.get())
        }
    }
}

/// Whether the model's calibration was measured to be worse than none.
fn is_doubted(model: &PackSummary) -> bool {
    let calibration = model.calibration.as_ref();
    calibration.is_some_and(Calibration::is_worse_than_none)
}

/// The slider's value: what cosines are multiplied with.
pub fn sharpness(scale: &str, as_trained: bool) -> String {
    if as_trained {
        SHARPNESS_TRAINED.fill(&[("scale", scale)])
    } else {
        format!("\u{d7}\u{202f}{scale}")
    }
}

/// The definition of the temperature, with the number that training found.
pub fn sharpness_exact(trained: f32) -> String {
    SHARPNESS_EXACT.fill(&[("scale", &numbers::decimal(trained.into(), 1))])
}

/// What the share of "none of these" means.
pub fn none_means(share: f32) -> String {
    NONE_MEANS.fill(&[("share", &numbers::percent(share))])
}

/// How the share of "none of these" is computed.
pub fn none_exact(joint: &Together) -> String {
    NONE_EXACT.fill(&[("cosine", &numbers::signed(joint.none_cosine, 3))])
}

/// The explanation of one of the numbers.
pub struct Explained {
    /// The number's name in plain words.
    pub plain: Text,
    /// What the number tells, in a sentence or two.
    pub sentence: Text,
    /// The exact term, as a paper would say it.
    pub term: Text,
    /// The term's definition, with the model's own constants where they are known.
    pub exact: String,
}

/// The explanations of all numbers that are shown, with this model's own constants where they are
/// known.
pub fn explained(model: Option<&PackSummary>, temperature: &Temperature) -> Vec<Explained> {
    let scoring = model.map(|model| &model.scoring);
    let calibration = model.and_then(|model| temperature.calibration(model));
    let mut all = vec![
        Explained {
            plain: ALIKE,
            sentence: ALIKE_MEANS,
            term: ALIKE_TERM,
            exact: ALIKE_EXACT.into(),
        },
        Explained {
            plain: SHARPENED,
            sentence: SHARPENED_MEANS,
            term: SHARPENED_TERM,
            exact: scoring.map_or_else(|| SHARPENED_EXACT_LATER.into(), sharpened_exact),
        },
    ];
    match calibration {
        Some(calibration) => all.extend(calibrated(calibration)),
        None => all.push(probability(model.map(|model| temperature.mode(model)))),
    }
    all
}

/// The definition of the logit, with the model's scale and bias.
fn sharpened_exact(scoring: &Scoring) -> String {
    let scale = numbers::decimal(scoring.logit_scale.exp().into(), 1);
    let bias = match scoring.logit_bias {
        0.0 => String::new(),
        bias => {
            let sign = if bias < 0.0 { '\u{2212}' } else { '+' };
            format!(" {sign} {}", numbers::decimal(bias.abs().into(), 1))
        }
    };
    SHARPENED_EXACT.fill(&[("scale", &scale), ("bias", &bias)])
}

/// The explanation of the model's own probability.
fn probability(mode: Option<ScoreMode>) -> Explained {
    let (plain, sentence, exact) = match mode {
        Some(ScoreMode::Sigmoid) => (FIT, FIT_MEANS, FIT_EXACT),
        _ => (SHARE, SHARE_MEANS, SHARE_EXACT),
    };
    Explained {
        plain,
        sentence,
        term: PROBABILITY_TERM,
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
            sentence: ALONE_MEANS,
            term: ALONE_TERM,
            exact: ALONE_EXACT.fill(&[
                ("slope", &numbers::decimal(independent.slope.into(), 1)),
                (
                    "midpoint",
                    &numbers::decimal(independent.midpoint.into(), 3),
                ),
                ("prior", &numbers::percent(Alone::PRIOR)),
            ]),
        },
        Explained {
            plain: SHARE,
            sentence: TOGETHER_MEANS,
            term: TOGETHER_TERM,
            exact: TOGETHER_EXACT.fill(&[
                (
                    "scale",
                    &numbers::decimal(joint.inverse_temperature.into(), 1),
                ),
                ("cosine", &numbers::signed(joint.none_cosine, 3)),
            ]),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::{Language, catalog};

    const GERMAN: &str = include_str!("text.de.json");

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, GERMAN);
    }

    #[test]
    fn a_logits_definition_has_the_models_constants_and_no_bias_of_nothing() {
        let told = |logit_bias| {
            sharpened_exact(&Scoring {
                mode: score::ScoreMode::Sigmoid,
                logit_scale: 100.0_f32.ln(),
                logit_bias,
            })
        };
        for (bias, start) in [
            (0.0, "Cosine \u{d7} 100.0: the"),
            (-16.5, "Cosine \u{d7} 100.0 \u{2212} 16.5: the"),
            (2.0, "Cosine \u{d7} 100.0 + 2.0: the"),
        ] {
            assert!(told(bias).starts_with(start), "{}", told(bias));
        }
        catalog::speak(Language::German, GERMAN);
        let start = "Kosinus \u{d7} 100,0 \u{2212} 16,5: die";
        assert!(told(-16.5).starts_with(start), "{}", told(-16.5));
    }
}
