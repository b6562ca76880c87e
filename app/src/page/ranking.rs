//! From kept embeddings to the rows of a card.

use super::reading::Dial;
use glimpse_model::{
    pack::Manifest,
    score::{self, Calibration, LabelChance, Score},
};
use std::rc::Rc;

/// A label that can be scored.
#[derive(Clone)]
pub struct Candidate {
    /// What the visitor wrote.
    pub label: Rc<str>,
    /// Whether it is still being typed.
    pub draft: bool,
    /// Of the whole sentence.
    pub embedding: Rc<[f32]>,
}

/// One label of a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What the visitor wrote.
    pub label: Rc<str>,
    /// Whether it is still being typed.
    pub draft: bool,
    /// The model's three numbers.
    pub score: Score,
    /// What they mean, if the model is calibrated.
    pub chance: Option<LabelChance>,
}

impl Row {
    /// What the bar shows: the calibrated share, or else the model's own probability.
    pub fn share(&self) -> f32 {
        match self.chance {
            Some(chance) => chance.share,
            None => self.score.probability,
        }
    }
}

/// All labels of a card.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// Best first.
    pub rows: Rc<[Row]>,
    /// The share of "none of these", if the model is calibrated and there are labels.
    pub none: Option<f32>,
}

/// What a card is told in a word.
#[derive(Debug, Clone, PartialEq)]
pub enum Best {
    /// This label, with its share.
    Label(Rc<str>, f32),
    /// None of them, with its share.
    None(f32),
}

impl Ranking {
    /// How many rows come before "none of these".
    pub fn before_none(&self) -> Option<usize> {
        let none = self.none?;
        Some(self.rows.partition_point(|row| row.share() >= none))
    }

    /// What comes first.
    pub fn best(&self) -> Option<Best> {
        match (self.before_none(), self.none, self.rows.first()) {
            (Some(0), Some(none), _) => Some(Best::None(none)),
            (_, _, Some(row)) => Some(Best::Label(row.label.clone(), row.share())),
            _ => None,
        }
    }
}

/// The rows for one picture.
pub fn rank(embedding: &[f32], candidates: &[Candidate], model: &Manifest, dial: &Dial) -> Ranking {
    let texts = candidates.iter().map(|candidate| &*candidate.embedding);
    let scores = score::score(embedding, texts, &dial.scoring(model));
    let cosines: Vec<f32> = scores.iter().map(|score| score.cosine).collect();
    let judge = |calibration: &Calibration| calibration.judge(&cosines);
    let judged = dial.calibration(model).map(judge);
    let row = |place: usize| Row {
        label: candidates[place].label.clone(),
        draft: candidates[place].draft,
        score: scores[place],
        chance: judged.as_ref().map(|judged| judged.labels[place]),
    };
    Ranking {
        rows: score::ranking(&scores).into_iter().map(row).collect(),
        none: judged
            .as_ref()
            .filter(|_| !candidates.is_empty())
            .map(|judged| judged.none),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn ranking(shares: &[f32], none: Option<f32>) -> Ranking {
        let row = |(place, &share): (usize, &f32)| Row {
            label: place.to_string().into(),
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
            none,
        }
    }

    #[wasm_bindgen_test]
    fn none_has_its_place_among_the_labels() {
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

    #[wasm_bindgen_test]
    fn without_calibration_it_is_as_the_model_says() {
        let ranking = ranking(&[0.3], None);
        assert_eq!(ranking.before_none(), None);
        assert_eq!(ranking.best(), Some(Best::Label("0".into(), 0.5)));
        assert_eq!(Ranking::default().best(), None);
    }
}
