//! What is typed into a field.

use super::super::app::{Msg, Send};
use web_sys::HtmlInputElement;
use yew::{Callback, InputEvent, TargetCast};

/// Sends what stands in the field, each time it changes.
pub fn typed<M: Into<Msg>>(
    send: &Send,
    msg: impl Fn(String) -> M + 'static,
) -> Callback<InputEvent> {
    send.reform(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        msg(input.value()).into()
    })
}
