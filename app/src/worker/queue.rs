//! What the worker does next: a model first, then words, then what is looked at closely, then
//! pictures in their order.

use crate::protocol::{PackPlace, Request, RequestId};
use glimpse_model::pack::Quantisation;
use std::collections::VecDeque;

/// One thing to do; `A` is what came beside the request: a picture, or files.
#[derive(Debug, PartialEq)]
pub enum Job<A> {
    /// Load a pack.
    Open { pack: PackPlace },
    /// Keep a model.
    Import {
        folder: String,
        name: String,
        quantisation: Quantisation,
        files: A,
    },
    /// Embed sentences.
    Texts { id: RequestId, texts: Vec<String> },
    /// Embed a picture.
    Image { id: RequestId, picture: A },
    /// Embed each place of a picture.
    Closer { id: RequestId, picture: A },
}

/// Jobs that haven't started.
pub struct Queue<A> {
    /// Models to open or to keep.
    models: VecDeque<Job<A>>,
    texts: VecDeque<(RequestId, Vec<String>)>,
    /// What someone is typing: only the newest counts.
    draft: Option<(RequestId, Vec<String>)>,
    /// The picture that someone wants to look at closely: only the newest counts.
    closer: Option<(RequestId, A)>,
    images: VecDeque<(RequestId, A)>,
    running: bool,
}

impl<A> Default for Queue<A> {
    fn default() -> Self {
        Self {
            models: VecDeque::new(),
            texts: VecDeque::new(),
            draft: None,
            closer: None,
            images: VecDeque::new(),
            running: false,
        }
    }
}

impl<A> Queue<A> {
    /// Takes a request in, or takes one back.
    pub fn push(&mut self, request: Request, attachment: A) {
        match request {
            Request::Open { pack } => {
                // What was asked of another model is void.
                self.texts.clear();
                self.draft = None;
                self.closer = None;
                self.images.clear();
                self.models.push_back(Job::Open { pack });
            }
            Request::Import {
                folder,
                name,
                quantisation,
            } => self.models.push_back(Job::Import {
                folder,
                name,
                quantisation,
                files: attachment,
            }),
            Request::EmbedTexts { id, texts, draft } => {
                if draft {
                    self.draft = Some((id, texts));
                } else {
                    self.texts.push_back((id, texts));
                }
            }
            Request::EmbedImage { id } => self.images.push_back((id, attachment)),
            Request::LookCloser { id } => self.closer = Some((id, attachment)),
            Request::Cancel { id } => self.images.retain(|(waiting, _)| *waiting != id),
        }
    }

    /// Whether the caller is to run jobs until [`Queue::next`] has none; false while one does.
    pub fn start(&mut self) -> bool {
        !std::mem::replace(&mut self.running, true)
    }

    /// The next job. After `None` the queue rests until it is started again.
    pub fn next(&mut self) -> Option<Job<A>> {
        let texts = |(id, texts)| Job::Texts { id, texts };
        let job = self
            .models
            .pop_front()
            .or_else(|| self.texts.pop_front().map(texts))
            .or_else(|| self.draft.take().map(texts))
            .or_else(|| {
                let (id, picture) = self.closer.take()?;
                Some(Job::Closer { id, picture })
            })
            .or_else(|| {
                let (id, picture) = self.images.pop_front()?;
                Some(Job::Image { id, picture })
            });
        self.running = job.is_some();
        job
    }
}
