//! How cosines are read: calibrated, or as the model's own softmax or sigmoid at a sharpness of the
//! visitor's choice.

use glimpse_model::{
    pack::Manifest,
    score::{Calibration, ScoreMode, Scoring},
};

/// What becomes of cosines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The calibration's shares, with "none of these".
    Calibrated,
    /// The labels share 100 %.
    Softmax,
    /// Each label by itself.
    Sigmoid,
}

impl Reading {
    /// All of them, in their order on the page.
    pub const ALL: [Self; 3] = [Self::Calibrated, Self::Softmax, Self::Sigmoid];

    /// As in the page's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calibrated => "calibrated",
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reading| reading.name() == name)
    }
}

/// The choice and the dial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dial {
    /// What was chosen, if anything: the best that the model has otherwise.
    pub chosen: Option<Reading>,
    /// What the trained sharpness is multiplied with, as a power of two: 0 is as trained.
    pub octaves: f32,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            chosen: None,
            octaves: 0.0,
        }
    }
}

impl Dial {
    /// The dial's ends, either way.
    pub const OCTAVES: f32 = 4.0;

    /// What applies to this model.
    pub fn reading(&self, model: &Manifest) -> Reading {
        let has = |reading| reading != Reading::Calibrated || model.calibration.is_some();
        match (
            self.chosen.filter(|&chosen| has(chosen)),
            model.scoring.mode,
        ) {
            (Some(chosen), _) => chosen,
            (None, _) if model.calibration.is_some() => Reading::Calibrated,
            (None, ScoreMode::Softmax) => Reading::Softmax,
            (None, ScoreMode::Sigmoid) => Reading::Sigmoid,
        }
    }

    /// The calibration, where it applies.
    pub fn calibration<'a>(&self, model: &'a Manifest) -> Option<&'a Calibration> {
        let calibrated = self.reading(model) == Reading::Calibrated;
        model.calibration.as_ref().filter(|_| calibrated)
    }

    /// How cosines become logits and probabilities.
    pub fn scoring(&self, model: &Manifest) -> Scoring {
        let trained = model.scoring;
        let mode = match self.reading(model) {
            // Its own numbers stay beside the calibrated ones.
            Reading::Calibrated => return trained,
            Reading::Softmax => ScoreMode::Softmax,
            Reading::Sigmoid => ScoreMode::Sigmoid,
        };
        let factor = self.octaves.exp2();
        let scale = trained.logit_scale.exp() * factor;
        // A softmax never needed a threshold; where one was fitted later, that is it.
        let bias = match (&model.calibration, mode, trained.mode) {
            (Some(calibration), ScoreMode::Sigmoid, ScoreMode::Softmax) => {
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
