//! How well probabilities come true on trials.

use glimpse_model::{
    metrics::{Reliability, reliability},
    score::{Calibration, HeldOut, Scoring, fit::Trial, score_cosines},
};
use serde::Serialize;

/// Bins of a reliability table.
const BINS: usize = 10;

/// Of one group of trials.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The data set and the kind of labels.
    pub name: String,
    /// Whether the calibration was fitted to them.
    pub fitted: bool,
    /// Pictures with labels of which one fits, and with labels of which none does.
    pub n: [usize; 2],
    /// Expected calibration error of the model's own probability of its first label.
    pub error_before: f64,
    /// The same of the calibrated first, which may be "none".
    pub error_after: f64,
    /// The same if the calibration is fitted to the other groups only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_from_others: Option<f64>,
    /// The expected calibration error of "each on its own".
    pub error_alone: f64,
    /// Where one fits: the share in which it is first, and in which "none" is.
    pub one_fits: [f64; 2],
    /// Where none fits: the share in which "none" is first.
    pub none_fits: f64,
    /// The reliability of the calibrated first.
    pub first: Reliability,
    /// The reliability of "each on its own".
    pub alone: Reliability,
}

impl Measured {
    /// Measures a calibration on trials, beside the uncalibrated scores of `scoring`.
    pub fn of(
        name: &str,
        fitted: bool,
        trials: &[Trial],
        scoring: &Scoring,
        calibration: &Calibration,
    ) -> Self {
        let firsts: Vec<First> = trials.iter().map(|t| First::of(t, calibration)).collect();
        let share = |present: bool, wanted: fn(&First) -> bool| {
            let all = || firsts.iter().filter(|first| first.present == present);
            all().filter(|first| wanted(first)).count() as f64 / all().count().max(1) as f64
        };
        let first = error(firsts.iter().map(|first| (first.share, first.right)));
        let before = trials.iter().filter_map(|trial| own_first(trial, scoring));
        // Only where one fits: there, one in ten labels does, as it is taken for granted.
        let present = trials.iter().filter(|trial| trial.right.is_some());
        let alone = error(present.flat_map(|trial| {
            let cosines = trial.cosines.iter().enumerate();
            cosines.map(|(place, &cosine)| {
                let probability = calibration.alone.probability(cosine);
                (probability, trial.right == Some(place))
            })
        }));
        let present = firsts.iter().filter(|first| first.present).count();
        Self {
            name: name.to_owned(),
            fitted,
            n: [present, firsts.len() - present],
            error_before: error(before).expected_error,
            error_after: first.expected_error,
            error_from_others: None,
            error_alone: alone.expected_error,
            one_fits: [share(true, |f| f.right), share(true, |f| f.none)],
            none_fits: share(false, |f| f.none),
            first,
            alone,
        }
    }
}

/// Expected calibration error of the calibrated first.
pub fn first_error(trials: &[Trial], calibration: &Calibration) -> f64 {
    let firsts = trials.iter().map(|trial| First::of(trial, calibration));
    error(firsts.map(|first| (first.share, first.right))).expected_error
}

/// The model's own probability of its first label, and whether it is right.
fn own_first(trial: &Trial, scoring: &Scoring) -> Option<(f32, bool)> {
    let scores = score_cosines(&trial.cosines, scoring);
    let (place, best) = highest(scores.iter().map(|score| score.probability))?;
    Some((best, trial.right == Some(place)))
}

