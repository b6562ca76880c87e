//! The inference worker: takes [`Request`]s, keeps the towers, answers with [`Response`]s. One
//! instance embeds; another, of the same module, imports a model meanwhile. [`start`] begins.

mod cache;
mod chunks;
mod decode;
mod download;
mod failure;
mod fetch;
mod foreign;
#[cfg(feature = "import")]
mod import;
mod open;
mod queue;
mod stored;
#[cfg(feature = "webgpu")]
mod subgroups;
mod writer;

#[cfg(not(feature = "import"))]
use crate::protocol::ImportFailure;
use crate::protocol::{
    Backend, Envelope, ImageFailure, ImageTiming, PackLocation, Request, Response, TextsFailure,
    greeting,
};
use crate::storage::locks;
use decode::Refusal;
use glimpse_model::{pack::PackSummary, towers::device::Device};
use js_sys::{Array, Error, Float32Array, Function, Promise, Reflect, Uint8ClampedArray};
use open::{OpenError, PendingTextTower, Session};
use queue::{Job, Queue, WarmUp};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// What checking the towers, with one picture and one sentence, doesn't compile: kernels for 2, for
/// 3 or 4, and for more rows behind the text encoder, for padding, and for a picture's patches. The
/// sentences' lengths differ, so that together with the golden one there is each kernel for numbers
/// of tokens: 8, 24 and 40 in all.
const WARM_UPS: [WarmUp; 4] = [
    WarmUp::Texts(1, "a photo"),
    WarmUp::Texts(2, "a photo of a cat asleep"),
    WarmUp::Texts(4, "a photo of a cat asleep"),
    WarmUp::Inspect,
];

/// Milliseconds after opening until [`WARM_UPS`] begin.
const WARM_UP_DELAY_MS: u32 = 1000;

