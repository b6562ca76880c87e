//! The labels' sentences, and the labels and templates that are offered.

use super::state::{MAX_LENGTH, Refused};
use crate::page::locale::{self, Text, numbers::whole, texts};
use glimpse_model::text::starting;
use std::rc::Rc;

/// The labels that are there at the start: in English in every language, since the model reads them.
pub const FIRST_LABELS: [&str; 8] = starting::FIRST;

/// Sets of labels to add with one tap, each with its name.
pub const SETS: [(Text, &[&str]); 8] = [
    (ANIMALS, starting::ANIMALS),
    (FOOD, starting::FOOD),
    (PLACES, starting::PLACES),
    (FEELINGS, starting::FEELINGS),
    (COLOURS, starting::COLOURS),
    (HAPPENINGS, starting::HAPPENINGS),
    (THINGS, starting::THINGS),
    (KINDS, starting::KINDS),
];

/// Several templates, whose sentences' mean is taken.
pub const TEMPLATES: [&str; 7] = [
    "a photo of {a}",
    "a close-up photo of {a}",
    "a picture of the {}",
    "a blurry photo of {a}",
    "a bright photo of {a}",
    "a drawing of {a}",
    "there is {a} in this picture",
];

texts! {
    /// A set of labels: kinds of animals.
    ANIMALS = "Animals";
    /// A set of labels: dishes and drinks.
    FOOD = "Food";
    /// A set of labels: where a photo may be taken.
    PLACES = "Places";
    /// A set of labels: people's and scenes' moods.
    FEELINGS = "Feelings";
    /// A set of labels: the colour of an object.
    COLOURS = "Colours";
    /// A set of labels: what people do.
    HAPPENINGS = "What is happening?";
    /// A set of labels: everyday objects.
    THINGS = "Things";
    /// A set of labels: kinds of pictures.
    KINDS = "Kinds";

    /// The heading of the labels panel.
    LABELS = "Labels";
    /// The name of the field for the next label.
    LABEL_FIELD = "Add a word or phrase";
    /// The example in the empty field.
    LABEL_EXAMPLE = "e.g. sleeping cat";
    /// The hint under the field.
    LABEL_HINT = "Scores follow as you type. Enter or a comma keeps the label.";
    /// Told for some seconds: a label was taken away.
    REMOVED = "\u{201c}{label}\u{201d} removed.";
    /// Told for some seconds: labels were taken away.
    REMOVED_MANY = "{count} labels removed.";
    /// The button beside the field.
    ADD = "Add";
    /// In place of labels or scores: there are no labels.
    NO_LABELS = "No labels yet. Type what might be in the picture.";
    /// In place of scores: the labels' embeddings are on their way.
    READING = "Reading your labels\u{2026}";
    /// The name of the group of sets.
    SETS_TITLE = "Add a set";
    /// The button after the sets, which removes all labels.
    CLEAR_LABELS = "Remove all labels";
    /// The name of a label's chip, which removes it.
    REMOVE_LABEL = "Remove label {label}";
    /// A label wasn't added: it is there, perhaps in other capitals.
    DUPLICATE = "\u{201c}{label}\u{201d} is there already.";
    /// Labels weren't added: they are there.
    DUPLICATES = "{count} of these labels are there already.";
    /// A label wasn't added: it is too long.
    TOO_LONG = "A label can have {most} characters at most. Try a shorter one.";
    /// Labels weren't added: they are too long. They stay in the field.
    LONG = "{count} labels are longer than {most} characters, the most that fit. They are still in the field.";
    /// A label wasn't added: there are too many.
    TOO_MANY = "There are {count} labels, the most that fit. Remove some to add others.";
    /// Labels weren't added: there are too many. They stay in the field.
    MANY = "{most} labels fit, so {count} are still in the field. Remove some to add them.";
    /// Other templates weren't taken: they make too many sentences.
    MANY_SENTENCES = "{labels} labels in {templates} sentences each are too many to read. With fewer labels or sentences it works; until then the sentences stay as they were.";

    /// The button that unfolds the labels as a text, a label a line.
    AS_LIST = "Edit as a list";
    /// The name of the field with all labels.
    LIST = "All labels, one a line";
    /// The button that takes the labels from the list.
    TAKE_LIST = "Use this list";
    /// The button that folds the list without taking it.
    CANCEL = "Cancel";
    /// Behind a label and the number of photos on its button, for a screen reader: what a press does.
    ONLY = "photos fit it best: show only these";
    /// Of thousands of labels, how many are embedded.
    READING_MANY = "Reading the labels: {done} of {all}";
    /// After the first of many labels' chips: those that aren't shown.
    MORE = "and {count} more";
    /// A label has to wait for the text tower.
    WAITS = "\u{201c}{label}\u{201d} is answered as soon as the part that reads has arrived.";
    /// A label is in a script that the model doesn't know.
    FOREIGN = "This model has only read {languages}. It can\u{2019}t understand \u{201c}{label}\u{201d}, so its scores mean little.";
    /// A label is perhaps in a language that the model doesn't know.
    PERHAPS_FOREIGN = "Is \u{201c}{label}\u{201d} another language? This model has only read {languages}; other words\u{2019} scores mean little.";

    /// The name of the field of templates.
    TEMPLATE = "Sentence around each label";
    /// The hint under the field of templates.
    TEMPLATE_HINT = "{a} stands for the label with its article (\u{201c}an apple\u{201d}, \u{201c}water\u{201d}), {} for the bare label. The model has mostly read whole sentences, so this often helps. With several, one a line, their average counts.";
    /// The button that fills in several templates.
    TEMPLATE_SET = "Average of 7 sentences";
    /// The exact term for several templates.
    TEMPLATE_TERM = "prompt ensembling";
    /// The definition of several templates.
    TEMPLATE_EXACT = "The label\u{2019}s embedding is the mean of its sentences\u{2019} embeddings, scaled to unit length: what a single wording adds by accident averages out. \u{201c}Look closer\u{201d} on a photo shows what each sentence gives.";
    /// The button that brings the usual template back.
    RESET = "Reset";
}

