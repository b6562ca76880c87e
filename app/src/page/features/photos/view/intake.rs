//! Where photos come in: the drop zone with its file picker, and the folder picker.

use super::super::{Msg, Photos, text};
use crate::page::{
    platform::{
        dom,
        dropped::Dropped,
        files::{self, Incoming},
    },
    ui::icons,
};
use std::rc::Rc;
use yew::{Callback, Event, Html, Properties, component, html};

/// The drop zone, and what is told under it.
pub fn intake(photos: &Photos, send: &Callback<Msg>) -> Html {
    html! { <Intake note={photos.note.clone()} send={send.clone()} /> }
}

/// The button that opens the folder picker.
pub fn folder_button() -> Html {
    html! {
        <button
            type="button"
            class="button"
            id="folder-button"
            onclick={|_| dom::click("#folder-input")}
        >
            { text::CHOOSE_FOLDER }
        </button>
    }
}

/// The input of the folder picker. It belongs behind the drop zone's, so that whoever looks for the
/// page's first file input finds that one.
pub fn folder_input(send: &Callback<Msg>) -> Html {
    let onchange = send.reform(|event: Event| {
        let items = files::with_folders(files::picked(&event));
        Msg::FolderPicked(Dropped::sort(items))
    });
    html! {
        <input
            id="folder-input"
            type="file"
            hidden=true
            webkitdirectory=true
            aria-label={text::CHOOSE_FOLDER}
            {onchange}
        />
    }
}

/// What [`Intake`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    note: Option<Rc<str>>,
    send: Callback<Msg>,
}

/// The drop zone: all of it is the label of a native file input. Drops are heard by the window, so
/// that a near miss counts as well.
#[component]
fn Intake(props: &Props) -> Html {
    let onchange = props.send.reform(|event: Event| {
        let files = files::picked(&event);
        Msg::Incoming(Incoming {
            files,
            ..Incoming::default()
        })
    });
    html! {
        <>
            <div class="drop" data-dropzone="true">
                <input
                    class="visually-hidden"
                    id="file-input"
                    type="file"
                    multiple=true
                    accept={files::accepted()}
                    {onchange}
                />
                <label for="file-input">
                    { icons::lens() }
                    <span class="drop-words">
                        <strong>{ text::DROP }</strong>
                        <span>{ text::DROP_OR }</span>
                    </span>
                    <span class="button strong">{ text::CHOOSE }</span>
                </label>
            </div>
            <p class="note opens">{ text::opens() }</p>
            <p class="note" role="status">{ props.note.clone().unwrap_or_default() }</p>
        </>
    }
}
