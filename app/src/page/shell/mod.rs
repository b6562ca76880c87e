//! The root component. It hands messages to the engine and to features, [carries out](effects) what
//! their updates ask for, hands events around, and [lays the page out](layout).

mod announcer;
mod deferred;
mod drop_target;
mod effects;
mod language;
mod layout;
mod msg;
mod route;
mod text;
mod update;

use super::{
    effects::{Redraw, TimerKey},
    engine::Engine,
    features::{Features, Senders},
    platform::dom::{self, Listener},
};
use announcer::Announcer;
use deferred::Views;
use gloo_timers::callback::Timeout;
use language::LanguageChoice;
use msg::Msg;
use std::collections::HashMap;
use yew::{Callback, Component, Context, Html};

/// Milliseconds in which changes that needn't be seen at once are drawn together.
const DRAW_PAUSE: u32 = 100;

/// All that the page remembers, and what it is waiting for.
pub struct App {
    send: Callback<Msg>,
    engine: Engine,
    features: Features,
    senders: Senders,
    /// What is drawn once the deferred code is there.
    views: Option<Views>,
    /// Whether that code couldn't be had so far.
    is_incomplete: bool,
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
    /// Whether what is set rarely is unfolded, where it is folded at all.
    shows_settings: bool,
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
            views: None,
            is_incomplete: false,
            announcer: Announcer::default(),
            timers: HashMap::new(),
            draw: None,
            focus: None,
            reveal: None,
            copied: None,
            shows_settings: false,
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

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if first {
            deferred::load(&self.send);
        }
        if let Some(selector) = self.focus.take() {
            dom::focus(&selector);
        }
        if let Some(selector) = self.reveal.take() {
            dom::reveal(selector);
        }
    }
}
