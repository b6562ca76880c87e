//! The worker: takes [`Request`]s, keeps the towers, answers with [`Response`]s. One instance
//! embeds; another, of the same module, imports a model meanwhile.

mod copy;
mod decode;
mod download;
mod fetch;
#[cfg(feature = "import")]
mod import;
mod open;
mod pieces;
mod queue;
#[cfg(feature = "webgpu")]
mod subgroups;
mod writer;

use crate::protocol::{Backend, Envelope, ImageTiming, PackPlace, Request, Response};
use decode::PrepareError;
use glimpse_model::towers::device::Device;
use js_sys::{Array, Error, Float32Array, Function, Promise, Reflect, Uint8ClampedArray};
use open::{OpenError, Reading, Session};
use queue::{Job, Queue, WarmUp};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// The answer to what is asked too early; the page doesn't.
const NOT_YET: &str = "The model is not loaded yet.";

/// What checking the towers, with one picture and one sentence, doesn't compile: kernels for 2, for 3
/// or 4, and for more rows behind the text encoder, for padding, and for a picture's places. The
/// sentences' lengths differ, so that together with the golden one there is each kernel for numbers
/// of tokens: 8, 24 and 40 in all.
const WARM_UPS: [WarmUp; 4] = [
    WarmUp::Texts(1, "a photo"),
    WarmUp::Texts(2, "a photo of a cat asleep"),
    WarmUp::Texts(4, "a photo of a cat asleep"),
    WarmUp::Look,
];

/// Milliseconds after opening until these begin.
const SETTLED: u32 = 1000;

