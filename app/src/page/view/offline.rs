//! The line that says what was sent, what is behind it, and a new version of the page.

use super::{
    super::{
        app::{OfflineMsg, Send},
        offline::{Facts, Stand},
        words,
    },
    icons,
};
use yew::{Html, Properties, component, html};

/// See [`Privacy`].
#[derive(Properties, PartialEq)]
pub struct PrivacyProps {
    pub facts: Facts,
}

/// What was sent; one tap away, how that is counted and how to check it.
#[component]
pub fn Privacy(props: &PrivacyProps) -> Html {
    let facts = &props.facts;
    let bytes = facts.sent.map(|sent| sent.bytes.to_string());
    html! {
        <details class="privacy" data-sent={bytes}>
            <summary>
                { icons::shield() }
                <span>
                    { words::privacy(facts) }
                    if facts.stand == Stand::Ready {
                        { " " }<span class="offline">{ words::WORKS_OFFLINE }</span>
                    }
                </span>
            </summary>
            <div class="panel">
                <p>{ words::PROMISE }</p>
                <p>{ words::counted(facts) }</p>
                <p>{ words::check(facts.stand) }</p>
            </div>
        </details>
    }
}

/// See [`Update`].
#[derive(Properties, PartialEq)]
pub struct UpdateProps {
    pub facts: Facts,
    pub has_photos: bool,
    pub send: Send,
}

/// Offers a new version, once there is one.
#[component]
pub fn Update(props: &UpdateProps) -> Html {
    let UpdateProps {
        facts,
        has_photos,
        send,
    } = props;
    html! {
        <div class="update" role="status">
            if facts.update {
                <p>
                    { words::UPDATE }
                    if *has_photos {
                        { " " }{ words::UPDATE_PHOTOS }
                    }
                </p>
                <button
                    type="button"
                    class="button"
                    id="update"
                    onclick={send.reform(|_| OfflineMsg::Apply.into())}
                >
                    { words::UPDATE_NOW }
                </button>
            }
        </div>
    }
}
