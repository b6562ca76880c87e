//! Questions to a model that can only compare (zero-shot classification): a question becomes a
//! statement with a gap, and the candidate answers are tried in the gap.

use super::vocabulary::{COLOURS, DOINGS, NOUNS, NUMBERS, PLACES};
use glimpse_model::text::Template;

/// The most answers that are tried for one question.
pub const MAX_ANSWERS: usize = 160;

/// A question as the model can take it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
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
    let question = |statement: &str, answers: &[&str]| {
        Parsed::Question(Question {
            statement: statement.to_owned(),
            answers: answers.iter().map(|&answer| answer.to_owned()).collect(),
        })
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
            question(&format!("a photo of a {{}} {thing}"), &COLOURS)
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
                false => question(&format!("a photo of {{}} {thing}"), &NUMBERS),
            }
        }
        ["where", ..] => question("a photo taken {}", &PLACES),
        ["what", "is" | "are", ref rest @ .., "doing"] => match is_pronoun(&rest.join(" ")) {
            true => question("a photo of someone {}", &DOINGS),
            false => question(&format!("a photo of {} {{}}", rest.join(" ")), &DOINGS),
        },
        ["what", "is", "happening" | "going", ..] => question("a photo of someone {}", &DOINGS),
        ["what", "is" | "are" | "can" | "do", ..] | ["what's", ..] => {
            question("a photo of {}", &NOUNS)
        }
        ["is" | "are" | "was" | "were", "there", ref rest @ ..] if !rest.is_empty() => {
            question(&format!("a photo of {}", some(rest).join(" ")), &[])
        }
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
    Parsed::Question(Question {
        statement,
        answers: Vec::new(),
    })
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
        let question = Question {
            statement: "a {} car".into(),
            answers: vec!["red".into(), "blue".into()],
        };
        assert_eq!(question.sentences(), ["a red car", "a blue car"]);
    }
}
