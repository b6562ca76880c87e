//! What visitors read in the dialogue about one photo.

use super::{
    state::Tab,
    vocabulary::{LOOKS, NOUNS, PLACES},
};
use crate::page::ui::numbers;
use glimpse_model::pixels::View;

/// Button that closes the dialogue, for a screen reader.
pub const CLOSE: &str = "Close";

/// Why a photo has no heat map: the worker broke while it was asked for.
pub const RESTARTED: &str = "The model stopped and was started again.";

/// Column of cosines.
pub const COSINE: &str = "cosine";

/// Label of the field for the words to compare with the photo.
pub const WORDS: &str = "Which words?";

/// Label of the slider for the heat map's opacity.
pub const OPACITY: &str = "Strength of the colours";

/// How to read the heat map.
pub const MAP_HINT: &str = "Light is where the words fit best within this photo, dark where they fit least. There is always a lightest place, even if the words don\u{2019}t fit at all: the numbers under the photo tell.";

/// Switch of the heat map's comparison with the other labels.
pub const CONTRAST: &str = "Compare with my other labels";

/// Exact term for what the heat map shows; opens [`MAP_EXACT`].
pub const MAP_TERM: &str = "patch-level cosine similarity";

/// Definition of [`MAP_TERM`].
pub const MAP_EXACT: &str = "The encoder cuts the picture into a grid. Before they are summed up, the grid\u{2019}s parts are each carried into the space that pictures and words share, and compared with the words. The colours show the cosine of each part, by default less its mean cosine to your other labels, since some parts resemble any words a little. Parts know something of their neighbourhood, so edges are soft; the model was never trained to point.";

/// For a screen reader: the encoder's input, as a picture.
pub const ENCODER_INPUT: &str = "The picture as the encoder got it";

/// Button that starts the search for a caption.
pub const DESCRIBE: &str = "Describe this photo";

/// Heading of the caption.
pub const CAPTION: &str = "A caption";

/// Stands in for the caption until it is complete.
pub const COMPOSING: &str = "Trying phrases\u{2026} this takes a few seconds, once.";

/// Button that copies the caption.
pub const COPY_ALT: &str = "Copy as alt text";

/// Exact term for how the caption is found; opens [`caption_exact`].
pub const CAPTION_TERM: &str = "retrieval with a beam search";

/// Heading of the nearest things.
pub const NEAREST: &str = "Nearest things";

/// Label of the question's field.
pub const QUESTION: &str = "Ask about this photo";

/// Placeholder in the question's field.
pub const QUESTION_EXAMPLE: &str = "e.g. What colour is the cup?";

/// Questions to begin with, a button each.
pub const EXAMPLE_QUESTIONS: [&str; 5] = [
    "What is this?",
    "Where was this taken?",
    "What is happening?",
    "How many people are there?",
    "Is it day or night?",
];

/// Reply to a question for someone's identity.
pub const NO_IDENTITIES: &str = "This page doesn\u{2019}t say who someone is: looks are no proof of it, and guessing would be unkind.";

/// Reply to a question that no statement can be made of.
pub const UNCLEAR: &str = "I can\u{2019}t turn that into a statement. Try \u{201c}What colour is \u{2026}?\u{201d}, \u{201c}How many \u{2026}?\u{201d}, \u{201c}Is there \u{2026}?\u{201d}, \u{201c}Where \u{2026}?\u{201d} or \u{201c}Is it \u{2026} or \u{2026}?\u{201d}.";

/// Opens [`HOW_EXACT`] and the statement.
pub const HOW: &str = "How this works";

/// How questions are answered.
pub const HOW_EXACT: &str = "The model can\u{2019}t talk or think; it can only compare. So your question becomes a statement with a gap, each answer is put into the gap, and the statement nearest to the photo wins. You can change both. It is bad at counting, at left and right, and at \u{201c}not\u{201d}.";

/// Label of the statement's field.
pub const STATEMENT: &str = "Statement, with {} for the answer";

/// Label of the field for the answers to try.
pub const ANSWERS: &str = "Answers to try";

/// Column of answers.
pub const ANSWER: &str = "Answer";

/// Stands in for the best answer where several fit nearly as well.
pub const UNSURE: &str = "The model can\u{2019}t tell: several answers fit nearly as well.";

/// Row for the probability that none of the answers fits.
pub const NO_ANSWER: &str = "None of these answers";

/// Heading of the embeddings, drawn as strips.
pub const STRIPS: &str = "The numbers themselves";

/// The strip of the photo's embedding.
pub const STRIP_IMAGE: &str = "The photo\u{2019}s embedding";

/// The strip of products, photo by words.
pub const STRIP_PRODUCT: &str =
    "Multiplied, number by number: orange pulls them together, blue apart";

/// Heading of the table of sentences.
pub const SENTENCES: &str = "What each sentence gives";

/// Row for the mean of all sentences.
pub const SENTENCES_MEAN: &str = "All together (mean direction)";

/// Unit of the heat map's legend; `compared` with the other labels or not.
pub fn heat_unit(compared: bool) -> &'static str {
    if compared {
        "cosine more than the other labels"
    } else {
        COSINE
    }
}

