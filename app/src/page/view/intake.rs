//! Where photos come in.

use super::{
    super::{
        app::{PhotoMsg, Send},
        files::{self, Incoming},
        words,
    },
    icons,
};
use std::rc::Rc;
use yew::{Event, Html, Properties, component, html};

/// See [`Intake`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub note: Option<Rc<str>>,
    pub send: Send,
}

/// The drop zone: all of it is the label of a native file input. Drops are heard by the window, so
/// that a near miss counts as well.
#[component]
pub fn Intake(props: &Props) -> Html {
    let onchange = props.send.reform(|event: Event| {
        let files = files::picked(&event);
        PhotoMsg::Incoming(Incoming { files, skipped: 0 }).into()
    });
    html! {
        <>
            <div class="drop" data-dropzone="true">
                <input
                    class="unseen"
                    id="file-input"
                    type="file"
                    multiple=true
                    accept="image/*,.heic,.heif,.avif,.svg"
                    {onchange}
                />
                <label for="file-input">
                    { icons::lens() }
                    <span class="drop-words">
                        <strong>{ words::DROP }</strong>
                        <span>{ words::DROP_OR }</span>
                    </span>
                    <span class="button strong">{ words::CHOOSE }</span>
                </label>
            </div>
            <p class="note" role="status">{ props.note.clone().unwrap_or_default() }</p>
        </>
    }
}
