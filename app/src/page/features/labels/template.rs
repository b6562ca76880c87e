//! The field of the templates: the sentences around each label.

use super::{Msg, text};
use web_sys::HtmlTextAreaElement;
use yew::{Callback, Html, InputEvent, Properties, TargetCast, component, html};

/// What [`TemplateField`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What the field says: a template a line.
    pub template_text: String,
    /// Whether there is another template than the usual one.
    pub is_changed: bool,
    /// Takes what the visitor does with it.
    pub send: Callback<Msg>,
}

/// The field, a set of several templates, and the way back to the usual one.
#[component]
pub fn TemplateField(props: &Props) -> Html {
    let Props {
        template_text,
        is_changed,
        send,
    } = props;
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let input: HtmlTextAreaElement = event.target_unchecked_into();
            send.emit(Msg::TemplateTyped(input.value()));
        }
    };
    let several = send.reform(|_| Msg::TemplateSet);
    let onclick = send.reform(|_| Msg::TemplateReset);
    html! {
        <section class="template">
            <label class="field-name" for="template-input">{ text::TEMPLATE }</label>
            <textarea
                id="template-input"
                rows={template_text.lines().count().clamp(1, 8).to_string()}
                maxlength="2000"
                value={template_text.clone()}
                aria-describedby="template-hint"
                autocomplete="off"
                {oninput}
            />
            <div class="sets">
                <button type="button" class="quiet" onclick={several}>{ text::TEMPLATE_SET }</button>
                if *is_changed {
                    <button type="button" class="quiet away" {onclick}>{ text::RESET }</button>
                }
            </div>
            <p class="hint" id="template-hint">{ text::TEMPLATE_HINT }</p>
            <details>
                <summary>{ text::TEMPLATE_TERM }</summary>
                <p class="hint">{ text::TEMPLATE_EXACT }</p>
            </details>
        </section>
    }
}
