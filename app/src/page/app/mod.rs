//! The root component: it holds everything that changes. What follows from a message is in the
//! file of its subject: [`life`], [`photo`] and [`label`].

mod label;
mod life;
mod msg;
mod photo;
mod window;

pub use msg::{LabelMsg, LifeMsg, Msg, PhotoMsg, Send};

use super::{
    announce::{Announcer, PAUSE},
    dom,
    engine::{Life, Model, PackPlace, WorkerHandle},
    export,
    labels::Labels,
    photos::Photos,
    samples::{self, Sample},
    texts::Texts,
    view, words,
};
use crate::protocol::RequestId;
use glimpse_model::score::ScoreMode;
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use yew::{Component, Context, Html};

/// The page's memory.
pub struct App {
    pub(super) send: Send,
    pub(super) life: Life,
    pub(super) model: Option<Model>,
    pub(super) photos: Photos,
    pub(super) labels: Labels,
    pub(super) samples: Rc<[Sample]>,
    pub(super) announcer: Announcer,
    /// Beside the labels field.
    pub(super) label_note: Option<Rc<str>>,
    /// Under the drop zone.
    pub(super) drop_note: Option<Rc<str>>,
    pub(super) numbers: bool,
    pub(super) dragging: bool,
    pack: PackPlace,
    worker: Option<WorkerHandle>,
    /// Which worker it is: what an earlier one still says is ignored.
    generation: u32,
    alive: bool,
    /// Ends of workers since the last photo that went well.
    crashes: u32,
    texts: Texts,
    last_request: RequestId,
    sample_cards: Vec<(String, u64)>,
    /// Where the keyboard goes once the page is drawn.
    focus: Option<String>,
    /// Photos were added: they are brought into view once the page is drawn.
    reveal: bool,
    timers: Timers,
    _window: [dom::Listener; 5],
}

/// Pauses being waited for; setting one anew drops the old.
#[derive(Default)]
struct Timers {
    draft: Option<Timeout>,
    template: Option<Timeout>,
    announce: Option<Timeout>,
    watch: Option<Timeout>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send: Send = ctx.link().callback(|msg| msg);
        let pack = PackPlace::find();
        let mut life = Life::new();
        life.notice = pack.refused.then(|| words::PACK_REFUSED.into());
        ctx.link()
            .send_future(async { Msg::Samples(samples::list().await) });
        let app = Self {
            _window: window::listen(&send),
            life,
            model: None,
            photos: Photos::default(),
            labels: Labels::new(&words::FIRST_LABELS),
            samples: Rc::default(),
            announcer: Announcer::default(),
            label_note: None,
            drop_note: None,
            numbers: false,
            dragging: false,
            pack,
            worker: None,
            generation: 0,
            alive: false,
            crashes: 0,
            texts: Texts::default(),
            last_request: 0,
            sample_cards: Vec::new(),
            focus: None,
            reveal: false,
            timers: Timers::default(),
            send,
        };
        app.choose(ctx);
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Life(msg) => self.on_life(ctx, msg),
            Msg::Photo(msg) => self.on_photo(ctx, msg),
            Msg::Label(msg) => self.on_label(ctx, msg),
            Msg::Samples(samples) => {
                self.samples = samples.into();
                true
            }
            Msg::Numbers => {
                self.numbers = !self.numbers;
                true
            }
            Msg::Dragging(dragging) => std::mem::replace(&mut self.dragging, dragging) != dragging,
            Msg::Announce => {
                self.announcer.settle();
                true
            }
            Msg::Save => self.save(),
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        view::page(self)
    }

    fn rendered(&mut self, _: &Context<Self>, _first: bool) {
        if let Some(selector) = self.focus.take() {
            dom::focus(&selector);
        }
        if std::mem::take(&mut self.reveal) {
            dom::reveal("#photos");
        }
    }
}

impl App {
    /// A number that no request had.
    fn request_id(&mut self) -> RequestId {
        self.last_request += 1;
        self.last_request
    }

    /// Whether requests can be sent.
    pub(super) fn is_ready(&self) -> bool {
        self.life.phase == super::engine::Phase::Ready
    }

    /// Whether labels share 100 % (softmax).
    pub(super) fn shares(&self) -> bool {
        let mode = self.model.as_ref().map(|model| model.scoring.mode);
        mode != Some(ScoreMode::Sigmoid)
    }

    /// Tells the news after a pause.
    fn announce_soon(&mut self) {
        self.timers.announce = Some(self.after(PAUSE, Msg::Announce));
    }

    /// Sends a message to itself later.
    fn after(&self, milliseconds: u32, msg: Msg) -> Timeout {
        let send = self.send.clone();
        Timeout::new(milliseconds, move || send.emit(msg))
    }

    fn save(&mut self) -> bool {
        let (Some(model), Some((backend, _))) = (&self.model, &self.life.backend) else {
            return false;
        };
        let cards = self.photos.cards();
        let saved = export::json(model, *backend, cards, &self.labels, &self.texts)
            .ok()
            .and_then(|json| export::save(&json));
        self.drop_note = saved.is_none().then(|| words::SAVE_FAILED.into());
        true
    }
}
