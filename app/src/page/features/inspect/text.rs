//! What visitors read in the dialogue about one photo.

use super::{
    question::Kind,
    state::Tab,
    vocabulary::{NOUNS, PLACES},
};
use crate::page::locale::{Text, numbers, texts};
use glimpse_model::pixels::View;

/// Questions to begin with, a button each: in English like all questions, since the model reads it.
pub const EXAMPLE_QUESTIONS: [&str; 5] = [
    "What is this?",
    "Where was this taken?",
    "What is happening?",
    "How many people are there?",
    "Is it day or night?",
];

texts! {
    /// Button that closes the dialogue, for a screen reader.
    CLOSE = "Close";
    /// Heading of the dialogue.
    TITLE = "A closer look at {name}";
    /// Tab with the heat map.
    TAB_WHERE = "Where";
    /// Tab with the caption and the nearest things.
    TAB_WORDS = "In words";
    /// Tab with a question and its answers.
    TAB_ASK = "Ask";
    /// Tab with the embeddings.
    TAB_NUMBERS = "Numbers";

    /// Why a photo has no heat map: the worker broke while it was asked for.
    RESTARTED = "The model stopped and was started again.";
    /// The button for another try, after a failure.
    RETRY = "Try again";
    /// In place of the heat map, before the model is there or where none runs.
    WAITING = "Waiting for the model: the photo is looked at as soon as it is ready.";
    /// Column of cosines, and unit of the heat map's legend.
    COSINE = "cosine";
    /// Unit of the heat map's legend, compared with the other labels.
    COSINE_MORE = "cosine more than other labels";
    /// Label of the field for the words to compare with the photo.
    WORDS = "Which words?";
    /// Label of the slider for the heat map's opacity.
    OPACITY = "Strength of the colours";
    /// How to read the heat map.
    MAP_HINT = "Light is where the words fit best within this photo, dark where they fit least. There is always a lightest place, even if the words don\u{2019}t fit at all; then the colours stay dark, as far as that can be told. Maps are rough: of 16 things in the sample photos, the default model\u{2019}s lightest place lay on the thing 13 times. By chance it would be 3 or 4.";
    /// Switch of the heat map's comparison with the other labels.
    CONTRAST = "Compare with other labels";
    /// Exact term for what the heat map shows; opens [`MAP_EXACT`].
    MAP_TERM = "patch-level cosine similarity";
    /// Definition of [`MAP_TERM`]: where the heat map's colours come from.
    MAP_EXACT = "The encoder cuts the picture into a grid; the default model gets it at twice the usual size for this. Before they are summed up, the grid\u{2019}s parts are each carried into the space that pictures and words share, and compared with the words. The colours show the cosine of each part, by default less its mean cosine to your other labels and those that this page suggests, since some parts resemble any words a little. The colours reach the end of the scale where the range of these numbers is twice that of the middle one of the other labels; \u{201c}faintly\u{201d} means that it is no greater than that one\u{2019}s. Parts know something of their neighbourhood, so edges are soft; the model was never trained to point.";
    /// Where the heat map is hottest.
    FITS_BEST = "\u{201c}{words}\u{201d} fits best {position} of what the encoder saw.";
    /// Where the heat map is hottest, compared with the other labels.
    STANDS_OUT = "\u{201c}{words}\u{201d} stands out most from other labels {position} of what the encoder saw.";
    /// Where the heat map is hottest, and that this says little.
    FAINT = "\u{201c}{words}\u{201d} stands out only faintly, most {position} of what the encoder saw: at least half of the other labels stand out as much, so it may not be there at all.";
    /// A ninth of what the encoder saw.
    TOP_LEFT = "at the top left";
    /// A ninth of what the encoder saw.
    TOP = "at the top";
    /// A ninth of what the encoder saw.
    TOP_RIGHT = "at the top right";
    /// A ninth of what the encoder saw.
    LEFT = "on the left";
    /// A ninth of what the encoder saw.
    MIDDLE = "in the middle";
    /// A ninth of what the encoder saw.
    RIGHT = "on the right";
    /// A ninth of what the encoder saw.
    BOTTOM_LEFT = "at the bottom left";
    /// A ninth of what the encoder saw.
    BOTTOM = "at the bottom";
    /// A ninth of what the encoder saw.
    BOTTOM_RIGHT = "at the bottom right";
    /// For a screen reader: the encoder's input, as a picture.
    ENCODER_INPUT = "The picture as the encoder got it";
    /// Under the encoder's input: nothing was cut off.
    ENCODER_WHOLE = "Exactly what the encoder got: of {photo} pixels the whole picture, resized to {input}.";
    /// Under the encoder's input: edges were cut off.
    ENCODER_MIDDLE = "Exactly what the encoder got: of {photo} pixels {part} pixels from its middle, resized to {input}. The darkened edges never reached it.";

    /// Button that starts the search for a caption.
    DESCRIBE = "Describe this photo";
    /// Above [`DESCRIBE`]: what that button does.
    DESCRIBE_HINT = "The model can\u{2019}t write, but it can compare: it reads {things} things, then {places} places, and the phrases that stand out make a caption. If none does, there is none.";
    /// Heading of the caption.
    CAPTION = "A caption";
    /// Stands in for the caption until it is complete.
    COMPOSING = "Trying phrases\u{2026} this takes a few seconds, once.";
    /// How far to trust the caption.
    CAPTION_HINT = "Cosine {cosine}. It may be wrong, and it leaves much unsaid: read it before you use it, and mend it.";
    /// Added to [`CAPTION_HINT`] where no place is part of the caption.
    NO_PLACE = "No place stood out, so none is named.";
    /// In place of the caption: even the nearest thing says little.
    NO_CAPTION = "No sentence is offered: \u{201c}{thing}\u{201d} fits best, but hardly better than other things do, so it is as likely wrong as right. You see more than the model does: describe the photo in your own words.";
    /// Button that copies the caption.
    COPY_ALT = "Copy as alt text";
    /// The caption was copied.
    COPIED = "Copied.";
    /// The browser refused to copy the caption.
    NOT_COPIED = "The browser didn\u{2019}t allow copying: select the text instead.";
    /// Exact term for how the caption is found; opens [`CAPTION_EXACT`].
    CAPTION_TERM = "retrieval with a threshold on standard scores";
    /// Definition of [`CAPTION_TERM`]: what is tried, and what is kept.
    CAPTION_EXACT = "{things} things are compared with the photo. The best is named if its cosine lies at least 3.5 standard deviations above the mean of all things\u{2019}; of photos with known captions, that was right for 9 in 10, and for half of those below. Then {places} places are tried behind it. The best is added if it lies at least 2.5 standard deviations above the other places\u{2019}, there and in a sentence of its own, and brings the sentence at least 0.01 nearer. Nothing is generated: every word comes from these lists.";
    /// Heading of the nearest things.
    NEAREST = "Nearest things";

    /// Label of the question's field.
    QUESTION = "Ask about this photo";
    /// Placeholder in the question's field.
    QUESTION_EXAMPLE = "e.g. What colour is the cup?";
    /// Reply to a question for someone's identity.
    NO_IDENTITIES = "This page doesn\u{2019}t say who someone is: looks are no proof of it, and guessing would be unkind.";
    /// Reply to a question that no statement can be made of.
    UNCLEAR = "I can\u{2019}t turn that into a sentence to try. Ask \u{201c}What colour is \u{2026}?\u{201d}, \u{201c}How many \u{2026}?\u{201d}, \u{201c}Is there \u{2026}?\u{201d}, \u{201c}Where \u{2026}?\u{201d} or \u{201c}Is it \u{2026} or \u{2026}?\u{201d}, or choose below what the answer is.";
    /// Name of the group of buttons for a question that wasn't understood.
    KINDS = "The answer is\u{2026}";
    /// Button for answers of this kind.
    KIND_THING = "a thing";
    /// Button for answers of this kind.
    KIND_COLOUR = "a colour";
    /// Button for answers of this kind.
    KIND_COUNT = "a number";
    /// Button for answers of this kind.
    KIND_PLACE = "a place";
    /// Button for answers of this kind.
    KIND_DOING = "an activity";
    /// Button for answers of this kind.
    KIND_YES_NO = "yes or no";
    /// Exact term for how questions are answered; opens [`HOW_EXACT`].
    HOW = "zero-shot classification with a prompt template";
    /// How questions are answered.
    HOW_EXACT = "The model can\u{2019}t talk or think; it can only compare. So your question becomes a statement with a gap, written {}: the prompt template. Each answer is put into the gap, and the statement nearest to the photo wins. You can change both. Without a gap the statement itself is judged. The model is bad at counting, at left and right, and at \u{201c}not\u{201d}.";
    /// Label of the statement's field, where the answers are things.
    STATEMENT_THING = "Sentence that is tried with each thing in place of {}";
    /// Label of the statement's field, where the answers are colours.
    STATEMENT_COLOUR = "Sentence that is tried with each colour in place of {}";
    /// Label of the statement's field, where the answers are numbers.
    STATEMENT_COUNT = "Sentence that is tried with each number in place of {}";
    /// Label of the statement's field, where the answers are places.
    STATEMENT_PLACE = "Sentence that is tried with each place in place of {}";
    /// Label of the statement's field, where the answers are activities.
    STATEMENT_DOING = "Sentence that is tried with each activity in place of {}";
    /// Label of the statement's field, where the answers are any other answers.
    STATEMENT_CHOICE = "Sentence that is tried with each answer in place of {}";
    /// Label of the statement's field, where the answers are yes or no.
    STATEMENT_YES_NO = "Sentence that is true of the photo or not";
    /// Label of the field for the answers to try.
    ANSWERS = "Answers to try";
    /// Heading of the column of answers, for a screen reader.
    ANSWER = "Answer";
    /// Stands in for the best answer where several fit nearly as well.
    UNSURE = "The model can\u{2019}t tell: several answers fit nearly as well.";
    /// Row for the probability that none of the answers fits.
    NO_ANSWER = "None of these answers";
    /// Stands in for the best answer where [`NO_ANSWER`] comes first.
    PROBABLY_NONE = "Probably none of these answers ({share}). Try others below.";
    /// Answer to a yes-no question: its statement is probably true.
    PROBABLY_YES = "Probably yes ({chance}; cosine {cosine}).";
    /// Answer to a yes-no question: its statement may be true.
    PERHAPS = "Perhaps ({chance} likely; cosine {cosine}).";
    /// Answer to a yes-no question: its statement is probably false.
    PROBABLY_NOT = "Probably not ({chance} likely; cosine {cosine}).";
    /// Nobody knows whether a statement is true.
    UNCALIBRATED = "The cosine is {cosine}. This model isn\u{2019}t calibrated, so only a comparison tells what that means: ask \u{201c}Is it \u{2026} or \u{2026}?\u{201d}.";

    /// Heading of the embeddings, drawn as strips.
    STRIPS = "The numbers themselves";
    /// The strip of the photo's embedding.
    STRIP_IMAGE = "The photo\u{2019}s embedding";
    /// The strip of the words' embedding.
    STRIP_TEXT = "The embedding of \u{201c}{name}\u{201d}";
    /// The strip of products, photo by words.
    STRIP_PRODUCT = "Multiplied, number by number: orange pulls them together, blue apart";
    /// Under the strips: what they say.
    STRIPS_MEAN = "Each stripe is one of {count} numbers. Photo and words have the same sign in {agreeing} of them. The products add up to {sum}: the cosine.";
    /// Heading of the table of sentences.
    SENTENCES = "What each sentence gives";
    /// Row for the mean of all sentences.
    SENTENCES_MEAN = "All together (mean direction)";
    /// What several sentences are for.
    SENTENCES_SEVERAL = "What one wording adds by accident averages out.";
    /// How to get several sentences.
    SENTENCES_SINGLE = "With \u{201c}Average of 7 sentences\u{201d} beside the labels, several wordings are averaged.";
}