/// Starts the worker: listens for requests, and posts its [`greeting`] once it does.
pub fn start(backend: Backend) {
    std::panic::set_hook(Box::new(report_panic));
    let worker = Rc::new(Worker {
        backend,
        open_start: Cell::new(0.0),
        device: RefCell::default(),
        queue: RefCell::default(),
        session: RefCell::default(),
    });
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match Envelope::from_js(&event.data()) {
            Ok(request) => worker.receive(request),
            // Whoever asked must not wait for an answer that never comes.
            Err(error) => send(Response::NotUnderstood {
                said: error.to_string(),
            }),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    listener.forget();
    // The page learns of this worker's end, however it comes, by the lock of the worker's name.
    locks::hold(&scope().name(), || {
        // Posting a string can't fail.
        let _ = scope().post_message(&greeting().into());
    });
}

/// Reports a panic, which reaches the page as the worker's `error` event; the page then starts a
/// new worker.
fn report_panic(panic: &std::panic::PanicHookInfo) {
    console_error_panic_hook::hook(panic);
    let global = js_sys::global();
    if let Ok(report) = Reflect::get(&global, &"reportError".into())
        && let Some(report) = report.dyn_ref::<Function>()
    {
        // There is nobody else to tell.
        let _ = report.call1(&global, &Error::new(&panic.to_string()));
    }
}

struct Worker {
    backend: Backend,
    /// When opening began, in milliseconds since the worker's start; 0 for its first model.
    open_start: Cell<f64>,
    /// With its name. Opened once: a second device is refused.
    device: RefCell<Option<(Device, String)>>,
    queue: RefCell<Queue<JsValue>>,
    session: RefCell<Option<Rc<Session>>>,
}

impl Worker {
    fn receive(self: &Rc<Self>, request: Envelope<Request>) {
        if request.message == Request::Ping {
            return send(Response::Pong);
        }
        self.queue
            .borrow_mut()
            .push(request.message, request.attachment);
        self.work();
    }

    /// Runs all jobs that wait, unless that is being done.
    fn work(self: &Rc<Self>) {
        let idle = self.queue.borrow_mut().start();
        if idle {
            let worker = self.clone();
            spawn_local(async move {
                while let Some(job) = worker.next() {
                    worker.clone().run(job).await;
                    // Lets messages in, so that what is newer or more urgent goes first.
                    yield_now().await;
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
                failure: ImportFailure::NotHere,
            }),
            Job::Texts { id, texts } => self.embed_texts(id, &texts).await,
            Job::Inspect { id, picture } => self.inspect_image(id, &picture).await,
            Job::Image { id, picture } => self.embed_image(id, &picture).await,
            Job::WarmUp(call) => self.warm_up(call).await,
        }
    }

    async fn open(self: Rc<Self>, pack: &PackLocation, images_only: bool) {
        // Makes room first: the previous model is of no more use.
        if self.session.take().is_some() {
            self.open_start.set(now());
        }
        if let Err(error) = self.clone().try_open(pack, images_only).await {
            open_failed(&error);
        }
    }

    async fn try_open(
        self: Rc<Self>,
        pack: &PackLocation,
        images_only: bool,
    ) -> Result<(), OpenError> {
        let known = self.device.borrow().clone();
        let (device, name) = match known {
            Some(known) => known,
            None => open::device(self.backend).await?,
        };
        self.device.replace(Some((device.clone(), name.clone())));
        let (session, mut pending) = Session::open(pack, images_only, &device).await?;
        let session = Rc::new(session);
        self.session.replace(Some(session.clone()));
        let image_tower_ready = |sentences| Response::ImageTowerReady {
            manifest: Box::new(PackSummary::from(&session.manifest)),
            device: name.clone(),
            sentences,
        };
        if images_only {
            send_floats(image_tower_ready(Vec::new()), &[]);
            return Ok(());
        }
        let Some(known) = pending.known_sentences(&session.manifest).await? else {
            return self.load_text_tower(&session, pending, &device, name).await;
        };
        send_floats(image_tower_ready(known.sentences), &known.embeds);
        // Pictures don't wait for the text tower.
        spawn_local(async move {
            if let Err(error) = self.load_text_tower(&session, pending, &device, name).await
                && self.is_current(&session)
            {
                open_failed(&error);
            }
        });
        Ok(())
    }

    async fn load_text_tower(
        self: &Rc<Self>,
        session: &Rc<Session>,
        pending: PendingTextTower,
        device: &Device,
        name: String,
    ) -> Result<(), OpenError> {
        session.load_text_tower(pending, device).await?;
        // Meanwhile another model may have been asked for.
        if self.is_current(session) {
            send(Response::Ready {
                manifest: Box::new(PackSummary::from(&session.manifest)),
                device: name,
                load_ms: now() - self.open_start.get(),
            });
            if self.backend == Backend::WebGpu {
                self.warm_up_later(session.clone());
            }
        }
        Ok(())
    }

    /// Queues [`WARM_UPS`], once the page has asked for what it wants at once: a call that has
    /// begun isn't interrupted.
    fn warm_up_later(self: &Rc<Self>, session: Rc<Session>) {
        let worker = self.clone();
        spawn_local(async move {
            pause(WARM_UP_DELAY_MS).await;
            if worker.is_current(&session) {
                worker.queue.borrow_mut().warm_up(WARM_UPS);
                worker.work();
            }
        });
    }

    /// Makes a call that compiles kernels. Nobody waits for the answer; what fails here also fails
    /// when it is asked for, and is told then.
    async fn warm_up(&self, call: WarmUp) {
        let Some(session) = self.session() else {
            return;
        };
        match call {
            WarmUp::Texts(count, sentence) => {
                if let Some(text) = session.text.get() {
                    let texts = [vec!["a"], vec![sentence; count]].concat();
                    let _ = text.embed(&texts).await;
                }
            }
            WarmUp::Inspect => {
                let _ = session.image.warm_up(&session.manifest).await;
            }
        }
    }

    /// Whether no other model was opened meanwhile.
    fn is_current(&self, session: &Rc<Session>) -> bool {
        let current = self.session.borrow();
        current
            .as_ref()
            .is_some_and(|current| Rc::ptr_eq(current, session))
    }

    async fn embed_texts(&self, id: u64, texts: &[String]) {
        let start = now();
        let result = match self.session() {
            Some(session) => match session.text.get() {
                Some(text) => text.embed(texts).await.map_err(TextsFailure::from),
                None => Err(TextsFailure::NotReady),
            },
            None => Err(TextsFailure::NotReady),
        };
        match result {
            Ok(embeds) => send_floats(
                Response::TextsEmbedded {
                    id,
                    milliseconds: now() - start,
                },
                &embeds,
            ),
            Err(failure) => send(Response::TextsFailed { id, failure }),
        }
    }

    async fn embed_image(&self, id: u64, picture: &JsValue) {
        match self.try_embed_image(id, picture).await {
            Ok(envelope) => post(envelope),
            Err(Refusal::Drawing) => send(Response::IsDrawing { id }),
            Err(Refusal::Failed(failure)) => send(Response::ImageFailed { id, failure }),
        }
    }

    async fn try_embed_image(
        &self,
        id: u64,
        picture: &JsValue,
    ) -> Result<Envelope<Response>, Refusal> {
        let session = self.session().ok_or(ImageFailure::NotReady)?;
        let preprocessing = &session.manifest.preprocessing;
        let prepared = decode::prepare(picture, preprocessing).await?;
        let start = now();
        let embeds = session
            .image
            .embed(prepared.pixel_values)
            .await
            .map_err(ImageFailure::from)?;
        let embedding = Float32Array::from(&embeds[..]);
        let message = Response::ImageEmbedded {
            id,
            width: prepared.width,
            height: prepared.height,
            timing: ImageTiming {
                decode: prepared.decode_ms,
                preprocess: prepared.preprocess_ms,
                embed: now() - start,
            },
        };
        Ok(Envelope {
            message,
            attachment: match prepared.preview {
                Some(preview) => Array::of2(&embedding, &preview).into(),
                None => embedding.into(),
            },
        })
    }

    async fn inspect_image(&self, id: u64, picture: &JsValue) {
        match self.try_inspect_image(id, picture).await {
            Ok(envelope) => post(envelope),
            Err(Refusal::Drawing) => send(Response::IsDrawing { id }),
            Err(Refusal::Failed(failure)) => send(Response::InspectFailed { id, failure }),
        }
    }

    async fn try_inspect_image(
        &self,
        id: u64,
        picture: &JsValue,
    ) -> Result<Envelope<Response>, Refusal> {
        let session = self.session().ok_or(ImageFailure::NotReady)?;
        let preprocessing = &session.manifest.preprocessing;
        let finer = session.image.regions_input(preprocessing);
        let (prepared, finer) = decode::prepare_twice(picture, preprocessing, &finer).await?;
        let view = preprocessing
            .view(prepared.width as usize, prepared.height as usize)
            .map_err(ImageFailure::from)?;
        let shown = preprocessing.show(&prepared.pixel_values);
        let regions = session
            .image
            .regions(finer)
            .await
            .map_err(ImageFailure::from)?;
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

    fn session(&self) -> Option<Rc<Session>> {
        self.session.borrow().clone()
    }
}

fn open_failed(error: &OpenError) {
    let failure = error.failure();
    send(Response::OpenFailed { failure });
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
async fn yield_now() {
    pause(0).await;
}

/// Waits for so many milliseconds.
async fn pause(milliseconds: u32) {
    // The timer's promise is never rejected.
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// A promise that is resolved after so many milliseconds.
fn timer(milliseconds: u32) -> Promise {
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    Promise::new(&mut |resolve, _| {
        // A worker always has `setTimeout`.
        let _ =
            scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    })
}

/// The message of a JavaScript exception.
fn thrown(error: &JsValue) -> String {
    Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "an unknown error".to_owned())
}