/// Heading of the dialogue.
pub fn title(name: &str) -> String {
    format!("A closer look at {name}")
}

/// Button of a tab.
pub fn tab(tab: Tab) -> &'static str {
    match tab {
        Tab::Where => "Where",
        Tab::Words => "In words",
        Tab::Ask => "Ask",
        Tab::Numbers => "Numbers",
    }
}

/// Where the heat map is hottest: row and column in thirds.
pub fn hottest(words: &str, ninth: (usize, usize), compared: bool) -> String {
    let position = match ninth {
        (0, 0) => "at the top left",
        (0, 1) => "at the top",
        (0, _) => "at the top right",
        (1, 0) => "on the left",
        (1, 1) => "in the middle",
        (1, _) => "on the right",
        (_, 0) => "at the bottom left",
        (_, 1) => "at the bottom",
        (_, _) => "at the bottom right",
    };
    format!(
        "\u{201c}{words}\u{201d} {} {position} of what the encoder saw.",
        if compared {
            "stands out most from the other labels"
        } else {
            "fits best"
        }
    )
}

/// What was cut from the photo, of this width and height in pixels, for the encoder's input.
pub fn encoder_input(size: [u32; 2], view: &View) -> String {
    let area = &view.area;
    let whole = area.width >= f64::from(size[0]) - 1.0 && area.height >= f64::from(size[1]) - 1.0;
    let (part, edges) = if whole {
        ("the whole picture".to_owned(), "")
    } else {
        (
            format!(
                "{:.0}\u{202f}\u{d7}\u{202f}{:.0} pixels from its middle",
                area.width, area.height
            ),
            " The darkened edges never reached it.",
        )
    };
    format!(
        "Exactly what the encoder got: of {}\u{202f}\u{d7}\u{202f}{} pixels {part}, resized to {}\u{202f}\u{d7}\u{202f}{}.{edges}",
        size[0], size[1], view.width, view.height
    )
}

/// What [`DESCRIBE`] does.
pub fn describe_hint() -> String {
    format!(
        "The model can\u{2019}t write, but it can compare: it reads {} things, then places and looks, and the phrases that fit best make a caption.",
        NOUNS.len()
    )
}

/// How far to trust the caption.
pub fn caption_hint(cosine: f32) -> String {
    format!(
        "The best of the sentences tried (cosine {}). It may well be wrong: read it before you use it, and mend it.",
        numbers::signed(cosine, 2)
    )
}

/// Definition of [`CAPTION_TERM`].
pub fn caption_exact() -> String {
    format!(
        "{} things are compared with the photo; the best four are continued with each of {} places, and the best of those with each of {} looks. A longer sentence has to come at least 0.01 nearer to be kept. Nothing is generated: every word comes from these lists.",
        NOUNS.len(),
        PLACES.len(),
        LOOKS.len()
    )
}

/// Whether the caption was copied.
pub fn caption_copied(done: bool) -> &'static str {
    if done {
        "Copied."
    } else {
        "The browser didn\u{2019}t allow copying: select the text instead."
    }
}

/// The best answer.
pub fn answer(text: &str, share: f32, is_none: bool) -> String {
    if is_none {
        format!(
            "Probably none of these answers ({}). Try others below.",
            numbers::percent(share)
        )
    } else {
        format!("{text} ({})", numbers::percent(share))
    }
}

/// The answer to a statement that is true or not: `chance` is its calibrated probability.
pub fn yes_no(chance: Option<f32>, cosine: f32) -> String {
    let figure = numbers::signed(cosine, 3);
    match chance {
        Some(chance) if chance >= 0.5 => {
            format!(
                "Probably yes ({}; cosine {figure}).",
                numbers::percent(chance)
            )
        }
        Some(chance) if chance >= 0.2 => format!(
            "Perhaps ({} likely; cosine {figure}).",
            numbers::percent(chance)
        ),
        Some(chance) => format!(
            "Probably not ({} likely; cosine {figure}).",
            numbers::percent(chance)
        ),
        None => format!(
            "The cosine is {figure}. This model isn\u{2019}t calibrated, so only a comparison tells what that means: ask \u{201c}Is it \u{2026} or \u{2026}?\u{201d}."
        ),
    }
}

/// The strip of the words' embedding.
pub fn strip_text(name: &str) -> String {
    format!("The embedding of \u{201c}{name}\u{201d}")
}

/// What the strips say: `agreeing` of `count` numbers have the same sign, and the products add up
/// to `sum`.
pub fn strips_mean(count: usize, agreeing: usize, sum: f32) -> String {
    format!(
        "Each stripe is one of {count} numbers. Photo and words have the same sign in {agreeing} of them. The products add up to {}: the cosine.",
        numbers::signed(sum, 3)
    )
}

/// What several sentences are for.
pub fn sentences_hint(count: usize) -> String {
    if count > 1 {
        "What one wording adds by accident averages out.".into()
    } else {
        "With \u{201c}Average of 7 sentences\u{201d} beside the labels, several wordings are averaged.".into()
    }
}
