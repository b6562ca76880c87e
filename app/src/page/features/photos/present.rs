//! The photos one at a time, in large type, for a whole class to see.

use super::{CardId, Msg, Photos};
use crate::page::{
    effects::Effects,
    platform::dom::{self, Listener},
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::Callback;

/// The photo that is presented.
pub struct Presentation {
    /// The photo on show.
    pub card: CardId,
    /// Hear the keys, and the end of the full screen.
    listeners: Vec<Listener>,
}

/// The mark by which the style sheets enlarge the page.
const MARK: &str = "present";

impl Photos {
    /// Begins with the first photo on show, on the full screen where the browser has one.
    pub(super) fn begin_presentation(&mut self, fx: &mut Effects<Msg>) {
        let Some(card) = self.presentable().first().copied() else {
            return;
        };
        self.presentation = Some(Presentation {
            card,
            listeners: Vec::new(),
        });
        fx.mark(MARK, "on");
        fx.focus("#present-next");
        fx.connect(|send| {
            if let Some(root) = dom::document().and_then(|document| document.document_element()) {
                // Without one, large type is all there is.
                let _ = root.request_fullscreen();
            }
            Some(Msg::Listening(listeners(&send)))
        });
    }

    /// Takes over what listens, as long as it lasts.
    pub(super) fn listen(&mut self, listeners: Vec<Listener>) {
        if let Some(presentation) = &mut self.presentation {
            presentation.listeners = listeners;
        }
    }

    /// Shows the photo so many places on, around the end.
    pub(super) fn step_presentation(&mut self, by: isize) {
        let cards = self.presentable();
        if let Some(presentation) = &mut self.presentation {
            let index = cards.iter().position(|&card| card == presentation.card);
            let count = isize::try_from(cards.len()).unwrap_or(1).max(1);
            let index = index.and_then(|index| isize::try_from(index).ok());
            let next = index.map_or(0, |index| (index + by).rem_euclid(count));
            if let Some(&card) = usize::try_from(next).ok().and_then(|next| cards.get(next)) {
                presentation.card = card;
            }
        }
    }

    /// Shows all photos again.
    pub(super) fn end_presentation(&mut self, fx: &mut Effects<Msg>) {
        if self.presentation.take().is_none() {
            return;
        }
        fx.mark(MARK, "off");
        fx.focus("#present");
        fx.connect(|_| {
            let document = dom::document()?;
            if document.fullscreen_element().is_some() {
                document.exit_fullscreen();
            }
            None
        });
    }

    /// Goes on with another photo if the one on show was taken off, or ends if there is none.
    pub(super) fn check_presentation(&mut self, fx: &mut Effects<Msg>) {
        let cards = self.presentable();
        let Some(presentation) = &mut self.presentation else {
            return;
        };
        match cards.first() {
            None => self.end_presentation(fx),
            Some(_) if cards.contains(&presentation.card) => {}
            Some(&first) => presentation.card = first,
        }
    }

    /// The position of the photo on show, from 1 on, and how many there are.
    pub(super) fn position(&self) -> Option<(usize, usize)> {
        let presentation = self.presentation.as_ref()?;
        let cards = self.presentable();
        let index = cards.iter().position(|&card| card == presentation.card)?;
        Some((index + 1, cards.len()))
    }

    /// The photos that weren't filtered out, in their order.
    fn presentable(&self) -> Vec<CardId> {
        let shown = self.ordered(None).into_iter();
        let shown = shown.filter(|shown| !shown.is_left_out);
        shown.map(|shown| shown.card.id).collect()
    }
}

/// Arrow keys turn over, unless something is typed; Escape and the end of the full screen end all.
fn listeners(send: &Callback<Msg>) -> Vec<Listener> {
    let Some(document) = dom::document() else {
        return Vec::new();
    };
    let keys = {
        let send = send.clone();
        Listener::new(&document, "keydown", move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                return;
            };
            let is_typing = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlElement>().ok())
                .is_some_and(|element| element.matches("input, textarea, select").unwrap_or(false));
            match event.key().as_str() {
                "Escape" => send.emit(Msg::EndPresentation),
                "ArrowLeft" | "PageUp" if !is_typing => send.emit(Msg::StepPresentation(-1)),
                "ArrowRight" | "PageDown" if !is_typing => send.emit(Msg::StepPresentation(1)),
                _ => {}
            }
        })
    };
    let send = send.clone();
    let full_screen = Listener::new(&document, "fullscreenchange", move |_| {
        if dom::document().is_some_and(|document| document.fullscreen_element().is_none()) {
            send.emit(Msg::EndPresentation);
        }
    });
    vec![keys, full_screen]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::effects::Effect;

    #[test]
    fn photos_are_turned_over_around_the_end() {
        let mut photos = Photos::of(&["a", "b", "c"]);
        let mut fx = Effects::default();
        photos.begin_presentation(&mut fx);
        assert!(matches!(fx.take()[0], Effect::Mark(MARK, _)));
        assert_eq!(photos.position(), Some((1, 3)));
        photos.step_presentation(-1);
        assert_eq!(photos.position(), Some((3, 3)));
        photos.step_presentation(1);
        photos.step_presentation(1);
        assert_eq!(photos.position(), Some((2, 3)));
        // The next is shown in place of one that was taken off, and nothing once there is none.
        photos.remove(2);
        photos.check_presentation(&mut fx);
        assert_eq!(photos.position(), Some((1, 2)));
        photos.clear();
        photos.check_presentation(&mut fx);
        assert_eq!(photos.position(), None);
    }
}
