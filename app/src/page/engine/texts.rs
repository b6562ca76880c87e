//! Embeddings of sentences: kept, on their way, or refused.

use super::direction::sum;
use crate::protocol::RequestId;
use glimpse_model::order::sorted;
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    rc::Rc,
};

/// Kept embeddings: all that labels may have, and some that were typed; at 384 numbers each, at most
/// 37 MB.
const KEPT: usize = MAX_SENTENCES + 4_000;

/// The most sentences that labels may have at once.
pub const MAX_SENTENCES: usize = 20_000;

/// Everything known about sentences.
#[derive(Default)]
pub struct TextEmbeddings {
    kept: HashMap<String, Kept>,
    clock: Cell<u64>,
    asked: BTreeMap<RequestId, Asked>,
    /// Of sentences in requests that aren't drafts, how many requests have them.
    coming: HashMap<String, usize>,
    refused: HashSet<String>,
}

struct Kept {
    embedding: Rc<[f32]>,
    used: Cell<u64>,
}

struct Asked {
    sentences: Vec<String>,
    draft: bool,
}

impl TextEmbeddings {
    /// The embedding of a sentence, if it is kept.
    pub fn get(&self, sentence: &str) -> Option<Rc<[f32]>> {
        let kept = self.kept.get(sentence)?;
        self.clock.set(self.clock.get() + 1);
        kept.used.set(self.clock.get());
        Some(kept.embedding.clone())
    }

    /// What sentences say together: the mean of their kept embeddings, of unit length; those that the
    /// worker refused are left out. `None` while one is missing, or if nothing is left.
    pub fn mean(&self, sentences: impl IntoIterator<Item = String>) -> Option<Rc<[f32]>> {
        let mut kept = Vec::new();
        for sentence in sentences {
            match self.get(&sentence) {
                Some(embedding) => kept.push(embedding),
                None if self.is_refused(&sentence) => {}
                None => return None,
            }
        }
        match &kept[..] {
            [] => None,
            [one] => Some(one.clone()),
            several => sum(several.iter().map(|embedding| (&**embedding, false))).map(Rc::from),
        }
    }

    /// Whether nothing more will come: it is kept, or the worker refused it.
    pub fn is_settled(&self, sentence: &str) -> bool {
        self.kept.contains_key(sentence) || self.is_refused(sentence)
    }

    /// Whether the worker refused it.
    pub fn is_refused(&self, sentence: &str) -> bool {
        self.refused.contains(sentence)
    }

    /// Whether an answer is still to come. An older draft may have been replaced, so it doesn't
    /// count.
    fn is_coming(&self, sentence: &str) -> bool {
        let newest_draft = || self.asked.values().rev().find(|asked| asked.draft);
        self.coming.contains_key(sentence)
            || newest_draft().is_some_and(|asked| asked.sentences.iter().any(|s| s == sentence))
    }