/// The name of a label's chip, which removes it.
pub fn remove_label(label: &str) -> String {
    REMOVE_LABEL.fill(&[("label", label)])
}

/// These labels were taken away; nothing if there are none.
pub fn removed(labels: &[Rc<str>]) -> Option<String> {
    match labels {
        [] => None,
        [label] => Some(REMOVED.fill(&[("label", label)])),
        labels => Some(REMOVED_MANY.fill(&[("count", &whole(labels.len()))])),
    }
}

/// Why labels weren't added, if there are any; `room` is how many fit.
pub fn refused(refused: &Refused, room: usize) -> Option<String> {
    let most = MAX_LENGTH.to_string();
    let duplicates = match &refused.duplicates[..] {
        [] => None,
        [same] => Some(DUPLICATE.fill(&[("label", same)])),
        several => Some(DUPLICATES.fill(&[("count", &whole(several.len()))])),
    };
    let long = match refused.long.len() {
        0 => None,
        1 => Some(TOO_LONG.fill(&[("most", &most)])),
        count => Some(LONG.fill(&[("count", &whole(count)), ("most", &most)])),
    };
    let many = match refused.many.len() {
        0 => None,
        1 => Some(TOO_MANY.fill(&[("count", &whole(room))])),
        count => Some(MANY.fill(&[("count", &whole(count)), ("most", &whole(room))])),
    };
    let told: Vec<String> = [duplicates, long, many].into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// So many labels in so many templates are too many sentences.
pub fn many_sentences(labels: usize, templates: usize) -> String {
    MANY_SENTENCES.fill(&[("labels", &whole(labels)), ("templates", &whole(templates))])
}

/// So many of all labels are embedded.
pub fn reading(done: usize, all: usize) -> String {
    let [done, all] = [done, all].map(whole);
    READING_MANY.fill(&[("done", &done), ("all", &all)])
}

/// So many labels have no chip.
pub fn more(count: usize) -> String {
    MORE.fill(&[("count", &whole(count))])
}

/// A label has to wait for the text tower.
pub fn label_waits(label: &str) -> String {
    WAITS.fill(&[("label", label)])
}

/// A label is in a script, or with `is_certain` unset perhaps in a language, that the model doesn't
/// know; `languages` are those that it knows, as BCP 47 tags.
pub fn foreign(label: &str, languages: &[String], is_certain: bool) -> String {
    let names = languages.iter().map(|tag| locale::language_name(tag));
    let names = locale::list(&names.collect::<Vec<_>>());
    let text = if is_certain { FOREIGN } else { PERHAPS_FOREIGN };
    // The label comes last: braces in it stay.
    text.fill(&[("languages", &names), ("label", label)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::catalog;

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, include_str!("text.de.json"));
    }

    #[test]
    fn a_label_with_braces_is_told_as_it_is() {
        let told = foreign("{languages}", &["en".to_owned()], false);
        assert!(told.starts_with("Is \u{201c}{languages}\u{201d}"), "{told}");
    }
}
