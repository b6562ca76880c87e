//! How many pictures each label fits best.

use super::{Best, Ranking};
use std::{collections::HashMap, rc::Rc};

/// What fits a picture best.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fit {
    /// This label.
    Label(Rc<str>),
    /// None of the labels.
    None,
}

impl Fit {
    /// What fits best by this ranking; `None` before there are scores.
    pub fn of(ranking: &Ranking) -> Option<Self> {
        Some(match ranking.best()? {
            Best::Label(label, _) => Self::Label(label),
            Best::None(_) => Self::None,
        })
    }
}

/// How many pictures each label, or none of them, fits best.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: HashMap<Fit, usize>,
    /// Whether "none of these" is an entry at all.
    pub has_none: bool,
}

impl Tally {
    /// Counts pictures by their rankings.
    pub fn new<'a>(rankings: impl IntoIterator<Item = &'a Ranking>) -> Self {
        let mut tally = Self::default();
        for ranking in rankings {
            tally.has_none |= ranking.none.is_some();
            if let Some(fit) = Fit::of(ranking) {
                *tally.counts.entry(fit).or_default() += 1;
            }
        }
        tally
    }

    /// Pictures that this fits best.
    pub fn count(&self, fit: &Fit) -> usize {
        self.counts.get(fit).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::features::scores::Row;
    use glimpse_model::score::Score;

    #[test]
    fn pictures_are_counted_by_what_fits_best() {
        let ranking = |label: &str, none| {
            let score = Score {
                cosine: 0.2,
                logit: 20.0,
                probability: 0.6,
            };
            let row = Row {
                label: label.into(),
                draft: false,
                score,
                chance: None,
            };
            Ranking {
                rows: [row].into(),
                scored: 1,
                none,
            }
        };
        let rankings = [
            ranking("cat", Some(0.1)),
            ranking("cat", Some(0.2)),
            ranking("dog", Some(0.9)),
            Ranking::default(),
        ];
        let tally = Tally::new(&rankings);
        let label = |label: &str| Fit::Label(label.into());
        let fits = [label("cat"), label("dog"), Fit::None];
        assert_eq!(fits.map(|fit| tally.count(&fit)), [2, 0, 1]);
        assert!(tally.has_none);
    }
}
