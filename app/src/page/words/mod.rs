//! Every sentence the page says, in one place, ready to be translated.

mod ask;
mod closer;
mod explain;
mod models;
mod offline;
mod status;
mod vocabulary;

pub use ask::*;
pub use closer::*;
pub use explain::{
    EXPLAIN, EXPLAIN_LIMITS, Explained, NONE, NONE_ASK, explained, none_exact, none_means,
};
pub use models::*;
pub use offline::*;
pub use status::*;
pub use vocabulary::{COLOURS, DOINGS, LOOKS, NOUNS, NUMBERS, PLACES};

use super::{
    labels::{MAX_LABELS, MAX_LENGTH, Refusal},
    numbers,
    photos::MAX_PHOTOS,
    ranking::Best,
};
use glimpse_model::text::starting;

/// The labels that are there at the start.
pub const FIRST_LABELS: [&str; 8] = starting::FIRST;

/// Labels to add with one tap.
pub const SETS: [(&str, &[&str]); 8] = [
    ("Animals", starting::ANIMALS),
    ("Food", starting::FOOD),
    ("Places", starting::PLACES),
    ("Feelings", starting::FEELINGS),
    ("Colours", starting::COLOURS),
    ("What is happening?", starting::HAPPENINGS),
    ("Things", starting::THINGS),
    ("Kinds", starting::KINDS),
];

/// The page in a sentence.
pub const TITLE: &str = "Drop a photo. See which words fit it.";
/// Under the title.
pub const LEAD: &str = "A small model looks at the picture, reads your words, and shows how well they go together \u{2013} in this page, on your device.";
/// For the keyboard.
pub const SKIP: &str = "Skip to the labels";

/// In the drop zone.
pub const DROP: &str = "Drop photos or a folder here";
/// In the drop zone.
pub const DROP_OR: &str = "or paste one with Ctrl\u{202f}+\u{202f}V";
/// Beside the drop zone.
pub const CHOOSE_FOLDER: &str = "Choose a folder";
/// In the drop zone.
pub const CHOOSE: &str = "Choose photos";
/// Over the whole window.
pub const DROP_NOW: &str = "Let go to look at it";
/// Above the samples.
pub const SAMPLES: &str = "Or try one of these";
/// Under the samples.
pub const CREDITS: &str = "Photo credits";

/// Above the labels.
pub const LABELS: &str = "Labels";
/// The labels field.
pub const LABEL_FIELD: &str = "Add a word or phrase";
/// Inside the empty field.
pub const LABEL_EXAMPLE: &str = "e.g. sleeping cat";
/// Under the field.
pub const LABEL_HINT: &str = "Scores follow as you type. Enter or a comma keeps the label.";
/// Beside the field.
pub const ADD: &str = "Add";
/// No labels.
pub const NO_LABELS: &str = "No labels yet. Type what might be in the picture.";
/// Before the sets.
pub const SETS_TITLE: &str = "Add a set";
/// After the sets.
pub const CLEAR_LABELS: &str = "Remove all labels";
/// Around the template.
pub const TEMPLATE: &str = "Sentence around each label";
/// Under the template.
pub const TEMPLATE_HINT: &str = "{} stands for the label. The model has mostly read whole sentences, so this often helps. With several, one a line, their average counts.";
/// Fills in several templates.
pub const TEMPLATE_SET: &str = "Average of 7 sentences";
/// Its exact term.
pub const TEMPLATE_TERM: &str = "prompt ensembling";
/// Its definition.
pub const TEMPLATE_EXACT: &str = "The label\u{2019}s embedding is the mean of its sentences\u{2019} embeddings, scaled to unit length: what a single wording adds by accident averages out. \u{201c}Look closer\u{201d} on a photo shows what each sentence gives.";
/// Beside the template.
pub const RESET: &str = "Reset";

/// Above the cards.
pub const PHOTOS: &str = "Photos";
/// Shows all numbers beside the label, or only the share.
pub fn numbers(calibrated: bool) -> &'static str {
    if calibrated {
        "All four numbers"
    } else {
        "All three numbers"
    }
}
/// Writes the results.
pub const SAVE: &str = "Save results";
/// Removes the cards.
pub const CLEAR_PHOTOS: &str = "Remove all";
/// In a card.
pub const WAITING: &str = "Waiting its turn";
/// In a card before the model is there.
pub const WAITING_FOR_MODEL: &str = "Waiting for the model";
/// In a card.
pub const LOOKING: &str = "Looking\u{2026}";
/// In a card whose labels are on their way.
pub const READING: &str = "Reading your labels\u{2026}";
/// In a card whose labels wait for the part of the model that reads.
pub const READ_LATER: &str =
    "Looked at. Your labels are answered as soon as the part of the model that reads has arrived.";
