//! Which photos are shown, and in which order.

use super::{Card, CardId, CardStatus, Deps, Match, Photos};
use crate::page::{
    features::scores::{Fit, Tally},
    ui::PtrEqRc,
};
use glimpse_model::order::sorted;
use std::{collections::HashMap, rc::Rc};

/// The visitor's choice of photos.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only photos that this fits best.
    pub only: Option<Fit>,
    /// Photos that this label fits come first.
    pub by: Option<Rc<str>>,
}

/// A photo in the grid.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// The photo.
    pub card: PtrEqRc<Card>,
    /// Its cosine to the query, if there is one.
    pub cosine: Option<f32>,
    /// Whether it is hidden, since it wasn't chosen.
    pub is_left_out: bool,
}

impl Photos {
    /// How many photos each label fits best; `None` for a single photo, which needs no count.
    pub fn tally(&self) -> Option<Rc<Tally>> {
        let rankings = self.cards().iter().map(|card| &card.ranking);
        (self.cards().len() > 1).then(|| Rc::new(Tally::new(rankings)))
    }

    /// What all photos on show are fitted best by, if that was chosen.
    pub fn only(&self) -> Option<Fit> {
        self.choice.only.clone()
    }

    /// All photos in their order: by the query if there is one, else by the label that was chosen, else
    /// as they came. Those that weren't chosen are among them, since hiding them is faster than drawing
    /// them again.
    /// Of a presentation, only one was.
    pub(super) fn shown(&self, found: Option<&[Match]>) -> Vec<Shown> {
        let mut shown = self.ordered(found);
        if let Some(presentation) = &self.presentation {
            for shown in &mut shown {
                shown.is_left_out = shown.card.id != presentation.card;
            }
        }
        shown
    }

    /// As [`Photos::shown`], whether photos are presented or not.
    pub(super) fn ordered(&self, found: Option<&[Match]>) -> Vec<Shown> {
        let only = self.choice.only.as_ref();
        let is_left_out =
            |card: &Card| only.is_some_and(|only| Fit::of(&card.ranking).as_ref() != Some(only));
        let shown = |card: &PtrEqRc<Card>| Shown {
            card: card.clone(),
            cosine: None,
            is_left_out: is_left_out(card),
        };
        let all: Vec<Shown> = self.cards().iter().map(shown).collect();
        match (found, &self.choice.by) {
            (Some(found), _) => by_query(all, found),
            (None, Some(label)) => sorted(all, |a, b| {
                share(&b.card, label).total_cmp(&share(&a.card, label))
            }),
            (None, None) => all,
        }
    }

    /// Takes a choice back whose label is gone.
    pub(super) fn check_choice(&mut self, deps: &Deps<'_>) {
        let is_there = |label: &Rc<str>| deps.labels.items.contains(label);
        self.choice.only.take_if(|only| match only {
            Fit::Label(label) => !is_there(label),
            Fit::None => deps.scores.joint(deps.engine.model()).is_none(),
        });
        self.choice.by.take_if(|label| !is_there(label));
    }
}

/// How much of a photo a label has; less than nothing where that isn't known.
pub(super) fn share(card: &Card, label: &str) -> f32 {
    let rows = &card.ranking.rows;
    match (&card.status, rows.iter().find(|row| &*row.label == label)) {
        (CardStatus::Done(_), Some(row)) => row.share(),
        (CardStatus::Done(_), None) => 0.0,
        _ => -1.0,
    }
}

/// Photos in the order of a query, each with its cosine to it; those without one behind.
fn by_query(mut all: Vec<Shown>, found: &[Match]) -> Vec<Shown> {
    let positions: HashMap<CardId, (usize, f32)> = found
        .iter()
        .enumerate()
        .map(|(position, found)| (found.card, (position, found.cosine)))
        .collect();
    for shown in &mut all {
        shown.cosine = positions.get(&shown.card.id).map(|&(_, cosine)| cosine);
    }
    let behind = |shown: &Shown| {
        let position = positions.get(&shown.card.id);
        position.map_or(usize::MAX, |&(position, _)| position)
    };
    sorted(all, |a, b| behind(a).cmp(&behind(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        effects::ImageEmbedding,
        engine::Engine,
        features::{
            labels::Labels,
            scores::{Ranking, Row, Scores},
        },
    };
    use crate::protocol::ImageTiming;
    use glimpse_model::score::Score;
    use yew::Callback;

    fn embedding() -> ImageEmbedding {
        ImageEmbedding {
            embedding: [1.0].into(),
            width: 1,
            height: 1,
            preview: None,
            timing: ImageTiming {
                decode: 0.0,
                preprocess: 0.0,
                embed: 0.0,
            },
        }
    }

    fn photos(scores: &[&[(&str, f32)]]) -> Photos {
        let mut photos = Photos::of(&vec!["photo"; scores.len()]);
        for (id, scores) in (1..).zip(scores) {
            let row = |&(label, probability): &(&str, f32)| Row {
                label: label.into(),
                draft: false,
                score: Score {
                    cosine: 0.0,
                    logit: 0.0,
                    probability,
                },
                chance: None,
            };
            photos.change(id, |card| {
                card.status = CardStatus::Done(Rc::new(embedding()));
                card.ranking = Ranking {
                    rows: scores.iter().map(row).collect(),
                    scored: scores.len(),
                    none: None,
                };
            });
        }
        photos
    }

    fn shown(photos: &Photos) -> Vec<u64> {
        let shown = photos.shown(None).into_iter();
        let shown = shown.filter(|shown| !shown.is_left_out);
        shown.map(|shown| shown.card.id).collect()
    }

    #[test]
    fn a_label_is_filtered_and_sorted_by() {
        let mut photos = photos(&[
            &[("dog", 0.9), ("cat", 0.1)],
            &[("cat", 0.7), ("dog", 0.3)],
            &[("cat", 0.8), ("dog", 0.2)],
        ]);
        photos.choice.only = Some(Fit::Label("cat".into()));
        assert_eq!(shown(&photos), [2, 3]);
        photos.choice.by = Some("cat".into());
        assert_eq!(shown(&photos), [3, 2]);
        photos.choice.only = None;
        assert_eq!(shown(&photos), [3, 2, 1]);
        let engine = Engine::new(Callback::noop());
        let deps = Deps {
            engine: &engine,
            scores: &Scores::default(),
            labels: &Labels::new(&["dog"]),
        };
        photos.check_choice(&deps);
        assert_eq!(photos.choice, Choice::default());
    }

    #[test]
    fn photos_of_a_query_come_first_and_the_others_keep_their_order() {
        let photos = Photos::of(&["a", "b", "c", "d"]);
        let found = [(4, 0.3), (2, 0.1)].map(|(card, cosine)| Match { card, cosine });
        let shown = photos.shown(Some(&found)).into_iter();
        let shown: Vec<_> = shown.map(|it| (it.card.id, it.cosine)).collect();
        let expected = [(4, Some(0.3)), (2, Some(0.1)), (1, None), (3, None)];
        assert_eq!(shown, expected);
    }
}
