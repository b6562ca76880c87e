//! A caption put together from phrases that stand out: what is to be seen, and where. What doesn't
//! stand out is left unsaid.
//!
//! Of any list one phrase fits best, even if none fits, and its cosine tells little: what tells is
//! how far it stands out from the rest of its list, in standard deviations. The thresholds were
//! measured on captioned photos (docs/closer-look.md).

use super::vocabulary::{NOUNS, PLACES};
use glimpse_model::{
    order::sorted,
    score::{cosine, standard_scores},
};
use std::rc::Rc;

/// How far a thing has to stand out among [`NOUNS`] to be named, in standard deviations: from there
/// on the thing was in 89 of 100 photos, below it in half of them.
const MIN_THING: f32 = 3.5;

/// How far a place has to stand out among [`PLACES`], both behind the thing and by itself.
const MIN_PLACE: f32 = 2.5;

/// Cosine that the sentence has to gain by a place.
const MIN_GAIN: f32 = 0.01;

/// How far a caption has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// These sentences have to be embedded first.
    Needs(Vec<String>),
    /// It is known what can be said.
    Done(Caption),
}

/// What can be said about a photo.
#[derive(Debug, Clone, PartialEq)]
pub enum Caption {
    /// A sentence whose every part stands out.
    Found {
        /// The caption, with a capital and a full stop.
        text: String,
        /// Its cosine to the photo.
        cosine: f32,
        /// Whether a place is part of it.
        has_place: bool,
    },
    /// No thing stands out enough to be named.
    Weak {
        /// The one that fits best, with its article.
        thing: String,
    },
}

/// Things ([`NOUNS`]) by their cosine to a photo, best first, as far as `get` has their embeddings.
pub fn nearest(image: &[f32], get: &dyn Fn(&str) -> Option<Rc<[f32]>>) -> Vec<(String, f32)> {
    let found = cosines(&NOUNS, image, get, &of_thing)
        .into_iter()
        .map(|(noun, cosine)| (noun.to_owned(), cosine))
        .collect();
    sorted(found, |a: &(String, f32), b| b.1.total_cmp(&a.1))
}

/// The next step towards a photo's caption. `get` gives embeddings of sentences, and `settled`
/// tells whether nothing more will come of one: its embedding is there, or never will be.
pub fn compose(
    image: &[f32],
    get: &dyn Fn(&str) -> Option<Rc<[f32]>>,
    settled: &dyn Fn(&str) -> bool,
) -> Progress {
    let missing = |sentences: Vec<String>| -> Vec<String> {
        sentences.into_iter().filter(|s| !settled(s)).collect()
    };
    let needs = missing(NOUNS.iter().map(|noun| of_thing(noun)).collect());
    if !needs.is_empty() {
        return Progress::Needs(needs);
    }
    let things = cosines(&NOUNS, image, get, &of_thing);
    let Some(thing) = outstanding(&things) else {
        return Progress::Needs(Vec::new());
    };
    if thing.score < MIN_THING {
        return Progress::Done(Caption::Weak {
            thing: thing.phrase.to_owned(),
        });
    }
    let there = |place: &str| of_thing(&format!("{} {place}", thing.phrase));
    let alone = |place: &str| format!("a photo taken {place}");
    let both = PLACES.iter().flat_map(|place| [there(place), alone(place)]);
    let needs = missing(both.collect());
    if !needs.is_empty() {
        return Progress::Needs(needs);
    }
    let place = outstanding(&cosines(&PLACES, image, get, &there)).filter(|place| {
        let alone = cosines(&PLACES, image, get, &alone);
        place.score >= MIN_PLACE
            && place.cosine >= thing.cosine + MIN_GAIN
            && score_of(&alone, place.phrase) >= MIN_PLACE
    });
    Progress::Done(match place {
        Some(place) => Caption::Found {
            text: capital(&format!("{} {}", thing.phrase, place.phrase)),
            cosine: place.cosine,
            has_place: true,
        },
        None => Caption::Found {
            text: capital(thing.phrase),
            cosine: thing.cosine,
            has_place: false,
        },
    })
}

