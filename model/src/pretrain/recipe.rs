//! Hyperparameters of a training: [`Recipe`].

use crate::towers::EfficientNetLite0;
use serde::{Deserialize, Serialize};

/// Everything that decides a training beside its data. Fields that are left out take the defaults
/// of [`Recipe::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The seed that all randomness comes from.
    pub seed: u64,
    /// How often each pair is seen; epochs of the data.
    pub epochs: usize,
    /// Pictures in a step, of all sources; each is a negative for the others' sentences.
    pub batch_size: usize,
    /// The highest learning rate, reached at the end of the warm-up.
    pub learning_rate: f64,
    /// Decoupled weight decay, on matrices only.
    pub weight_decay: f64,
    /// The share of all steps in which the learning rate rises linearly; then it falls as a cosine.
    pub warm_up: f64,
    /// Gradients of a larger L2 norm, over all weights, are scaled down to it; 0 leaves them.
    pub clip: f64,
    /// Width of the heads' hidden layers: image, text.
    pub hidden: [usize; 2],
    /// The share of the heads' hidden values that a step drops.
    pub dropout: f64,
    /// The share of features and of sentence embeddings that a step drops on their way into the
    /// heads' corrections: image, text.
    pub input_dropout: [f64; 2],
    /// Deviation of the noise added to features and sentence embeddings, as a share of their root
    /// mean square.
    pub feature_noise: f64,
    /// How many of the image tower's last blocks train too; 0 trains the heads only.
    pub unfreeze: usize,
    /// The learning rate of those blocks as a share of the heads'.
    pub tower_learning_rate: f64,
    /// Decay of an exponential moving average of the weights, which is then what is measured and
    /// kept; 0 keeps the weights themselves.
    pub average: f64,
    /// The logarithm of the inverse temperature to start from.
    pub logit_scale: f32,
    /// The objectives, and the share of each in the loss.
    pub objectives: Objectives,
    /// The sizes of masked modelling's transformer, and what it hides.
    pub masked: Masked,
}

/// Each objective's share of the loss; 0 leaves it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objectives {
    /// Share of symmetric InfoNCE, CLIP's loss.
    pub info_nce: f64,
    /// Share of the pairwise sigmoid loss, SigLIP's.
    pub sigmoid: f64,
    /// What the image tower's own classifier says, in words.
    pub naming: f64,
    /// Hidden words from the rest and the picture.
    pub masked_words: f64,
    /// Hidden regions from the rest and the caption.
    pub masked_regions: f64,
    /// How InfoNCE's targets are softened; not a share.
    pub soft_targets: SoftTargets,
}

/// Captions that say nearly the same are no strict negatives: a share of InfoNCE's targets follows
/// the frozen text tower's similarity of captions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoftTargets {
    /// The share, 0 to 1; the rest is the pairs themselves.
    pub weight: f64,
    /// Divides the cosines of captions before their softmax.
    pub temperature: f64,
}

/// The cross-modal transformer of masked modelling, which is thrown away after training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masked {
    /// Number of its transformer blocks.
    pub layers: usize,
    /// Heads in each block's attention; they divide the embedding's width.
    pub heads: usize,
    /// The share of words that are hidden, at least one a caption.
    pub words: f64,
    /// The share of regions that are hidden, at least one a picture.
    pub regions: f64,
    /// The longest caption, in tokens.
    pub max_words: usize,
    /// The most regions of a picture: rows of their position table.
    pub max_regions: usize,
    /// What is predicted of a hidden region.
    pub region_target: RegionTarget,
}

/// The objective of a hidden region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionTarget {
    /// Contrastive: which of the batch's hidden regions it is, by cosine.
    Contrast,
    /// Regression: its feature vector, standardised, by squared error.
    Regression,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 20,
            batch_size: 256,
            learning_rate: 1e-3,
            weight_decay: 0.05,
            warm_up: 0.05,
            clip: 1.0,
            hidden: [1024; 2],
            dropout: 0.1,
            input_dropout: [0.0; 2],
            feature_noise: 0.0,
            unfreeze: 0,
            tower_learning_rate: 0.1,
            average: 0.0,
            // CLIP's 1 / 0.07.
            logit_scale: 2.659_26,
            objectives: Objectives::default(),
            masked: Masked::default(),
        }
    }
}

impl Default for Objectives {
    fn default() -> Self {
        Self {
            info_nce: 1.0,
            sigmoid: 0.0,
            naming: 0.0,
            masked_words: 0.0,
            masked_regions: 0.0,
            soft_targets: SoftTargets::default(),
        }
    }
}

impl Objectives {
    /// Whether one asks for embeddings of whole pictures and sentences.
    pub(super) fn embeds(&self) -> bool {
        self.info_nce > 0.0 || self.sigmoid > 0.0 || self.naming > 0.0
    }
}

