//! What the page can do, a folder each.
//!
//! A feature has its state, its messages, an update that is [tested natively](super::effects), its
//! view, its text and its style (`style.css`, named in `index.html`). It reads the features that its
//! line below names, all of which stand before it, by what their `mod.rs` makes public; whatever else
//! it wants is an [`Event`](super::effects::Event).

pub use super::effects::Link;

use super::{
    effects::{Effect, Effects, Event, Redraw},
    engine::Engine,
};
use yew::Callback;

/// What every feature does.
pub trait Feature {
    /// What can happen to it.
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

    /// Follows what happened elsewhere.
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

macro_rules! features {
    ($($(#[$doc:meta])* $Name:ident in $module:ident reads ($($dep:ident),*);)*) => {
        $($(#[$doc])* pub mod $module;)*

        /// The state of all features.
        #[derive(Default)]
        pub struct Features {
            $(pub $module: $module::$Name,)*
        }

        /// A message to a feature.
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
            /// Lets every feature ask for what it needs at the start.
            pub fn start(&mut self, engine: &Engine, send: &Senders) -> Vec<Effect> {
                let mut effects = Vec::new();
                $({
                    let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                    let mut fx = Effects::new(&send.$module);
                    self.$module.start(&deps, &mut fx);
                    effects.append(&mut fx.take());
                })*
                effects
            }

            /// Hands a message to its feature.
            pub fn update(
                &mut self,
                msg: Msg,
                engine: &Engine,
                send: &Senders,
            ) -> (Redraw, Vec<Effect>) {
                match msg {
                    $(Msg::$Name(msg) => {
                        let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                        let mut fx = Effects::new(&send.$module);
                        (self.$module.update(msg, &deps, &mut fx), fx.take())
                    })*
                }
            }

            /// Hands an event to all features, in their order.
            pub fn hear(
                &mut self,
                event: &Event,
                engine: &Engine,
                send: &Senders,
            ) -> (Redraw, Vec<Effect>) {
                let (mut redraw, mut effects) = (Redraw::No, Vec::new());
                $({
                    let deps = $module::Deps { engine, $($dep: &self.$dep),* };
                    let mut fx = Effects::new(&send.$module);
                    redraw = redraw.max(self.$module.hear(event, &deps, &mut fx));
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
}

features! {
    /// The status line: what runs, how far it has come.
    Status in status reads ();
    /// Models that can be chosen, and those that are imported.
    Models in models reads ();
    /// How cosines become scores, and the tables of them.
    Scores in scores reads ();
    /// The labels, and the sentences around them.
    Labels in labels reads (scores);
    /// The photos, each a card.
    Photos in photos reads (scores, labels);
    /// Photos ranked by a query.
    Search in search reads (photos);
    /// One photo, looked at closely.
    Inspect in inspect reads (scores, labels, photos);
    /// The camera, looked at live.
    Camera in camera reads (scores, labels, photos);
    /// Results as a file.
    Export in export reads (labels, photos);
    /// Working without a network, updates of the page, and the count of what was sent.
    Offline in offline reads (models, photos);
}
