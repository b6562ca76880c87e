//! Sample photos for a first try, from the site's own `samples/`.

use crate::page::{effects::CardId, platform::fetch};
use serde::Deserialize;
use std::{collections::VecDeque, rc::Rc};
use web_sys::Blob;

const FOLDER: &str = "samples/";

/// One photo of `samples/samples.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sample {
    /// The photo's name beside the list.
    pub file: String,
    /// A word or two under the thumbnail.
    pub title: String,
    /// What is to be seen, for a screen reader.
    pub alt: String,
    /// Who made the photo.
    pub credit: String,
    /// The licence that allows its use.
    pub licence: String,
    /// Where the photo comes from: an address, or words.
    pub source: String,
}

impl Sample {
    /// The photo's address, relative to the page.
    pub fn url(&self) -> String {
        format!("{FOLDER}{}", self.file)
    }

    /// The source, if it is an address.
    pub fn link(&self) -> Option<&str> {
        let is_link = self.source.starts_with("https://") || self.source.starts_with("http://");
        is_link.then_some(self.source.as_str())
    }

    /// What the page's address calls it: the file without its ending.
    pub fn name(&self) -> &str {
        let (name, _) = self.file.rsplit_once('.').unwrap_or((&self.file, ""));
        name
    }

    /// Fetches the photo's bytes, if it can.
    pub async fn fetch(&self) -> Option<Blob> {
        fetch::blob(&self.url()).await
    }
}

/// All samples; none if the site has no list.
pub async fn list() -> Vec<Sample> {
    let list = fetch::text(&format!("{FOLDER}samples.json")).await;
    list.and_then(|list| serde_json::from_str(&list).ok())
        .unwrap_or_default()
}

/// The samples on offer, and those that were chosen.
#[derive(Default)]
pub struct Samples {
    /// In their order on the page.
    pub list: Rc<[Sample]>,
    /// The names of those that the address asks for, until they are fetched.
    pub wanted: Vec<String>,
    cards: Vec<(String, CardId)>,
    /// Those that are being fetched, in the order in which they were asked for.
    asked: VecDeque<Asked>,
}

/// A sample that is being fetched, by its position in the list.
struct Asked {
    index: usize,
    /// Its bytes, or that they can't be had, once that is known.
    fetched: Option<Option<Blob>>,
}

impl Samples {
    /// The card that a sample got when it was chosen; it may be off the page by now.
    pub fn card(&self, file: &str) -> Option<CardId> {
        let mut cards = self.cards.iter();
        cards
            .find(|(other, _)| other == file)
            .map(|&(_, card)| card)
    }

    /// Notes that a sample is asked for; false if it is being fetched already.
    pub fn ask(&mut self, index: usize) -> bool {
        let is_new = self.asked.iter().all(|asked| asked.index != index);
        if is_new {
            self.asked.push_back(Asked {
                index,
                fetched: None,
            });
        }
        is_new
    }

    /// Takes what a fetch has brought and gives the samples that are to be shown now, with their bytes
    /// or none if they can't be had: in the order in which they were asked for, whichever comes first.
    pub fn fetched(&mut self, index: usize, blob: Option<Blob>) -> Vec<(usize, Option<Blob>)> {
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.index == index) {
            asked.fetched = Some(blob);
        }
        let is_waiting = |asked: &Asked| asked.fetched.is_none();
        let known = self.asked.iter().position(is_waiting);
        let known = self.asked.drain(..known.unwrap_or(self.asked.len()));
        known
            .map(|asked| (asked.index, asked.fetched.flatten()))
            .collect()
    }

    /// The names of samples whose cards are on the page, in its order: the newest first.
    pub fn shown(&self, is_there: impl Fn(CardId) -> bool) -> Vec<&str> {
        let cards = self.cards.iter().rev();
        cards
            .filter(|&&(_, card)| is_there(card))
            .filter_map(|(file, _)| self.list.iter().find(|sample| sample.file == *file))
            .map(Sample::name)
            .collect()
    }

    /// Notes which card a sample has got last.
    pub fn set_card(&mut self, file: String, card: CardId) {
        self.cards.retain(|(other, _)| *other != file);
        self.cards.push((file, card));
    }
}

#[cfg(test)]
impl Sample {
    /// A sample for tests, with a source.
    pub fn of(file: &str, source: &str) -> Self {
        Self {
            file: file.to_owned(),
            title: "Cat".to_owned(),
            alt: "A cat".to_owned(),
            credit: "Someone".to_owned(),
            licence: "CC0-1.0".to_owned(),
            source: source.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_is_a_link() {
        let sample = Sample::of("cat.jpg", "https://example.org/cat");
        assert_eq!(sample.link(), Some("https://example.org/cat"));
        assert_eq!(sample.url(), "samples/cat.jpg");
        assert_eq!(Sample::of("cat.jpg", "javascript:alert(1)").link(), None);
    }

    #[test]
    fn a_sample_has_the_card_that_it_got_last() {
        let mut samples = Samples::default();
        samples.set_card("cat.jpg".to_owned(), 1);
        samples.set_card("dog.jpg".to_owned(), 2);
        samples.set_card("cat.jpg".to_owned(), 3);
        assert_eq!(samples.card("cat.jpg"), Some(3));
        assert_eq!(samples.card("cow.jpg"), None);
    }

    #[test]
    fn samples_are_shown_in_the_order_in_which_they_were_asked_for() {
        let mut samples = Samples::default();
        assert!(samples.ask(4) && samples.ask(2) && samples.ask(7));
        assert!(!samples.ask(2), "it is being fetched");
        let positions = |shown: Vec<(usize, Option<Blob>)>| {
            let positions = shown.into_iter().map(|(index, _)| index);
            positions.collect::<Vec<_>>()
        };
        assert!(samples.fetched(2, None).is_empty());
        assert_eq!(positions(samples.fetched(4, None)), [4, 2]);
        assert!(samples.ask(2), "it can be asked for again");
        assert_eq!(positions(samples.fetched(7, None)), [7]);
    }
}