impl Default for SoftTargets {
    fn default() -> Self {
        Self {
            weight: 0.0,
            temperature: 0.1,
        }
    }
}

impl Default for Masked {
    fn default() -> Self {
        Self {
            layers: 1,
            heads: 6,
            words: 0.15,
            regions: 0.15,
            max_words: 64,
            max_regions: 49,
            region_target: RegionTarget::Contrast,
        }
    }
}

/// The error of a recipe that can't be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{field} {wanted}")]
pub struct RecipeError {
    /// The field, by its name in the recipe.
    pub field: &'static str,
    /// What it has to be, as the end of a sentence.
    pub wanted: &'static str,
}

impl Recipe {
    /// The most blocks that can train: maps of earlier ones are too large for the trained
    /// convolutions (see `tail.rs`).
    pub const MAX_UNFREEZE: usize = 11;

    /// Whether the recipe can be followed.
    ///
    /// # Errors
    /// [`RecipeError`] names the first field that is out of its range.
    pub fn check(&self) -> Result<(), RecipeError> {
        let objectives = &self.objectives;
        let weights = [
            objectives.info_nce,
            objectives.sigmoid,
            objectives.naming,
            objectives.masked_words,
            objectives.masked_regions,
        ];
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let below_one = |value: f64| (0.0..1.0).contains(&value);
        let not_negative = |value: f64| value.is_finite() && value >= 0.0;
        let from_zero = "has to be 0 or more";
        let (one_to, zero_below) = ("has to lie between 0 and 1", "has to be 0 or more, below 1");
        let unfreeze = self.unfreeze <= Self::MAX_UNFREEZE.min(EfficientNetLite0::blocks().len());
        let checks = [
            (self.batch_size > 1, "batch_size", "has to be 2 or more"),
            (self.epochs > 0, "epochs", "has to be 1 or more"),
            (
                self.learning_rate.is_finite() && self.learning_rate > 0.0,
                "learning_rate",
                "has to be above 0",
            ),
            (not_negative(self.weight_decay), "weight_decay", from_zero),
            (share(self.warm_up), "warm_up", one_to),
            (not_negative(self.clip), "clip", from_zero),
            (!self.hidden.contains(&0), "hidden", "has to be two widths"),
            (below_one(self.dropout), "dropout", zero_below),
            (
                self.input_dropout.into_iter().all(below_one),
                "input_dropout",
                zero_below,
            ),
            (not_negative(self.feature_noise), "feature_noise", from_zero),
            (unfreeze, "unfreeze", "has to be 11 or less"),
            (
                not_negative(self.tower_learning_rate),
                "tower_learning_rate",
                from_zero,
            ),
            (below_one(self.average), "average", zero_below),
            (
                self.logit_scale.is_finite(),
                "logit_scale",
                "has to be a number",
            ),
            (
                weights.iter().all(|&w| not_negative(w)) && weights.iter().sum::<f64>() > 0.0,
                "objectives",
                "have to be 0 or more, one of them above",
            ),
            (
                share(objectives.soft_targets.weight),
                "objectives.soft_targets.weight",
                one_to,
            ),
            (
                objectives.soft_targets.temperature > 0.0,
                "objectives.soft_targets.temperature",
                "has to be above 0",
            ),
            (
                self.masked.layers > 0,
                "masked.layers",
                "has to be 1 or more",
            ),
            (self.masked.heads > 0, "masked.heads", "has to be 1 or more"),
            (share(self.masked.words), "masked.words", one_to),
            (share(self.masked.regions), "masked.regions", one_to),
        ];
        match checks.into_iter().find(|(holds, ..)| !holds) {
            Some((_, field, wanted)) => Err(RecipeError { field, wanted }),
            None => Ok(()),
        }
    }

    /// Whether one of the masked objectives is on.
    pub fn masks(&self) -> bool {
        self.objectives.masked_words > 0.0 || self.objectives.masked_regions > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named() {
        assert_eq!(Recipe::default().check(), Ok(()));
        let wrong = Recipe {
            dropout: 1.0,
            ..Default::default()
        };
        assert_eq!(wrong.check().unwrap_err().field, "dropout");
        let nothing = Objectives {
            info_nce: 0.0,
            ..Default::default()
        };
        let wrong = Recipe {
            objectives: nothing,
            ..Default::default()
        };
        assert_eq!(wrong.check().unwrap_err().field, "objectives");
        let unknown = serde_json::from_str::<Recipe>(r#"{"learning_rat": 1}"#).unwrap_err();
        assert!(unknown.to_string().contains("learning_rat"));
    }
}
