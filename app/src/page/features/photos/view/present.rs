//! The bar of a presentation.

use super::super::{Msg, Photos, text};
use crate::page::locale;
use yew::{Callback, Html, html};

/// The buttons that turn over and that end the presentation; nothing without one.
pub fn present_bar(photos: &Photos, send: &Callback<Msg>) -> Option<Html> {
    let (index, count) = photos.position()?;
    let turn = |id: &'static str, name: locale::Text, sign: &'static str, by: isize| {
        html! {
            <button
                type="button"
                class="button"
                {id}
                disabled={count < 2}
                aria-label={name}
                onclick={send.reform(move |_| Msg::StepPresentation(by))}
            >
                { sign }
            </button>
        }
    };
    Some(html! {
        <div class="bar-of-buttons present-bar">
            { turn("present-previous", text::PREVIOUS, "\u{2039}", -1) }
            <p role="status">{ text::position(index, count) }</p>
            { turn("present-next", text::NEXT, "\u{203a}", 1) }
            <button
                type="button"
                class="button"
                id="present-end"
                onclick={send.reform(|_| Msg::EndPresentation)}
            >
                { text::END }
            </button>
        </div>
    })
}
