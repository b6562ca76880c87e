//! The root component: it holds everything that changes. What follows from a message is in the
//! file of its subject: [`life`] and [`next`], [`photo`], [`label`], [`model`] and [`import`].

mod camera;
mod closer;
mod crew;
mod import;
mod label;
mod life;
mod model;
mod msg;
mod next;
mod offline;
mod photo;
mod search;
mod share;
mod window;

pub use msg::{
    CameraMsg, CloserMsg, ImportMsg, LabelMsg, LifeMsg, ModelMsg, Msg, OfflineMsg, PhotoMsg,
    SearchMsg, Send, ShareMsg,
};

use super::{
    announce::{Announcer, PAUSE},
    camera::Camera,
    closer::Closer,
    dom,
    engine::{Crew, Life, Model, Phase, WorkerHandle},
    export,
    labels::Labels,
    link::{self, Link},
    models::{Models, Wanted, default_place, wanted},
    offline::Offline,
    photos::{CardId, Photos},
    reading::{Dial, Reading},
    samples::{self, Sample},
    search::Search,
    texts::Texts,
    view::{self, photos::Settings},
    words,
};
use crate::protocol::RequestId;
use gloo_timers::callback::Timeout;
use import::Importer;
use next::Resting;
use std::rc::Rc;
use yew::{Component, Context, Html};

/// Milliseconds between small steps of what would take long at once: a frame is drawn in between, so
/// that its layout is a small step, too.
const FRAME: u32 = 20;

/// Milliseconds in which the answers of many photos are drawn together: drawing the page for each of
/// them takes a third of the time that the photos themselves take.
const DRAW: u32 = 100;

/// The page's memory.
pub struct App {
    pub(super) send: Send,
    pub(super) life: Life,
    /// The one that runs; before it does, the chosen one's facts as far as they are known.
    pub(super) model: Option<Model>,
    pub(super) models: Models,
    pub(super) photos: Photos,
    pub(super) labels: Labels,
    pub(super) dial: Dial,
    pub(super) search: Search,
    pub(super) camera: Camera,
    /// The photo that is looked at closely.
    pub(super) closer: Option<Closer>,
    /// Whether the address was copied, after that was wanted.
    pub(super) copied: Option<bool>,
    pub(super) samples: Rc<[Sample]>,
    pub(super) offline: Offline,
    pub(super) announcer: Announcer,
    /// Beside the labels field.
    pub(super) label_note: Option<Rc<str>>,
    /// Under the drop zone.
    pub(super) drop_note: Option<Rc<str>>,
    pub(super) numbers: bool,
    pub(super) dragging: bool,
    importer: Option<Importer>,
    worker: Option<WorkerHandle>,
    crew: Crew,
    /// The one before, until the next one listens.
    resting: Option<Resting>,
    /// Which worker it is: what an earlier one still says is ignored.
    generation: u32,
    last_generation: u32,
    alive: bool,
    /// Ends of workers since the last photo that went well.
    crashes: u32,
    texts: Texts,
    last_request: RequestId,
    sample_cards: Vec<(String, u64)>,
    /// Where the keyboard goes once the page is drawn.
    focus: Option<String>,
    /// What was added, to be brought into view once the page is drawn.
    reveal: Option<&'static str>,
    /// Photos whose scores are out of date.
    unranked: Vec<CardId>,
    timers: Timers,
    _window: [dom::Listener; 6],
}

