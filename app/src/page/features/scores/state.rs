//! How cosines become scores: calibrated, or by the model's own softmax or sigmoid at a temperature
//! of the visitor's choice.

use crate::page::ui::Model;
use glimpse_model::{
    pack::PackSummary,
    score::{self, Calibration, Scoring, Together},
};

/// What makes percentages of cosines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreMode {
    /// The calibration's shares, with "none of these" among them.
    Calibrated,
    /// A softmax: the labels share 100 %.
    Softmax,
    /// A sigmoid: each label has a probability of its own.
    Sigmoid,
}

impl ScoreMode {
    /// All of them, in their order on the page.
    pub const ALL: [Self; 3] = [Self::Calibrated, Self::Softmax, Self::Sigmoid];

    /// The name in the page's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calibrated => "calibrated",
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// The mode of that name in an address; `None` if there is no such mode.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What the visitor chose about scores.
#[derive(Default)]
pub struct Scores {
    /// The score mode, and the slider.
    pub temperature: Temperature,
}

impl Scores {
    /// Whether labels share 100 %: in a softmax, be it the model's own or a calibration's.
    pub fn is_softmax(&self, model: Option<&Model>) -> bool {
        model.is_none_or(|model| self.temperature.mode(model) != ScoreMode::Sigmoid)
    }

    /// The calibrated softmax, which has "none of these"; `None` unless scores are calibrated.
    pub fn joint(&self, model: Option<&Model>) -> Option<Together> {
        let calibration = self.temperature.calibration(model?)?;
        Some(calibration.together)
    }
}

/// The score mode, and the inverse temperature of the model's own scores.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Temperature {
    /// What was chosen, if anything: the best that the model has otherwise.
    pub chosen: Option<ScoreMode>,
    /// The trained inverse temperature is multiplied by two to the power of this; 0 is as trained.
    pub log2_factor: f32,
}

impl Temperature {
    /// The slider's right end; its left end is the negative of this.
    pub const MAX_LOG2_FACTOR: f32 = 4.0;

    /// The score mode for this model: a calibration can't be chosen where there is none, and is
    /// only shown unasked if it isn't known to be worse than none.
    pub fn mode(&self, model: &PackSummary) -> ScoreMode {
        let has = |mode| mode != ScoreMode::Calibrated || model.calibration.is_some();
        let calibration = model.calibration.as_ref();
        let may_calibrate = calibration.is_some_and(|it| !it.is_worse_than_none());
        match (
            self.chosen.filter(|&chosen| has(chosen)),
            model.scoring.mode,
        ) {
            (Some(chosen), _) => chosen,
            (None, _) if may_calibrate => ScoreMode::Calibrated,
            (None, score::ScoreMode::Softmax) => ScoreMode::Softmax,
            (None, score::ScoreMode::Sigmoid) => ScoreMode::Sigmoid,
        }
    }

    /// The model's calibration, where it applies.
    pub fn calibration<'a>(&self, model: &'a PackSummary) -> Option<&'a Calibration> {
        let is_calibrated = self.mode(model) == ScoreMode::Calibrated;
        model.calibration.as_ref().filter(|_| is_calibrated)
    }

    /// How cosines become logits and probabilities.
    pub fn scoring(&self, model: &PackSummary) -> Scoring {
        let trained = model.scoring;
        let mode = match self.mode(model) {
            // The model's own numbers stay beside the calibrated ones.
            ScoreMode::Calibrated => return trained,
            ScoreMode::Softmax => score::ScoreMode::Softmax,
            ScoreMode::Sigmoid => score::ScoreMode::Sigmoid,
        };
        let factor = self.log2_factor.exp2();
        let scale = trained.logit_scale.exp() * factor;
        // A softmax never needed a threshold; where one was fitted later, that is it.
        let bias = match (&model.calibration, mode, trained.mode) {
            (Some(calibration), score::ScoreMode::Sigmoid, score::ScoreMode::Softmax) => {
                -scale * calibration.alone.midpoint
            }
            _ => trained.logit_bias * factor,
        };
        Scoring {
            mode,
            logit_scale: scale.ln(),
            logit_bias: bias,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The score mode that is shown unasked, and the one if the calibrated one is asked for.
    fn modes(held_out: &Value) -> [ScoreMode; 2] {
        let summary = json!({
            "name": "", "description": "", "languages": [], "licence": "", "source": [],
            "scoring": {"mode": "softmax", "logit_scale": 3.0},
            "calibration": {
                "together": {"inverse_temperature": 18.0, "none_cosine": 0.2},
                "alone": {"slope": 16.0, "midpoint": 0.4},
                "held_out": held_out,
            },
            "quantisation": "int8", "architecture": {"projection_dim": 2},
            "preprocessing": {"size": {"shortest_edge": 224}}, "files": {},
        });
        let summary = serde_json::from_value(summary).unwrap();
        [None, Some(ScoreMode::Calibrated)].map(|chosen| {
            let temperature = Temperature {
                chosen,
                ..Temperature::default()
            };
            temperature.mode(&summary)
        })
    }

    #[test]
    fn a_calibration_that_is_worse_than_none_is_not_shown_unasked() {
        let of = |calibrated: f32| json!([{"data": "photos", "one_fits": [0.03, calibrated], "half_fit": [0.3, 0.1]}]);
        let calibrated = ScoreMode::Calibrated;
        assert_eq!(modes(&json!([])), [calibrated; 2]);
        assert_eq!(modes(&of(0.02)), [calibrated; 2]);
        assert_eq!(modes(&of(0.12)), [ScoreMode::Softmax, calibrated]);
    }
}
