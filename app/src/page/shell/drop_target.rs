//! Files that are dropped or pasted anywhere in the window, and changes of the address.

use super::Msg;
use crate::page::platform::{
    dom::{self, Listener},
    dropped::Dropped,
    files,
};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, EventTarget, HtmlElement};
use yew::Callback;

/// Listens for as long as the page lives.
pub fn listen(send: &Callback<Msg>) -> [Listener; 6] {
    let target = dom::window().map_or_else(
        // Never seen: a page has a window.
        || EventTarget::new().unwrap_or_else(|_| JsCast::unchecked_into(js_sys::Object::new())),
        EventTarget::from,
    );
    let on = |kind, handler: fn(&Event, &Callback<Msg>)| {
        let send = send.clone();
        Listener::new(&target, kind, move |event| handler(&event, &send))
    };
    [
        on("dragenter", drag),
        on("dragover", drag),
        on("dragleave", leave),
        on("drop", drop),
        on("paste", paste),
        on("hashchange", |_, send| send.emit(Msg::AddressChanged)),
    ]
}

fn transfer(event: &Event) -> Option<DataTransfer> {
    event.dyn_ref::<DragEvent>()?.data_transfer()
}

/// Files may be dropped anywhere, so a near miss doesn't open them in place of the page.
fn drag(event: &Event, send: &Callback<Msg>) {
    if let Some(transfer) = transfer(event).filter(files::holds_files) {
        event.prevent_default();
        transfer.set_drop_effect("copy");
        send.emit(Msg::Dragging(true));
    }
}

fn leave(event: &Event, send: &Callback<Msg>) {
    // Between elements there is a next one; out of the window there isn't.
    let event = event.dyn_ref::<DragEvent>();
    if event.is_some_and(|event| event.related_target().is_none()) {
        send.emit(Msg::Dragging(false));
    }
}

fn drop(event: &Event, send: &Callback<Msg>) {
    send.emit(Msg::Dragging(false));
    let Some(transfer) = transfer(event) else {
        return;
    };
    if files::holds_files(&transfer) {
        event.prevent_default();
        let dropped = files::dropped(&transfer);
        let send = send.clone();
        wasm_bindgen_futures::spawn_local(async move {
            send.emit(Msg::Dropped(dropped.await));
        });
    } else if !is_field(event) {
        event.prevent_default();
        send.emit(Msg::NothingDropped);
    }
}

/// Files in the clipboard are taken wherever the cursor is; words go where they belong.
fn paste(event: &Event, send: &Callback<Msg>) {
    let data = event
        .dyn_ref::<ClipboardEvent>()
        .and_then(ClipboardEvent::clipboard_data);
    let Some(data) = data else {
        return;
    };
    let files = files::flat(&data);
    let words = data.get_data("text/plain").unwrap_or_default();
    if files.is_empty() || (is_field(event) && !words.is_empty()) {
        return;
    }
    event.prevent_default();
    send.emit(Msg::Dropped(Dropped::sort(files::loose(files))));
}

fn is_field(event: &Event) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA"))
}
