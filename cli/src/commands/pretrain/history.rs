//! What became of a training, epoch by epoch.

use glimpse_model::metrics::Retrieval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One epoch's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean of its steps' losses.
    pub loss: f64,
    /// The mean of each objective, by its name in the recipe.
    pub objectives: BTreeMap<String, f64>,
    /// Recall at 1, 5 and 10 on the validation's captions.
    pub text_to_image: [f64; 3],
    /// The same on its pictures.
    pub image_to_text: [f64; 3],
}

impl Epoch {
    /// The mean of the six recalls: what early stopping looks at.
    pub fn mean_recall(&self) -> f64 {
        let all = self.text_to_image.iter().chain(&self.image_to_text);
        all.sum::<f64>() / 6.0
    }
}

/// All epochs so far, kept beside the checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Of the config and the data, so that another training's is not gone on with.
    pub fingerprint: String,
    /// In their order.
    pub epochs: Vec<Epoch>,
    /// Seconds of training, without features.
    pub seconds: f64,
}

impl History {
    /// The place in `epochs` of the best; of equals the first.
    pub fn best(&self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (place, epoch) in self.epochs.iter().enumerate() {
            if best.is_none_or(|best| epoch.mean_recall() > self.epochs[best].mean_recall()) {
                best = Some(place);
            }
        }
        best
    }

    /// Whether the best has stood for so many epochs.
    pub fn is_over(&self, patience: usize) -> bool {
        self.best()
            .is_some_and(|best| self.epochs.len() - 1 - best >= patience)
    }
}

/// Recalls without their intervals.
pub fn values(recall: &Retrieval) -> ([f64; 3], [f64; 3]) {
    let of = |estimates: &[glimpse_model::metrics::Estimate; 3]| estimates.map(|e| e.value);
    (of(&recall.text_to_image), of(&recall.image_to_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_epoch_and_the_end() {
        let epoch = |recall: f64| Epoch {
            epoch: 1,
            loss: 0.0,
            objectives: BTreeMap::new(),
            text_to_image: [recall; 3],
            image_to_text: [recall; 3],
        };
        let mut history = History::default();
        assert!(history.best().is_none() && !history.is_over(0));
        history.epochs = [0.1, 0.3, 0.3, 0.2].map(epoch).to_vec();
        assert_eq!(history.best(), Some(1));
        assert!(history.is_over(2) && !history.is_over(3));
    }
}
