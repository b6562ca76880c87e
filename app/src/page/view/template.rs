//! The sentence around each label.

use super::super::{
    app::{LabelMsg, Send},
    words,
};
use web_sys::HtmlInputElement;
use yew::{Html, InputEvent, Properties, TargetCast, component, html};

/// See [`TemplateField`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub text: String,
    pub changed: bool,
    pub send: Send,
}

/// The template, and the way back to the usual one.
#[component]
pub fn TemplateField(props: &Props) -> Html {
    let Props {
        text,
        changed,
        send,
    } = props;
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            send.emit(LabelMsg::Template(input.value()).into());
        }
    };
    let onclick = send.reform(|_| LabelMsg::TemplateReset.into());
    html! {
        <section class="template">
            <label class="field-name" for="template-input">{ words::TEMPLATE }</label>
            <div class="field">
                <input
                    id="template-input"
                    type="text"
                    maxlength="200"
                    value={text.clone()}
                    aria-describedby="template-hint"
                    autocomplete="off"
                    {oninput}
                />
                if *changed {
                    <button type="button" class="button" {onclick}>{ words::RESET }</button>
                }
            </div>
            <p class="hint" id="template-hint">{ words::TEMPLATE_HINT }</p>
        </section>
    }
}