/// Unit of the heat map's legend; `compared` with the other labels or not.
pub fn heat_unit(compared: bool) -> Text {
    if compared { COSINE_MORE } else { COSINE }
}

/// Heading of the dialogue.
pub fn title(name: &str) -> String {
    TITLE.fill(&[("name", name)])
}

/// Name of a tab, on its button.
pub fn tab(tab: Tab) -> Text {
    match tab {
        Tab::Where => TAB_WHERE,
        Tab::Words => TAB_WORDS,
        Tab::Ask => TAB_ASK,
        Tab::Numbers => TAB_NUMBERS,
    }
}

/// Where the heat map is hottest: row and column in thirds. `faint` says that other labels stand out
/// as much, `compared` that the heat is compared with theirs.
pub fn hottest(words: &str, ninth: (usize, usize), compared: bool, faint: bool) -> String {
    let position = match ninth {
        (0, 0) => TOP_LEFT,
        (0, 1) => TOP,
        (0, _) => TOP_RIGHT,
        (1, 0) => LEFT,
        (1, 1) => MIDDLE,
        (1, _) => RIGHT,
        (_, 0) => BOTTOM_LEFT,
        (_, 1) => BOTTOM,
        (_, _) => BOTTOM_RIGHT,
    };
    let text = match (faint, compared) {
        (true, _) => FAINT,
        (false, true) => STANDS_OUT,
        (false, false) => FITS_BEST,
    };
    text.fill(&[("position", &position.get()), ("words", words)])
}

