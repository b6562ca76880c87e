//! From kept embeddings to the rows of a card.

use glimpse_model::score::{self, Score, Scoring};
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
    /// The three numbers.
    pub score: Score,
}

/// The rows for one picture, best first.
pub fn rank(embedding: &[f32], candidates: &[Candidate], scoring: &Scoring) -> Rc<[Row]> {
    let texts = candidates.iter().map(|candidate| &*candidate.embedding);
    let scores = score::score(embedding, texts, scoring);
    score::ranking(&scores)
        .into_iter()
        .map(|place| Row {
            label: candidates[place].label.clone(),
            draft: candidates[place].draft,
            score: scores[place],
        })
        .collect()
}
