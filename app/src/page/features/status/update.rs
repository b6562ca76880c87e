//! The way out of a failure.

use super::{Deps, Msg, Status};
use crate::page::{
    effects::{Effects, EngineCommand, Redraw},
    features::Feature,
    platform::dom,
};

impl Feature for Status {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, _: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Retry => fx.engine(EngineCommand::Retry),
            Msg::Reload => fx.connect(|_| {
                dom::reload();
                None
            }),
        }
        // What the engine does with it draws the page.
        Redraw::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{effects::Effect, engine::Engine, features::models::Models};
    use yew::Callback;

    #[test]
    fn another_try_is_the_engines() {
        let engine = Engine::new(Callback::noop());
        let mut fx = Effects::default();
        let models = Models::default();
        let deps = Deps {
            engine: &engine,
            models: &models,
        };
        Status.update(Msg::Retry, &deps, &mut fx);
        assert!(matches!(
            fx.take()[..],
            [Effect::Engine(EngineCommand::Retry)]
        ));
    }
}
