//! What follows from an import's messages.

use super::{ImportMsg, ImportStatus, state::Imported, worker::ImportWorker};
use crate::{
    page::{
        effects::{Effects, Redraw},
        engine::Signal,
        features::models::{Models, Msg, storage, text, update::list_storage},
        platform::dropped::ModelFiles,
    },
    protocol::{ImportedTower, Response},
};
use std::rc::Rc;

impl Models {
    /// Follows an import's message, unless that import is over.
    pub fn update_import(&mut self, msg: ImportMsg, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            // An import that was cancelled has nothing more to say.
            ImportMsg::Started(number, _) | ImportMsg::Signal(number, _)
                if !self.import.is_current(number) =>
            {
                return Redraw::No;
            }
            ImportMsg::Start(files) => self.start_import(files, fx),
            ImportMsg::Started(_, Ok(worker)) => self.import.worker = Some(*worker),
            ImportMsg::Started(_, Err(reason)) => self.import_broke(&reason, fx),
            ImportMsg::Signal(_, signal) => self.on_import_signal(signal, fx),
            ImportMsg::Quantisation(quantisation) => self.import.quantisation = quantisation,
            ImportMsg::Cancel if self.import.is_running() => {
                self.set_import(ImportStatus::Cancelled, fx);
                self.discard_import(fx);
                fx.focus("#bring-folder-button");
            }
            ImportMsg::Cancel => return Redraw::No,
        }
        Redraw::Now
    }

    /// Starts an import, unless there is one that runs.
    pub fn start_import(&mut self, files: Rc<ModelFiles>, fx: &mut Effects<Msg>) {
        self.is_open = true;
        fx.reveal("#import");
        if self.import.is_running() {
            fx.say(text::IMPORT_BUSY);
            return;
        }
        self.import.number += 1;
        let (number, quantisation) = (self.import.number, self.import.quantisation);
        let name = files.name.clone();
        let name = name.unwrap_or_else(|| text::NAMELESS.into());
        let status = ImportStatus::Running {
            name: name.as_str().into(),
            step: None,
            fraction: 0.0,
        };
        self.set_import(status, fx);
        fx.connect(move |send| {
            let folder = storage::new_folder();
            let signal = send.reform(move |signal| ImportMsg::Signal(number, signal).into());
            let worker = ImportWorker::start(folder, name, &files, quantisation, signal);
            Some(ImportMsg::Started(number, worker.map(Box::new)).into())
        });
    }

    fn on_import_signal(&mut self, signal: Signal, fx: &mut Effects<Msg>) {
        match signal {
            Signal::Alive => {
                let worker = self.import.worker.as_mut();
                if let Some(Err(reason)) = worker.map(ImportWorker::post_request) {
                    self.import_broke(&reason, fx);
                }
            }
            Signal::Said(response, _) => match *response {
                Response::Importing {
                    step: now,
                    fraction: done,
                } => {
                    if let ImportStatus::Running { step, fraction, .. } = &mut self.import.status {
                        *step = Some(now);
                        *fraction = done;
                    }
                }
                Response::Imported { towers } => self.imported(towers.into(), fx),
                Response::ImportFailed { failure } => {
                    self.import_failed(ImportStatus::Failed(failure), fx);
                }
                // To requests that no import makes.
                _ => {}
            },
            Signal::Broke(reason) => self.import_broke(&reason, fx),
            Signal::Outdated => self.import_broke("", fx),
        }
    }

    fn imported(&mut self, towers: Rc<[ImportedTower]>, fx: &mut Effects<Msg>) {
        let Some(worker) = self.import.worker.take() else {
            return;
        };
        let folder = worker.end();
        let is_first = !self.has_stored();
        self.set_import(ImportStatus::Done(Imported { folder, towers }), fx);
        if is_first {
            fx.spawn(async {
                storage::ask_to_persist().await;
                Msg::Space(storage::space().await)
            });
        }
        list_storage(fx);
    }

    /// The worker ended without an answer.
    fn import_broke(&mut self, reason: &str, fx: &mut Effects<Msg>) {
        self.import_failed(ImportStatus::Broke(reason.into()), fx);
    }

    fn import_failed(&mut self, status: ImportStatus, fx: &mut Effects<Msg>) {
        self.set_import(status, fx);
        self.discard_import(fx);
    }

    /// Ends the worker and deletes what it wrote.
    fn discard_import(&mut self, fx: &mut Effects<Msg>) {
        if let Some(worker) = self.import.worker.take() {
            let folder = worker.end();
            fx.spawn(async move {
                // What can't be deleted now is when the packs are listed next.
                storage::remove(&folder).await;
                Msg::Space(storage::space().await)
            });
        }
    }

    fn set_import(&mut self, status: ImportStatus, fx: &mut Effects<Msg>) {
        fx.mark("import", status.name());
        if let Some(news) = text::import_news(&status) {
            fx.say(news);
        }
        self.import.status = status;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        page::effects::{Announcement, Effect},
        protocol::ImportStep,
    };
    use wasm_bindgen::JsValue;

    fn update(models: &mut Models, msg: ImportMsg) -> (Redraw, Vec<Effect>) {
        let mut fx = Effects::default();
        (models.update_import(msg, &mut fx), fx.take())
    }

    fn start(models: &mut Models, name: Option<&str>) -> Vec<Effect> {
        let files = ModelFiles {
            name: name.map(str::to_owned),
            files: Vec::new(),
        };
        update(models, ImportMsg::Start(Rc::new(files))).1
    }

    fn signal(models: &mut Models, number: u32, response: Response) -> Redraw {
        let signal = Signal::Said(Box::new(response), JsValue::UNDEFINED);
        update(models, ImportMsg::Signal(number, signal)).0
    }

    fn starts_worker(effects: &[Effect]) -> bool {
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Connect(_)))
    }

    fn progress() -> Response {
        Response::Importing {
            step: ImportStep::Copy,
            fraction: 0.5,
        }
    }

    #[test]
    fn a_second_import_waits_for_the_first() {
        let mut models = Models::default();
        assert!(starts_worker(&start(&mut models, Some("CLIP"))));
        let effects = start(&mut models, Some("SigLIP"));
        assert!(!starts_worker(&effects));
        assert!(effects.iter().any(|effect| matches!(
            effect,
            Effect::Announce(Announcement::Other(text)) if text == text::IMPORT_BUSY.english()
        )));
    }

    #[test]
    fn files_without_a_name_get_one() {
        let mut models = Models::default();
        start(&mut models, None);
        let ImportStatus::Running { name, .. } = &models.import.status else {
            panic!("no import runs");
        };
        assert_eq!(&**name, text::NAMELESS.english());
    }

    #[test]
    fn progress_is_shown() {
        let mut models = Models::default();
        start(&mut models, Some("CLIP"));
        assert_eq!(signal(&mut models, 1, progress()), Redraw::Now);
        let ImportStatus::Running { step, fraction, .. } = models.import.status else {
            panic!("no import runs");
        };
        assert_eq!((step, fraction), (Some(ImportStep::Copy), 0.5));
    }

    #[test]
    fn a_cancelled_import_has_nothing_more_to_say() {
        let mut models = Models::default();
        start(&mut models, Some("CLIP"));
        update(&mut models, ImportMsg::Cancel);
        assert_eq!(models.import.status, ImportStatus::Cancelled);
        assert_eq!(signal(&mut models, 1, progress()), Redraw::No);
        start(&mut models, Some("SigLIP"));
        assert_eq!(signal(&mut models, 1, progress()), Redraw::No);
        assert_eq!(signal(&mut models, 2, progress()), Redraw::Now);
    }

    #[test]
    fn a_worker_that_breaks_is_a_failed_import() {
        let mut models = Models::default();
        start(&mut models, Some("CLIP"));
        let broke = ImportMsg::Signal(1, Signal::Broke(String::new()));
        let (_, effects) = update(&mut models, broke);
        assert_eq!(models.import.status.name(), "failed");
        assert!(effects.iter().any(|effect| matches!(
            effect,
            Effect::Mark("import", value) if value == "failed"
        )));
    }
}