/// In a card whose labels the model's tokenizer refuses, all of them.
pub const UNREADABLE: &str = "This model can\u{2019}t read any of these labels.";
/// In a card, with a single label.
pub const ONE_LABEL: &str = "Add another label to compare. With a single one the share is always 100\u{202f}%, which says nothing.";
/// In place of a thumbnail.
pub const NO_PREVIEW: &str = "No preview";
/// On the row of the unfinished word.
pub const DRAFT: &str = "typing";
/// After the shortened rows of a card.
pub const FEWER: &str = "Show fewer";

/// A card's columns; labels that don't share have each a fit of their own.
pub fn columns(shares: bool) -> [&'static str; 5] {
    let last = if shares { SHARE } else { FIT };
    ["Label", "Cosine", "Logit", ALONE, last]
}
/// The probability of a softmax.
pub const SHARE: &str = "Share";
/// The probability of a sigmoid.
pub const FIT: &str = "Fit";
/// The calibrated probability that doesn't heed the other labels.
pub const ALONE: &str = "Alone";

/// A drop without files.
pub const NO_FILES: &str = "There was no file in that. Save the picture first, then drop the file.";
/// The clipboard had a file that couldn't be had, or the site lacks one.
pub const SAMPLE_FAILED: &str = "This sample photo could not be fetched. Are you offline?";
/// Nothing to write.
pub const SAVE_FAILED: &str = "The results could not be saved by this browser.";
/// A drawing that doesn't draw.
pub fn svg_failed() -> String {
    glimpse_model::pixels::Format::Svg.undecodable().to_string()
}

/// A count and its noun.
pub fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// A chip's name.
pub fn remove_label(label: &str) -> String {
    format!("Remove label {label}")
}

/// A remove button's name.
pub fn remove_photo(name: &str) -> String {
    format!("Remove photo {name}")
}

/// A thumbnail's text.
pub fn photo(name: &str) -> String {
    format!("Photo: {name}")
}

/// The rest of a long ranking.
pub fn show_all(count: usize) -> String {
    format!("Show all {count}")
}

/// Why a label wasn't added.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Duplicate(same) => format!("\u{201c}{same}\u{201d} is there already."),
        Refusal::TooLong => {
            format!("A label can have {MAX_LENGTH} characters at most. Try a shorter one.")
        }
        Refusal::TooMany => {
            format!("There are {MAX_LABELS} labels, the most that fit. Remove some to add others.")
        }
    }
}

/// Photos that found no room.
pub fn too_many_photos(refused: usize) -> String {
    format!(
        "{} left out: the page holds {MAX_PHOTOS} at once. Save the results, remove some and go on.",
        plural(refused, "photo")
    )
}

/// Files of a folder that are no pictures.
pub fn skipped(count: usize) -> String {
    format!(
        "{} in the folder left out: not pictures.",
        plural(count, "file")
    )
}

/// A label in another script, or perhaps in another language.
pub fn foreign(label: &str, languages: &[String], certain: bool) -> String {
    let names: Vec<&str> = languages.iter().map(|tag| language(tag)).collect();
    if !certain {
        return format!(
            "Is \u{201c}{label}\u{201d} another language? This model has only read {}; other words\u{2019} scores mean little.",
            names.join(", ")
        );
    }
    format!(
        "This model has only read {}. It can\u{2019}t understand \u{201c}{label}\u{201d}, so its scores mean little.",
        names.join(", ")
    )
}

fn language(tag: &str) -> &str {
    match tag.split('-').next().unwrap_or_default() {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "pt" => "Portuguese",
        "ru" => "Russian",
        "zh" => "Chinese",
        "ja" => "Japanese",
        _ => tag,
    }
}

/// Read out when a photo can be scored.
pub fn announce_done(name: &str, best: Option<Best>) -> String {
    match best {
        Some(Best::Label(label, share)) => format!("{name}: {label}, {}", numbers::percent(share)),
        Some(Best::None(share)) => {
            format!("{name}: none of your labels, {}", numbers::percent(share))
        }
        None => format!("{name}: done"),
    }
}

/// Read out when one can't.
pub fn announce_failed(name: &str, reason: &str) -> String {
    format!("{name}: {reason}")
}

/// Read out for several.
pub fn announce_many(done: usize, failed: usize, last: &str) -> String {
    let failed = match failed {
        0 => String::new(),
        count => format!(", {count} failed"),
    };
    format!("{} done{failed}. Last: {last}", plural(done, "photo"))
}
