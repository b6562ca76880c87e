//! Looking closely at a photo, in words.

use super::{
    super::{closer::Tab, numbers},
    vocabulary::{LOOKS, NOUNS, PLACES},
};
use glimpse_model::pixels::View;

/// Opens it.
pub const LOOK_CLOSER: &str = "Look closer";
/// The first number.
pub const COSINE: &str = "cosine";
/// The field for words.
pub const CLOSER_WORDS: &str = "Which words?";
/// The slider.
pub const OPACITY: &str = "Strength of the colours";
/// Under the slider.
pub const PLACE_HINT: &str = "Light is where the words fit best within this photo, dark where they fit least. There is always a lightest place, even if the words don\u{2019}t fit at all: the numbers under the photo tell.";
/// The switch.
pub const CONTRAST: &str = "Compare with my other labels";
/// The exact term.
pub const PLACE_TERM: &str = "patch-level cosine similarity";
/// Its definition.
pub const PLACE_EXACT: &str = "The encoder cuts the picture into a grid. Before they are summed up, the grid\u{2019}s parts are each carried into the space that pictures and words share, and compared with the words. The colours show the cosine of each part, by default less its mean cosine to your other labels, since some parts resemble any words a little. Parts know something of their neighbourhood, so edges are soft; the model was never trained to point.";
/// The small picture.
pub const ENCODER_INPUT: &str = "The picture as the encoder got it";
/// Starts reading.
pub const DESCRIBE: &str = "Describe this photo";
/// Above the caption.
pub const CAPTION: &str = "A caption";
/// While it is made.
pub const COMPOSING: &str = "Trying phrases\u{2026} this takes a few seconds, once.";
/// Copies the caption.
pub const COPY_ALT: &str = "Copy as alt text";
/// The exact term.
pub const CAPTION_TERM: &str = "retrieval with a beam search";
/// Above the nearest things.
pub const NEAREST: &str = "Nearest things";
/// The question's field.
pub const ASK: &str = "Ask about this photo";
/// In the empty field.
pub const ASK_EXAMPLE: &str = "e.g. What colour is the cup?";
/// Questions to begin with.
pub const ASK_EXAMPLES: [&str; 5] = [
    "What is this?",
    "Where was this taken?",
    "What is happening?",
    "How many people are there?",
    "Is it day or night?",
];
/// Who someone is.
pub const ASK_WHO: &str = "This page doesn\u{2019}t say who someone is: looks are no proof of it, and guessing would be unkind.";
/// No statement follows.
pub const ASK_UNCLEAR: &str = "I can\u{2019}t turn that into a statement. Try \u{201c}What colour is \u{2026}?\u{201d}, \u{201c}How many \u{2026}?\u{201d}, \u{201c}Is there \u{2026}?\u{201d}, \u{201c}Where \u{2026}?\u{201d} or \u{201c}Is it \u{2026} or \u{2026}?\u{201d}.";
/// Opens the statement.
pub const ASK_HOW: &str = "How this works";
/// What is done.
pub const ASK_MEANS: &str = "The model can\u{2019}t talk or think; it can only compare. So your question becomes a statement with a gap, each answer is put into the gap, and the statement nearest to the photo wins. You can change both. It is bad at counting, at left and right, and at \u{201c}not\u{201d}.";
/// The statement's field.
pub const STATEMENT: &str = "Statement, with {} for the answer";
/// The answers' field.
pub const ANSWERS: &str = "Answers to try";
/// A column.
pub const ANSWER: &str = "Answer";
/// All answers are nearly alike.
pub const ASK_UNSURE: &str = "The model can\u{2019}t tell: several answers fit nearly as well.";
/// None of the answers.
pub const ASK_NONE: &str = "None of these answers";
/// Above the strips.
pub const STRIPS: &str = "The numbers themselves";
/// A strip.
pub const STRIP_IMAGE: &str = "The photo\u{2019}s embedding";
/// A strip.
pub const STRIP_PRODUCT: &str =
    "Multiplied, number by number: orange pulls them together, blue apart";
/// Above the sentences.
pub const SENTENCES: &str = "What each sentence gives";
/// The last row.
pub const SENTENCES_MEAN: &str = "All together (mean direction)";

/// The map's unit.
pub fn heat_unit(compared: bool) -> &'static str {
    if compared {
        "cosine more than the other labels"
    } else {
        COSINE
    }
}

/// The dialogue's name.
pub fn closer_title(name: &str) -> String {
    format!("A closer look at {name}")
}

/// For a screen reader.
pub fn look_closer(name: &str) -> String {
    format!("Look closer at {name}")
}

/// A part of the dialogue.
pub fn tab(tab: Tab) -> &'static str {
    match tab {
        Tab::Where => "Where",
        Tab::Words => "In words",
        Tab::Ask => "Ask",
        Tab::Numbers => "Numbers",
    }
}

/// Where the map is hottest: row and column in thirds.
pub fn hottest(words: &str, place: (usize, usize), compared: bool) -> String {
    let place = match place {
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
        "\u{201c}{words}\u{201d} {} {place} of what the encoder saw.",
        if compared {
            "stands out most from the other labels"
        } else {
            "fits best"
        }
    )
}

/// What became of the photo before the encoder.
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

/// Before anything is described.
pub fn describe_hint() -> String {
    format!(
        "The model can\u{2019}t write, but it can compare: it reads {} things, then places and looks, and the phrases that fit best make a caption.",
        NOUNS.len()
    )
}

/// How far to trust it.
pub fn caption_hint(cosine: f32) -> String {
    format!(
        "The best of the sentences tried (cosine {}). It may well be wrong: read it before you use it, and mend it.",
        numbers::signed(cosine, 2)
    )
}

/// How it is made.
pub fn caption_exact() -> String {
    format!(
        "{} things are compared with the photo; the best four are continued with each of {} places, and the best of those with each of {} looks. A longer sentence has to come at least 0.01 nearer to be kept. Nothing is generated: every word comes from these lists.",
        NOUNS.len(),
        PLACES.len(),
        LOOKS.len()
    )
}

/// Whether text was copied.
pub fn copied_text(done: bool) -> &'static str {
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

/// A statement that is true or not.
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

/// A strip.
pub fn strip_text(name: &str) -> String {
    format!("The embedding of \u{201c}{name}\u{201d}")
}

/// What the strips say.
pub fn strips_mean(count: usize, agreeing: usize, sum: f32) -> String {
    format!(
        "Each stripe is one of {count} numbers. Photo and words have the same sign in {agreeing} of them. The products add up to {}: the cosine.",
        numbers::signed(sum, 3)
    )
}

/// Under the sentences.
pub fn sentences_hint(count: usize) -> String {
    if count > 1 {
        "What one wording adds by accident averages out.".into()
    } else {
        "With \u{201c}Average of 7 sentences\u{201d} beside the labels, several wordings are averaged.".into()
    }
}
