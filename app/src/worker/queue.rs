//! The worker's queue of jobs, the most urgent first: a model, then sentences, then the picture
//! that is inspected, then pictures in their order, in turns with sentences where there are many; and kernels to compile ahead when there is
//! nothing else.

use crate::protocol::{PackLocation, Request, RequestId};
use glimpse_model::pack::Quantisation;
use std::collections::VecDeque;

/// A job; `A` is the type of a request's attachment: a picture, or files.
#[derive(Debug, PartialEq)]
pub enum Job<A> {
    /// Load a pack's towers, and check them.
    Open {
        pack: PackLocation,
        images_only: bool,
    },
    /// Import a model, as a pack of its own.
    Import {
        folder: String,
        name: String,
        quantisation: Quantisation,
        files: A,
    },
    /// Embed whole sentences, all at once.
    Texts { id: RequestId, texts: Vec<String> },
    /// Embed the patches of a picture.
    Inspect { id: RequestId, picture: A },
    /// Embed a picture that waits in line.
    Image { id: RequestId, picture: A },
    /// Compile kernels that requests to come will need.
    WarmUp(WarmUp),
}

/// A call that compiles kernels which checking the towers did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarmUp {
    /// Embeds the same sentence so many times at once, and the word "a", so that there is padding.
    Texts(usize, &'static str),
    /// Embeds the patches of a picture.
    Inspect,
}

/// Jobs that haven't started.
pub struct Queue<A> {
    /// Models to open or to import.
    models: VecDeque<Job<A>>,
    texts: VecDeque<(RequestId, Vec<String>)>,
    /// Sentences that someone is typing: only the newest request counts.
    draft: Option<(RequestId, Vec<String>)>,
    /// The picture that someone inspects: only the newest request counts.
    inspect: Option<(RequestId, A)>,
    images: VecDeque<(RequestId, A)>,
    /// For the model that is open, once nothing else waits.
    warm_ups: VecDeque<WarmUp>,
    /// Whether the last job was sentences that others follow.
    was_texts: bool,
    running: bool,
}

impl<A> Default for Queue<A> {
    fn default() -> Self {
        Self {
            models: VecDeque::new(),
            texts: VecDeque::new(),
            draft: None,
            inspect: None,
            images: VecDeque::new(),
            warm_ups: VecDeque::new(),
            was_texts: false,
            running: false,
        }
    }
}