/// Pauses being waited for; setting one anew drops the old.
#[derive(Default)]
struct Timers {
    draft: Option<Timeout>,
    template: Option<Timeout>,
    announce: Option<Timeout>,
    search: Option<Timeout>,
    address: Option<Timeout>,
    closer: Option<Timeout>,
    camera: Option<Timeout>,
    rank: Option<Timeout>,
    arrive: Option<Timeout>,
    watch: Option<Timeout>,
    rest: Option<Timeout>,
    draw: Option<Timeout>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send: Send = ctx.link().callback(|msg| msg);
        let wanted = wanted();
        let mut life = Life::new();
        life.notice = matches!(wanted, Wanted::Refused).then(|| words::PACK_REFUSED.into());
        let (place, certain) = match wanted {
            Wanted::Certain(place) => (place, true),
            Wanted::Remembered(place) => (place, false),
            Wanted::Refused => (default_place(), true),
        };
        ctx.link()
            .send_future(async { Msg::Samples(samples::list().await) });
        let mut app = Self {
            _window: window::listen(&send),
            life,
            model: None,
            models: Models::new(place),
            photos: Photos::default(),
            labels: Labels::new(&words::FIRST_LABELS),
            dial: Dial::default(),
            search: Search::default(),
            camera: Camera::default(),
            closer: None,
            copied: None,
            samples: Rc::default(),
            offline: Offline::new(&send),
            announcer: Announcer::default(),
            label_note: None,
            drop_note: None,
            numbers: true,
            dragging: false,
            importer: None,
            worker: None,
            crew: Crew::default(),
            resting: None,
            generation: 0,
            last_generation: 0,
            alive: false,
            crashes: 0,
            texts: Texts::default(),
            last_request: 0,
            sample_cards: Vec::new(),
            focus: None,
            reveal: None,
            unranked: Vec::new(),
            timers: Timers::default(),
            send,
        };
        app.follow(Link::read(&link::fragment()));
        app.list_models();
        app.take_shared();
        app.wait_for_build();
        if certain {
            app.choose(ctx);
        } else {
            app.look_for_chosen();
        }
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let one_of_many = msg.is_photo_answer() && self.photos.waiting() > 0;
        let changed = self.take(ctx, msg);
        if changed && one_of_many {
            if self.timers.draw.is_none() {
                self.timers.draw = Some(self.after(DRAW, Msg::Draw));
            }
            return false;
        }
        changed
    }

    fn view(&self, _: &Context<Self>) -> Html {
        view::page(self)
    }

    fn rendered(&mut self, _: &Context<Self>, _first: bool) {
        if let Some(selector) = self.focus.take() {
            dom::focus(&selector);
        }
        if let Some(selector) = self.reveal.take() {
            dom::reveal(selector);
        }
    }
}

impl App {
    /// Does what a message asks for; whether the page has to be drawn anew.
    fn take(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Life(msg) => self.on_life(ctx, msg),
            Msg::Photo(msg) => self.on_photo(ctx, msg),
            Msg::Label(msg) => self.on_label(ctx, msg),
            Msg::Model(msg) => self.on_model(ctx, msg),
            Msg::Import(msg) => self.on_import(msg),
            Msg::Search(msg) => self.on_search(msg),
            Msg::Share(msg) => self.on_share(msg),
            Msg::Closer(msg) => self.on_closer(msg),
            Msg::Camera(msg) => self.on_camera(msg),
            Msg::Offline(msg) => self.on_offline(msg),
            Msg::Samples(samples) => {
                self.samples = samples.into();
                true
            }
            Msg::Numbers => {
                self.numbers = !self.numbers;
                self.remember();
                true
            }
            Msg::Dragging(dragging) => std::mem::replace(&mut self.dragging, dragging) != dragging,
            Msg::Announce => {
                self.announcer.settle();
                true
            }
            Msg::Save => self.save(),
            Msg::Draw => {
                self.timers.draw = None;
                true
            }
        }
    }

    /// A number that no request had.
    fn request_id(&mut self) -> RequestId {
        self.last_request += 1;
        self.last_request
    }

    /// Whether requests can be sent.
    pub(super) fn is_ready(&self) -> bool {
        self.life.phase == Phase::Ready
    }

    /// Whether photos can be sent; words may have to wait.
    pub(super) fn sees(&self) -> bool {
        self.life.sees
    }

    /// A sentence's embedding, if it is there.
    pub(super) fn text(&self, sentence: &str) -> Option<Rc<[f32]>> {
        self.texts.get(sentence)
    }

    /// Whether labels share 100 %: in a softmax, be it the model's own or a calibration's.
    pub(super) fn shares(&self) -> bool {
        let model = self.model.as_deref();
        model.is_none_or(|model| self.dial.reading(model) != Reading::Sigmoid)
    }

    /// What all cards have in common.
    pub(super) fn card_settings(&self) -> Settings {
        Settings {
            numbers: self.numbers,
            ready: self.sees(),
            labels: self.labels_stand(),
            shares: self.shares(),
            together: self
                .model
                .as_ref()
                .and_then(|model| Some(self.dial.calibration(model)?.together)),
            searched: self.search.found.is_some(),
        }
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
