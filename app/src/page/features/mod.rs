//! What the page can do, a folder each.
//!
//! A feature has its state, its messages, an update that is [tested natively](super::effects), its
//! view, its text and its style (`style.css`, named in `index.html`). It reads the features that its
//! line below names, all of which stand before it, by what their `mod.rs` makes public; whatever else
//! it wants is an [`Event`](super::effects::Event).

pub mod camera;
pub mod export;
pub mod inspect;
pub mod labels;
pub mod models;
pub mod offline;
pub mod photos;
pub mod scores;
pub mod search;
pub mod status;

pub use super::effects::Link;

use super::{
    effects::{Effect, Effects, Event, Redraw},
    engine::Engine,
};
use yew::Callback;

/// A feature: its messages, what it reads of others, and its updates.
pub trait Feature {
    /// What can happen to the feature: sent by its views, its timers and its background work.
    type Msg: 'static;
    /// What it reads of others: the engine, and the features that stand before it.
    type Deps<'a>;

    /// Asks for what it needs at the page's start.
    fn start(&mut self, _deps: &Self::Deps<'_>, _fx: &mut Effects<Self::Msg>) {}

    /// Changes the state as a message says.
    fn update(
        &mut self,
        msg: Self::Msg,
        deps: &Self::Deps<'_>,
        fx: &mut Effects<Self::Msg>,
    ) -> Redraw;

    /// Follows an event of the engine, the shell or another feature.
    fn hear(
        &mut self,
        _event: &Event,
        _deps: &Self::Deps<'_>,
        _fx: &mut Effects<Self::Msg>,
    ) -> Redraw {
        Redraw::No
    }

    /// Takes over its part of a link: a parameter that is missing, or makes no sense, is as at the
    /// start. [`Event::SetupRead`] follows.
    fn read_link(&mut self, _link: &Link) {}

    /// Adds its part to a link, as far as it isn't as at the start.
    fn write_link(&self, _link: &mut Link) {}
}

/// A feature's code, as a table: that of a [deferred](Features::arrive) one comes after the page.
pub struct Code<F: Feature> {
    start: Start<F>,
    update: Update<F>,
    hear: Hear<F>,
}

type Start<F> = fn(&mut F, &<F as Feature>::Deps<'_>, &mut Effects<<F as Feature>::Msg>);
type Update<F> = fn(
    &mut F,
    <F as Feature>::Msg,
    &<F as Feature>::Deps<'_>,
    &mut Effects<<F as Feature>::Msg>,
) -> Redraw;
type Hear<F> =
    fn(&mut F, &Event, &<F as Feature>::Deps<'_>, &mut Effects<<F as Feature>::Msg>) -> Redraw;

impl<F: Feature> Clone for Code<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Feature> Copy for Code<F> {}

impl<F: Feature> Code<F> {
    const THERE: Self = Self {
        start: |feature, deps, fx| feature.start(deps, fx),
        update: |feature, msg, deps, fx| feature.update(msg, deps, fx),
        hear: |feature, event, deps, fx| feature.hear(event, deps, fx),
    };
}

/// What a deferred feature has missed.
enum Missed {
    Msg(Msg),
    Event(Event),
}

macro_rules! features {
    ($(
        $(#[$doc:meta])*
        $Name:ident in $module:ident reads ($($dep:ident),*) $(, $deferred:ident)?;
    )*) => {
        /// The state of all features.
        #[derive(Default)]
        pub struct Features {
            $(
                $(#[$doc])*
                pub $module: $module::$Name,
            )*
            deferred: Option<Deferred>,
            missed: Vec<Missed>,
        }

        /// The code of features that the page can do without at first: a module of its own
        /// ([`shell::deferred`](super::shell)), so that the page is there sooner.
        pub struct Deferred {
            $($(
                #[doc = stringify!($deferred)]
                $module: Code<$module::$Name>,
            )?)*
        }

        impl Deferred {
            /// The table, only to be named in the deferred module.
            pub fn new() -> Self {
                Self {
                    $($($module: features!(@code $deferred $Name $module),)?)*
                }
            }
        }

        /// A message to a feature, a variant each.
        pub enum Msg {
            $(
                /// To the feature of this name.
                $Name($module::Msg),
            )*
        }

        $(
            impl From<$module::Msg> for Msg {
                fn from(msg: $module::Msg) -> Self {
                    Self::$Name(msg)
                }
            }
        )*

        /// A callback for each feature's messages. Made once, so that views compare equal.
        pub struct Senders {
            $(pub $module: Callback<$module::Msg>,)*
        }

        impl Senders {
            /// Wraps the one callback for all messages.
            pub fn new(send: &Callback<Msg>) -> Self {
                Self {
                    $($module: send.reform(Msg::$Name),)*
                }
            }
        }

        impl Features {
            /// Lets every feature whose code is there ask for what it needs at the start.
            pub fn start(&mut self, engine: &Engine, send: &Senders) -> Vec<Effect> {
                self.start_those(false, engine, send)
            }

            fn start_those(
                &mut self,
                only_deferred: bool,
                engine: &Engine,
                send: &Senders,
            ) -> Vec<Effect> {
                let mut effects = Vec::new();
                $(if (!only_deferred || features!(@is_deferred $($deferred)?))
                    && let Some(code) = features!(@find self $Name $module $($deferred)?)
                {
                    let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                    let mut fx = Effects::new(&send.$module);
                    (code.start)(&mut self.$module, &deps, &mut fx);
                    effects.append(&mut fx.take());
                })*
                effects
            }

            /// Takes the deferred features' code: they start, and catch up on what they missed.
            pub fn arrive(
                &mut self,
                code: Deferred,
                engine: &Engine,
                send: &Senders,
            ) -> Vec<Effect> {
                self.deferred = Some(code);
                let mut effects = self.start_those(true, engine, send);
                for missed in std::mem::take(&mut self.missed) {
                    let (_, mut more) = match missed {
                        Missed::Msg(msg) => self.update(msg, engine, send),
                        Missed::Event(event) => self.tell(&event, true, engine, send),
                    };
                    effects.append(&mut more);
                }
                effects
            }

            /// Hands a message to its feature, at once or when its code is there.
            pub fn update(
                &mut self,
                msg: Msg,
                engine: &Engine,
                send: &Senders,
            ) -> (Redraw, Vec<Effect>) {
                match msg {
                    $(Msg::$Name(msg) => {
                        let Some(code) = features!(@find self $Name $module $($deferred)?) else {
                            self.missed.push(Missed::Msg(msg.into()));
                            return (Redraw::No, Vec::new());
                        };
                        let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                        let mut fx = Effects::new(&send.$module);
                        ((code.update)(&mut self.$module, msg, &deps, &mut fx), fx.take())
                    })*
                }
            }

            /// Hands an event to all features, in their order; to those whose code is still to come,
            /// when it is there.
            pub fn hear(
                &mut self,
                event: &Event,
                engine: &Engine,
                send: &Senders,
            ) -> (Redraw, Vec<Effect>) {
                if self.deferred.is_none() {
                    self.missed.push(Missed::Event(event.clone()));
                }
                self.tell(event, false, engine, send)
            }

            fn tell(
                &mut self,
                event: &Event,
                only_deferred: bool,
                engine: &Engine,
                send: &Senders,
            ) -> (Redraw, Vec<Effect>) {
                let (mut redraw, mut effects) = (Redraw::No, Vec::new());
                $(if (!only_deferred || features!(@is_deferred $($deferred)?))
                    && let Some(code) = features!(@find self $Name $module $($deferred)?)
                {
                    let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                    let mut fx = Effects::new(&send.$module);
                    redraw = redraw.max((code.hear)(&mut self.$module, event, &deps, &mut fx));
                    effects.append(&mut fx.take());
                })*
                (redraw, effects)
            }

            /// Lets every feature take over its part of a link.
            pub fn read_link(&mut self, link: &Link) {
                $(self.$module.read_link(link);)*
            }

            /// Whether nothing would change if this link were followed.
            pub fn are_as_in(&self, link: &Link) -> bool {
                let mut others = Self::default();
                others.read_link(link);
                self.link().is_same(&others.link())
            }

            /// The link to all features' settings.
            pub fn link(&self) -> Link {
                let mut link = Link::default();
                $(self.$module.write_link(&mut link);)*
                link
            }

            $(
                /// What the feature of this name reads of others.
                #[allow(dead_code, reason = "a feature without a view needs none")]
                pub fn $module<'a>(&'a self, engine: &'a Engine) -> $module::Deps<'a> {
                    $module::Deps { engine, $($dep: &self.$dep),* }
                }
            )*
        }
    };
    (@code deferred $Name:ident $module:ident) => {
        Code::<$module::$Name>::THERE
    };
    (@find $features:ident $Name:ident $module:ident) => {
        Some(Code::<$module::$Name>::THERE)
    };
    (@find $features:ident $Name:ident $module:ident deferred) => {
        $features.deferred.as_ref().map(|code| code.$module)
    };
    (@is_deferred) => { false };
    (@is_deferred deferred) => { true };
}

features! {
    /// Models that can be chosen, and those that are imported.
    Models in models reads ();
    /// The status line: what runs, how far it has come.
    Status in status reads (models);
    /// How cosines become scores, and the tables of them.
    Scores in scores reads ();
    /// The labels, and the sentences around them.
    Labels in labels reads (scores);
    /// The photos, each a card.
    Photos in photos reads (scores, labels);
    /// Photos ranked by a query.
    Search in search reads (photos), deferred;
    /// One photo, looked at closely.
    Inspect in inspect reads (scores, labels, photos), deferred;
    /// The camera, looked at live.
    Camera in camera reads (scores, labels, photos), deferred;
    /// Results as a file.
    Export in export reads (scores, labels, photos), deferred;
    /// Working without a network, updates of the page, and the count of what was sent.
    Offline in offline reads (models, photos), deferred;
}