/// A phrase, the cosine of its sentence, and how far that stands out among its list.
struct Outstanding<'a> {
    phrase: &'a str,
    cosine: f32,
    score: f32,
}

/// The cosine of each phrase's sentence to a photo, in the phrases' order, without those whose
/// embedding `get` doesn't have.
fn cosines<'a>(
    phrases: &[&'a str],
    image: &[f32],
    get: &dyn Fn(&str) -> Option<Rc<[f32]>>,
    sentence: &dyn Fn(&str) -> String,
) -> Vec<(&'a str, f32)> {
    let found = |&phrase: &&'a str| Some((phrase, cosine(image, &get(&sentence(phrase))?)));
    phrases.iter().filter_map(found).collect()
}

/// The phrase of the greatest cosine; `None` without phrases.
fn outstanding<'a>(all: &[(&'a str, f32)]) -> Option<Outstanding<'a>> {
    let &(phrase, cosine) = all.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(Outstanding {
        phrase,
        cosine,
        score: score_of(all, phrase),
    })
}

/// How far one phrase stands out among all of them, in standard deviations.
fn score_of(all: &[(&str, f32)], phrase: &str) -> f32 {
    let cosines: Vec<f32> = all.iter().map(|&(_, cosine)| cosine).collect();
    let index = all.iter().position(|&(other, _)| other == phrase);
    index.map_or(0.0, |index| standard_scores(&cosines)[index])
}

/// A thing as a sentence, worded as in most captions that the model was trained on.
fn of_thing(phrase: &str) -> String {
    format!("a photo of {phrase}")
}

/// Makes "A dog on a beach." of "a dog on a beach".
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, collections::HashMap};

    /// A space in which some phrases that a sentence may hold are an axis each; the last one is what
    /// all sentences have in common.
    fn embed(sentence: &str) -> Rc<[f32]> {
        let axes = ["a dog", "on a beach", "in a ", "a photo"];
        axes.map(|axis| f32::from(u8::from(sentence.contains(axis))))
            .into()
    }

    /// The caption of a photo, and how many sentences it took.
    fn caption(image: &[f32]) -> (Caption, usize) {
        let kept: RefCell<HashMap<String, Rc<[f32]>>> = RefCell::default();
        loop {
            let get = |s: &str| kept.borrow().get(s).cloned();
            let settled = |s: &str| kept.borrow().contains_key(s);
            match compose(image, &get, &settled) {
                Progress::Done(caption) => return (caption, kept.borrow().len()),
                Progress::Needs(sentences) => {
                    assert!(!sentences.is_empty());
                    for sentence in sentences {
                        let embedding = embed(&sentence);
                        kept.borrow_mut().insert(sentence, embedding);
                    }
                }
            }
        }
    }

    fn text(image: &[f32]) -> Option<String> {
        match caption(image).0 {
            Caption::Found { text, .. } => Some(text),
            Caption::Weak { .. } => None,
        }
    }

    #[test]
    fn phrases_that_stand_out_are_put_together() {
        let both = text(&[1.0, 1.0, 0.0, 0.5]);
        assert_eq!(both.as_deref(), Some("A dog on a beach."));
    }

    #[test]
    fn a_place_that_does_not_stand_out_is_left_out() {
        // As well as it fits any place that is "in a …".
        let either = text(&[1.0, 1.0, 1.0, 0.5]);
        assert_eq!(either.as_deref(), Some("A dog."));
        let none = text(&[1.0, 0.0, 0.0, 0.5]);
        assert_eq!(none.as_deref(), Some("A dog."));
    }

    #[test]
    fn without_a_thing_that_stands_out_there_is_no_caption() {
        let (caption, sentences) = caption(&[0.0, 0.0, 1.0, 0.5]);
        assert!(matches!(caption, Caption::Weak { .. }), "{caption:?}");
        assert_eq!(sentences, NOUNS.len(), "places aren't asked for");
    }
}
