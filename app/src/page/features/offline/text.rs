//! What the header says of what was sent, of working without a network, and of a new version.

use super::state::{OfflineStatus, PageStatus};
use crate::page::ui::numbers::plural;

/// The line in the header: how many bytes were sent.
pub fn privacy(status: &PageStatus) -> String {
    match status.sent.map_or(0, |sent| sent.bytes) {
        0 => "0 bytes sent \u{2013} your photos and words stay on this device.".to_owned(),
        bytes => format!("{} sent since the page was opened.", count_bytes(bytes)),
    }
}

/// Follows the line in the header, once it is so.
pub const WORKS_OFFLINE: &str = "Works offline.";

/// The first paragraph behind the line: what is promised.
pub const PROMISE: &str = "The model runs in this page. Photos and words are never uploaded: the page\u{2019}s own policy forbids the browser to speak to any other site.";

/// The second paragraph: what was counted, and how.
pub fn counted(status: &PageStatus) -> String {
    match status.sent {
        None => "In this window nobody stands between the page and the network to count along, so the 0 rests on the policy alone.".to_owned(),
        Some(sent) => {
            let requests = plural(sent.requests as usize, "request");
            let elsewhere = match sent.elsewhere {
                0 => "none to another site".to_owned(),
                count => format!("{count} of them to other sites"),
            };
            format!(
                "Counted by the page\u{2019}s service worker, which every request passes once it runs (on a first visit that is a moment after the page has come), in all tabs with this page: {requests} to the network, {elsewhere}, carrying {} besides the names of the files asked for.",
                count_bytes(sent.bytes)
            )
        }
    }
}

/// The third paragraph: how to check the promise.
pub fn check(status: OfflineStatus) -> &'static str {
    match status {
        OfflineStatus::Ready => {
            "See for yourself: switch your device to aeroplane mode, close this page, open it again, and drop a photo. Page and model are kept on this device."
        }
        OfflineStatus::NotYet => {
            "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. Soon the page will be kept on this device as well, to be opened without a network."
        }
        OfflineStatus::Unavailable => {
            "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. This window does not let the page be kept, so to open it again you need a network."
        }
    }
}

fn count_bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

/// A new version of the page waits.
pub const UPDATE: &str = "A new version of this page is ready.";
/// What taking the new version means, if there are photos.
pub const UPDATE_PHOTOS: &str = "The page is loaded anew, and photos have to be added again.";
/// The button that takes the new version.
pub const UPDATE_NOW: &str = "Update now";
