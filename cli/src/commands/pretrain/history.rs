//! What became of a training, epoch by epoch.

use glimpse_model::metrics::Retrieval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One epoch's losses and the recall after it.
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
    /// On the pictures kept out of training, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_out: Option<KeptOut>,
}

/// What is measured on pictures that were kept out of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptOut {
    /// Recall at 1, 5 and 10 of captions.
    pub text_to_image: [f64; 3],
    /// The same of pictures.
    pub image_to_text: [f64; 3],
    /// Of the pictures that the image tower's classifier gives more than half to one class: the
    /// share whose nearest name, of all classes' names, is that class's.
    pub names: f64,
}

impl Epoch {
    /// What early stopping looks at: the mean of the six recalls, on the pictures kept out where
    /// there are any.
    pub fn worth(&self) -> f64 {
        let (captions, pictures) = match &self.kept_out {
            Some(kept_out) => (&kept_out.text_to_image, &kept_out.image_to_text),
            None => (&self.text_to_image, &self.image_to_text),
        };
        captions.iter().chain(pictures).sum::<f64>() / 6.0
    }
}

/// All epochs so far, kept beside the checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Of the config and the data, so that another training's is not gone on with.
    pub fingerprint: String,
    /// All finished epochs, the first one first.
    pub epochs: Vec<Epoch>,
    /// Seconds of training, without features.
    pub seconds: f64,
}

impl History {
    /// The place in `epochs` of the best; of equals the first.
    pub fn best(&self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (place, epoch) in self.epochs.iter().enumerate() {
            if best.is_none_or(|best| epoch.worth() > self.epochs[best].worth()) {
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
            kept_out: None,
        };
        let mut history = History::default();
        assert!(history.best().is_none() && !history.is_over(0));
        history.epochs = [0.1, 0.3, 0.3, 0.2].map(epoch).to_vec();
        assert_eq!(history.best(), Some(1));
        assert!(history.is_over(2) && !history.is_over(3));
    }
}
