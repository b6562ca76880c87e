//! Questions to a model that can only compare (zero-shot classification): a question becomes a
//! statement with a gap, and the candidate answers are tried in the gap.

use super::vocabulary::{COLOURS, DOINGS, NOUNS, NUMBERS, PLACES};
use glimpse_model::text::Template;

/// The most answers that are tried for one question.
pub const MAX_ANSWERS: usize = 160;

/// What the answers to a question are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// "What is this?"
    #[default]
    Thing,
    /// "What colour is …?"
    Colour,
    /// "How many …?"
    Count,
    /// "Where …?"
    Place,
    /// "What is … doing?"
    Doing,
    /// "Is it … or …?", or whatever the visitor wants to try.
    Choice,
    /// "Is there …?"
    YesNo,
}

impl Kind {
    /// Those that a visitor may choose for a question that wasn't understood, in their order on the
    /// page.
    pub const CHOICES: [Self; 6] = [
        Self::Thing,
        Self::Colour,
        Self::Count,
        Self::Place,
        Self::Doing,
        Self::YesNo,
    ];

    /// The kind's id, for marks in the page.
    pub fn id(self) -> &'static str {
        match self {
            Self::Thing => "thing",
            Self::Colour => "colour",
            Self::Count => "count",
            Self::Place => "place",
            Self::Doing => "doing",
            Self::Choice => "choice",
            Self::YesNo => "yes-no",
        }
    }

    /// A statement to begin with for a question of this kind, with its usual answers.
    pub fn suggestion(self) -> Question {
        let (statement, answers) = match self {
            Self::Thing | Self::Choice => ("a photo of {}", &NOUNS[..]),
            Self::Colour => ("a photo of a {} thing", &COLOURS[..]),
            Self::Count => ("a photo of {} people", &NUMBERS[..]),
            Self::Place => ("a photo taken {}", &PLACES[..]),
            Self::Doing => ("a photo of someone {}", &DOINGS[..]),
            Self::YesNo => ("a photo of a person", &[][..]),
        };
        Question::new(self, statement, answers)
    }
}

/// A question as the model can take it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// What it asked for when it was made; for what it asks for now see [`Question::kind`].
    pub kind: Kind,
    /// The statement, with `{}` for the gap; without a gap it is true or not.
    pub statement: String,
    /// The answers that are tried in the gap.
    pub answers: Vec<String>,
}

/// What a question in English was understood as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// It became a statement, perhaps with answers to try.
    Question(Question),
    /// It asks who someone is, which is nothing to be guessed.
    Who,
    /// No statement follows from it.
    Unclear,
    /// Nothing was typed, or only spaces.
    Empty,
}

impl Question {
    fn new(kind: Kind, statement: &str, answers: &[&str]) -> Self {
        Self {
            kind,
            statement: statement.to_owned(),
            answers: answers.iter().map(|&answer| answer.to_owned()).collect(),
        }
    }

    /// What the answers are, with the statement as it was edited: one without a gap is true or not,
    /// and one that got a gap is a choice.
    pub fn kind(&self) -> Kind {
        match (self.is_yes_no(), self.kind) {
            (true, _) => Kind::YesNo,
            (false, Kind::YesNo) => Kind::Choice,
            (false, kind) => kind,
        }
    }

    /// Whether there is one statement only, which is true or not.
    pub fn is_yes_no(&self) -> bool {
        !self.statement.contains("{}")
    }

    /// The statements that are compared, in the order of the answers.
    pub fn sentences(&self) -> Vec<String> {
        if self.is_yes_no() {
            return vec![self.statement.clone()];
        }
        let template = Template::new(self.statement.clone());
        let filled = self.answers.iter().map(|answer| template.fill(answer));
        filled.collect()
    }
}

