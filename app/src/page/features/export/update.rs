//! Makes the file and hands it to the visitor.

use super::{Deps, Export, Msg, json::json, table::table, text};
use crate::page::{
    effects::{Effects, Event, Redraw, ResultsFile},
    features::Feature,
    platform::download,
};

const JSON: [&str; 2] = ["glimpse-results.json", "application/json"];
const CSV: [&str; 2] = ["glimpse-results.csv", "text/csv"];

impl Feature for Export {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, _: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let Msg::Saved(done) = msg;
        let note = (!done).then(|| text::FAILED.into());
        fx.event(Event::IntakeNote(note));
        Redraw::No
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let engine = deps.engine;
        if let Event::SaveResults(file) = *event
            && let (Some(model), Some(backend)) = (engine.model(), engine.backend())
        {
            let (cards, labels) = (deps.photos.cards(), deps.labels);
            let json = |with_embeddings| {
                let texts = engine.texts();
                json(model, backend, cards, labels, texts, with_embeddings).ok()
            };
            let ([name, mime_type], text) = match file {
                ResultsFile::Table => {
                    let mut candidates = labels.candidates(engine.texts());
                    candidates.retain(|candidate| !candidate.draft);
                    let temperature = &deps.scores.temperature;
                    (CSV, table(cards, &candidates, model, temperature).ok())
                }
                ResultsFile::Scores => (JSON, json(false)),
                ResultsFile::Embeddings => (JSON, json(true)),
            };
            fx.connect(move |_| {
                let saved = text.and_then(|text| download::save(name, mime_type, &text));
                Some(Msg::Saved(saved.is_some()))
            });
        }
        Redraw::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        effects::Effect,
        engine::Engine,
        features::{labels::Labels, photos::Photos, scores::Scores},
    };
    use yew::Callback;

    /// What an update asks for before a model is known.
    fn effects(change: impl FnOnce(&Deps<'_>, &mut Effects<Msg>) -> Redraw) -> Vec<Effect> {
        let deps = Deps {
            engine: &Engine::new(Callback::noop()),
            labels: &Labels::default(),
            scores: &Scores::default(),
            photos: &Photos::default(),
        };
        let mut fx = Effects::default();
        assert_eq!(change(&deps, &mut fx), Redraw::No);
        fx.take()
    }

    #[test]
    fn without_a_model_there_is_nothing_to_save() {
        let asked =
            effects(|deps, fx| Export.hear(&Event::SaveResults(ResultsFile::Table), deps, fx));
        assert!(asked.is_empty());
    }

    #[test]
    fn a_failure_is_told_and_a_success_takes_the_note_back() {
        for (done, note) in [(true, None), (false, Some(text::FAILED.english()))] {
            let asked = effects(|deps, fx| Export.update(Msg::Saved(done), deps, fx));
            let [Effect::Event(Event::IntakeNote(told))] = &asked[..] else {
                panic!("{} effects", asked.len());
            };
            assert_eq!(told.as_deref(), note);
        }
    }
}
