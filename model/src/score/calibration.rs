//! Scores that mean something: probabilities that come true about as often as they say, and "none
//! of these".
//!
//! A model's own softmax crowns a winner even if nothing fits, and its trained temperature tells
//! thousands of captions apart, not ten labels. A calibration is fitted after training, on pictures
//! whose labels are known (see [`fit`](super::fit)), and changes no ranking: all of it is monotone
//! in the cosine.

use super::softmax;
use serde::{Deserialize, Serialize};

/// What was measured after training; part of a pack that has been calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The choice between the labels and "none of these".
    pub together: Together,
    /// Whether a label fits, whatever the others are.
    pub alone: Alone,
    /// What it was fitted on, in words.
    #[serde(default)]
    pub fitted_on: Vec<String>,
    /// What it is worth on pictures that it was not fitted to; empty where nobody measured it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<HeldOut>,
}

/// Expected calibration errors of what comes first, on pictures that nothing was fitted to; shares
/// of 1. Each is that of the model's own probability, and then the calibrated one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The data and the kind of labels, in words.
    pub data: String,
    /// Where one of the labels fits each picture.
    pub one_fits: [f32; 2],
    /// Where none of the labels fits every second picture.
    pub half_fit: [f32; 2],
}

impl HeldOut {
    /// Differences that are smaller than this, one percentage point, mean nothing among the few
    /// hundred pictures that are usual.
    pub const TOLERANCE: f32 = 0.01;

    /// Whether the calibrated probabilities come true less often than the model's own ones do.
    pub fn is_worse_than_none(&self) -> bool {
        [self.one_fits, self.half_fit]
            .iter()
            .any(|[own, calibrated]| *calibrated > own + Self::TOLERANCE)
    }
}

/// The choice between labels and "none of these": a softmax at a temperature of its own
/// (temperature scaling, Guo et al. 2017, arXiv 1706.04599) with one row more.
///
/// "None" counts as much as one more label of cosine [`none_cosine`](Self::none_cosine) *for each
/// label*. So its chance before the picture is seen stays the same (one half, as it was fitted),
/// however many labels there are: among many, one is more easily near by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// What cosines are multiplied with, in logits per unit of cosine. The counterpart of
    /// `exp(logit_scale)`, which was trained and which [`Score::logit`](super::Score::logit) keeps
    /// using; not a logarithm.
    pub inverse_temperature: f32,
    /// The cosine at which a label is as likely as nothing.
    pub none_cosine: f32,
}

/// A logistic curve over the cosine (Platt 1999).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alone {
    /// The curve's steepness, in logits per unit of cosine.
    pub slope: f32,
    /// The cosine at which a label fits as often as not.
    pub midpoint: f32,
}

impl Alone {
    /// The share of labels that fit their picture, which the curve takes for granted: one in ten.
    pub const PRIOR: f32 = 0.1;
}

/// A calibration's probabilities for one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// One chance a label, in the labels' order.
    pub labels: Vec<LabelChance>,
    /// The share of "none of these"; with the labels' shares it adds up to 1, and without labels it
    /// is 1.
    pub none: f32,
}

/// What a calibration says about one label and one picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelChance {
    /// How likely it is the one that fits, of all labels and "none of these"; 0 to 1.
    pub share: f32,
    /// How likely it fits, whatever the others; 0 to 1.
    pub alone: f32,
}

impl Calibration {
    /// Whether it was worse than no calibration on any pictures that it was not fitted to. Where
    /// nobody measured it, nothing is known against it.
    pub fn is_worse_than_none(&self) -> bool {
        self.held_out.iter().any(HeldOut::is_worse_than_none)
    }

    /// Judges a picture by its cosines to all labels.
    pub fn judge(&self, cosines: &[f32]) -> Calibrated {
        let scale = self.together.inverse_temperature;
        let none = scale * self.together.none_cosine + (cosines.len() as f32).ln();
        let mut logits: Vec<f32> = cosines.iter().map(|cosine| scale * cosine).collect();
        // Without labels its logit is −∞, and yet nothing else is left.
        logits.push(none.max(f32::MIN));
        let shares = softmax(&logits);
        let chance = |(&cosine, &share): (&f32, &f32)| LabelChance {
            share,
            alone: self.alone.probability(cosine),
        };
        Calibrated {
            labels: cosines.iter().zip(&shares).map(chance).collect(),
            none: shares.last().copied().unwrap_or(1.0),
        }
    }
}

impl Alone {
    /// How likely a label of this cosine fits; 0 to 1.
    pub fn probability(&self, cosine: f32) -> f32 {
        super::sigmoid(self.slope * (cosine - self.midpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALIBRATION: Calibration = Calibration {
        together: Together {
            inverse_temperature: 10.0,
            none_cosine: 0.1,
        },
        alone: Alone {
            slope: 20.0,
            midpoint: 0.25,
        },
        fitted_on: Vec::new(),
        held_out: Vec::new(),
    };

    /// Logits 4 and 0, none 10 · 0.1 + ln 2: e⁴ = 54.598, 1 and 2 e = 5.437, in all 61.035.
    #[test]
    fn shares_by_hand() {
        let Calibrated { labels, none } = CALIBRATION.judge(&[0.4, 0.0]);
        assert!((labels[0].share - 54.598 / 61.035).abs() < 1e-5);
        assert!((labels[1].share - 1.0 / 61.035).abs() < 1e-5);
        assert!((none - 5.437 / 61.035).abs() < 1e-5);
    }

    /// 20 · (0.4 − 0.25) = 3: 1 / (1 + e⁻³) = 0.952574, whatever else is there.
    #[test]
    fn alone_by_hand() {
        let alone = |cosines: &[f32]| CALIBRATION.judge(cosines).labels[0].alone;
        assert!((alone(&[0.4]) - 0.952_574).abs() < 1e-5);
        assert_eq!(alone(&[0.4]), alone(&[0.4, 0.9, -1.0]));
        assert_eq!(alone(&[0.25]), 0.5);
    }

    /// Labels that all are as near as nothing leave it one half, be they one or a hundred.
    #[test]
    fn none_does_not_depend_on_the_number_of_labels() {
        for count in [1, 7, 100] {
            let none = CALIBRATION.judge(&vec![0.1; count]).none;
            assert!((none - 0.5).abs() < 1e-5, "{count}: {none}");
        }
    }

    /// Manifests from before it was measured are read, and written as they were.
    #[test]
    fn what_is_held_out_is_optional() {
        let old = r#"{"together":{"inverse_temperature":10.0,"none_cosine":0.1},"alone":{"slope":20.0,"midpoint":0.25},"fitted_on":[]}"#;
        let read: Calibration = serde_json::from_str(old).unwrap();
        assert_eq!(read, CALIBRATION);
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
    }

    #[test]
    fn either_situation_may_be_worse() {
        let of = |one_fits, half_fit| HeldOut {
            data: "pictures".to_owned(),
            one_fits,
            half_fit,
        };
        assert!(!of([0.05, 0.055], [0.2, 0.1]).is_worse_than_none());
        assert!(of([0.03, 0.12], [0.2, 0.1]).is_worse_than_none());
        assert!(of([0.12, 0.03], [0.1, 0.2]).is_worse_than_none());
    }

    #[test]
    fn without_labels_nothing_else_is_left() {
        let judged = CALIBRATION.judge(&[]);
        assert!(judged.labels.is_empty());
        assert_eq!(judged.none, 1.0);
    }
}
