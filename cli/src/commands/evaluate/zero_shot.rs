//! `glimpse evaluate zero-shot`: which share of pictures gets its own label, and whether
//! probabilities come true as often as they say.

use super::interval::{Interval, interval, percent};
use crate::{
    batches::embed_pairs, commands::Common, dataset, failure::Outcome, labels::Templates, print,
};
use anyhow::Result;
use glimpse_model::{
    metrics::{
        Classification, Estimate, ReliabilityBin, Resampling, classification, expected_error,
        reliability,
    },
    score::{ScoreMode, Scoring, cosine, ranking, score_cosines},
};
use rayon::prelude::*;
use serde::Serialize;
use std::path::PathBuf;

/// Equal in width, from 0 to 1.
const BINS: usize = 10;

/// Zero-shot classification of labelled pictures; the labels found are the candidates.
///
/// With --json: {"top1", "top5", "mean_per_class", "expected_calibration_error", "confidence":
/// {"top1": [low, high], …}, "reliability": [{"low", "high", "count", "confidence", "accuracy"},
/// …], "calibrated", "n"}: shares of 1 and the number of pictures. A picture counts as right among
/// the first k if fewer than k other labels are nearer to it than its own; equally near ones stand
/// in the order of the alphabet.
///
/// The expected calibration error is how far the first label's probability, as `classify` tells it,
/// is from how often that label is right, on average: pictures are sorted by that probability into
/// the ten bins of "reliability". "calibrated" is there if the pack carries a calibration: the same
/// at its temperature, {"expected_calibration_error", "confidence": [low, high], "reliability"};
/// "none of these" is left out, since one of the labels is always right. Other pictures of the same kind would give figures within the 95 %
/// confidence intervals 95 times of 100 (Wilson's for top1 and top5, bootstrap for the others).
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a folder of pictures for each label (_ is a space), or a WebDataset tar file
    /// with a "label" in each JSON, or "names" of which the first is the label
    data: PathBuf,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    calibrated: Option<CalibratedAnswer>,
    n: usize,
}

#[derive(Debug, Serialize)]
struct CalibratedAnswer {
    expected_calibration_error: f64,
    confidence: Interval,
    reliability: Vec<ReliabilityBin>,
}

#[derive(Debug, Serialize)]
struct Confidence {
    top1: Interval,
    top5: Interval,
    mean_per_class: Interval,
    expected_calibration_error: Interval,
}

/// How near probabilities are to what comes true.
struct Calibration {
    error: Estimate,
    reliability: Vec<ReliabilityBin>,
}

impl Calibration {
    fn of(predictions: &[(f64, bool)]) -> Self {
        Self {
            error: expected_error(predictions, BINS, Resampling::default()),
            reliability: reliability(predictions, BINS).bins,
        }
    }
}

fn answer(
    accuracy: Classification,
    own: Calibration,
    calibrated: Option<Calibration>,
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
        calibrated: calibrated.map(|calibrated| CalibratedAnswer {
            expected_calibration_error: calibrated.error.value,
            confidence: interval(calibrated.error),
            reliability: calibrated.reliability,
        }),
        n,
    }
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let pack = arguments.common.pack.open()?;
    let dataset::Found { data, failed } = dataset::labelled(&arguments.data)?;
    let text_embeds = arguments.templates.embed(&pack, &data.labels)?;
    let (rows, outcome) = embed_pairs(&pack, data.pictures, failed)?;
    let cosines: Vec<Vec<f32>> = rows
        .par_iter()
        .map(|(embed, _)| text_embeds.iter().map(|text| cosine(embed, text)).collect())
        .collect();
    let truth: Vec<usize> = rows.iter().map(|(_, class)| *class).collect();
    let predicted = |scoring: &Scoring| -> Vec<(f64, bool)> {
        let pictures = cosines.iter().zip(&truth);
        let first = |(cosines, &class): (&Vec<f32>, &usize)| first(cosines, class, scoring);
        pictures.map(first).collect()
    };
    let own = Calibration::of(&predicted(&pack.manifest.scoring));
    let calibrated = pack.manifest.calibration.as_ref().map(|calibration| {
        let scoring = Scoring {
            mode: ScoreMode::Softmax,
            logit_scale: calibration.together.inverse_temperature.ln(),
            logit_bias: 0.0,
        };
        Calibration::of(&predicted(&scoring))
    });
    let accuracy = classification(&cosines, &truth, Resampling::default());
    if arguments.common.json {
        print::json(&answer(accuracy, own, calibrated, truth.len()))?;
        return Ok(outcome);
    }
    let mut figures = vec![
        ("the right label is first", accuracy.top_1),
        ("it is among the first five", accuracy.top_5),
        ("it is first, mean over the labels", accuracy.mean_per_class),
        ("probabilities are off by", own.error),
    ];
    figures.extend(calibrated.map(|it| ("the same, calibrated", it.error)));
    let lines = figures
        .into_iter()
        .map(|(what, figure)| format!("  {what:<36}{}\n", percent(figure).trim_end()));
    print::text(&format!(
        "{} of {}, by {}\n{}\
         (In brackets: 95 % confidence intervals. What probabilities are off by is the expected \
         calibration error.)",
        print::count(truth.len(), "picture"),
        print::count(data.labels.len(), "label"),
        pack.manifest.name,
        lines.collect::<String>(),
    ))?;
    Ok(outcome)
}

/// By a picture's cosines to all labels, the first one's probability, and whether it is right.
fn first(cosines: &[f32], class: usize, scoring: &Scoring) -> (f64, bool) {
    let scores = score_cosines(cosines, scoring);
    let first = ranking(&scores).into_iter().next();
    first.map_or((0.0, false), |first| {
        (f64::from(scores[first].probability), first == class)
    })
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
            .map(|(cosines, class)| first(cosines, class, &scoring))
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
        let [low, high] = answer.confidence.top1;
        assert!(low < answer.top1 && answer.top1 < high);
    }
}