/// What was cut from the photo, of this width and height in pixels, for the encoder's input.
pub fn encoder_input(size: [u32; 2], view: &View) -> String {
    let area = &view.area;
    let whole = area.width >= f64::from(size[0]) - 1.0 && area.height >= f64::from(size[1]) - 1.0;
    let text = if whole { ENCODER_WHOLE } else { ENCODER_MIDDLE };
    text.fill(&[
        (
            "photo",
            &format!("{}\u{202f}\u{d7}\u{202f}{}", size[0], size[1]),
        ),
        (
            "part",
            &format!("{:.0}\u{202f}\u{d7}\u{202f}{:.0}", area.width, area.height),
        ),
        (
            "input",
            &format!("{}\u{202f}\u{d7}\u{202f}{}", view.width, view.height),
        ),
    ])
}

/// What [`DESCRIBE`] does, with the number of things to compare.
pub fn describe_hint() -> String {
    DESCRIBE_HINT.fill(&[
        ("things", &NOUNS.len().to_string()),
        ("places", &PLACES.len().to_string()),
    ])
}

/// How far to trust the caption, and that it names no place if it doesn't.
pub fn caption_hint(cosine: f32, has_place: bool) -> String {
    let hint = CAPTION_HINT.fill(&[("cosine", &numbers::signed(cosine, 2))]);
    match has_place {
        true => hint,
        false => format!("{} {hint}", NO_PLACE.get()),
    }
}

