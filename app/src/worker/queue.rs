//! What the worker does next: opening first, then words, then pictures in their order.

use crate::protocol::{Request, RequestId};
use std::collections::VecDeque;

/// One thing to do; `P` is a picture.
#[derive(Debug, PartialEq)]
pub enum Job<P> {
    /// Load a pack.
    Open { pack: String },
    /// Embed sentences.
    Texts { id: RequestId, texts: Vec<String> },
    /// Embed a picture.
    Image { id: RequestId, picture: P },
}

/// Jobs that haven't started.
pub struct Queue<P> {
    opens: VecDeque<String>,
    texts: VecDeque<(RequestId, Vec<String>)>,
    /// What someone is typing: only the newest counts.
    draft: Option<(RequestId, Vec<String>)>,
    images: VecDeque<(RequestId, P)>,
    running: bool,
}

impl<P> Default for Queue<P> {
    fn default() -> Self {
        Self {
            opens: VecDeque::new(),
            texts: VecDeque::new(),
            draft: None,
            images: VecDeque::new(),
            running: false,
        }
    }
}

impl<P> Queue<P> {
    /// Takes a request in, or takes one back.
    pub fn push(&mut self, request: Request, picture: P) {
        match request {
            Request::Open { pack } => self.opens.push_back(pack),
            Request::EmbedTexts { id, texts, draft } => {
                if draft {
                    self.draft = Some((id, texts));
                } else {
                    self.texts.push_back((id, texts));
                }
            }
            Request::EmbedImage { id } => self.images.push_back((id, picture)),
            Request::Cancel { id } => self.images.retain(|(waiting, _)| *waiting != id),
        }
    }

    /// Whether the caller is to run jobs until [`Queue::next`] has none; false while one does.
    pub fn start(&mut self) -> bool {
        !std::mem::replace(&mut self.running, true)
    }

    /// The next job. After `None` the queue rests until it is started again.
    pub fn next(&mut self) -> Option<Job<P>> {
        let texts = |(id, texts)| Job::Texts { id, texts };
        let job = self
            .opens
            .pop_front()
            .map(|pack| Job::Open { pack })
            .or_else(|| self.texts.pop_front().map(texts))
            .or_else(|| self.draft.take().map(texts))
            .or_else(|| {
                let (id, picture) = self.images.pop_front()?;
                Some(Job::Image { id, picture })
            });
        self.running = job.is_some();
        job
    }
}
