//! The labels' sentences, and the labels and templates that are offered.

use super::state::{MAX_LABELS, MAX_LENGTH, Refusal};
use crate::page::ui::language;
use glimpse_model::text::starting;

/// The labels that are there at the start.
pub const FIRST_LABELS: [&str; 8] = starting::FIRST;

/// Sets of labels to add with one tap, each with its name.
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

/// Several templates, whose sentences' mean is taken.
pub const TEMPLATES: [&str; 7] = [
    "a photo of a {}",
    "a close-up photo of a {}",
    "a picture of the {}",
    "a blurry photo of a {}",
    "a bright photo of a {}",
    "a drawing of a {}",
    "there is a {} in this picture",
];

/// The heading above the labels.
pub const LABELS: &str = "Labels";
/// The name of the field for the next label.
pub const LABEL_FIELD: &str = "Add a word or phrase";
/// The example in the empty field.
pub const LABEL_EXAMPLE: &str = "e.g. sleeping cat";
/// The hint under the field.
pub const LABEL_HINT: &str = "Scores follow as you type. Enter or a comma keeps the label.";
/// The button beside the field.
pub const ADD: &str = "Add";
/// In place of labels or scores: there are no labels.
pub const NO_LABELS: &str = "No labels yet. Type what might be in the picture.";
/// In place of scores: the labels' embeddings are on their way.
pub const READING: &str = "Reading your labels\u{2026}";
/// The name of the group of sets.
pub const SETS_TITLE: &str = "Add a set";
/// The button after the sets.
pub const CLEAR_LABELS: &str = "Remove all labels";
/// The name of the field of templates.
pub const TEMPLATE: &str = "Sentence around each label";
/// The hint under the field of templates.
pub const TEMPLATE_HINT: &str = "{} stands for the label. The model has mostly read whole sentences, so this often helps. With several, one a line, their average counts.";
/// The button that fills in several templates.
pub const TEMPLATE_SET: &str = "Average of 7 sentences";
/// The exact term for several templates.
pub const TEMPLATE_TERM: &str = "prompt ensembling";
/// The definition of several templates.
pub const TEMPLATE_EXACT: &str = "The label\u{2019}s embedding is the mean of its sentences\u{2019} embeddings, scaled to unit length: what a single wording adds by accident averages out. \u{201c}Look closer\u{201d} on a photo shows what each sentence gives.";
/// The button that brings the usual template back.
pub const RESET: &str = "Reset";

/// The name of a label's chip, which removes it.
pub fn remove_label(label: &str) -> String {
    format!("Remove label {label}")
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

/// A label has to wait for the text tower.
pub fn label_waits(label: &str) -> String {
    format!("\u{201c}{label}\u{201d} is answered as soon as the part that reads has arrived.")
}

/// A label is in a script, or with `is_certain` unset perhaps in a language, that the model doesn't
/// know; `languages` are those that it knows, as BCP 47 tags.
pub fn foreign(label: &str, languages: &[String], is_certain: bool) -> String {
    let names: Vec<&str> = languages.iter().map(|tag| language::name(tag)).collect();
    let names = names.join(", ");
    if !is_certain {
        return format!(
            "Is \u{201c}{label}\u{201d} another language? This model has only read {names}; other words\u{2019} scores mean little."
        );
    }
    format!(
        "This model has only read {names}. It can\u{2019}t understand \u{201c}{label}\u{201d}, so its scores mean little."
    )
}