/// Listens, and says `"alive"` once it does.
pub fn start(backend: Backend) {
    std::panic::set_hook(Box::new(report_panic));
    let worker = Rc::new(Worker {
        backend,
        opened: Cell::new(0.0),
        device: RefCell::default(),
        queue: RefCell::default(),
        session: RefCell::default(),
    });
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match Envelope::from_js(&event.data()) {
            Ok(request) => worker.receive(request),
            Err(error) => web_sys::console::error_1(&error.to_string().into()),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    listener.forget();
    // Posting a string can't fail.
    let _ = scope().post_message(&"alive".into());
}

/// A panic reaches the page as the worker's `error` event; the page then starts a new worker.
fn report_panic(panic: &std::panic::PanicHookInfo) {
    console_error_panic_hook::hook(panic);
    let global = js_sys::global();
    if let Ok(report) = Reflect::get(&global, &"reportError".into())
        && let Some(report) = report.dyn_ref::<Function>()
    {
        let _ = report.call1(&global, &Error::new(&panic.to_string()));
    }
}

/// Why a picture gets no answer.
enum Refusal {
    /// The page has to draw it first.
    Drawing,
    /// As a sentence.
    Because(String),
}

impl From<PrepareError> for Refusal {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Drawing => Self::Drawing,
            other => Self::Because(other.to_string()),
        }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

struct Worker {
    backend: Backend,
    /// When opening began, in milliseconds of its clock; the first time, when the worker started.
    opened: Cell<f64>,
    /// Asked for once: a second one is refused.
    device: RefCell<Option<(Device, String)>>,
    queue: RefCell<Queue<JsValue>>,
    session: RefCell<Option<Rc<Session>>>,
}

impl Worker {
    fn receive(self: &Rc<Self>, request: Envelope<Request>) {
        self.queue
            .borrow_mut()
            .push(request.message, request.attachment);
        self.work();
    }

    /// Runs what waits, unless that is being done.
    fn work(self: &Rc<Self>) {
        let idle = self.queue.borrow_mut().start();
        if idle {
            let worker = self.clone();
            spawn_local(async move {
                while let Some(job) = worker.next() {
                    worker.clone().run(job).await;
                    // Lets messages in, so that what is newer or more urgent goes first.
                    breathe().await;
                }
            });
        }
    }

    fn next(&self) -> Option<Job<JsValue>> {
        self.queue.borrow_mut().next()
    }

    async fn run(self: Rc<Self>, job: Job<JsValue>) {
        match job {
            Job::Open { pack, images_only } => self.open(&pack, images_only).await,
            #[cfg(feature = "import")]
            Job::Import {
                folder,
                name,
                quantisation,
                files,
            } => send(import::run(&folder, &name, quantisation, &files).await),
            #[cfg(not(feature = "import"))]
            Job::Import { .. } => send(Response::ImportFailed {
                reason: "This module does not import models.".to_owned(),
            }),
            Job::Texts { id, texts } => self.embed_texts(id, &texts).await,
            Job::Look { id, picture } => self.look_closer(id, &picture).await,
            Job::Image { id, picture } => self.embed_image(id, &picture).await,
            Job::WarmUp(call) => self.warm_up(call).await,
        }
    }

    async fn open(self: Rc<Self>, pack: &PackPlace, images_only: bool) {
        // Makes room first: the model before is of no more use.
        if self.session.take().is_some() {
            self.opened.set(now());
        }
        if let Err(error) = self.clone().try_open(pack, images_only).await {
            open_failed(&error);
        }
    }

    async fn try_open(
        self: Rc<Self>,
        pack: &PackPlace,
        images_only: bool,
    ) -> Result<(), OpenError> {
        let known = self.device.borrow().clone();
        let (device, name) = match known {
            Some(known) => known,
            None => open::device(self.backend).await?,
        };
        self.device.replace(Some((device.clone(), name.clone())));
        let (session, mut reading) = Session::open(pack, images_only, &device).await?;
        let session = Rc::new(session);
        self.session.replace(Some(session.clone()));
        let sees = |sentences| Response::Sees {
            manifest: Box::new(session.manifest.clone()),
            device: name.clone(),
            sentences,
        };
        if images_only {
            send_floats(sees(Vec::new()), &[]);
            return Ok(());
        }
        let Some(known) = reading.known(&session.manifest).await? else {
            return self.read(&session, reading, &device, name).await;
        };
        send_floats(sees(known.sentences), &known.embeds);
        // Pictures don't wait for the words.
        spawn_local(async move {
            if let Err(error) = self.read(&session, reading, &device, name).await
                && self.has(&session)
            {
                open_failed(&error);
            }
        });
        Ok(())
    }

    async fn read(
        self: &Rc<Self>,
        session: &Rc<Session>,
        reading: Reading,
        device: &Device,
        name: String,
    ) -> Result<(), OpenError> {
        session.read(reading, device).await?;
        // Meanwhile another model may have been asked for.
        if self.has(session) {
            send(Response::Ready {
                manifest: Box::new(session.manifest.clone()),
                device: name,
                load_ms: now() - self.opened.get(),
            });
            if self.backend == Backend::WebGpu {
                self.warm_up_later(session.clone());
            }
        }
        Ok(())
    }

    /// Once the page has asked for what it wants at once: what has begun isn't interrupted.
    fn warm_up_later(self: &Rc<Self>, session: Rc<Session>) {
        let worker = self.clone();
        spawn_local(async move {
            pause(SETTLED).await;
            if worker.has(&session) {
                worker.queue.borrow_mut().warm_up(WARM_UPS);
                worker.work();
            }
        });
    }

    /// Nobody waits for the answer; what fails here also fails when it is asked for, and is told
    /// then.
    async fn warm_up(&self, call: WarmUp) {
        let Ok(session) = self.session() else { return };
        match call {
            WarmUp::Texts(count, sentence) => {
                if let Some(text) = session.text.get() {
                    let texts = [vec!["a"], vec![sentence; count]].concat();
                    let _ = text.embed(&texts).await;
                }
            }
            WarmUp::Look => {
                let _ = session.image.warm_up(&session.manifest).await;
            }
        }
    }

    fn has(&self, session: &Rc<Session>) -> bool {
        let current = self.session.borrow();
        current
            .as_ref()
            .is_some_and(|current| Rc::ptr_eq(current, session))
    }

    async fn embed_texts(&self, id: u64, texts: &[String]) {
        let start = now();
        let result = match self.session() {
            Ok(session) => match session.text.get() {
                Some(text) => text.embed(texts).await.map_err(|e| e.to_string()),
                None => Err(NOT_YET.to_owned()),
            },
            Err(reason) => Err(reason),
        };
        match result {
            Ok(embeds) => send_floats(
                Response::TextsEmbedded {
                    id,
                    milliseconds: now() - start,
                },
                &embeds,
            ),
            Err(reason) => send(Response::TextsFailed { id, reason }),
        }
    }

    async fn embed_image(&self, id: u64, picture: &JsValue) {
        match self.try_embed_image(id, picture).await {
            Ok((response, embeds)) => send_floats(response, &embeds),
            Err(Refusal::Drawing) => send(Response::IsDrawing { id }),
            Err(Refusal::Because(reason)) => send(Response::ImageFailed { id, reason }),
        }
    }

    async fn try_embed_image(
        &self,
        id: u64,
        picture: &JsValue,
    ) -> Result<(Response, Vec<f32>), Refusal> {
        let session = self.session()?;
        let preprocessing = &session.manifest.preprocessing;
        let prepared = decode::prepare(picture, preprocessing).await?;
        let start = now();
        let embeds = session
            .image
            .embed(prepared.pixel_values)
            .await
            .map_err(|error| error.to_string())?;
        let response = Response::ImageEmbedded {
            id,
            width: prepared.width,
            height: prepared.height,
            timing: ImageTiming {
                decode: prepared.decode_ms,
                preprocess: prepared.preprocess_ms,
                embed: now() - start,
            },
        };
        Ok((response, embeds))
    }

    async fn look_closer(&self, id: u64, picture: &JsValue) {
        match self.try_look_closer(id, picture).await {
            Ok(envelope) => post(envelope),
            Err(Refusal::Drawing) => send(Response::IsDrawing { id }),
            Err(Refusal::Because(reason)) => send(Response::LookFailed { id, reason }),
        }
    }

    async fn try_look_closer(
        &self,
        id: u64,
        picture: &JsValue,
    ) -> Result<Envelope<Response>, Refusal> {
        let session = self.session()?;
        let preprocessing = &session.manifest.preprocessing;
        let prepared = decode::prepare(picture, preprocessing).await?;
        let view = preprocessing
            .view(prepared.width as usize, prepared.height as usize)
            .map_err(|error| error.to_string())?;
        let shown = preprocessing.show(&prepared.pixel_values);
        let regions = session
            .image
            .regions(prepared.pixel_values)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Envelope {
            message: Response::Regions {
                id,
                grid: regions.grid,
                view,
            },
            attachment: Array::of2(
                &Float32Array::from(&regions.embeds[..]),
                &Uint8ClampedArray::from(&shown[..]),
            )
            .into(),
        })
    }

    fn session(&self) -> Result<Rc<Session>, String> {
        self.session
            .borrow()
            .clone()
            .ok_or_else(|| NOT_YET.to_owned())
    }
}

fn open_failed(error: &OpenError) {
    send(Response::OpenFailed {
        blame: error.blame(),
        reason: error.to_string(),
    });
}

fn send(response: Response) {
    post(Envelope::of(response));
}

fn send_floats(response: Response, floats: &[f32]) {
    post(Envelope {
        message: response,
        attachment: Float32Array::from(floats).into(),
    });
}

fn post(envelope: Envelope<Response>) {
    let sent = envelope
        .into_js()
        .map_err(|error| JsValue::from(error.to_string()))
        .and_then(|(message, transfer)| scope().post_message_with_transfer(&message, &transfer));
    if let Err(error) = sent {
        web_sys::console::error_1(&error);
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Milliseconds since the worker's start.
fn now() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

/// Ends this turn of the event loop.
async fn breathe() {
    pause(0).await;
}

/// Waits for so many milliseconds.
async fn pause(milliseconds: u32) {
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// Settled after so many milliseconds.
fn timer(milliseconds: u32) -> Promise {
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    Promise::new(&mut |resolve, _| {
        // A worker always has `setTimeout`.
        let _ =
            scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    })
}

/// What JavaScript threw, in words.
fn thrown(error: &JsValue) -> String {
    Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "an unknown error".to_owned())
}
