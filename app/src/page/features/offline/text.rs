//! What the header says of what was sent, of working without a network, and of a new version.

use super::state::{OfflineStatus, PageStatus};
use crate::page::locale::{Text, plural, texts};

texts! {
    /// The line in the header: nothing was sent.
    NOTHING_SENT = "No photo or word was sent: they stay on this device.";
    /// The line in the header: how many bytes were sent.
    SENT = "{bytes} sent since the page was opened.";
    /// Inside another sentence: exactly one of them.
    ONE_BYTE = "1 byte";
    /// Inside another sentence: none or several of them.
    BYTES = "{count} bytes";
    /// Follows the line in the header, once it is so.
    WORKS_OFFLINE = "Works offline.";

    /// Follows the line in the header: the browser didn't keep the model.
    NEEDS_NETWORK = "The next visit needs a network.";
    /// The third paragraph, where the browser didn't keep the model.
    CHECK_NO_ROOM = "See for yourself: switch your device to aeroplane mode and drop a photo. But this browser did not keep the model, most often for lack of room, so to open the page again you need a network. Free some room and load the page anew, and it is tried again.";

    /// The first paragraph behind the line: what is promised.
    PROMISE = "The model runs in this page. Photos and words are never uploaded: the page\u{2019}s own policy forbids the browser to speak to any other site.";
    /// The second paragraph: nothing is counted.
    NOT_COUNTED = "In this window nobody stands between the page and the network to count along, so the 0 rests on the policy alone.";
    /// The second paragraph: what was counted, and how.
    COUNTED = "Counted by the page\u{2019}s service worker, in all tabs with this page: {requests} to the network, {elsewhere}, carrying {bytes} besides the names of the files asked for. That is what the page, its workers and the service worker itself ask for, but not what was asked before the service worker ran (on a first visit: the page and the beginning of the model), nor the browser\u{2019}s own questions for a newer service worker, nor the headers that browsers add to every request.";
    /// Inside another sentence: exactly one of them.
    ONE_REQUEST = "1 request";
    /// Inside another sentence: none or several of them.
    REQUESTS = "{count} requests";
    /// Behind the number of requests: all went to the page's own site.
    NONE_ELSEWHERE = "none to another site";
    /// Behind the number of requests: so many didn't go to the page's own site.
    ELSEWHERE = "{count} of them to other sites";
    /// The third paragraph: how to check the promise, once all is stored.
    CHECK_READY = "See for yourself: switch your device to aeroplane mode, close this page, open it again, and drop a photo. Page and model are kept on this device.";
    /// The third paragraph, before all is stored.
    CHECK_NOT_YET = "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. Soon the page will be kept on this device as well, to be opened without a network.";
    /// The third paragraph, where the page can't be stored.
    CHECK_UNAVAILABLE = "See for yourself: once the model is ready, switch your device to aeroplane mode and drop a photo. This window does not let the page be kept, so to open it again you need a network.";

    /// A new version of the page waits.
    UPDATE = "A new version of this page is ready.";
    /// What taking the new version means, if there are photos.
    UPDATE_PHOTOS = "The page is loaded anew, and photos have to be added again.";
    /// The button that takes the new version.
    UPDATE_NOW = "Update now";
}

/// The line in the header: how many bytes were sent.
pub fn privacy(status: &PageStatus) -> String {
    match status.sent.map_or(0, |sent| sent.bytes) {
        0 => NOTHING_SENT.into(),
        bytes => SENT.fill(&[("bytes", &count_bytes(bytes))]),
    }
}

/// The second paragraph behind the line: what was counted, and how.
pub fn counted(status: &PageStatus) -> String {
    let Some(sent) = status.sent else {
        return NOT_COUNTED.into();
    };
    let elsewhere = match sent.elsewhere {
        0 => NONE_ELSEWHERE,
        _ => ELSEWHERE,
    };
    let requests = plural(sent.requests as usize, ONE_REQUEST, REQUESTS);
    COUNTED.fill(&[
        ("requests", &requests),
        (
            "elsewhere",
            &elsewhere.fill(&[("count", &sent.elsewhere.to_string())]),
        ),
        ("bytes", &count_bytes(sent.bytes)),
    ])
}

/// The third paragraph: how to check the promise.
pub fn check(status: OfflineStatus) -> Text {
    match status {
        OfflineStatus::Ready => CHECK_READY,
        OfflineStatus::NotYet => CHECK_NOT_YET,
        OfflineStatus::NoRoom => CHECK_NO_ROOM,
        OfflineStatus::Unavailable => CHECK_UNAVAILABLE,
    }
}

fn count_bytes(bytes: u64) -> String {
    match bytes {
        1 => ONE_BYTE.into(),
        bytes => BYTES.fill(&[("count", &bytes.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        features::offline::state::Sent,
        locale::{Language, catalog},
    };

    const GERMAN: &str = include_str!("text.de.json");

    fn sent(bytes: u64, requests: u32, elsewhere: u32) -> PageStatus {
        PageStatus {
            offline: OfflineStatus::Ready,
            update_waits: false,
            sent: Some(Sent {
                bytes,
                requests,
                elsewhere,
            }),
        }
    }

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, GERMAN);
    }

    #[test]
    fn what_was_sent_is_told_in_bytes() {
        assert_eq!(privacy(&sent(0, 1, 0)), NOTHING_SENT.english());
        assert_eq!(
            privacy(&sent(1, 1, 0)),
            "1 byte sent since the page was opened."
        );
        let text = counted(&sent(15, 2, 0));
        let end = ": 2 requests to the network, none to another site, carrying 15 bytes besides the names of the files asked for.";
        assert!(text.contains(end), "{text}");
        let text = counted(&sent(0, 1, 1));
        let end = ": 1 request to the network, 1 of them to other sites, carrying 0 bytes besides the names of the files asked for.";
        assert!(text.contains(end), "{text}");
    }

    #[test]
    fn what_was_sent_is_told_in_german() {
        catalog::speak(Language::German, GERMAN);
        let text = counted(&sent(15, 2, 0));
        let end = ": 2 Anfragen ans Netz, keine an eine andere Website, mit insgesamt 15 Bytes au\u{df}er den Namen der angeforderten Dateien.";
        assert!(text.contains(end), "{text}");
    }
}