/// What calibrations are worth beside the model's own probabilities on trials, each with one that
/// was not fitted to it.
pub fn held_out<'a>(
    data: &str,
    trials: impl Iterator<Item = (&'a Trial, &'a Calibration)>,
    scoring: &Scoring,
) -> HeldOut {
    // Predictions of both ways where one label fits, and where none does.
    let mut firsts = [const { [const { Vec::new() }; 2] }; 2];
    for (trial, calibration) in trials {
        let [own, calibrated] = &mut firsts[usize::from(trial.right.is_none())];
        own.extend(own_first(trial, scoring));
        let first = First::of(trial, calibration);
        calibrated.push((first.share, first.right));
    }
    let [one_fits, none_fits] = firsts;
    let off =
        |predictions: &[(f32, bool)]| error(predictions.iter().copied()).expected_error as f32;
    let half = [0, 1].map(|way| off(&[&one_fits[way][..], &none_fits[way]].concat()));
    HeldOut {
        data: data.to_owned(),
        one_fits: one_fits.map(|predictions| off(&predictions)),
        half_fit: half,
    }
}

fn error(predictions: impl Iterator<Item = (f32, bool)>) -> Reliability {
    let predictions: Vec<_> = predictions
        .map(|(p, right)| (f64::from(p), right))
        .collect();
    reliability(&predictions, BINS)
}

/// What comes first in a trial.
struct First {
    share: f32,
    /// Whether "none" comes first, before every label.
    none: bool,
    /// What comes first is what should.
    right: bool,
    /// One of the labels fits.
    present: bool,
}

impl First {
    fn of(trial: &Trial, calibration: &Calibration) -> Self {
        let judged = calibration.judge(&trial.cosines);
        let best = highest(judged.labels.iter().map(|label| label.share));
        let best = best.filter(|&(_, share)| share > judged.none);
        Self {
            share: best.map_or(judged.none, |(_, share)| share),
            none: best.is_none(),
            right: trial.right == best.map(|(place, _)| place),
            present: trial.right.is_some(),
        }
    }
}

fn highest(values: impl Iterator<Item = f32>) -> Option<(usize, f32)> {
    values.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use glimpse_model::score::{Alone, ScoreMode, Together};

    /// Sharp enough that shares are almost 0 or 1.
    const CALIBRATION: Calibration = Calibration {
        together: Together {
            inverse_temperature: 1000.0,
            none_cosine: 0.3,
        },
        alone: Alone {
            slope: 1000.0,
            midpoint: 0.3,
        },
        fitted_on: Vec::new(),
        held_out: Vec::new(),
    };

    #[test]
    fn shares_are_counted_by_hand() {
        let scoring = Scoring {
            mode: ScoreMode::Softmax,
            logit_scale: 7.0,
            logit_bias: 0.0,
        };
        let trial = |cosines: [f32; 2], right| Trial {
            cosines: cosines.into(),
            right,
        };
        let trials = [
            trial([0.5, 0.1], Some(0)),
            trial([0.4, 0.1], Some(0)),
            // The wrong one, and "none" though one fits.
            trial([0.1, 0.5], Some(0)),
            trial([0.2, 0.1], Some(0)),
            trial([0.2, 0.1], None),
            trial([0.1, 0.5], None),
        ];
        let found = Measured::of("set", true, &trials, &scoring, &CALIBRATION);
        assert_eq!(found.n, [4, 2]);
        assert_eq!(found.one_fits, [0.5, 0.25]);
        assert_eq!(found.none_fits, 0.5);
        // Always sure, and right in three of six; the model's own in three of six, too.
        assert!((found.error_after - 0.5).abs() < 1e-6);
        assert!((found.error_before - 0.5).abs() < 1e-6);
        // Of eight verdicts, the last trial's first label and both of the third's are wrong.
        assert!((found.error_alone - 3.0 / 8.0).abs() < 1e-6);
        assert_eq!(first_error(&trials, &CALIBRATION), found.error_after);
        let calibration = CALIBRATION;
        let with = trials.iter().map(|trial| (trial, &calibration));
        let held_out = held_out("set", with, &scoring);
        // Where one fits, the model is right in three of four, the calibrated first in two.
        let near = |found: [f32; 2], expected: [f32; 2]| {
            let pairs = found.iter().zip(expected);
            pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?}"));
        };
        near(held_out.one_fits, [0.25, 0.5]);
        near(held_out.half_fit, [0.5, 0.5]);
        assert!(held_out.is_worse_than_none());
    }
}
