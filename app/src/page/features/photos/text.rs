//! The photos' sentences: bringing them in, their cards, and what is told about them.

use super::state::{CardStatus, MAX_PHOTOS};
use crate::page::{
    engine::text::image_failure,
    features::scores::Best,
    locale::{Text, list, numbers, plural, texts},
    platform::{files::LeftOut, walk::MAX_ENTRIES},
};
use glimpse_model::pixels::PictureFormat;

/// Paths that can't be read and are named.
const NAMED: usize = 5;

texts! {
    /// The drop zone's first line.
    DROP = "Drop photos or a folder here";
    /// The drop zone's second line.
    DROP_OR = "or paste one with Ctrl\u{202f}+\u{202f}V";
    /// The drop zone's button, which opens the file picker.
    CHOOSE = "Choose photos";
    /// The button that opens the folder picker.
    CHOOSE_FOLDER = "Choose a folder";
    /// Under the drop zone: what can be opened.
    OPENS = "Opens {formats}; of RAW files, the preview inside.";
    /// The heading above the sample photos.
    SAMPLES = "Or try one of these";
    /// The tap that shows who made the sample photos.
    CREDITS = "Photo credits";
    /// Under the drop zone: something without files was dropped.
    NO_FILES = "There was no file in that. Save the picture first, then drop the file.";
    /// Under the drop zone: a sample photo could not be fetched.
    SAMPLE_FAILED = "This sample photo could not be fetched. Are you offline?";
    /// The heading above the cards, before their count.
    PHOTOS = "Photos";
    /// The button for more photos, where the drop zone is out of sight.
    ADD = "Add photos";
    /// Of many photos, how far they have come.
    PROGRESS = "{done} of {all} photos done";
    /// Beside it: how long the rest takes.
    TIME_LEFT = "about {time} left";
    /// Beside it: the visitor stopped the rest.
    STOPPED = "stopped";
    /// The button that stops photos that wait.
    STOP = "Stop";
    /// The button that lets them go on.
    GO_ON = "Go on";
    /// Told for some seconds: a photo was taken off the page.
    REMOVED = "{name} removed.";
    /// Told for some seconds: photos were taken off the page.
    REMOVED_MANY = "{photos} removed.";
    /// The button that shows photos one at a time, in large type.
    PRESENT = "Present";
    /// The button for the photo before, in a presentation.
    PREVIOUS = "Previous photo";
    /// The button for the next photo, in a presentation.
    NEXT = "Next photo";
    /// Which photo of all is presented.
    POSITION = "{index} of {count}";
    /// The button that ends a presentation.
    END = "End";
    /// Before the choice of an order.
    SORT = "Sort";
    /// An order: the newest first.
    AS_ADDED = "As added";
    /// Above the labels that photos can be sorted by.
    BY_LABEL = "Best first for";
    /// Which photos are shown: those that a label fits best.
    FILTERED = "\u{201c}{label}\u{201d} fits best: {count} of {all} photos.";
    /// The button that shows all photos again.
    SHOW_ALL_PHOTOS = "Show all photos";
    /// The switch between small cards and large ones.
    COMPACT = "Small cards";
    /// The button that writes the results into a file.
    SAVE = "Save results";
    /// Among the files to save: a table.
    SAVE_TABLE = "Table (CSV)";
    /// Among the files to save: all scores.
    SAVE_SCORES = "All scores (JSON)";
    /// Among the files to save: all scores, and the embeddings.
    SAVE_EMBEDDINGS = "With embeddings (JSON)";
    /// The button that takes all photos off the page.
    CLEAR_PHOTOS = "Remove all";
    /// On a card: the photo waits for a worker.
    WAITING = "Waiting its turn";
    /// On a card: the photo waits for the model's image tower.
    WAITING_FOR_MODEL = "Waiting for the model";
    /// On a card: the photo is being embedded.
    LOOKING = "Looking\u{2026}";
    /// On a card: the photo is embedded, its labels wait for the text tower.
    READ_LATER = "Looked at. Your labels are answered as soon as the part of the model that reads has arrived.";
    /// On a card: the model's tokenizer refuses all labels.
    UNREADABLE = "This model can\u{2019}t read any of these labels.";
    /// On a card: the worker ended while it embedded this photo.
    CRASHED_ON_PHOTO = "The model stopped while looking at this photo, perhaps for lack of memory. The other photos go on. Try a smaller copy of this one.";
    /// In place of a thumbnail that the browser can't show.
    NO_PREVIEW = "No preview";
    /// On a card, before the cosine between the photo and a query.
    MATCH = "match";
    /// The button that inspects a photo.
    LOOK_CLOSER = "Look closer";
    /// The button that puts a photo into the query.
    MORE_LIKE_THIS = "More like this";
    /// Under the drop zone: photos that found no room.
    LEFT_OUT = "{photos} left out: the page holds {most} at once. Save the results, remove some and go on.";
    /// Under the drop zone: photos of another app that the service worker couldn't put aside.
    NOT_TAKEN_OVER = "{photos} from the other app left out: the browser has no room left for this page. Make room and share again, or use \u{201c}Choose photos\u{201d} instead.";
    /// Inside another sentence: exactly one of them.
    ONE_PHOTO = "1 photo";
    /// Inside another sentence: none or several of them.
    MANY_PHOTOS = "{count} photos";
    /// Under the drop zone: files of a folder that are no pictures.
    SKIPPED = "{files} in the folder left out: not pictures.";
    /// Under the drop zone: not everything that was dropped was looked at.
    CUT = "More than {most} files and folders were dropped: the rest was not looked at. Drop fewer at once.";
    /// Under the drop zone: what the browser can't read.
    NOT_READ = "Could not be read: {paths}.";
    /// Under the drop zone: what the browser can't read, where that is much.
    NOT_READ_MORE = "Could not be read: {paths} and {count} more.";
    /// Inside another sentence: exactly one of them.
    ONE_FILE = "1 file";
    /// Inside another sentence: none or several of them.
    MANY_FILES = "{count} files";
    /// The switch between all numbers of a label and its share alone, where scores are calibrated.
    FOUR_NUMBERS = "All four numbers";
    /// The same switch where scores aren't calibrated.
    THREE_NUMBERS = "All three numbers";
    /// The button that tries a photo again.
    RETRY = "Try again";
    /// For a screen reader: the button that tries a photo again.
    RETRY_PHOTO = "Try photo {name} again";
    /// The alternative text of a thumbnail.
    PHOTO = "Photo: {name}";
    /// For a screen reader: the button that takes a photo off the page.
    REMOVE_PHOTO = "Remove photo {name}";
    /// For a screen reader: the button that inspects a photo.
    LOOK_CLOSER_AT = "Look closer at {name}";
    /// For a screen reader: the button that puts a photo into the query.
    MORE_LIKE = "More like this: {name}";
    /// For a screen reader: the button with a photo's best label, which shows all others.
    BEST = "{name}: {label}, {share}. Look closer";
    /// For a screen reader: no label fits a photo.
    DONE_NONE = "{name}: none of your labels, {share}";
    /// For a screen reader: a photo can be scored once there are labels.
    DONE = "{name}: done";
}

