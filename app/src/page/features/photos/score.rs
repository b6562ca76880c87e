//! The photos' scores, made anew when labels, embeddings or the way to read cosines change.

use super::{CardId, Deps, Msg, Photos, embed::FRAME, text};
use crate::page::effects::{Effects, TimerKey};

const RANK: TimerKey = "photos.rank";
const RANK_ALL: TimerKey = "photos.rank-all";

/// Milliseconds between scores while more and more labels are embedded.
const PAUSE: u32 = 500;

/// The most photos that are scored in one go, since each is drawn anew: small cards, and large ones.
const STEPS: [usize; 2] = [16, 6];

/// Cosines that are computed in one go, some milliseconds' worth.
const STEP_COSINES: usize = 8_000;

impl Photos {
    /// Scores all photos anew, and tells a screen reader if another label is best on the first one.
    pub(super) fn rank_all(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let before = self.winner();
        self.unranked = self.cards().iter().map(|card| card.id).collect();
        self.rank_some(deps, fx);
        let winner = self.winner();
        if winner.is_some()
            && winner != before
            && let Some(card) = self.cards().first()
        {
            fx.say(text::announce_done(&card.name, card.ranking.best()));
        }
    }

    /// Scores all photos anew, at once for the last labels that were on their way, and now and then
    /// before.
    pub(super) fn rank_soon(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        if deps.engine.texts().coming() == 0 {
            self.rank_is_timed = false;
            fx.stop_timer(RANK_ALL);
            self.rank_all(deps, fx);
        } else if !std::mem::replace(&mut self.rank_is_timed, true) {
            fx.after(RANK_ALL, PAUSE, Msg::RankAll);
        }
    }

    /// Scores the next few of the photos whose scores are out of date; the others follow after a
    /// frame, so that the page stays fluid.
    pub(super) fn rank_some(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let [small, large] = STEPS;
        let most = if self.is_compact() { small } else { large };
        let step = (STEP_COSINES / deps.labels.items.len().max(1)).clamp(1, most);
        let rest = self.unranked.split_off(self.unranked.len().min(step));
        let some = std::mem::replace(&mut self.unranked, rest);
        self.rank(&some, deps);
        if !self.unranked.is_empty() {
            fx.after(RANK, FRAME, Msg::Rank);
        }
    }

    /// Scores these photos against all labels that are embedded.
    pub(super) fn rank(&mut self, which: &[CardId], deps: &Deps<'_>) {
        if let Some(model) = deps.engine.model() {
            let candidates = deps.labels.candidates(deps.engine.texts());
            self.score(which, &candidates, model, &deps.scores.temperature);
        }
    }
}
