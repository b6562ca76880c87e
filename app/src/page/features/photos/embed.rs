//! Photos on their way to the workers, and their embeddings on the way back.

use super::{CardId, CardStatus, Deps, Msg, Photos, in_flight::Sent, text};
use crate::{
    page::{
        effects::{
            Announcement, Effects, EngineCommand, Event, ImageEmbedding, Loss, PRIMARY, Redraw,
            Reply, TimerKey, WorkerId,
        },
        engine::{Engine, text::image_failure},
        platform::svg,
    },
    protocol::{ImageFailure, Request, RequestId},
};
use std::rc::Rc;
use wasm_bindgen::JsValue;

const ARRIVE: TimerKey = "photos.arrive";

/// Milliseconds between small steps of what would take long at once: a frame is drawn in between, so
/// that its layout is a small step, too.
pub const FRAME: u32 = 20;

impl Photos {
    /// Sends photos to the workers as far as these take any, and lets the next ones of a batch come
    /// on the page.
    pub(super) fn dispatch(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        // A timer set anew with every photo would never fire.
        if self.arrivals.pending() > 0 && !self.arrival_is_timed {
            self.arrival_is_timed = true;
            fx.after(ARRIVE, FRAME, Msg::Arrive);
        }
        let workers = deps.engine.image_workers();
        if !workers.is_empty() && !self.is_stopped {
            self.dispatch_to(&workers, deps.engine, fx);
        }
    }

    fn dispatch_to(&mut self, workers: &[WorkerId], engine: &Engine, fx: &mut Effects<Msg>) {
        // Photos that are about to be sent count: whether a pool is worth it depends on all.
        fx.engine(EngineCommand::Queue {
            waiting: self.waiting(),
            in_flight: self.in_flight.count(),
        });
        while let Some(worker) = self.in_flight.free_worker(workers)
            && let Some(card) = self.oldest_waiting()
        {
            let (id, picture) = (card.id, card.picture.blob.clone().into());
            self.set_status(id, CardStatus::Embedding);
            self.send(id, worker, picture, engine, fx);
        }
    }

    fn send(
        &mut self,
        card: CardId,
        worker: WorkerId,
        picture: JsValue,
        engine: &Engine,
        fx: &mut Effects<Msg>,
    ) {
        let request = engine.new_request();
        self.in_flight.add(Sent {
            request,
            card,
            worker,
        });
        let embed = Request::EmbedImage { id: request };
        fx.request(worker, embed, picture, move |reply| {
            Msg::Replied(request, reply)
        });
    }