/// The photo at this position, from 1 on, is presented.
pub fn position(index: usize, count: usize) -> String {
    let [index, count] = [index, count].map(numbers::whole);
    POSITION.fill(&[("index", &index), ("count", &count)])
}

/// A label fits `count` of all photos best, and these are shown.
pub fn filtered(label: &str, count: usize, all: usize) -> String {
    let [count, all] = [count, all].map(numbers::whole);
    // The label comes last: braces in it stay.
    FILTERED.fill(&[("count", &count), ("all", &all), ("label", label)])
}

/// Under the drop zone: what can be opened.
pub fn opens() -> String {
    OPENS.fill(&[("formats", &PictureFormat::names())])
}

/// Of many photos, how far they have come.
pub fn progress(done: usize, all: usize) -> String {
    PROGRESS.fill(&[("done", &done.to_string()), ("all", &all.to_string())])
}

/// How many milliseconds the rest takes, as exactly as that can be known.
pub fn time_left(milliseconds: f64) -> String {
    let seconds = milliseconds / 1000.0;
    let time = if seconds > 90.0 {
        format!("{:.0}\u{202f}min", seconds / 60.0)
    } else if seconds > 10.0 {
        format!("{:.0}\u{202f}s", (seconds / 5.0).round() * 5.0)
    } else {
        format!("{:.0}\u{202f}s", seconds.max(1.0))
    };
    TIME_LEFT.fill(&[("time", &time)])
}

/// A photo of this name was taken off the page.
pub fn removed(name: &str) -> String {
    REMOVED.fill(&[("name", name)])
}

/// So many photos were taken off the page.
pub fn removed_many(count: usize) -> String {
    REMOVED_MANY.fill(&[("photos", &plural(count, ONE_PHOTO, MANY_PHOTOS))])
}

