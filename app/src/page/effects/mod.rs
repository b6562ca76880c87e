//! What an update asks for. Updates of the [engine](super::engine) and of
//! [features](super::features) only change their own state and collect [`Effect`]s; the
//! [shell](super::shell) carries them out afterwards. So an update needs no browser, and native tests
//! read what it asked for.

mod command;
mod event;
mod link;
mod reply;

pub use command::{EngineCommand, Notice};
pub use event::{CardId, Event, ResultsFile};
pub use link::Link;
pub use reply::{ImageEmbedding, Loss, PRIMARY, Reply, WorkerId};

use crate::protocol::{Request, RequestId};
use std::{future::Future, pin::Pin};
use wasm_bindgen::JsValue;
use yew::Callback;

/// Names a timer of the page; setting one anew drops the old. Begins with its feature's name.
pub type TimerKey = &'static str;

/// Work in the background, which runs on after the update that asked for it.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Takes the reply of a request.
pub type ReplyTo = Box<dyn FnOnce(Reply)>;

/// Whether the page has to be drawn anew, in ascending order of urgency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redraw {
    /// Nothing that is shown has changed.
    #[default]
    No,
    /// Together with what follows in the next tenth of a second: drawing the page for each of many
    /// photos takes a third of the time that the photos themselves take.
    Soon,
    /// At once, in this turn of the event loop.
    Now,
}

/// What a screen reader is told once news pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// A photo can be scored: counted with others.
    PhotoDone(String),
    /// A photo can't: counted with others.
    PhotoFailed(String),
    /// Any other news, told by itself.
    Other(String),
}

/// One thing that an update asks for. Messages that it leads to travel by the callback that the
/// [`Effects`] were made with.
pub enum Effect {
    /// A request to a worker, with its attachment. The reply comes back exactly once, unless the
    /// request is cancelled.
    Request {
        /// The request's id, from [`Engine::new_request`](super::engine::Engine::new_request).
        id: RequestId,
        /// The worker that gets it, of
        /// [`Engine::image_workers`](super::engine::Engine::image_workers).
        worker: WorkerId,
        /// The request itself, which holds the same id.
        request: Request,
        /// The picture: a `Blob`, or an `ImageBitmap` that the page drew.
        attachment: JsValue,
        /// Takes the reply; never called once the request is cancelled.
        reply_to: ReplyTo,
    },
    /// A request's reply isn't wanted any more.
    Cancel(RequestId),
    /// Sentences to be embedded, unless they are or will be; [`Event::TextsEmbedded`] tells. Before
    /// the text tower is there nothing comes of it: ask again at [`Event::Ready`].
    EmbedTexts {
        /// Whole sentences, templates filled in.
        sentences: Vec<String>,
        /// While someone types: a newer draft replaces one that hasn't started.
        draft: bool,
    },
    /// Something the engine is to do.
    Engine(EngineCommand),
    /// Sends a message after so many milliseconds.
    After(TimerKey, u32, Box<dyn FnOnce()>),
    /// The timer's message isn't wanted any more.
    StopTimer(TimerKey),
    /// Work in the background, which may send a message at its end.
    Spawn(Task),
    /// Work that listens to the browser, or starts a worker.
    Connect(Box<dyn FnOnce()>),
    /// Something that others may want to know.
    Event(Event),
    /// News for a screen reader, read out once news pause.
    Announce(Announcement),
    /// The keyboard goes to the first element that matches this selector, once the page is drawn.
    Focus(String),
    /// The first element that matches comes into view, once the page is drawn.
    Reveal(&'static str),
    /// `data-NAME` on the root element, for whoever inspects the page.
    Mark(&'static str, String),
}

/// The effects of one update, in the order in which they were asked for.
pub struct Effects<M> {
    send: Callback<M>,
    list: Vec<Effect>,
}

impl<M: 'static> Default for Effects<M> {
    /// No effects yet, and a callback that drops their messages.
    fn default() -> Self {
        Self::new(&Callback::noop())
    }
}

impl<M: 'static> Effects<M> {
    /// None yet; `send` takes the messages that they will lead to.
    pub fn new(send: &Callback<M>) -> Self {
        Self {
            send: send.clone(),
            list: Vec::new(),
        }
    }