    /// Follows the reply to a request.
    pub(super) fn on_reply(
        &mut self,
        request: RequestId,
        reply: Reply,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> Redraw {
        let others_wait = self.waiting() > 0;
        match reply {
            Reply::Image(image) => self.on_embedding(request, image, deps, fx),
            Reply::Failed(failure) => self.on_failure(request, failure, fx),
            Reply::Drawing => {
                self.draw(request, fx);
                return Redraw::No;
            }
            Reply::Lost(Loss::InWork) => self.on_crash(request, deps, fx),
            Reply::Lost(Loss::Crashed | Loss::Replaced) => {
                self.finish(request, CardStatus::Waiting);
            }
            // Replies to another kind of request.
            Reply::Regions { .. } => return Redraw::No,
        }
        self.dispatch(deps, fx);
        if others_wait {
            Redraw::Soon
        } else {
            Redraw::Now
        }
    }

    fn on_embedding(
        &mut self,
        request: RequestId,
        mut image: ImageEmbedding,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) {
        let preview = image.preview.take();
        let Some(id) = self.finish(request, CardStatus::Done(Rc::new(image))) else {
            return;
        };
        if let Some(preview) = preview {
            self.show(id, &preview);
        }
        self.rank(&[id], deps);
        fx.event(Event::ImageEmbedded(id));
        if let Some(card) = self.get(id) {
            let news = text::announce_done(&card.name, card.ranking.best());
            fx.announce(Announcement::PhotoDone(news));
        }
    }

    fn on_failure(&mut self, request: RequestId, failure: ImageFailure, fx: &mut Effects<Msg>) {
        let reason = image_failure(&failure);
        let id = self.finish(request, CardStatus::Failed(failure));
        if let Some(card) = id.and_then(|id| self.get(id)) {
            let news = text::announce_failed(&card.name, &reason);
            fx.announce(Announcement::PhotoFailed(news));
        }
    }

    /// A worker ended over a photo. One of the pool may have lacked memory beside the others, so the
    /// primary one tries, too.
    fn on_crash(&mut self, request: RequestId, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let of_pool = self.in_flight.get(request);
        let of_pool = of_pool.filter(|sent| sent.worker != PRIMARY);
        let again = of_pool.filter(|_| deps.engine.is_image_tower_ready());
        match again.and_then(|sent| self.get(sent.card)) {
            Some(card) => {
                let (id, picture) = (card.id, card.picture.blob.clone().into());
                self.in_flight.take(request);
                self.send(id, PRIMARY, picture, deps.engine, fx);
            }
            None if of_pool.is_some() => {
                self.finish(request, CardStatus::Waiting);
            }
            None => {
                let id = self.finish(request, CardStatus::Crashed);
                if let Some(card) = id.and_then(|id| self.get(id)) {
                    let news = text::announce_failed(&card.name, &text::CRASHED_ON_PHOTO.get());
                    fx.announce(Announcement::PhotoFailed(news));
                }
            }
        }
    }

    /// Makes a bitmap of a vector drawing, which workers can't.
    fn draw(&self, request: RequestId, fx: &mut Effects<Msg>) {
        let sent = self.in_flight.get(request);
        if let Some(card) = sent.and_then(|sent| self.get(sent.card)) {
            let blob = card.picture.blob.clone();
            fx.spawn(async move { Msg::Drawn(request, svg::drawn(blob).await) });
        }
    }

    /// Sends the bitmap of a vector drawing to the worker that has its turn kept.
    pub(super) fn on_drawn(
        &mut self,
        request: RequestId,
        bitmap: Option<JsValue>,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> Redraw {
        if let Some(bitmap) = bitmap {
            let Some(Sent { card, worker, .. }) = self.in_flight.take(request) else {
                return Redraw::No;
            };
            if deps.engine.image_workers().contains(&worker) {
                self.send(card, worker, bitmap, deps.engine, fx);
                return Redraw::No;
            }
            // The worker ended meanwhile, and had no request of this photo that it could lose.
            self.set_status(card, CardStatus::Waiting);
        } else {
            self.on_failure(request, ImageFailure::UNDRAWABLE, fx);
        }
        self.dispatch(deps, fx);
        Redraw::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        page::{
            effects::Effect,
            features::{Feature, labels::Labels, scores::Scores},
        },
        protocol::ImageTiming,
    };
    use glimpse_model::pixels::OpenError;
    use yew::Callback;

    fn update(photos: &mut Photos, msg: Msg) -> (Redraw, Vec<Effect>) {
        let engine = Engine::new(Callback::noop());
        let (scores, labels) = (Scores::default(), Labels::default());
        let deps = Deps {
            engine: &engine,
            scores: &scores,
            labels: &labels,
        };
        let mut fx = Effects::default();
        let redraw = photos.update(msg, &deps, &mut fx);
        (redraw, fx.take())
    }

    /// Sends photos to these workers; the requests' ids begin with 1.
    fn dispatch(photos: &mut Photos, workers: &[WorkerId]) -> Vec<Effect> {
        let mut fx = Effects::default();
        photos.dispatch_to(workers, &Engine::new(Callback::noop()), &mut fx);
        fx.take()
    }

    fn image() -> Reply {
        Reply::Image(ImageEmbedding {
            embedding: [1.0].into(),
            width: 4,
            height: 3,
            preview: None,
            timing: ImageTiming {
                decode: 1.0,
                preprocess: 1.0,
                embed: 1.0,
            },
        })
    }

    fn states(photos: &Photos) -> Vec<&'static str> {
        let cards = photos.cards().iter();
        cards.map(|card| card.status.name()).collect()
    }

    #[test]
    fn photos_are_shared_among_the_workers_and_the_rest_waits() {
        let mut photos = Photos::of(&["a", "b", "c", "d", "e"]);
        let effects = dispatch(&mut photos, &[PRIMARY, 3]);
        assert!(matches!(
            effects[0],
            Effect::Engine(EngineCommand::Queue {
                waiting: 5,
                in_flight: 0
            })
        ));
        let requests = effects.iter().filter_map(|effect| match effect {
            Effect::Request { id, worker, .. } => Some((*id, *worker)),
            _ => None,
        });
        let expected = [(1, PRIMARY), (2, 3), (3, PRIMARY), (4, 3)];
        assert_eq!(requests.collect::<Vec<_>>(), expected);
        assert_eq!(states(&photos)[3..], ["embedding", "waiting"]);
        // All workers are busy.
        let effects = dispatch(&mut photos, &[PRIMARY, 3]);
        assert!(matches!(
            effects[..],
            [Effect::Engine(EngineCommand::Queue {
                waiting: 1,
                in_flight: 4
            })]
        ));
    }

    #[test]
    fn an_embedding_is_told_to_others_and_drawn_together_with_the_next_ones() {
        let mut photos = Photos::of(&["a", "b", "c"]);
        dispatch(&mut photos, &[PRIMARY]);
        let (redraw, effects) = update(&mut photos, Msg::Replied(1, image()));
        assert_eq!(redraw, Redraw::Soon);
        assert!(matches!(
            &effects[..],
            [
                Effect::Event(Event::ImageEmbedded(1)),
                Effect::Announce(Announcement::PhotoDone(news))
            ] if news == "a: done"
        ));
        assert_eq!(states(&photos), ["done", "embedding", "waiting"]);
    }

    #[test]
    fn a_photo_that_cannot_be_embedded_says_why() {
        let mut photos = Photos::of(&["a"]);
        dispatch(&mut photos, &[PRIMARY]);
        let reply = Reply::Failed(ImageFailure::Open(OpenError::Empty));
        let (redraw, effects) = update(&mut photos, Msg::Replied(1, reply));
        assert_eq!(redraw, Redraw::Now);
        assert!(matches!(
            &effects[..],
            [Effect::Announce(Announcement::PhotoFailed(news))] if news.starts_with("a: This file is empty")
        ));
        assert_eq!(states(&photos), ["failed"]);
    }

    #[test]
    fn only_the_photo_that_a_worker_ended_over_fails() {
        let mut photos = Photos::of(&["a", "b"]);
        dispatch(&mut photos, &[PRIMARY]);
        update(&mut photos, Msg::Replied(1, Reply::Lost(Loss::InWork)));
        update(&mut photos, Msg::Replied(2, Reply::Lost(Loss::Crashed)));
        assert_eq!(states(&photos), ["failed", "waiting"]);
        assert!(matches!(photos.cards()[0].status, CardStatus::Crashed));
        assert_eq!(photos.in_flight.count(), 0);
    }

    #[test]
    fn a_photo_that_a_pool_worker_ended_over_is_tried_again() {
        let mut photos = Photos::of(&["a"]);
        dispatch(&mut photos, &[7]);
        update(&mut photos, Msg::Replied(1, Reply::Lost(Loss::InWork)));
        // No primary worker runs in this test.
        assert_eq!(states(&photos), ["waiting"]);
        // Each of these engines counts from 1.
        dispatch(&mut photos, &[PRIMARY]);
        let lost = Msg::Replied(1, Reply::Lost(Loss::InWork));
        let (_, effects) = update(&mut photos, lost);
        assert_eq!(states(&photos), ["failed"]);
        assert!(matches!(
            effects[..],
            [Effect::Announce(Announcement::PhotoFailed(_))]
        ));
    }

    #[test]
    fn a_failed_photo_can_be_tried_again() {
        let mut photos = Photos::of(&["a"]);
        dispatch(&mut photos, &[PRIMARY]);
        update(&mut photos, Msg::Replied(1, Reply::Lost(Loss::InWork)));
        update(&mut photos, Msg::Retry(1));
        assert_eq!(states(&photos), ["waiting"]);
        dispatch(&mut photos, &[PRIMARY]);
        update(&mut photos, Msg::Replied(1, image()));
        assert_eq!(states(&photos), ["done"]);
    }

    #[test]
    fn a_drawing_keeps_its_turn_unless_its_worker_ends() {
        let mut photos = Photos::of(&["a.svg"]);
        dispatch(&mut photos, &[PRIMARY]);
        let (redraw, effects) = update(&mut photos, Msg::Replied(1, Reply::Drawing));
        assert_eq!(redraw, Redraw::No);
        assert!(matches!(effects[..], [Effect::Spawn(_)]));
        assert_eq!(photos.in_flight.count(), 1);
        // No worker runs in this test.
        update(&mut photos, Msg::Drawn(1, Some(JsValue::UNDEFINED)));
        assert_eq!(states(&photos), ["waiting"]);
        assert_eq!(photos.in_flight.count(), 0);
    }

    #[test]
    fn a_drawing_that_does_not_draw_fails() {
        let mut photos = Photos::of(&["a.svg"]);
        dispatch(&mut photos, &[PRIMARY]);
        let (_, effects) = update(&mut photos, Msg::Drawn(1, None));
        assert!(matches!(
            effects[..],
            [Effect::Announce(Announcement::PhotoFailed(_))]
        ));
        assert_eq!(states(&photos), ["failed"]);
    }
}
