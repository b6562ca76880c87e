//! A caption put together from phrases: first what is to be seen, then where, then how it looks; at
//! each step whole sentences are compared with the photo, and the best few go on (a beam search).

use super::vocabulary::{LOOKS, NOUNS, PLACES};
use glimpse_model::{order::sorted, score::cosine};
use std::rc::Rc;

/// Beginnings of a caption that are continued (the beam's width).
const BEAM: usize = 4;

/// Cosine that a longer sentence has to gain over a shorter one to be preferred.
const GAIN: f32 = 0.01;

/// How far a caption has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// These sentences have to be embedded first.
    Needs(Vec<String>),
    /// The caption is complete.
    Done(Caption),
}

/// The sentence that fits a photo best, of those that were tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// The caption, with a capital and a full stop.
    pub text: String,
    /// Cosine of caption and photo, less [`GAIN`] if phrases were added to the thing.
    pub cosine: f32,
}

/// Things ([`NOUNS`]) by their cosine to a photo, best first, as far as `get` has their embeddings.
pub fn nearest(image: &[f32], get: &dyn Fn(&str) -> Option<Rc<[f32]>>) -> Vec<(String, f32)> {
    let found = NOUNS
        .iter()
        .filter_map(|noun| {
            let embedding = get(&sentence(noun))?;
            Some(((*noun).to_owned(), cosine(image, &embedding)))
        })
        .collect();
    best_first(found)
}

fn best_first(scored: Vec<(String, f32)>) -> Vec<(String, f32)> {
    sorted(scored, |a, b| b.1.total_cmp(&a.1))
}

/// The next step of the beam search for a photo. `get` gives embeddings of sentences, and `settled`
/// tells whether nothing more will come of one: its embedding is there, or never will be.
pub fn compose(
    image: &[f32],
    get: &dyn Fn(&str) -> Option<Rc<[f32]>>,
    settled: &dyn Fn(&str) -> bool,
) -> Progress {
    let score = |phrases: Vec<String>| -> Result<Vec<(String, f32)>, Vec<String>> {
        let sentences = phrases.iter().map(|phrase| sentence(phrase));
        let missing: Vec<String> = sentences.filter(|s| !settled(s)).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let scored = phrases
            .into_iter()
            .filter_map(|phrase| {
                let embedding = get(&sentence(&phrase))?;
                let cosine = cosine(image, &embedding);
                Some((phrase, cosine))
            })
            .collect();
        let mut scored = best_first(scored);
        scored.truncate(BEAM);
        Ok(scored)
    };
    let nouns = NOUNS.iter().map(|noun| (*noun).to_owned()).collect();
    let mut beam = match score(nouns) {
        Ok(beam) => beam,
        Err(missing) => return Progress::Needs(missing),
    };
    for phrases in [&PLACES[..], &LOOKS[..]] {
        let longer = beam
            .iter()
            .flat_map(|(start, _)| phrases.iter().map(move |end| format!("{start} {end}")))
            .collect();
        let longer = match score(longer) {
            Ok(longer) => longer,
            Err(missing) => return Progress::Needs(missing),
        };
        // A longer sentence has to earn its length.
        let longer = longer
            .into_iter()
            .map(|(text, cosine)| (text, cosine - GAIN));
        beam.extend(longer);
        beam = best_first(beam);
        beam.truncate(BEAM);
    }
    match beam.into_iter().next() {
        Some((text, cosine)) => Progress::Done(Caption {
            text: capital(&text),
            cosine,
        }),
        None => Progress::Needs(Vec::new()),
    }
}

/// A phrase as a sentence, worded as in most captions that the model was trained on.
fn sentence(phrase: &str) -> String {
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

    /// A space in which every word that a sentence holds is an axis of its own.
    fn embed(sentence: &str) -> Rc<[f32]> {
        let axes = ["a dog", "on a beach", "at sunset", "a photo"];
        axes.map(|axis| f32::from(u8::from(sentence.contains(axis))))
            .into()
    }

    #[test]
    fn phrases_that_fit_are_put_together() {
        let kept: RefCell<HashMap<String, Rc<[f32]>>> = RefCell::default();
        let image = [1.0, 1.0, 1.0, 0.5];
        let mut asked = 0;
        let caption = loop {
            let get = |s: &str| kept.borrow().get(s).cloned();
            let settled = |s: &str| kept.borrow().contains_key(s);
            match compose(&image, &get, &settled) {
                Progress::Done(caption) => break caption,
                Progress::Needs(sentences) => {
                    asked += 1;
                    assert!(!sentences.is_empty() && asked < 4);
                    for sentence in sentences {
                        let embedding = embed(&sentence);
                        kept.borrow_mut().insert(sentence, embedding);
                    }
                }
            }
        };
        assert_eq!(caption.text, "A dog on a beach at sunset.");
    }
}