    /// Whether any answer is still to come.
    pub fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }

    /// How many sentences are on their way, drafts aside.
    pub fn coming(&self) -> usize {
        self.coming.len()
    }

    /// Those that have to be asked for.
    pub fn missing(&self, sentences: impl IntoIterator<Item = String>) -> Vec<String> {
        sentences
            .into_iter()
            .filter(|sentence| !self.is_settled(sentence) && !self.is_coming(sentence))
            .collect()
    }

    /// Notes a request for these sentences.
    pub fn ask(&mut self, id: RequestId, sentences: Vec<String>, draft: bool) {
        if !draft {
            for sentence in &sentences {
                *self.coming.entry(sentence.clone()).or_default() += 1;
            }
        }
        self.asked.insert(id, Asked { sentences, draft });
    }

    /// Takes an answer and tells how many sentences it held; `None` if nobody asked or the numbers
    /// don't add up.
    pub fn answer(&mut self, id: RequestId, numbers: &[f32]) -> Option<usize> {
        let asked = self.close(id)?;
        self.add(asked.sentences, numbers)
    }

    /// Takes sentences with their embeddings and tells how many; `None` if the numbers don't add up.
    pub fn add(&mut self, sentences: Vec<String>, numbers: &[f32]) -> Option<usize> {
        let count = sentences.len();
        if count == 0 || numbers.is_empty() || !numbers.len().is_multiple_of(count) {
            return None;
        }
        let each = numbers.len() / count;
        for (sentence, embedding) in sentences.into_iter().zip(numbers.chunks(each)) {
            self.keep(sentence, embedding.into());
        }
        Some(count)
    }

    /// Takes a refusal. One of several sentences spoils the others' answer, so those are to be
    /// asked for one by one: they are given back.
    pub fn refuse(&mut self, id: RequestId) -> Vec<String> {
        let Some(asked) = self.close(id) else {
            return Vec::new();
        };
        if asked.sentences.len() > 1 {
            return asked.sentences;
        }
        self.refused.extend(asked.sentences);
        Vec::new()
    }

    /// The worker is gone, and with it what was asked of it.
    pub fn forget_requests(&mut self) {
        self.asked.clear();
        self.coming.clear();
        self.refused.clear();
    }

    /// Ends a request; the answer to a draft also ends the drafts before it.
    fn close(&mut self, id: RequestId) -> Option<Asked> {
        let asked = self.asked.remove(&id)?;
        if asked.draft {
            self.asked
                .retain(|&other, asked| !asked.draft || other > id);
            return Some(asked);
        }
        for sentence in &asked.sentences {
            if let Entry::Occupied(mut requests) = self.coming.entry(sentence.clone()) {
                match *requests.get() {
                    0 | 1 => drop(requests.remove()),
                    _ => *requests.get_mut() -= 1,
                }
            }
        }
        Some(asked)
    }

    fn keep(&mut self, sentence: String, embedding: Rc<[f32]>) {
        if self.kept.len() >= KEPT {
            // Half go at once, so that this is rare.
            let uses = self.kept.values().map(|kept| kept.used.get()).collect();
            let uses: Vec<u64> = sorted(uses, u64::cmp);
            let median = uses[uses.len() / 2];
            self.kept.retain(|_, kept| kept.used.get() > median);
        }
        self.clock.set(self.clock.get() + 1);
        let used = Cell::new(self.clock.get());
        self.kept.insert(sentence, Kept { embedding, used });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(texts: &TextEmbeddings, sentences: &[&str]) -> Vec<String> {
        texts.missing(sentences.iter().map(|&sentence| sentence.to_owned()))
    }

    #[test]
    fn nothing_is_asked_for_twice() {
        let mut texts = TextEmbeddings::default();
        texts.ask(1, missing(&texts, &["a", "b"]), false);
        assert_eq!(missing(&texts, &["a", "b", "c"]), ["c"]);
        assert_eq!(texts.answer(1, &[1.0, 0.0, 0.0, 1.0]), Some(2));
        assert_eq!(texts.get("b").as_deref(), Some(&[0.0, 1.0][..]));
        assert_eq!(missing(&texts, &["a", "b", "c"]), ["c"]);
        assert_eq!(texts.answer(1, &[1.0]), None);
    }

    #[test]
    fn what_a_pack_brings_is_not_asked_for() {
        let mut texts = TextEmbeddings::default();
        assert_eq!(texts.add(vec!["a".into(), "b".into()], &[1.0]), None);
        assert_eq!(missing(&texts, &["a", "b"]), ["a", "b"]);
        assert_eq!(texts.add(vec!["a".into()], &[0.6, 0.8]), Some(1));
        assert_eq!(texts.get("a").as_deref(), Some(&[0.6, 0.8][..]));
        assert_eq!(missing(&texts, &["a", "b"]), ["b"]);
    }

    #[test]
    fn several_sentences_have_a_mean() {
        let mut texts = TextEmbeddings::default();
        texts.ask(1, vec!["a".into(), "b".into()], false);
        texts.answer(1, &[1.0, 0.0, 0.0, 1.0]);
        let mean = |sentences: &[&str]| texts.mean(sentences.iter().map(|&s| s.to_owned()));
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert_eq!(mean(&["a", "b"]).as_deref(), Some(&[half, half][..]));
        assert_eq!(mean(&["b"]).as_deref(), Some(&[0.0, 1.0][..]));
        assert_eq!(mean(&["a", "c"]), None);
    }

    #[test]
    fn a_replaced_draft_is_no_promise() {
        let mut texts = TextEmbeddings::default();
        texts.ask(1, vec!["do".into()], true);
        assert!(missing(&texts, &["do"]).is_empty());
        texts.ask(2, vec!["dog".into()], true);
        assert_eq!(missing(&texts, &["do", "dog"]), ["do"]);
        assert_eq!(texts.answer(2, &[1.0]), Some(1));
        assert_eq!(texts.answer(1, &[1.0]), None);
    }

    #[test]
    fn refused_sentences_are_settled_until_the_worker_is_new() {
        let mut texts = TextEmbeddings::default();
        texts.ask(1, vec!["a".into()], false);
        assert!(texts.refuse(1).is_empty());
        assert!(texts.is_settled("a"));
        texts.forget_requests();
        assert_eq!(missing(&texts, &["a"]), ["a"]);
    }

    #[test]
    fn one_bad_sentence_does_not_spoil_the_others() {
        let mut texts = TextEmbeddings::default();
        texts.ask(1, vec!["a".into(), "b".into()], false);
        assert_eq!(texts.refuse(1), ["a", "b"]);
        assert!(!texts.is_settled("a") && !texts.is_settled("b"));
    }

    #[test]
    fn the_longest_unused_are_forgotten() {
        let mut texts = TextEmbeddings::default();
        for place in 0..=KEPT as RequestId {
            texts.get("0");
            texts.ask(place, vec![place.to_string()], false);
            texts.answer(place, &[1.0]);
        }
        assert!(texts.get("0").is_some() && texts.get("1").is_none());
        assert!(texts.kept.len() <= KEPT);
    }
}
