//! `glimpse evaluate zero-shot`: which share of pictures gets its own label, and whether
//! probabilities come true as often as they say.

use super::interval::{Interval, interval, percent};
use crate::{
    batches::embed_pairs,
    commands::Common,
    dataset::{self, Choice, ClassNames, Purpose},
    failure::Outcome,
    labels::Templates,
    pack::Pack,
    print,
};
use anyhow::Result;
use glimpse_model::{
    metrics::{
        Classification, Estimate, ReliabilityBin, Resampling, brier, classification,
        expected_error, log_loss, mean_average_precision, reliability, wilson,
    },
    score::{Score, ScoreMode, Scoring, cosine, ranking, score_cosines},
};
use rayon::prelude::*;
use serde::Serialize;
use std::path::PathBuf;

/// Equal in width, from 0 to 1.
const BINS: usize = 10;

/// Zero-shot classification of labelled pictures. The candidates are the classes that the data set
/// lists, or else the labels that are found; its own sentences around them are taken, if it has any,
/// unless --template gives others.
///
/// With --json: {"top1", "top5", "mean_per_class", "expected_calibration_error", "confidence":
/// {"top1": [low, high], …}, "reliability": [{"low", "high", "count", "confidence", "accuracy"},
/// …], "log_loss", "brier", "calibrated", "n"}: shares of 1 and the number of pictures. A picture counts as right among
/// the first k if fewer than k other labels are nearer to it than its own; equally near ones stand
/// in the order of the alphabet.
///
/// The expected calibration error is how far the first label's probability, as `classify` tells it,
/// is from how often that label is right, on average: pictures are sorted by that probability into
/// the ten bins of "reliability". "log_loss" (in nats) and "brier" (0 to 2) are what probabilities
/// of all labels are worth on average, the less the better.
///
/// "calibrated" is there if the pack carries a calibration: {"expected_calibration_error",
/// "confidence": [low, high], "reliability", "log_loss", "brier"} are the same at its temperature,
/// without "none of these", since one of the labels is always right. "with_none" is the calibration
/// as it is shown: {"top1", "expected_calibration_error", "log_loss", "brier", "none_first",
/// "confidence": {"top1": [low, high], "expected_calibration_error", "none_first"}, "reliability"};
/// "none_first" is the share of pictures before whose label "none of these" comes, and those count
/// as wrong. Other pictures of the same kind would give figures within the 95 % confidence intervals
/// 95 times of 100 (Wilson's for shares of pictures, bootstrap for the others).
///
/// Where pictures may have several labels, {"mean_average_precision", "confidence", "n"} instead: for
/// each label, pictures stand in the order of their cosines, and the shares of right ones down to each
/// right one are averaged; then over the labels, those without a picture counting as 0, as
/// CLIP_benchmark does.
#[derive(clap::Args)]
#[command(after_help = dataset::help())]
pub struct Arguments {
    /// A data set of pictures with labels, in one of the layouts below; several files or folders are
    /// one data set
    #[arg(required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    names: ClassNames,
    #[command(flatten)]
    templates: Templates,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Answer {
    top1: f64,
    top5: f64,
    mean_per_class: f64,
    expected_calibration_error: f64,
    confidence: Confidence,
    reliability: Vec<ReliabilityBin>,
    log_loss: f64,
    brier: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibrated: Option<CalibratedAnswer>,
    n: usize,
}

#[derive(Debug, Serialize)]
struct CalibratedAnswer {
    expected_calibration_error: f64,
    confidence: Interval,
    reliability: Vec<ReliabilityBin>,
    log_loss: f64,
    brier: f64,
    with_none: WithNoneAnswer,
}

#[derive(Debug, Serialize)]
struct WithNoneAnswer {
    top1: f64,
    expected_calibration_error: f64,
    log_loss: f64,
    brier: f64,
    none_first: f64,
    confidence: WithNoneConfidence,
    reliability: Vec<ReliabilityBin>,
}

#[derive(Debug, Serialize)]
struct WithNoneConfidence {
    top1: Interval,
    expected_calibration_error: Interval,
    none_first: Interval,
}

#[derive(Debug, Serialize)]
struct Confidence {
    top1: Interval,
    top5: Interval,
    mean_per_class: Interval,
    expected_calibration_error: Interval,
}

/// What the probabilities of all outcomes say about one picture.
struct Forecast {
    /// The probability of the outcome that comes first.
    first: f64,
    /// Whether the picture's own label comes first.
    is_right: bool,
    /// Whether "none of these" comes first.
    is_none: bool,
    log_loss: f64,
    brier: f64,
}

impl Forecast {
    /// `probabilities` are those of `labels` labels, in the order of `cosines`, and of "none of
    /// these" after them, if there is such; `class` is the right one.
    fn of(probabilities: &[f32], cosines: &[f32], class: usize, mode: ScoreMode) -> Self {
        let scored = |(&cosine, &probability)| Score {
            cosine,
            logit: cosine,
            probability,
        };
        let scores: Vec<Score> = cosines.iter().zip(probabilities).map(scored).collect();
        let best = ranking(&scores).into_iter().next().unwrap_or_default();
        let first = probabilities.get(best).copied().unwrap_or_default();
        let none = probabilities.get(cosines.len()).copied();
        let none = none.filter(|&none| none > first);
        // Each label either fits or doesn't.
        let verdicts = probabilities.iter().enumerate().map(|(label, &fits)| {
            let is_right = usize::from(label == class);
            log_loss(&[1.0 - fits, fits], is_right)
        });
        Self {
            first: f64::from(none.unwrap_or(first)),
            is_right: none.is_none() && best == class && !cosines.is_empty(),
            is_none: none.is_some(),
            log_loss: match mode {
                ScoreMode::Softmax => log_loss(probabilities, class),
                ScoreMode::Sigmoid => verdicts.sum(),
            },
            brier: brier(probabilities, class),
        }
    }
}

/// How near probabilities are to what comes true, and what they are worth.
struct Calibration {
    error: Estimate,
    reliability: Vec<ReliabilityBin>,
    right: Estimate,
    none: Estimate,
    log_loss: f64,
    brier: f64,
}

impl Calibration {
    fn of(forecasts: &[Forecast]) -> Self {
        let first = |forecast: &Forecast| (forecast.first, forecast.is_right);
        let predictions: Vec<_> = forecasts.iter().map(first).collect();
        let share = |is: fn(&Forecast) -> bool| {
            let count = forecasts.iter().filter(|forecast| is(forecast)).count();
            wilson(count, forecasts.len())
        };
        let mean = |of: fn(&Forecast) -> f64| {
            forecasts.iter().map(of).sum::<f64>() / forecasts.len().max(1) as f64
        };
        Self {
            error: expected_error(&predictions, BINS, Resampling::default()),
            reliability: reliability(&predictions, BINS).bins,
            right: share(|forecast| forecast.is_right),
            none: share(|forecast| forecast.is_none),
            log_loss: mean(|forecast| forecast.log_loss),
            brier: mean(|forecast| forecast.brier),
        }
    }
}

/// The same pictures by a pack's calibration.
struct Calibrated {
    /// At its temperature, the labels alone.
    labels: Calibration,
    /// As it is shown.
    with_none: Calibration,
}

fn answer(
    accuracy: Classification,
    own: Calibration,
    calibrated: Option<Calibrated>,
    n: usize,
) -> Answer {
    Answer {
        top1: accuracy.top_1.value,
        top5: accuracy.top_5.value,
        mean_per_class: accuracy.mean_per_class.value,
        expected_calibration_error: own.error.value,
        confidence: Confidence {
            top1: interval(accuracy.top_1),
            top5: interval(accuracy.top_5),
            mean_per_class: interval(accuracy.mean_per_class),
            expected_calibration_error: interval(own.error),
        },
        reliability: own.reliability,
        log_loss: own.log_loss,
        brier: own.brier,
        calibrated: calibrated.map(|Calibrated { labels, with_none }| CalibratedAnswer {
            expected_calibration_error: labels.error.value,
            confidence: interval(labels.error),
            reliability: labels.reliability,
            log_loss: labels.log_loss,
            brier: labels.brier,
            with_none: WithNoneAnswer {
                top1: with_none.right.value,
                expected_calibration_error: with_none.error.value,
                log_loss: with_none.log_loss,
                brier: with_none.brier,
                none_first: with_none.none.value,
                confidence: WithNoneConfidence {
                    top1: interval(with_none.right),
                    expected_calibration_error: interval(with_none.error),
                    none_first: interval(with_none.none),
                },
                reliability: with_none.reliability,
            },
        }),
        n,
    }
}

/// What is measured where a picture may have several labels.
#[derive(Debug, Serialize)]
struct MultiLabelAnswer {
    mean_average_precision: f64,
    confidence: MultiLabelConfidence,
    n: usize,
}

#[derive(Debug, Serialize)]
struct MultiLabelConfidence {
    mean_average_precision: Interval,
}

fn tell_multi_label(
    arguments: &Arguments,
    precision: Estimate,
    pictures: usize,
    labels: usize,
    pack: &Pack,
) -> Result<()> {
    if arguments.common.json {
        return print::json(&MultiLabelAnswer {
            mean_average_precision: precision.value,
            confidence: MultiLabelConfidence {
                mean_average_precision: interval(precision),
            },
            n: pictures,
        });
    }
    print::text(&format!(
        "{} of {}, of which each may have several, by {}\n  {:<36}{}\n\
         (In brackets: 95 % confidence interval.)",
        print::count(pictures, "picture"),
        print::count(labels, "label"),
        pack.manifest.name,
        "mean average precision",
        percent(precision).trim_end(),
    ))
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = arguments.common.pack.open()?;
    let dataset::Found { data, failed } = dataset::read(
        &arguments.data,
        arguments.choice.split.as_deref(),
        Purpose::MeasureLabels,
        arguments.names.read()?,
    )?
    .labelled()?;
    let text_embeds = arguments
        .templates
        .embed_with(&pack, &data.labels, &data.templates)?;
    let (rows, outcome) = embed_pairs(&pack, data.pictures, failed)?;
    let cosines: Vec<Vec<f32>> = rows
        .par_iter()
        .map(|(embed, _)| text_embeds.iter().map(|text| cosine(embed, text)).collect())
        .collect();
    if data.is_multi_label {
        let truth: Vec<&[usize]> = rows.iter().map(|(_, classes)| classes.as_slice()).collect();
        let precision = mean_average_precision(&cosines, &truth, Resampling::default());
        tell_multi_label(arguments, precision, truth.len(), data.labels.len(), &pack)?;
        return Ok(outcome);
    }
    let first = |(_, classes): &(_, Vec<usize>)| classes.first().copied().unwrap_or_default();
    let truth: Vec<usize> = rows.iter().map(first).collect();
    let measured = |mode: ScoreMode, probabilities: &dyn Fn(&[f32]) -> Vec<f32>| {
        let pictures = cosines.iter().zip(&truth);
        let forecasts: Vec<_> = pictures
            .map(|(cosines, &class)| Forecast::of(&probabilities(cosines), cosines, class, mode))
            .collect();
        Calibration::of(&forecasts)
    };
    let scored = |cosines: &[f32], scoring: &Scoring| -> Vec<f32> {
        let scores = score_cosines(cosines, scoring);
        scores.iter().map(|score| score.probability).collect()
    };
    let own = pack.manifest.scoring;
    let own = measured(own.mode, &|cosines| scored(cosines, &own));
    let calibrated = pack.manifest.calibration.as_ref().map(|calibration| {
        let scoring = Scoring {
            mode: ScoreMode::Softmax,
            logit_scale: calibration.together.inverse_temperature.ln(),
            logit_bias: 0.0,
        };
        Calibrated {
            labels: measured(ScoreMode::Softmax, &|cosines| scored(cosines, &scoring)),
            with_none: measured(ScoreMode::Softmax, &|cosines| {
                let judged = calibration.judge(cosines);
                let shares = judged.labels.iter().map(|label| label.share);
                shares.chain([judged.none]).collect()
            }),
        }
    });
    let accuracy = classification(&cosines, &truth, Resampling::default());
    if arguments.common.json {
        print::json(&answer(accuracy, own, calibrated, truth.len()))?;
        return Ok(outcome);
    }
    let figures = [
        ("the right label is first", accuracy.top_1),
        ("it is among the first five", accuracy.top_5),
        ("it is first, mean over the labels", accuracy.mean_per_class),
        ("probabilities are off by", own.error),
    ];
    let line =
        |(what, figure): (&str, Estimate)| format!("  {what:<36}{}\n", percent(figure).trim_end());
    let worth = |what: &str, it: &Calibration| {
        format!(
            "  {what:<36} log loss {:.3}, Brier score {:.3}\n",
            it.log_loss, it.brier
        )
    };
    let mut lines: String = figures.into_iter().map(line).collect();
    lines += &worth("what they are worth", &own);
    if let Some(Calibrated { labels, with_none }) = &calibrated {
        lines += "calibrated, the labels alone\n";
        lines += &line(("probabilities are off by", labels.error));
        lines += &worth("what they are worth", labels);
        lines += "calibrated, with \"none of these\"\n";
        lines += &line(("the right label is first", with_none.right));
        lines += &line(("\"none of these\" is first", with_none.none));
        lines += &line(("probabilities are off by", with_none.error));
        lines += &worth("what they are worth", with_none);
    }
    print::text(&format!(
        "{} of {}, by {}\n{lines}\
         (In brackets: 95 % confidence intervals. What probabilities are off by is the expected \
         calibration error. Log loss and Brier score: the less, the better.)",
        print::count(truth.len(), "picture"),
        print::count(data.labels.len(), "label"),
        pack.manifest.name,
    ))?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        // Logits of cosines are the cosines, so the nearer of two labels at 1 and 0 gets
        // e / (e + 1) = 0.731.
        let scoring = Scoring {
            mode: ScoreMode::Softmax,
            logit_scale: 0.0,
            logit_bias: 0.0,
        };
        let truth = [0, 0, 1];
        let cosines = [vec![1.0, 0.0], vec![0.0, 1.0], vec![0.0, 1.0]];
        let pictures = cosines.iter().zip(truth);
        let predictions: Vec<_> = pictures
            .map(|(cosines, class)| {
                let scores = score_cosines(cosines, &scoring);
                let probabilities: Vec<f32> = scores.iter().map(|it| it.probability).collect();
                Forecast::of(&probabilities, cosines, class, ScoreMode::Softmax)
            })
            .collect();
        let accuracy = classification(&cosines, &truth, Resampling::default());
        let answer = answer(accuracy, Calibration::of(&predictions), None, truth.len());
        assert!((answer.top1 - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(
            (answer.top5, answer.mean_per_class, answer.n),
            (1.0, 0.75, 3)
        );
        assert!((answer.expected_calibration_error - (0.73106 - 2.0 / 3.0)).abs() < 1e-4);
        assert_eq!(answer.reliability[7].count, 3);
        // Right twice at 0.73106, wrong once at 0.26894.
        let log_loss = -(2.0 * 0.731_06_f64.ln() + 0.268_94_f64.ln()) / 3.0;
        assert!((answer.log_loss - log_loss).abs() < 1e-4);
        let brier = (2.0 * 2.0 * 0.268_94_f64.powi(2) + 2.0 * 0.731_06_f64.powi(2)) / 3.0;
        assert!((answer.brier - brier).abs() < 1e-4);
        let [low, high] = answer.confidence.top1;
        assert!(low < answer.top1 && answer.top1 < high);
    }

    #[test]
    fn none_takes_what_is_there() {
        let cosines = [0.4, 0.1];
        let taken = Forecast::of(&[0.3, 0.1, 0.6], &cosines, 0, ScoreMode::Softmax);
        assert!(taken.is_none && !taken.is_right);
        assert!((taken.first - 0.6).abs() < 1e-6 && (taken.log_loss + 0.3_f64.ln()).abs() < 1e-6);
        let found = Forecast::of(&[0.6, 0.1, 0.3], &cosines, 0, ScoreMode::Softmax);
        assert!(found.is_right && !found.is_none && (found.first - 0.6).abs() < 1e-6);
        let of = Calibration::of(&[taken, found]);
        assert_eq!((of.right.value, of.none.value), (0.5, 0.5));

        // Each label by itself: right at 0.6, and rightly not at 0.9.
        let alone = Forecast::of(&[0.6, 0.1], &cosines, 0, ScoreMode::Sigmoid);
        assert!((alone.log_loss + 0.6_f64.ln() + 0.9_f64.ln()).abs() < 1e-6);
    }
}