impl<A> Queue<A> {
    /// Queues a request, or takes one back.
    pub fn push(&mut self, request: Request, attachment: A) {
        match request {
            Request::Open { pack, images_only } => {
                // What was asked of another model is void.
                self.texts.clear();
                self.draft = None;
                self.inspect = None;
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
            Request::InspectImage { id } => self.inspect = Some((id, attachment)),
            // Answered before it comes here.
            Request::Ping => {}
            Request::Cancel { id } => {
                self.inspect.take_if(|(waiting, _)| *waiting == id);
                self.images.retain(|(waiting, _)| *waiting != id);
            }
        }
    }

    /// Queues calls for when there is nothing else.
    pub fn warm_up(&mut self, calls: impl IntoIterator<Item = WarmUp>) {
        self.warm_ups.extend(calls);
    }

    /// Whether the caller has to run jobs until [`Queue::next`] has none; false while somebody
    /// does.
    pub fn start(&mut self) -> bool {
        !std::mem::replace(&mut self.running, true)
    }

    /// The next job. After `None` the queue rests until it is started again.
    pub fn next(&mut self) -> Option<Job<A>> {
        let texts = |(id, texts)| Job::Texts { id, texts };
        // Thousands of labels come as many requests; neither typing nor photos wait for all of them.
        let others_wait = self.draft.is_some() || self.inspect.is_some() || !self.images.is_empty();
        let pauses = self.was_texts && self.texts.len() > 1 && others_wait;
        self.was_texts = !pauses && !self.texts.is_empty();
        let job = self
            .models
            .pop_front()
            .or_else(|| self.texts.pop_front_if(|_| !pauses).map(texts))
            .or_else(|| self.draft.take().map(texts))
            .or_else(|| {
                let (id, picture) = self.inspect.take()?;
                Some(Job::Inspect { id, picture })
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
                Job::Texts { id, .. } | Job::Inspect { id, .. } | Job::Image { id, .. } => Some(id),
                Job::Open { .. } | Job::Import { .. } | Job::WarmUp(_) => None,
            })
            .collect()
    }

    #[wasm_bindgen_test]
    fn sentences_go_first_then_the_picture_that_is_inspected() {
        let mut queue = Queue::default();
        queue.push(Request::EmbedImage { id: 1 }, "a photo");
        queue.push(Request::EmbedImage { id: 2 }, "another");
        queue.push(Request::InspectImage { id: 3 }, "another");
        queue.push(text(4, true), "");
        queue.push(text(5, false), "");
        assert_eq!(rest(&mut queue), [5, 4, 3, 1, 2]);
    }

    #[wasm_bindgen_test]
    fn many_sentences_take_turns_with_others() {
        let mut queue = Queue::default();
        for id in 1..=5 {
            queue.push(text(id, false), "");
        }
        queue.push(text(6, true), "");
        queue.push(Request::EmbedImage { id: 7 }, "a photo");
        queue.push(Request::EmbedImage { id: 8 }, "another");
        assert_eq!(rest(&mut queue), [1, 6, 2, 7, 3, 8, 4, 5]);
    }

    #[wasm_bindgen_test]
    fn a_newer_inspection_replaces_one_that_has_not_started() {
        let mut queue = Queue::default();
        queue.push(Request::InspectImage { id: 1 }, "first");
        queue.push(Request::InspectImage { id: 2 }, "second");
        let (id, picture) = (2, "second");
        assert_eq!(queue.next(), Some(Job::Inspect { id, picture }));
        queue.push(Request::InspectImage { id: 3 }, "third");
        assert_eq!(rest(&mut queue), [3]);
    }

    #[wasm_bindgen_test]
    fn an_inspection_is_taken_back_by_its_id_or_by_another_model() {
        let mut queue = Queue::default();
        queue.push(Request::InspectImage { id: 1 }, "a photo");
        queue.push(Request::Cancel { id: 2 }, "");
        assert_eq!(rest(&mut queue), [1]);
        queue.push(Request::InspectImage { id: 3 }, "a photo");
        queue.push(Request::Cancel { id: 3 }, "");
        assert!(rest(&mut queue).is_empty());
        queue.push(Request::InspectImage { id: 4 }, "a photo");
        let pack = PackLocation::Kept("another".to_owned());
        let images_only = false;
        queue.push(Request::Open { pack, images_only }, "");
        queue.push(Request::InspectImage { id: 5 }, "a photo");
        assert_eq!(rest(&mut queue), [5]);
    }

    #[wasm_bindgen_test]
    fn nobody_waits_for_what_is_warmed_up() {
        let mut queue = Queue::default();
        queue.warm_up([WarmUp::Texts(1, "a photo"), WarmUp::Inspect]);
        queue.push(Request::EmbedImage { id: 1 }, "a photo");
        let (id, picture) = (1, "a photo");
        assert_eq!(queue.next(), Some(Job::Image { id, picture }));
        assert_eq!(queue.next(), Some(Job::WarmUp(WarmUp::Texts(1, "a photo"))));
        queue.push(text(2, false), "");
        let texts = vec!["a".to_owned()];
        assert_eq!(queue.next(), Some(Job::Texts { id: 2, texts }));
        // What was left belongs to the model before.
        let pack = PackLocation::Kept("another".to_owned());
        let images_only = false;
        queue.push(Request::Open { pack, images_only }, "");
        assert!(rest(&mut queue).is_empty());
        assert_eq!(queue.next(), None);
    }
}