/// Why there is no caption, with the thing that fits best.
pub fn no_caption(thing: &str) -> String {
    NO_CAPTION.fill(&[("thing", thing)])
}

/// Label of the statement's field.
pub fn statement(kind: Kind) -> Text {
    match kind {
        Kind::Thing => STATEMENT_THING,
        Kind::Colour => STATEMENT_COLOUR,
        Kind::Count => STATEMENT_COUNT,
        Kind::Place => STATEMENT_PLACE,
        Kind::Doing => STATEMENT_DOING,
        Kind::Choice => STATEMENT_CHOICE,
        Kind::YesNo => STATEMENT_YES_NO,
    }
}

/// The button for answers of a kind; of [`Kind::CHOICES`].
pub fn kind(kind: Kind) -> Text {
    match kind {
        Kind::Thing | Kind::Choice => KIND_THING,
        Kind::Colour => KIND_COLOUR,
        Kind::Count => KIND_COUNT,
        Kind::Place => KIND_PLACE,
        Kind::Doing => KIND_DOING,
        Kind::YesNo => KIND_YES_NO,
    }
}

/// Definition of [`CAPTION_TERM`], with the sizes of the vocabulary's lists.
pub fn caption_exact() -> String {
    CAPTION_EXACT.fill(&[
        ("things", &NOUNS.len().to_string()),
        ("places", &PLACES.len().to_string()),
    ])
}

/// Whether the caption was copied.
pub fn caption_copied(done: bool) -> Text {
    if done { COPIED } else { NOT_COPIED }
}

/// The best answer and its share, or that probably none of them fits.
pub fn answer(text: &str, share: f32, is_none: bool) -> String {
    let share = numbers::percent(share);
    if is_none {
        PROBABLY_NONE.fill(&[("share", &share)])
    } else {
        format!("{text} ({share})")
    }
}

/// The answer to a statement that is true or not: `chance` is its calibrated probability.
pub fn yes_no(chance: Option<f32>, cosine: f32) -> String {
    let text = match chance {
        Some(0.5..) => PROBABLY_YES,
        Some(0.2..) => PERHAPS,
        Some(_) => PROBABLY_NOT,
        None => UNCALIBRATED,
    };
    text.fill(&[
        ("chance", &chance.map(numbers::percent).unwrap_or_default()),
        ("cosine", &numbers::signed(cosine, 3)),
    ])
}

/// The strip of the words' embedding.
pub fn strip_text(name: &str) -> String {
    STRIP_TEXT.fill(&[("name", name)])
}

/// What the strips say: `agreeing` of `count` numbers have the same sign, and the products add up
/// to `sum`.
pub fn strips_mean(count: usize, agreeing: usize, sum: f32) -> String {
    STRIPS_MEAN.fill(&[
        ("count", &count.to_string()),
        ("agreeing", &agreeing.to_string()),
        ("sum", &numbers::signed(sum, 3)),
    ])
}

/// What several sentences are for; with only one, how to get them.
pub fn sentences_hint(count: usize) -> Text {
    if count > 1 {
        SENTENCES_SEVERAL
    } else {
        SENTENCES_SINGLE
    }
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
