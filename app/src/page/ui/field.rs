//! Text fields.

use web_sys::HtmlInputElement;
use yew::{Callback, InputEvent, TargetCast};

/// Sends a text field's value each time it changes.
pub fn typed<M: 'static>(
    send: &Callback<M>,
    message: impl Fn(String) -> M + 'static,
) -> Callback<InputEvent> {
    send.reform(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        message(input.value())
    })
}
