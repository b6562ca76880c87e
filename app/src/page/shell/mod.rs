//! The root component. It hands messages to the engine and to features, [carries out](effects) what
//! their updates ask for, hands events around, and [lays the page out](layout).

mod announcer;
mod drop_target;
mod effects;
mod language;
mod layout;
mod msg;
mod route;
mod text;

use super::{
    effects::{Effect, Effects, Event, Redraw, TimerKey},
    engine::Engine,
    features::{Features, Senders, photos},
    locale,
    platform::{
        dom::{self, Listener},
        dropped::Dropped,
    },
};
use announcer::Announcer;
use gloo_timers::callback::Timeout;
use language::LanguageChoice;
use msg::Msg;
use std::{collections::HashMap, rc::Rc};
use yew::{Callback, Component, Context, Html};

/// Milliseconds in which changes that needn't be seen at once are drawn together.
const DRAW_PAUSE: u32 = 100;

/// Of an update that changed nothing.
const NOTHING: (Redraw, Vec<Effect>) = (Redraw::No, Vec::new());

/// The page's memory.
pub struct App {
    send: Callback<Msg>,
    engine: Engine,
    features: Features,
    senders: Senders,
    announcer: Announcer,
    timers: HashMap<TimerKey, Timeout>,
    /// Draws the page when it fires.
    draw: Option<Timeout>,
    /// What matches gets the keyboard once the page is drawn.
    focus: Option<String>,
    /// What matches comes into view once the page is drawn.
    reveal: Option<&'static str>,
    /// Whether the address was copied, after that was wanted.
    copied: Option<bool>,
    /// Whether files are dragged over the window.
    dragging: bool,
    language: LanguageChoice,
    _listeners: [Listener; 6],
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send = ctx.link().callback(|msg| msg);
        let mut app = Self {
            engine: Engine::new(send.reform(Msg::Engine)),
            features: Features::default(),
            senders: Senders::new(&send.reform(Msg::Feature)),
            announcer: Announcer::default(),
            timers: HashMap::new(),
            draw: None,
            focus: None,
            reveal: None,
            copied: None,
            dragging: false,
            language: LanguageChoice::default(),
            _listeners: drop_target::listen(&send),
            send,
        };
        app.features.read_link(&route::read().unwrap_or_default());
        let mut effects = app.engine.start_up();
        effects.append(&mut app.features.start(&app.engine, &app.senders));
        app.carry_out(effects);
        app
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        let (redraw, effects) = self.follow(msg);
        match redraw.max(self.carry_out(effects)) {
            Redraw::No => false,
            Redraw::Now => {
                self.draw = None;
                true
            }
            Redraw::Soon => {
                let send = self.send.clone();
                let draw = move || Timeout::new(DRAW_PAUSE, move || send.emit(Msg::Draw));
                self.draw.get_or_insert_with(draw);
                false
            }
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        layout::page(self)
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
    fn follow(&mut self, msg: Msg) -> (Redraw, Vec<Effect>) {
        let mut fx = Effects::new(&self.send);
        match msg {
            Msg::Engine(msg) => return self.engine.update(msg),
            Msg::Feature(msg) => return self.features.update(msg, &self.engine, &self.senders),
            Msg::Dragging(dragging) if dragging == self.dragging => return NOTHING,
            Msg::Dragging(dragging) => self.dragging = dragging,
            Msg::Dropped(Dropped::Photos(incoming)) => {
                let msg = photos::Msg::Incoming(incoming);
                return self.follow(Msg::Feature(msg.into()));
            }
            Msg::Dropped(Dropped::Model(files)) => fx.event(Event::ImportModel(Rc::new(files))),
            Msg::NothingDropped => {
                return self.follow(Msg::Feature(photos::Msg::NothingDropped.into()));
            }
            Msg::Announce => self.announcer.settle(),
            Msg::Draw => {}
            Msg::WriteAddress => {
                self.write_address();
                return NOTHING;
            }
            Msg::AddressChanged => match route::read() {
                Some(link) if !self.features.are_as_in(&link) => {
                    self.features.read_link(&link);
                    fx.event(Event::SetupRead);
                }
                _ => return NOTHING,
            },
            Msg::CopyAddress => {
                self.write_address();
                fx.spawn(async { Msg::AddressCopied(route::copy().await) });
            }
            Msg::AddressCopied(done) => {
                self.copied = Some(done);
                fx.say(text::link_copied(done));
            }
            Msg::ChooseLanguage(language) => {
                fx.spawn(
                    async move { Msg::LanguageLoaded(language, locale::load(language).await) },
                );
            }
            Msg::LanguageLoaded(language, is_there) => {
                if let Some(note) = self.language.loaded(language, is_there) {
                    fx.say(note);
                }
            }
        }
        (Redraw::Now, fx.take())
    }

    fn write_address(&self) {
        let models = &self.features.models;
        let pack = (!models.is_default()).then_some(&models.chosen);
        // Refused only where a page has no address of its own.
        let _ = route::write(&self.features.link(), pack);
    }
}
