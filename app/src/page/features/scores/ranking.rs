//! Ranks labels for a picture: from embeddings to the rows of a table.

use super::Temperature;
use glimpse_model::{
    pack::PackSummary,
    score::{self, Calibrated, LabelChance, Score},
};
use std::rc::Rc;

/// The most rows of a ranking, beside the label being typed: of thousands of labels the best count.
const MAX_ROWS: usize = 100;

/// A label that can be scored.
#[derive(Clone)]
pub struct Candidate {
    /// The label as the visitor wrote it.
    pub label: Rc<str>,
    /// Whether the label is still being typed.
    pub draft: bool,
    /// Embedding of the sentences around the label: their mean, L2-normalised.
    pub embedding: Rc<[f32]>,
}

/// One label with its scores for a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The label as the visitor wrote it.
    pub label: Rc<str>,
    /// Whether the label is still being typed.
    pub draft: bool,
    /// The model's own cosine, logit and probability.
    pub score: Score,
    /// The calibrated probabilities, if scores are calibrated.
    pub chance: Option<LabelChance>,
}

impl Row {
    /// The share that the bar shows, 0 to 1: the calibrated one, or else the model's own
    /// probability.
    pub fn share(&self) -> f32 {
        match self.chance {
            Some(chance) => chance.share,
            None => self.score.probability,
        }
    }
}

/// The labels that fit a picture best, with their scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// The labels with their scores, best first: at most a hundred, and the one being typed.
    pub rows: Rc<[Row]>,
    /// How many labels were scored.
    pub scored: usize,
    /// The share of "none of these", if scores are calibrated and there are labels.
    pub none: Option<f32>,
}

/// The first entry of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub enum Best {
    /// A label, with its share.
    Label(Rc<str>, f32),
    /// "None of these", with its share.
    None(f32),
}

impl Ranking {
    /// How many rows come before "none of these"; `None` without that entry.
    pub fn before_none(&self) -> Option<usize> {
        let none = self.none?;
        Some(self.rows.partition_point(|row| row.share() >= none))
    }

    /// The first entry, be it a label or "none of these".
    pub fn best(&self) -> Option<Best> {
        match (self.before_none(), self.none, self.rows.first()) {
            (Some(0), Some(none), _) => Some(Best::None(none)),
            (_, _, Some(row)) => Some(Best::Label(row.label.clone(), row.share())),
            _ => None,
        }
    }
}

/// Shares of all labels, 0 to 1 in the order of `candidates`, and of "none of these".
pub fn shares(
    embedding: &[f32],
    candidates: &[Candidate],
    model: &PackSummary,
    temperature: &Temperature,
) -> (Vec<f32>, Option<f32>) {
    let (scores, judged) = score_all(embedding, candidates, model, temperature);
    match judged {
        Some(judged) => {
            let shares = judged.labels.iter().map(|chance| chance.share);
            (shares.collect(), Some(judged.none))
        }
        None => (scores.iter().map(|score| score.probability).collect(), None),
    }
}

/// Scores of all labels in their order, and the calibrated ones where scores are calibrated.
fn score_all(
    embedding: &[f32],
    candidates: &[Candidate],
    model: &PackSummary,
    temperature: &Temperature,
) -> (Vec<Score>, Option<Calibrated>) {
    let texts = candidates.iter().map(|candidate| &*candidate.embedding);
    let scores = score::score(embedding, texts, &temperature.scoring(model));
    let calibration = temperature
        .calibration(model)
        .filter(|_| !candidates.is_empty());
    let judged = calibration.map(|calibration| {
        let cosines: Vec<f32> = scores.iter().map(|score| score.cosine).collect();
        calibration.judge(&cosines)
    });
    (scores, judged)
}

/// Scores labels against a picture's embedding, and puts them in order.
pub fn rank(
    embedding: &[f32],
    candidates: &[Candidate],
    model: &PackSummary,
    temperature: &Temperature,
) -> Ranking {
    let (scores, judged) = score_all(embedding, candidates, model, temperature);
    let row = |index: usize| Row {
        label: candidates[index].label.clone(),
        draft: candidates[index].draft,
        score: scores[index],
        chance: judged.as_ref().map(|judged| judged.labels[index]),
    };
    Ranking {
        rows: score::ranking(&scores)
            .into_iter()
            .enumerate()
            .filter(|&(position, index)| position < MAX_ROWS || candidates[index].draft)
            .map(|(_, index)| row(index))
            .collect(),
        scored: candidates.len(),
        none: judged.as_ref().map(|judged| judged.none),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(shares: &[f32], none: Option<f32>) -> Ranking {
        let row = |(index, &share): (usize, &f32)| Row {
            label: index.to_string().into(),
            draft: false,
            score: Score {
                cosine: 0.0,
                logit: 0.0,
                probability: 0.5,
            },
            chance: none.map(|_| LabelChance { share, alone: 0.0 }),
        };
        Ranking {
            rows: shares.iter().enumerate().map(row).collect(),
            scored: shares.len(),
            none,
        }
    }

    #[test]
    fn none_stands_among_the_labels() {
        for (none, before) in [(0.6, 0), (0.2, 1), (0.05, 2)] {
            let ranking = ranking(&[0.3, 0.1], Some(none));
            assert_eq!(ranking.before_none(), Some(before));
            let first = match before {
                0 => Best::None(none),
                _ => Best::Label("0".into(), 0.3),
            };
            assert_eq!(ranking.best(), Some(first));
        }
    }

    #[test]
    fn without_calibration_it_is_as_the_model_says() {
        let ranking = ranking(&[0.3], None);
        assert_eq!(ranking.before_none(), None);
        assert_eq!(ranking.best(), Some(Best::Label("0".into(), 0.5)));
        assert_eq!(Ranking::default().best(), None);
    }
}
