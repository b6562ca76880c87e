//! What is open about a photo.

use super::{
    caption::{self, Caption, Progress},
    question::{MAX_ANSWERS, Question},
};
use crate::{
    page::{
        effects::CardId,
        engine::TextEmbeddings,
        features::labels::{self, Labels},
        ui::PtrEqRc,
    },
    protocol::{ImageFailure, RequestId},
};
use glimpse_model::{
    pixels::{Grid, View},
    text::{Template, starting},
};
use std::rc::Rc;

/// The dialogue about one photo, if it is open.
#[derive(Default)]
pub struct Inspect {
    /// What is open; `None` while the dialogue is closed.
    pub open: Option<Inspector>,
}

/// A photo, and what was asked about it.
#[derive(Clone, PartialEq)]
pub struct Inspector {
    /// The card of the photo that is looked at.
    pub card: CardId,
    /// The tab that is shown.
    pub tab: Tab,
    /// The words that are compared with the photo: a label, or what was typed.
    pub words: Rc<str>,
    /// Whether the heat map shows how much better the words fit than other labels.
    pub contrast: bool,
    /// The heat map's opacity, 0 to 1.
    pub opacity: f32,
    /// The photo's patches, or why there are none.
    pub regions: RegionStatus,
    /// The request for the patches; `None` before the image tower is ready, and after the reply.
    pub request: Option<RequestId>,
    /// The question as it was typed.
    pub asked: String,
    /// The statement made of the question, and its answers; both can be edited.
    pub question: Question,
    /// The answers as they were typed.
    pub answers: String,
    /// Whether a caption and the nearest things are wanted: hundreds of sentences are embedded for
    /// them.
    pub describing: bool,
    /// The caption, or that none can be trusted, once that is known.
    pub caption: Option<Caption>,
    /// Whether the caption was copied, after that was wanted.
    pub copied: Option<bool>,
}

/// A tab of the dialogue, one way to look at the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Heat map of where words match, and the encoder's input.
    Where,
    /// Caption and nearest things.
    Words,
    /// The tab of questions and answers.
    Ask,
    /// Embeddings, and the cosine of each sentence.
    Numbers,
}

impl Tab {
    /// All tabs, in their order on the page.
    pub const ALL: [Self; 4] = [Self::Where, Self::Words, Self::Ask, Self::Numbers];

    /// Id of the tab's button.
    pub fn id(self) -> &'static str {
        match self {
            Self::Where => "tab-where",
            Self::Words => "tab-words",
            Self::Ask => "tab-ask",
            Self::Numbers => "tab-numbers",
        }
    }

    /// The tab so many steps ahead; the first one follows the last.
    pub fn step(self, steps: isize) -> Self {
        let index = Self::ALL.iter().position(|&tab| tab == self);
        let next = index.unwrap_or_default() as isize + steps;
        Self::ALL[next.rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

/// How far the patches of a photo have come.
#[derive(Clone, PartialEq)]
pub enum RegionStatus {
    /// The patches are on their way, or wait for the image tower.
    Coming,
    /// The patches' embeddings are there.
    Done(PtrEqRc<Regions>),
    /// The photo can't be inspected, for this reason.
    Failed(ImageFailure),
    /// The worker ended before it had embedded the patches.
    Crashed,
}

/// The patches of a photo, embedded one by one.
#[derive(Clone)]
pub struct Regions {
    /// The patches, in pixels of the encoder's input.
    pub grid: Grid,
    /// The part of the photo that is the encoder's input.
    pub view: View,
    /// (rows · columns · `projection_dim`), each patch's embedding L2-normalised.
    pub embeds: Vec<f32>,
    /// The encoder's input, (height · width · 4) bytes of RGBA.
    pub pixels: Vec<u8>,
}

impl Inspector {
    /// Opens a photo; its heat map begins with these words.
    pub fn new(card: CardId, words: Rc<str>) -> Self {
        Self {
            card,
            tab: Tab::Where,
            words,
            contrast: true,
            opacity: 0.65,
            regions: RegionStatus::Coming,
            request: None,
            asked: String::new(),
            question: Question::default(),
            answers: String::new(),
            describing: false,
            caption: None,
            copied: None,
        }
    }

    /// Takes another question, with its usual answers.
    pub fn ask(&mut self, question: Question) {
        self.answers = question.answers.join(", ");
        self.question = question;
    }

    /// Takes the answers as they were typed, with separators between them.
    pub fn set_answers(&mut self, text: String) {
        let all = labels::split(&text).into_iter().map(str::trim);
        let mut answers: Vec<String> = Vec::new();
        for answer in all.filter(|answer| !answer.is_empty()).take(MAX_ANSWERS) {
            if !answers.iter().any(|other| other == answer) {
                answers.push(answer.to_owned());
            }
        }
        self.question.answers = answers;
        self.answers = text;
    }

    /// Brings the caption as far as it can come, and gives the sentences that have to be embedded
    /// for the tab that is shown, `templates` around labels. For the other arguments see
    /// [`caption::compose`].
    pub fn advance(
        &mut self,
        image: &[f32],
        templates: &[Template],
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
            // What the map is compared with, if the visitor has too few labels for that.
            Tab::Where => starting::FIRST
                .iter()
                .flat_map(|label| labels::fill(templates, label))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Direction of the words that are compared with the photo; `None` until they are embedded.
    pub fn words_direction(&self, labels: &Labels, texts: &TextEmbeddings) -> Option<Rc<[f32]>> {
        texts.mean(labels::fill(&labels.templates, &self.words))
    }

    /// Directions of the labels that the heat map compares with, as far as they are embedded: the
    /// visitor's others, and those that the page suggests.
    pub fn other_directions(&self, labels: &Labels, texts: &TextEmbeddings) -> Vec<Rc<[f32]>> {
        let mut others: Vec<&str> = labels.items.iter().map(|label| &**label).collect();
        for label in starting::labels() {
            if !others.contains(&label) {
                others.push(label);
            }
        }
        others.retain(|label| *label != &*self.words);
        others
            .into_iter()
            .filter_map(|label| texts.mean(labels::fill(&labels.templates, label)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::features::inspect::question::Kind;

    #[test]
    fn the_first_tab_follows_the_last() {
        assert_eq!(Tab::Where.step(1), Tab::Words);
        assert_eq!(Tab::Numbers.step(1), Tab::Where);
        assert_eq!(Tab::Where.step(-1), Tab::Numbers);
    }

    #[test]
    fn each_answer_is_tried_once() {
        let mut inspector = Inspector::new(1, "dog".into());
        inspector.set_answers("red, blue,, red ".into());
        assert_eq!(inspector.question.answers, ["red", "blue"]);
        assert_eq!(inspector.answers, "red, blue,, red ");
    }

    #[test]
    fn only_the_shown_tab_needs_sentences() {
        let mut inspector = Inspector::new(1, "dog".into());
        inspector.ask(Question {
            kind: Kind::Colour,
            statement: "a {} car".into(),
            answers: vec!["red".into()],
        });
        let templates = [Template::default()];
        let (get, settled) = (|_: &str| None::<Rc<[f32]>>, |_: &str| false);
        let mut needs = |tab| {
            inspector.tab = tab;
            inspector.advance(&[1.0], &templates, &get, &settled)
        };
        assert_eq!(needs(Tab::Where).len(), starting::FIRST.len());
        assert!(needs(Tab::Words).is_empty());
        assert_eq!(needs(Tab::Ask), ["a red car"]);
    }
}
