//! The visitor's choice of a score mode and of a temperature.

use super::{Deps, Msg, ScoreMode, Scores, Temperature};
use crate::page::{
    effects::{Effects, Event, Redraw},
    features::{Feature, Link},
};

impl Feature for Scores {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let temperature = &mut self.temperature;
        match msg {
            Msg::Choose(mode) => temperature.chosen = Some(mode),
            Msg::Turn(log2_factor) => {
                let max = Temperature::MAX_LOG2_FACTOR;
                temperature.log2_factor = log2_factor.clamp(-max, max);
                let mode = deps.engine.model().map(|model| temperature.mode(model));
                if mode.is_none_or(|mode| mode == ScoreMode::Calibrated) {
                    // The slider belongs to the model's own scores.
                    temperature.chosen = Some(ScoreMode::Softmax);
                }
            }
            Msg::Reset => *temperature = Temperature::default(),
        }
        fx.event(Event::ScoresChanged);
        fx.event(Event::SetupChanged);
        Redraw::Now
    }

    fn read_link(&mut self, link: &Link) {
        let mode = link.get("scores").and_then(|name| ScoreMode::named(name));
        let factor = link
            .get("dial")
            .and_then(|factor| factor.parse::<f32>().ok());
        let in_range = |factor: &f32| factor.abs() <= Temperature::MAX_LOG2_FACTOR;
        self.temperature = Temperature {
            chosen: mode,
            log2_factor: factor.filter(in_range).unwrap_or_default(),
        };
    }

    fn write_link(&self, link: &mut Link) {
        let Temperature {
            chosen,
            log2_factor,
        } = self.temperature;
        if let Some(mode) = chosen {
            link.insert("scores", mode.name().to_owned());
        }
        if log2_factor != 0.0 {
            link.insert("dial", log2_factor.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{effects::Effect, engine::Engine};
    use yew::Callback;

    fn update(scores: &mut Scores, msg: Msg) -> Vec<Effect> {
        let engine = Engine::new(Callback::noop());
        let mut fx = Effects::default();
        let redraw = scores.update(msg, &Deps { engine: &engine }, &mut fx);
        assert_eq!(redraw, Redraw::Now);
        fx.take()
    }

    fn read<const N: usize>(link: [(&str, &str); N]) -> Scores {
        let mut scores = Scores::default();
        scores.read_link(&Link::from(link));
        scores
    }

    #[test]
    fn a_choice_is_told_to_others_and_to_the_address() {
        let mut scores = Scores::default();
        let effects = update(&mut scores, Msg::Choose(ScoreMode::Sigmoid));
        assert_eq!(scores.temperature.chosen, Some(ScoreMode::Sigmoid));
        assert!(matches!(
            effects[..],
            [
                Effect::Event(Event::ScoresChanged),
                Effect::Event(Event::SetupChanged)
            ]
        ));
    }

    #[test]
    fn the_slider_brings_the_models_own_scores_and_has_ends() {
        let mut scores = Scores::default();
        update(&mut scores, Msg::Turn(-9.0));
        assert_eq!(scores.temperature.chosen, Some(ScoreMode::Softmax));
        assert_eq!(
            scores.temperature.log2_factor,
            -Temperature::MAX_LOG2_FACTOR
        );
    }

    #[test]
    fn a_reset_leaves_nothing_in_the_address() {
        let mut scores = read([("scores", "softmax"), ("dial", "-1.5")]);
        update(&mut scores, Msg::Reset);
        let mut link = Link::default();
        scores.write_link(&mut link);
        assert_eq!(link, Link::default());
    }

    #[test]
    fn a_link_brings_back_what_it_was_given() {
        let scores = read([("scores", "softmax"), ("dial", "-1.5")]);
        assert_eq!(scores.temperature.chosen, Some(ScoreMode::Softmax));
        assert_eq!(scores.temperature.log2_factor, -1.5);
        let mut link = Link::default();
        scores.write_link(&mut link);
        assert!(link.is_same(&Link::from([("dial", "-1.5"), ("scores", "softmax")])));
    }

    #[test]
    fn nonsense_in_a_link_is_as_at_the_start() {
        let scores = read([("scores", "best"), ("dial", "1e9")]);
        assert_eq!(scores.temperature, Temperature::default());
        assert_eq!(read([("dial", "NaN")]).temperature.log2_factor, 0.0);
    }
}
