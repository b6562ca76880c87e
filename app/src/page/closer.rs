//! One photo, looked at closely.

use super::{
    caption::{self, Caption, Progress},
    photos::CardId,
    question::{MAX_ANSWERS, Question},
    shared::Shared,
};
use crate::protocol::RequestId;
use glimpse_model::{
    pixels::{Grid, View},
    score::cosine,
};
use std::rc::Rc;

/// What is open about a photo.
#[derive(Clone, PartialEq)]
pub struct Closer {
    /// Which photo.
    pub card: CardId,
    /// What is shown of it.
    pub tab: Tab,
    /// The words that are looked for in it: a label, or what was typed.
    pub words: Rc<str>,
    /// Whether the map shows how much better the words fit than the other labels.
    pub contrast: bool,
    /// Opacity of the heat map, 0 to 1.
    pub opacity: f32,
    /// Its regions, or why there are none.
    pub regions: Stand,
    /// The request for them.
    pub request: Option<RequestId>,
    /// The question as it was typed.
    pub asked: String,
    /// What became of it; both parts can be changed by hand.
    pub question: Question,
    /// The gap's answers as they stand in their field.
    pub answers: String,
    /// Whether things and a caption are wanted: hundreds of sentences are read for them.
    pub describing: bool,
    /// The caption, once it is complete.
    pub caption: Option<Caption>,
    /// Whether it was copied.
    pub copied: Option<bool>,
}

/// A part of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The encoder's crop, and where a label matches.
    Where,
    /// The nearest things in words, and a caption.
    Words,
    /// A question.
    Ask,
    /// Embeddings and what each sentence gives.
    Numbers,
}

impl Tab {
    /// All of them, in their order on the page.
    pub const ALL: [Self; 4] = [Self::Where, Self::Words, Self::Ask, Self::Numbers];
}

/// How far the regions have come.
#[derive(Clone, PartialEq)]
pub enum Stand {
    /// On their way.
    Coming,
    /// There.
    Seen(Shared<Regions>),
    /// They can't be had; the sentence says why.
    Failed(Rc<str>),
}

/// What the image tower makes of each place of a picture.
#[derive(Clone)]
pub struct Regions {
    /// The places, in the encoder's input.
    pub grid: Grid,
    /// What of the picture the encoder got.
    pub view: View,
    /// (places · embedding), each of unit length.
    pub embeds: Vec<f32>,
    /// What the encoder got, RGBA.
    pub pixels: Vec<u8>,
}

impl Regions {
    /// For each place, row after row: its cosine to the text, less its mean cosine to the others.
    /// What a place has in common with any words cancels out (CLIP Surgery, Li et al. 2023, arXiv
    /// 2304.05653, takes the redundant features away likewise).
    pub fn heat(&self, text: &[f32], others: &[Rc<[f32]>]) -> Vec<f32> {
        let places = self.embeds.chunks_exact(text.len().max(1));
        let heat = |place: &[f32]| {
            let common: f32 = others.iter().map(|other| cosine(place, other)).sum();
            cosine(place, text) - common / others.len().max(1) as f32
        };
        places.map(heat).collect()
    }
}

impl Closer {
    /// A photo, not yet looked at.
    pub fn new(card: CardId, words: Rc<str>, request: RequestId) -> Self {
        Self {
            card,
            tab: Tab::Where,
            words,
            contrast: true,
            opacity: 0.65,
            regions: Stand::Coming,
            request: Some(request),
            asked: String::new(),
            question: Question::default(),
            answers: String::new(),
            describing: false,
            caption: None,
            copied: None,
        }
    }

    /// Takes another question.
    pub fn ask(&mut self, question: Question) {
        self.answers = question.answers.join(", ");
        self.question = question;
    }

    /// The answers were changed by hand.
    pub fn set_answers(&mut self, text: String) {
        let all = super::labels::split(&text).into_iter().map(str::trim);
        let mut answers: Vec<String> = Vec::new();
        for answer in all.filter(|answer| !answer.is_empty()).take(MAX_ANSWERS) {
            if !answers.iter().any(|other| other == answer) {
                answers.push(answer.to_owned());
            }
        }
        self.question.answers = answers;
        self.answers = text;
    }

    /// The sentences that are wanted for what is shown, and the caption as far as it has come.
    pub fn needs(
        &mut self,
        image: &[f32],
        get: &dyn Fn(&str) -> Option<Rc<[f32]>>,
        settled: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        match self.tab {
            Tab::Words if self.describing && self.caption.is_none() => {
                match caption::compose(image, get, settled) {
                    Progress::Needs(sentences) => sentences,
                    Progress::Done(caption) => {
                        self.caption = Some(caption);
                        Vec::new()
                    }
                }
            }
            Tab::Ask => self.question.sentences(),
            _ => Vec::new(),
        }
    }
}
