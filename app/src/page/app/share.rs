//! The page's address keeps up with what is asked, and what is asked with the address.

use super::{
    super::{
        dom,
        labels::{self, Labels},
        link::{self, Link},
        models,
        reading::{Dial, Reading},
        words,
    },
    App,
    msg::{Msg, ShareMsg},
};

/// Milliseconds without a change before the address follows: browsers refuse too many changes.
const PAUSE: u32 = 400;

impl App {
    pub(super) fn on_share(&mut self, msg: ShareMsg) -> bool {
        match msg {
            ShareMsg::Pause => {
                let is_default = self.models.chosen == models::default_place();
                link::write(&self.link(), &self.models.chosen, is_default);
                return false;
            }
            ShareMsg::Followed => {
                let link = Link::read(&link::fragment());
                if link == self.link() {
                    return false;
                }
                self.follow(link);
                self.pump();
                self.rank();
                self.seek();
            }
            ShareMsg::Copy => {
                self.on_share(ShareMsg::Pause);
                self.afterwards(async { Msg::from(ShareMsg::Copied(copy_address().await)) });
                return false;
            }
            ShareMsg::Copied(done) => {
                self.copied = Some(done);
                self.announcer.say(words::link_copied(done).into());
                self.announce_soon();
            }
            ShareMsg::Read(reading) => {
                self.dial.chosen = Some(reading);
                self.rank();
                self.remember();
            }
            ShareMsg::Turn(octaves) => {
                self.dial.octaves = octaves.clamp(-Dial::OCTAVES, Dial::OCTAVES);
                let model = self.model.as_deref();
                if model.is_none_or(|model| self.dial.reading(model) == Reading::Calibrated) {
                    // The dial belongs to the model's own scores.
                    self.dial.chosen = Some(Reading::Softmax);
                }
                self.rank();
                self.remember();
            }
            ShareMsg::DialReset => {
                self.dial = Dial::default();
                self.rank();
                self.remember();
            }
        }
        true
    }

    /// Takes over what a link says.
    pub(super) fn follow(&mut self, link: Link) {
        let mut labels = Labels::new(&[]);
        labels.add_all(link.labels.iter().map(String::as_str));
        labels.templates = labels::templates(&link.templates);
        labels.template_text = link.templates;
        labels.shown_templates = labels.templates.clone();
        self.labels = labels;
        self.dial = link.dial;
        self.search.text = link.search;
        self.numbers = link.numbers;
    }

    fn link(&self) -> Link {
        Link {
            labels: self.labels.items.iter().map(|l| l.to_string()).collect(),
            templates: self.labels.template_text.clone(),
            dial: self.dial,
            search: self.search.text.trim().to_owned(),
            numbers: self.numbers,
        }
    }

    /// The address follows soon.
    pub(super) fn remember(&mut self) {
        self.copied = None;
        self.timers.address = Some(self.after(PAUSE, ShareMsg::Pause.into()));
    }
}

async fn copy_address() -> bool {
    let Some(window) = dom::window() else {
        return false;
    };
    let Ok(address) = window.location().href() else {
        return false;
    };
    dom::copy(&address).await
}
