//! The worker of one import.

use crate::{
    page::{
        engine::{Signal, WorkerHandle},
        platform::dropped::ModelFiles,
    },
    protocol::{Backend, Request},
};
use glimpse_model::pack::Quantisation;
use js_sys::Array;
use wasm_bindgen::JsValue;
use yew::Callback;

/// A worker that imports a model; dropping it ends it.
pub struct ImportWorker {
    handle: WorkerHandle,
    folder: String,
    /// The request with its files, until the worker listens.
    request: Option<(Request, JsValue)>,
}

impl ImportWorker {
    /// Starts a worker that will write these files to a new `folder` of the browser's storage. It runs
    /// on the CPU whatever the model in use runs on: that computes the golden embeddings.
    pub fn start(
        folder: String,
        name: String,
        files: &ModelFiles,
        quantisation: Quantisation,
        signal: Callback<Signal>,
    ) -> Result<Self, String> {
        let handle = WorkerHandle::start(Backend::Cpu, signal)?;
        let request = Request::Import {
            folder: folder.clone(),
            name,
            quantisation,
        };
        let files: Array = files.files.iter().collect();
        Ok(Self {
            handle,
            folder,
            request: Some((request, files.into())),
        })
    }

    /// Posts the request, now that the worker listens.
    pub fn post_request(&mut self) -> Result<(), String> {
        match self.request.take() {
            Some((request, files)) => self.handle.post(request, files),
            None => Ok(()),
        }
    }

    /// Ends the worker; gives back the folder that it wrote to.
    pub fn end(self) -> String {
        self.folder
    }
}
