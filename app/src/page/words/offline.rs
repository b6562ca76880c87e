//! What was sent, and working without a network, in words.

use super::{
    super::offline::{Facts, Stand},
    plural,
};

/// The line in the header.
pub fn privacy(facts: &Facts) -> String {
    match facts.sent.map_or(0, |sent| sent.bytes) {
        0 => "0 bytes sent \u{2013} your photos and words stay on this device.".to_owned(),
        bytes => format!("{} sent since the page was opened.", plural_bytes(bytes)),
    }
}

/// Behind it, once it is so.
pub const WORKS_OFFLINE: &str = "Works offline.";

/// The first paragraph behind the tap: what is promised.
pub const PROMISE: &str = "The model runs in this page. Photos and words are never uploaded: the page\u{2019}s own policy forbids the browser to speak to any other site.";

/// What was counted, and how.
pub fn counted(facts: &Facts) -> String {
    match facts.sent {
        None => "In this window nobody stands between the page and the network to count along, so the 0 rests on the policy alone.".to_owned(),
        Some(sent) => {
            let requests = plural(sent.requests as usize, "request");
            let elsewhere = match sent.elsewhere {
                0 => "none to another site".to_owned(),
                count => format!("{count} of them to other sites"),
            };
            format!(
                "Counted by the page\u{2019}s service worker, which every request passes once it runs (on a first visit that is a moment after the page has come), in all tabs with this page: {requests} to the network, {elsewhere}, carrying {} besides the names of the files asked for.",
                plural_bytes(sent.bytes)
            )
        }
    }
}

/// How to see for oneself.
pub fn check(stand: Stand) -> &'static str {
    match stand {
        Stand::Ready => {
            "See for yourself: switch your device to aeroplane mode, close this page, open it again, and drop a photo. Page and model are kept on this device."
        }
        Stand::NotYet => {
            "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. Soon the page will be kept on this device as well, to be opened without a network."
        }
        Stand::Unavailable => {
            "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. This window does not let the page be kept, so to open it again you need a network."
        }
    }
}

fn plural_bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

/// A new version waits.
pub const UPDATE: &str = "A new version of this page is ready.";
/// What taking it means, if there are photos.
pub const UPDATE_PHOTOS: &str = "The page is loaded anew, and photos have to be added again.";
/// Takes it.
pub const UPDATE_NOW: &str = "Update now";

/// Beside a served model of which something is kept.
pub fn copied(bytes: &str, whole: bool) -> String {
    if whole {
        format!("kept on this device \u{b7} {bytes}")
    } else {
        format!("kept in part \u{b7} {bytes}")
    }
}

/// Asks whether a served model's copy shall go.
pub fn delete_copy_question(title: &str) -> String {
    format!("Delete {title} from this device? The next time it is used, it is downloaded again.")
}
