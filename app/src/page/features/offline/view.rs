//! The line that says what was sent, what is behind it, and a new version of the page.

use super::{
    Deps, Msg, Offline,
    state::{OfflineStatus, PageStatus},
    text,
};
use crate::page::ui::icons;
use yew::{Callback, Html, Properties, component, html};

/// What the page's header tells.
pub fn header(offline: &Offline, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    html! {
        <>
            <Privacy status={offline.status} />
            <Update
                status={offline.status}
                has_photos={!deps.photos.cards().is_empty()}
                send={send.clone()}
            />
        </>
    }
}

/// What [`Privacy`] is drawn from.
#[derive(Properties, PartialEq)]
struct PrivacyProps {
    status: PageStatus,
}

/// What was sent; one tap away, how that is counted and how to check it.
#[component]
fn Privacy(props: &PrivacyProps) -> Html {
    let status = &props.status;
    let bytes = status.sent.map(|sent| sent.bytes.to_string());
    html! {
        <details class="privacy" data-sent={bytes}>
            <summary>
                { icons::shield() }
                <span>
                    { text::privacy(status) }
                    if status.offline == OfflineStatus::Ready {
                        { " " }<span class="offline">{ text::WORKS_OFFLINE }</span>
                    }
                    if status.offline == OfflineStatus::NoRoom {
                        { " " }<span class="needs-network">{ text::NEEDS_NETWORK }</span>
                    }
                </span>
            </summary>
            <div class="panel">
                <p>{ text::PROMISE }</p>
                <p>{ text::counted(status) }</p>
                <p>{ text::check(status.offline) }</p>
            </div>
        </details>
    }
}

/// What [`Update`] is drawn from.
#[derive(Properties, PartialEq)]
struct UpdateProps {
    status: PageStatus,
    has_photos: bool,
    send: Callback<Msg>,
}

/// Offers a new version, once there is one.
#[component]
fn Update(props: &UpdateProps) -> Html {
    let UpdateProps {
        status,
        has_photos,
        send,
    } = props;
    html! {
        <div class="update" role="status">
            if status.update_waits {
                <p>
                    { text::UPDATE }
                    if *has_photos {
                        { " " }{ text::UPDATE_PHOTOS }
                    }
                </p>
                <button
                    type="button"
                    class="button"
                    id="update"
                    onclick={send.reform(|_| Msg::ApplyUpdate)}
                >
                    { text::UPDATE_NOW }
                </button>
            }
        </div>
    }
}
