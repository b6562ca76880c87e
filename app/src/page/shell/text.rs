//! The page's frame in words.

use crate::page::locale::{Text, plural, texts};

texts! {
    /// The heading: the page in a sentence.
    TITLE = "Drop a photo. See which words fit it.";
    /// The paragraph under the heading.
    LEAD = "A small model looks at the picture, reads your words, and shows how well they go together \u{2013} in this page, on your device.";
    /// The first link, for the keyboard.
    SKIP = "Skip to the labels";
    /// The part of the page that comes after the first can't be had.
    INCOMPLETE = "A part of this page hasn\u{2019}t come yet. It is tried again every few seconds; if it stays like this, check the network and reload the page.";
    /// Over the whole window while files are dragged.
    DROP_NOW = "Let go to look at it";
    /// The button that unfolds what is set rarely.
    SETTINGS = "Settings";
    /// The button that copies the page's address.
    COPY_LINK = "Copy link to this setup";
    /// The address was copied.
    LINK_COPIED = "Copied. The link holds your labels and settings, never photos.";
    /// The browser refused to copy the address.
    LINK_NOT_COPIED = "The browser didn\u{2019}t allow copying: take the link from the address line.";
    /// The choice of the page's language.
    LANGUAGE = "Language";
    /// A language's sentences couldn't be fetched.
    LANGUAGE_FAILED = "The page\u{2019}s words in {language} could not be fetched. Are you offline?";
    /// Read out for several photos at once.
    MANY = "{done} done. Last: {last}";
    /// Read out for several photos at once, some of which failed.
    MANY_FAILED = "{done} done, {failed} failed. Last: {last}";
    /// Inside another sentence: exactly one of them.
    ONE_PHOTO = "1 photo";
    /// Inside another sentence: none or several of them.
    PHOTOS = "{count} photos";
}

/// Whether the address was copied.
pub fn link_copied(done: bool) -> Text {
    if done { LINK_COPIED } else { LINK_NOT_COPIED }
}

/// Read out for several photos at once.
pub fn announce_many(done: usize, failed: usize, last: &str) -> String {
    let text = if failed == 0 { MANY } else { MANY_FAILED };
    text.fill(&[
        ("done", &plural(done, ONE_PHOTO, PHOTOS)),
        ("failed", &failed.to_string()),
        ("last", last),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::catalog::check;

    #[test]
    fn german_is_complete() {
        check(ALL, include_str!("text.de.json"));
    }
}
