//! The photos' sentences: bringing them in, their cards, and what is told about them.

use super::state::MAX_PHOTOS;
use crate::page::{
    features::scores::Best,
    ui::numbers::{self, plural},
};
use glimpse_model::pixels::Format;

/// The drop zone's first line.
pub const DROP: &str = "Drop photos or a folder here";
/// The drop zone's second line.
pub const DROP_OR: &str = "or paste one with Ctrl\u{202f}+\u{202f}V";
/// The drop zone's button, which opens the file picker.
pub const CHOOSE: &str = "Choose photos";
/// The button that opens the folder picker.
pub const CHOOSE_FOLDER: &str = "Choose a folder";
/// The heading above the sample photos.
pub const SAMPLES: &str = "Or try one of these";
/// The tap that shows who made the sample photos.
pub const CREDITS: &str = "Photo credits";

/// Under the drop zone: something without files was dropped.
pub const NO_FILES: &str = "There was no file in that. Save the picture first, then drop the file.";
/// Under the drop zone: a sample photo could not be fetched.
pub const SAMPLE_FAILED: &str = "This sample photo could not be fetched. Are you offline?";

/// Under the drop zone: so many photos found no room.
pub fn too_many_photos(refused: usize) -> String {
    format!(
        "{} left out: the page holds {MAX_PHOTOS} at once. Save the results, remove some and go on.",
        plural(refused, "photo")
    )
}

/// Under the drop zone: so many files of a folder are no pictures.
pub fn skipped(count: usize) -> String {
    format!(
        "{} in the folder left out: not pictures.",
        plural(count, "file")
    )
}

/// The heading above the cards, before their count.
pub const PHOTOS: &str = "Photos";
/// The button that writes the results into a file.
pub const SAVE: &str = "Save results";
/// The button that takes all photos off the page.
pub const CLEAR_PHOTOS: &str = "Remove all";

/// The switch between all numbers of a label and its share alone.
pub fn all_numbers(is_calibrated: bool) -> &'static str {
    if is_calibrated {
        "All four numbers"
    } else {
        "All three numbers"
    }
}

/// On a card: the photo waits for a worker.
pub const WAITING: &str = "Waiting its turn";
/// On a card: the photo waits for the model's image tower.
pub const WAITING_FOR_MODEL: &str = "Waiting for the model";
/// On a card: the photo is being embedded.
pub const LOOKING: &str = "Looking\u{2026}";
/// On a card: the photo is embedded, its labels wait for the text tower.
pub const READ_LATER: &str =
    "Looked at. Your labels are answered as soon as the part of the model that reads has arrived.";
/// On a card: the model's tokenizer refuses all labels.
pub const UNREADABLE: &str = "This model can\u{2019}t read any of these labels.";
/// On a card: the worker ended while it embedded this photo.
pub const CRASHED_ON_PHOTO: &str = "The model stopped while looking at this photo, perhaps for lack of memory. The other photos go on. Try a smaller copy of this one.";
/// In place of a thumbnail that the browser can't show.
pub const NO_PREVIEW: &str = "No preview";
/// On a card, before the cosine between the photo and a query.
pub const MATCH: &str = "match";
/// The button that inspects a photo.
pub const LOOK_CLOSER: &str = "Look closer";
/// The button that puts a photo into the query.
pub const MORE_LIKE_THIS: &str = "More like this";

/// On a card: the vector drawing can't be drawn.
pub fn drawing_failed() -> String {
    Format::Svg.undecodable().to_string()
}

/// The alternative text of a thumbnail.
pub fn photo(name: &str) -> String {
    format!("Photo: {name}")
}

/// For a screen reader: the button that takes a photo off the page.
pub fn remove_photo(name: &str) -> String {
    format!("Remove photo {name}")
}

/// For a screen reader: the button that inspects a photo.
pub fn look_closer(name: &str) -> String {
    format!("Look closer at {name}")
}

/// For a screen reader: the button that puts a photo into the query.
pub fn more_like(name: &str) -> String {
    format!("More like this: {name}")
}

/// For a screen reader: a photo can be scored, or its best label is another one.
pub fn announce_done(name: &str, best: Option<Best>) -> String {
    match best {
        Some(Best::Label(label, share)) => format!("{name}: {label}, {}", numbers::percent(share)),
        Some(Best::None(share)) => {
            format!("{name}: none of your labels, {}", numbers::percent(share))
        }
        None => format!("{name}: done"),
    }
}

/// For a screen reader: a photo can't be scored.
pub fn announce_failed(name: &str, reason: &str) -> String {
    format!("{name}: {reason}")
}
