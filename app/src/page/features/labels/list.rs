//! All labels as a text, to be read, copied and changed as a whole.

use super::{Msg, text};
use std::rc::Rc;
use web_sys::HtmlTextAreaElement;
use yew::{Callback, Html, Properties, component, html, use_node_ref};

/// What [`ListEditor`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The labels.
    pub items: Rc<[Rc<str>]>,
    /// Takes the list, once it is to be used.
    pub send: Callback<Msg>,
    /// Closes the editor.
    pub close: Callback<()>,
}

/// A field with a label a line; the labels change when that is asked for.
#[component]
pub fn ListEditor(props: &Props) -> Html {
    let field = use_node_ref();
    let take = {
        let (field, close, send) = (field.clone(), props.close.clone(), props.send.clone());
        move |_| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                send.emit(Msg::List(field.value()));
            }
            close.emit(());
        }
    };
    html! {
        <div class="label-list">
            <label class="field-name" for="label-list-field">{ text::LIST }</label>
            <textarea
                id="label-list-field"
                ref={field}
                rows="8"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                defaultvalue={props.items.join("\n")}
            />
            <div class="sets">
                <button type="button" class="button" id="label-list-take" onclick={take}>
                    { text::TAKE_LIST }
                </button>
                <button type="button" class="quiet" onclick={props.close.reform(|_| ())}>
                    { text::CANCEL }
                </button>
            </div>
        </div>
    }
}