/// Under the drop zone: so many photos of another app couldn't be put aside.
pub fn not_taken_over(lost: usize) -> String {
    NOT_TAKEN_OVER.fill(&[("photos", &plural(lost, ONE_PHOTO, MANY_PHOTOS))])
}

/// Under the drop zone: what isn't on the page, `None` if everything is. So many photos were `refused` for
/// lack of room.
pub fn left_out(refused: usize, left_out: &LeftOut) -> Option<String> {
    let mut sentences = Vec::new();
    if refused > 0 {
        sentences.push(LEFT_OUT.fill(&[
            ("photos", &plural(refused, ONE_PHOTO, MANY_PHOTOS)),
            ("most", &MAX_PHOTOS.to_string()),
        ]));
    }
    if left_out.skipped > 0 {
        let files = plural(left_out.skipped, ONE_FILE, MANY_FILES);
        sentences.push(SKIPPED.fill(&[("files", &files)]));
    }
    if left_out.is_cut {
        sentences.push(CUT.fill(&[("most", &MAX_ENTRIES.to_string())]));
    }
    match left_out
        .unreadable
        .split_at(left_out.unreadable.len().min(NAMED))
    {
        ([], _) => {}
        (named, []) => sentences.push(NOT_READ.fill(&[("paths", &list(named))])),
        (named, more) => sentences.push(NOT_READ_MORE.fill(&[
            ("count", &more.len().to_string()),
            ("paths", &named.join(", ")),
        ])),
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The switch between all numbers of a label and its share alone.
pub fn all_numbers(is_calibrated: bool) -> Text {
    if is_calibrated {
        FOUR_NUMBERS
    } else {
        THREE_NUMBERS
    }
}

/// Why a photo has no embedding and won't get one; `None` for any other photo.
pub fn failure(status: &CardStatus) -> Option<String> {
    match status {
        CardStatus::Failed(failure) => Some(image_failure(failure)),
        CardStatus::Crashed => Some(CRASHED_ON_PHOTO.into()),
        CardStatus::Waiting | CardStatus::Embedding | CardStatus::Done(_) => None,
    }
}

/// The alternative text of a thumbnail.
pub fn photo(name: &str) -> String {
    PHOTO.fill(&[("name", name)])
}

/// For a screen reader: the button that takes a photo off the page.
pub fn remove_photo(name: &str) -> String {
    REMOVE_PHOTO.fill(&[("name", name)])
}

/// For a screen reader: the button that tries a photo again.
pub fn retry_photo(name: &str) -> String {
    RETRY_PHOTO.fill(&[("name", name)])
}

/// For a screen reader: the button that inspects a photo.
pub fn look_closer(name: &str) -> String {
    LOOK_CLOSER_AT.fill(&[("name", name)])
}

/// For a screen reader: the button that puts a photo into the query.
pub fn more_like(name: &str) -> String {
    MORE_LIKE.fill(&[("name", name)])
}

/// For a screen reader: a photo can be scored, or its best label is another one.
pub fn announce_done(name: &str, best: Option<Best>) -> String {
    match best {
        Some(Best::Label(label, share)) => format!("{name}: {label}, {}", numbers::percent(share)),
        Some(Best::None(share)) => {
            DONE_NONE.fill(&[("share", &numbers::percent(share)), ("name", name)])
        }
        None => DONE.fill(&[("name", name)]),
    }
}

/// For a screen reader: the button with a photo's best label.
pub fn best(name: &str, label: &str, share: f32) -> String {
    let share = numbers::percent(share);
    BEST.fill(&[("name", name), ("label", label), ("share", &share)])
}

/// For a screen reader: a photo can't be scored.
pub fn announce_failed(name: &str, reason: &str) -> String {
    format!("{name}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::catalog::check;

    #[test]
    fn german_is_complete() {
        check(ALL, include_str!("text.de.json"));
    }
    #[test]
    fn whatever_is_left_out_is_counted_and_named() {
        assert_eq!(left_out(0, &LeftOut::default()), None);
        let all = LeftOut {
            skipped: 1,
            unreadable: (0..7).map(|index| format!("a/{index}")).collect(),
            is_cut: true,
        };
        let said = left_out(2, &all).unwrap_or_default();
        for part in [
            "2 photos",
            "1 file",
            "More than 20000 files",
            "a/0, a/1, a/2, a/3, a/4 and 2 more.",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
