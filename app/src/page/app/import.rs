//! A model that is brought: a worker of its own takes it in, while the other goes on.

use super::{
    super::{
        brought::Bundle,
        engine::{Signal, WorkerHandle},
        models::{self, Import, Imported},
        words,
    },
    App,
    msg::{ImportMsg, ModelMsg},
};
use crate::{
    page::dom,
    protocol::{Backend, ImportedTower, Request, Response},
};
use js_sys::Array;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// An import that runs.
pub struct Importer {
    worker: WorkerHandle,
    /// Of the browser's storage; no other import has the same.
    folder: String,
    /// What the worker is asked once it listens.
    request: Option<(Request, JsValue)>,
}

impl App {
    pub(super) fn on_import(&mut self, msg: ImportMsg) -> bool {
        match msg {
            ImportMsg::Bring(bundle) => self.bring(bundle),
            ImportMsg::Quantisation(quantisation) => self.models.quantisation = quantisation,
            ImportMsg::Cancel => {
                if let Some(importer) = self.importer.take() {
                    self.set_import(Import::Cancelled);
                    self.discard(importer);
                    self.focus = Some("#bring-folder-button".into());
                }
            }
            ImportMsg::Signal(folder, signal) => {
                // An import that was cancelled has nothing more to say.
                let current = self.importer.as_ref();
                if current.is_none_or(|importer| importer.folder != folder) {
                    return false;
                }
                self.on_import_signal(signal);
            }
        }
        true
    }

    fn bring(&mut self, bundle: Bundle) {
        self.models.open = true;
        self.reveal = Some("#import");
        if self.importer.is_some() {
            self.announcer.say(words::IMPORT_BUSY.into());
            self.announce_soon();
            return;
        }
        let folder = models::new_folder();
        let signal = {
            let folder = folder.clone();
            let wrap = move |signal| ImportMsg::Signal(folder.clone(), signal).into();
            self.send.reform(wrap)
        };
        // On the processor whatever the other one runs on: the check embeddings come from there.
        match WorkerHandle::start(Backend::Cpu, signal) {
            Ok(worker) => {
                let name: Rc<str> = bundle.name.as_str().into();
                let request = Request::Import {
                    folder: folder.clone(),
                    name: bundle.name,
                    quantisation: self.models.quantisation,
                };
                let files: Array = bundle.files.iter().collect();
                self.importer = Some(Importer {
                    worker,
                    folder,
                    request: Some((request, files.into())),
                });
                self.set_import(Import::Running {
                    name,
                    step: None,
                    fraction: 0.0,
                });
            }
            Err(reason) => self.set_import(Import::Failed(words::import_broke(&reason).into())),
        }
    }

    fn on_import_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Alive => {
                let Some(importer) = &mut self.importer else {
                    return;
                };
                if let Some((request, files)) = importer.request.take()
                    && let Err(reason) = importer.worker.post(request, files)
                {
                    self.import_failed(&words::import_broke(&reason));
                }
            }
            Signal::Said(response, _) => match *response {
                Response::Importing { step, fraction } => {
                    if let Import::Running { name, .. } = &self.models.import {
                        self.models.import = Import::Running {
                            name: name.clone(),
                            step: Some(step),
                            fraction,
                        };
                    }
                }
                Response::Imported { towers } => self.imported(towers.into()),
                Response::ImportFailed { reason } => self.import_failed(&reason),
                _ => {}
            },
            Signal::Broke(reason) => self.import_failed(&words::import_broke(&reason)),
        }
    }

    fn imported(&mut self, towers: Rc<[ImportedTower]>) {
        let Some(Importer { folder, .. }) = self.importer.take() else {
            return;
        };
        let first = !self.models.keeps_any();
        self.set_import(Import::Done(Imported { folder, towers }));
        self.afterwards(async move {
            if first {
                models::ask_to_persist().await;
            }
            ModelMsg::Space(models::space().await).into()
        });
        self.list_kept();
    }

    fn import_failed(&mut self, reason: &str) {
        if let Some(importer) = self.importer.take() {
            self.set_import(Import::Failed(reason.into()));
            self.discard(importer);
        }
    }

    /// Ends the worker and deletes what it wrote.
    fn discard(&mut self, Importer { worker, folder, .. }: Importer) {
        drop(worker);
        self.afterwards(async move {
            models::remove(&folder).await;
            ModelMsg::Space(models::space().await).into()
        });
    }

    fn set_import(&mut self, import: Import) {
        dom::mark("import", import.name());
        if let Some(news) = words::import_news(&import) {
            self.announcer.say(news);
            self.announce_soon();
        }
        self.models.import = import;
    }
}
