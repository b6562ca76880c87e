//! The page's frame in words.

use crate::page::ui::numbers::plural;

/// The heading: the page in a sentence.
pub const TITLE: &str = "Drop a photo. See which words fit it.";
/// The paragraph under the heading.
pub const LEAD: &str = "A small model looks at the picture, reads your words, and shows how well they go together \u{2013} in this page, on your device.";
/// The first link, for the keyboard.
pub const SKIP: &str = "Skip to the labels";
/// Over the whole window while files are dragged.
pub const DROP_NOW: &str = "Let go to look at it";
/// The button that copies the page's address.
pub const COPY_LINK: &str = "Copy link to this setup";

/// Whether the address was copied.
pub fn link_copied(done: bool) -> &'static str {
    if done {
        "Copied. The link holds your labels and settings, never photos."
    } else {
        "The browser didn\u{2019}t allow copying: take the link from the address line."
    }
}

/// Read out for several photos at once.
pub fn announce_many(done: usize, failed: usize, last: &str) -> String {
    let failed = match failed {
        0 => String::new(),
        count => format!(", {count} failed"),
    };
    format!("{} done{failed}. Last: {last}", plural(done, "photo"))
}
