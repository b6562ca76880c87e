//! The sentences around each label.

use super::super::{
    app::{LabelMsg, Send},
    words,
};
use web_sys::HtmlTextAreaElement;
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
            let input: HtmlTextAreaElement = event.target_unchecked_into();
            send.emit(LabelMsg::Template(input.value()).into());
        }
    };
    let several = send.reform(|_| LabelMsg::TemplateSet.into());
    let onclick = send.reform(|_| LabelMsg::TemplateReset.into());
    html! {
        <section class="template">
            <label class="field-name" for="template-input">{ words::TEMPLATE }</label>
            <textarea
                id="template-input"
                rows={text.lines().count().clamp(1, 8).to_string()}
                maxlength="2000"
                value={text.clone()}
                aria-describedby="template-hint"
                autocomplete="off"
                {oninput}
            />
            <div class="sets">
                <button type="button" class="quiet" onclick={several}>{ words::TEMPLATE_SET }</button>
                if *changed {
                    <button type="button" class="quiet away" {onclick}>{ words::RESET }</button>
                }
            </div>
            <p class="hint" id="template-hint">{ words::TEMPLATE_HINT }</p>
            <details>
                <summary>{ words::TEMPLATE_TERM }</summary>
                <p class="hint">{ words::TEMPLATE_EXACT }</p>
            </details>
        </section>
    }
}
