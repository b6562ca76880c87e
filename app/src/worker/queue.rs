//! What the worker does next: a model first, then words, then the picture that is looked at, then
//! pictures in their order; and what nobody waits for when there is nothing else.

use crate::protocol::{PackPlace, Request, RequestId};
use glimpse_model::pack::Quantisation;
use std::collections::VecDeque;

/// One thing to do; `A` is what came beside the request: a picture, or files.
#[derive(Debug, PartialEq)]
pub enum Job<A> {
    /// Load a pack.
    Open { pack: PackPlace, images_only: bool },
    /// Keep a model.
    Import {
        folder: String,
        name: String,
        quantisation: Quantisation,
        files: A,
    },
    /// Embed sentences.
    Texts { id: RequestId, texts: Vec<String> },
    /// Embed the places of a picture.
    Look { id: RequestId, picture: A },
    /// Embed a picture.
    Image { id: RequestId, picture: A },
    /// Compile what requests to come will need.
    WarmUp(WarmUp),
}

/// A call that compiles kernels which checking the towers did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarmUp {
    /// The same sentence so many times at once, and the word "a", so that there is padding.
    Texts(usize, &'static str),
    /// The places of a picture.
    Look,
}

/// Jobs that haven't started.
pub struct Queue<A> {
    /// Models to open or to keep.
    models: VecDeque<Job<A>>,
    texts: VecDeque<(RequestId, Vec<String>)>,
    /// What someone is typing: only the newest counts.
    draft: Option<(RequestId, Vec<String>)>,
    /// Which picture someone looks at: only the newest counts.
    look: Option<(RequestId, A)>,
    images: VecDeque<(RequestId, A)>,
    /// For the model that is open.
    warm_ups: VecDeque<WarmUp>,
    running: bool,
}

impl<A> Default for Queue<A> {
    fn default() -> Self {
        Self {
            models: VecDeque::new(),
            texts: VecDeque::new(),
            draft: None,
            look: None,
            images: VecDeque::new(),
            warm_ups: VecDeque::new(),
            running: false,
        }
    }
}

impl<A> Queue<A> {
    /// Takes a request in, or takes one back.
    pub fn push(&mut self, request: Request, attachment: A) {
        match request {
            Request::Open { pack, images_only } => {
                // What was asked of another model is void.
                self.texts.clear();
                self.draft = None;
                self.look = None;
                self.images.clear();
                self.warm_ups.clear();
                self.models.push_back(Job::Open { pack, images_only });
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
            Request::LookCloser { id } => self.look = Some((id, attachment)),
            Request::Cancel { id } => {
                self.look.take_if(|(waiting, _)| *waiting == id);
                self.images.retain(|(waiting, _)| *waiting != id);
            }
        }
    }

    /// Leaves these calls for when there is nothing else.
    pub fn warm_up(&mut self, calls: impl IntoIterator<Item = WarmUp>) {
        self.warm_ups.extend(calls);
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
                let (id, picture) = self.look.take()?;
                Some(Job::Look { id, picture })
            })
            .or_else(|| {
                let (id, picture) = self.images.pop_front()?;
                Some(Job::Image { id, picture })
            })
            .or_else(|| self.warm_ups.pop_front().map(Job::WarmUp));
        self.running = job.is_some();
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn text(id: RequestId, draft: bool) -> Request {
        let texts = vec!["a".to_owned()];
        Request::EmbedTexts { id, texts, draft }
    }

    /// The ids of all that is left, in their order.
    fn rest(queue: &mut Queue<&str>) -> Vec<RequestId> {
        std::iter::from_fn(|| queue.next())
            .filter_map(|job| match job {
                Job::Texts { id, .. } | Job::Look { id, .. } | Job::Image { id, .. } => Some(id),
                Job::Open { .. } | Job::Import { .. } | Job::WarmUp(_) => None,
            })
            .collect()
    }

    #[wasm_bindgen_test]
    fn words_go_first_then_the_picture_looked_at() {
        let mut queue = Queue::default();
        queue.push(Request::EmbedImage { id: 1 }, "a photo");
        queue.push(Request::EmbedImage { id: 2 }, "another");
        queue.push(Request::LookCloser { id: 3 }, "another");
        queue.push(text(4, true), "");
        queue.push(text(5, false), "");
        assert_eq!(rest(&mut queue), [5, 4, 3, 1, 2]);
    }

    #[wasm_bindgen_test]
    fn a_newer_look_replaces_one_that_has_not_started() {
        let mut queue = Queue::default();
        queue.push(Request::LookCloser { id: 1 }, "first");
        queue.push(Request::LookCloser { id: 2 }, "second");
        let (id, picture) = (2, "second");
        assert_eq!(queue.next(), Some(Job::Look { id, picture }));
        queue.push(Request::LookCloser { id: 3 }, "third");
        assert_eq!(rest(&mut queue), [3]);
    }

    #[wasm_bindgen_test]
    fn a_look_is_taken_back_by_its_id_or_by_another_model() {
        let mut queue = Queue::default();
        queue.push(Request::LookCloser { id: 1 }, "a photo");
        queue.push(Request::Cancel { id: 2 }, "");
        assert_eq!(rest(&mut queue), [1]);
        queue.push(Request::LookCloser { id: 3 }, "a photo");
        queue.push(Request::Cancel { id: 3 }, "");
        assert!(rest(&mut queue).is_empty());
        queue.push(Request::LookCloser { id: 4 }, "a photo");
        let pack = PackPlace::Kept("another".to_owned());
        let images_only = false;
        queue.push(Request::Open { pack, images_only }, "");
        queue.push(Request::LookCloser { id: 5 }, "a photo");
        assert_eq!(rest(&mut queue), [5]);
    }

    #[wasm_bindgen_test]
    fn nobody_waits_for_what_is_warmed_up() {
        let mut queue = Queue::default();
        queue.warm_up([WarmUp::Texts(1, "a photo"), WarmUp::Look]);
        queue.push(Request::EmbedImage { id: 1 }, "a photo");
        let (id, picture) = (1, "a photo");
        assert_eq!(queue.next(), Some(Job::Image { id, picture }));
        assert_eq!(queue.next(), Some(Job::WarmUp(WarmUp::Texts(1, "a photo"))));
        queue.push(text(2, false), "");
        let texts = vec!["a".to_owned()];
        assert_eq!(queue.next(), Some(Job::Texts { id: 2, texts }));
        // What was left belongs to the model before.
        let pack = PackPlace::Kept("another".to_owned());
        let images_only = false;
        queue.push(Request::Open { pack, images_only }, "");
        assert!(rest(&mut queue).is_empty());
        assert_eq!(queue.next(), None);
    }
}