/// Makes a statement of a question in English.
pub fn parse(text: &str) -> Parsed {
    let text = text
        .trim()
        .trim_end_matches(['?', '.', '!', ' '])
        .to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let question = |kind, statement: &str, answers: &[&str]| {
        Parsed::Question(Question::new(kind, statement, answers))
    };
    match words[..] {
        [] => Parsed::Empty,
        ["who" | "whose" | "whom" | "who's", ..] => Parsed::Who,
        [
            "what",
            "colour" | "color",
            "is" | "are" | "was" | "were",
            ref rest @ ..,
        ]
        | [
            "what",
            "colours" | "colors",
            "is" | "are" | "was" | "were",
            ref rest @ ..,
        ] => {
            let thing = without_article(rest).join(" ");
            let thing = if thing.is_empty() || is_pronoun(&thing) {
                "thing"
            } else {
                &thing
            };
            question(
                Kind::Colour,
                &format!("a photo of a {{}} {thing}"),
                &COLOURS,
            )
        }
        ["how", "many", ref rest @ ..] => {
            let end = rest.iter().position(|word| {
                matches!(
                    *word,
                    "are" | "is" | "do" | "does" | "can" | "in" | "were" | "have"
                )
            });
            let thing = rest[..end.unwrap_or(rest.len())].join(" ");
            match thing.is_empty() {
                true => Parsed::Unclear,
                false => question(Kind::Count, &format!("a photo of {{}} {thing}"), &NUMBERS),
            }
        }
        ["where", ..] => Parsed::Question(Kind::Place.suggestion()),
        ["what", "is" | "are", ref rest @ .., "doing"] => match is_pronoun(&rest.join(" ")) {
            true => Parsed::Question(Kind::Doing.suggestion()),
            false => question(
                Kind::Doing,
                &format!("a photo of {} {{}}", rest.join(" ")),
                &DOINGS,
            ),
        },
        ["what", "is", "happening" | "going", ..] => Parsed::Question(Kind::Doing.suggestion()),
        ["what", "is" | "are" | "can" | "do", ..] | ["what's", ..] => {
            Parsed::Question(Kind::Thing.suggestion())
        }
        ["is" | "are" | "was" | "were", "there", ref rest @ ..] if !rest.is_empty() => question(
            Kind::YesNo,
            &format!("a photo of {}", some(rest).join(" ")),
            &[],
        ),
        [verb @ ("is" | "are" | "was" | "were"), ref rest @ ..] if !rest.is_empty() => {
            either(verb, rest).unwrap_or_else(|| whether(rest))
        }
        _ => Parsed::Unclear,
    }
}

/// "Is the cat asleep or awake?", "Is it a cat or a dog?"
fn either(verb: &str, rest: &[&str]) -> Option<Parsed> {
    let or = rest.iter().position(|&word| word == "or")?;
    let (left, right) = (&rest[..or], &rest[or + 1..]);
    // The first answer is as long as the second, where both begin alike.
    let length = match right.first()? {
        &("a" | "an" | "the") => left.iter().rposition(|word| is_article(word))?,
        _ => left.len().checked_sub(1)?,
    };
    let (subject, first) = left.split_at(length);
    let statement = match subject {
        [] => "a photo of {}".to_owned(),
        [one] if is_pronoun(one) && is_article(first.first()?) => "a photo of {}".to_owned(),
        _ => format!("{} {verb} {{}}", subject.join(" ")),
    };
    Some(Parsed::Question(Question {
        kind: Kind::Choice,
        statement,
        answers: vec![first.join(" "), right.join(" ")],
    }))
}

/// "Is it a cat?", "Is the sky blue?"
fn whether(rest: &[&str]) -> Parsed {
    let statement = match rest {
        [one, what @ ..] if is_pronoun(one) && !what.is_empty() => {
            format!("a photo of {}", what.join(" "))
        }
        [article, what @ .., last] if is_article(article) && !what.is_empty() => {
            format!("a photo of {article} {} that is {last}", what.join(" "))
        }
        _ => return Parsed::Unclear,
    };
    Parsed::Question(Question::new(Kind::YesNo, &statement, &[]))
}

fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an" | "the")
}

fn is_pronoun(word: &str) -> bool {
    matches!(
        word,
        "it" | "this" | "that" | "he" | "she" | "they" | "these" | "those"
    )
}

fn without_article<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        [
            "a" | "an" | "the" | "this" | "that" | "my" | "his" | "her" | "their",
            rest @ ..,
        ] if !rest.is_empty() => rest,
        _ => words,
    }
}

fn some<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        ["any" | "some", rest @ ..] if !rest.is_empty() => rest,
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> (String, Vec<String>) {
        match parse(text) {
            Parsed::Question(question) => (question.statement, question.answers),
            other => (format!("{other:?}"), Vec::new()),
        }
    }

    #[test]
    fn questions_become_statements() {
        for (text, expected, count) in [
            (
                "What colour is the car?",
                "a photo of a {} car",
                COLOURS.len(),
            ),
            (
                "What color are his old shoes",
                "a photo of a {} old shoes",
                COLOURS.len(),
            ),
            (
                "How many dogs are there?",
                "a photo of {} dogs",
                NUMBERS.len(),
            ),
            ("Where was this taken?", "a photo taken {}", PLACES.len()),
            (
                "What is the dog doing?",
                "a photo of the dog {}",
                DOINGS.len(),
            ),
            ("What is happening?", "a photo of someone {}", DOINGS.len()),
            ("What is this?", "a photo of {}", NOUNS.len()),
            ("Is there a dog?", "a photo of a dog", 0),
            ("Is it a cat?", "a photo of a cat", 0),
            ("Is the sky blue?", "a photo of the sky that is blue", 0),
            ("Who is this?", "Who", 0),
            ("Why is the sky blue?", "Unclear", 0),
            ("  ", "Empty", 0),
        ] {
            let (found, answers) = statement(text);
            assert_eq!((found.as_str(), answers.len()), (expected, count), "{text}");
        }
    }

    #[test]
    fn the_kind_follows_the_question_and_its_statement() {
        for (text, expected) in [
            ("What colour is the car?", Kind::Colour),
            ("How many dogs are there?", Kind::Count),
            ("Where was this taken?", Kind::Place),
            ("What is the dog doing?", Kind::Doing),
            ("What is this?", Kind::Thing),
            ("Is it a cat or a dog?", Kind::Choice),
            ("Is there a dog?", Kind::YesNo),
        ] {
            let Parsed::Question(mut question) = parse(text) else {
                panic!("{text}");
            };
            assert_eq!(question.kind(), expected, "{text}");
            question.statement = "it is sunny".to_owned();
            assert_eq!(question.kind(), Kind::YesNo);
        }
        let mut edited = Kind::YesNo.suggestion();
        assert!(edited.is_yes_no());
        edited.statement = "a photo of a {} person".to_owned();
        assert_eq!(edited.kind(), Kind::Choice);
    }

    #[test]
    fn every_suggestion_has_answers_for_its_gap() {
        for kind in Kind::CHOICES {
            let question = kind.suggestion();
            assert_eq!(question.kind(), kind);
            assert!(!question.sentences().is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn either_or_gives_two_answers() {
        for (text, expected, first, second) in [
            (
                "Is the cat asleep or awake?",
                "the cat is {}",
                "asleep",
                "awake",
            ),
            ("Is it a cat or a dog?", "a photo of {}", "a cat", "a dog"),
            ("Is it day or night?", "it is {}", "day", "night"),
        ] {
            let (found, answers) = statement(text);
            assert_eq!(found, expected);
            assert_eq!(answers, [first, second]);
        }
    }

    #[test]
    fn answers_are_tried_in_the_gap() {
        let question = Question::new(Kind::Colour, "a {} car", &["red", "blue"]);
        assert_eq!(question.sentences(), ["a red car", "a blue car"]);
    }
}