    /// See [`Effect::Request`]; the reply becomes a message.
    pub fn request(
        &mut self,
        worker: WorkerId,
        request: Request,
        attachment: JsValue,
        message: impl FnOnce(Reply) -> M + 'static,
    ) {
        let Some(id) = request.id() else {
            return;
        };
        let send = self.send.clone();
        self.list.push(Effect::Request {
            id,
            worker,
            request,
            attachment,
            reply_to: Box::new(move |reply| send.emit(message(reply))),
        });
    }

    /// Asks for what [`Effect::Cancel`] says.
    pub fn cancel(&mut self, request: RequestId) {
        self.list.push(Effect::Cancel(request));
    }

    /// Asks for what [`Effect::EmbedTexts`] says.
    pub fn embed_texts(&mut self, sentences: Vec<String>) {
        self.list.push(Effect::EmbedTexts {
            sentences,
            draft: false,
        });
    }

    /// Asks for what [`Effect::EmbedTexts`] says.
    pub fn embed_draft(&mut self, sentences: Vec<String>) {
        self.list.push(Effect::EmbedTexts {
            sentences,
            draft: true,
        });
    }

    /// Asks for what [`Effect::Engine`] says.
    pub fn engine(&mut self, command: EngineCommand) {
        self.list.push(Effect::Engine(command));
    }

    /// Asks for what [`Effect::After`] says.
    pub fn after(&mut self, key: TimerKey, milliseconds: u32, message: M) {
        let send = self.send.clone();
        let fire = Box::new(move || send.emit(message));
        self.list.push(Effect::After(key, milliseconds, fire));
    }

    /// Asks for what [`Effect::StopTimer`] says.
    pub fn stop_timer(&mut self, key: TimerKey) {
        self.list.push(Effect::StopTimer(key));
    }

    /// See [`Effect::Spawn`]; its result is a message.
    pub fn spawn(&mut self, work: impl Future<Output = M> + 'static) {
        self.spawn_maybe(async move { Some(work.await) });
    }

    /// See [`Effect::Spawn`]; the work may end without a message.
    pub fn spawn_maybe(&mut self, work: impl Future<Output = Option<M>> + 'static) {
        let send = self.send.clone();
        self.list.push(Effect::Spawn(Box::pin(async move {
            if let Some(message) = work.await {
                send.emit(message);
            }
        })));
    }

    /// See [`Effect::Connect`]; takes the callback for what it will hear, and may end with a message.
    pub fn connect(&mut self, connection: impl FnOnce(Callback<M>) -> Option<M> + 'static) {
        let send = self.send.clone();
        self.list.push(Effect::Connect(Box::new(move || {
            if let Some(message) = connection(send.clone()) {
                send.emit(message);
            }
        })));
    }

    /// Asks for what [`Effect::Event`] says.
    pub fn event(&mut self, event: Event) {
        self.list.push(Effect::Event(event));
    }

    /// Asks for what [`Effect::Announce`] says.
    pub fn announce(&mut self, announcement: Announcement) {
        self.list.push(Effect::Announce(announcement));
    }

    /// Announces something that isn't a photo's outcome.
    pub fn say(&mut self, text: impl Into<String>) {
        self.announce(Announcement::Other(text.into()));
    }

    /// Asks for what [`Effect::Focus`] says.
    pub fn focus(&mut self, selector: impl Into<String>) {
        self.list.push(Effect::Focus(selector.into()));
    }

    /// Asks for what [`Effect::Reveal`] says.
    pub fn reveal(&mut self, selector: &'static str) {
        self.list.push(Effect::Reveal(selector));
    }

    /// Asks for what [`Effect::Mark`] says.
    pub fn mark(&mut self, name: &'static str, value: impl Into<String>) {
        self.list.push(Effect::Mark(name, value.into()));
    }

    /// Takes out all effects, in the order in which they were asked for.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.list)
    }
}
