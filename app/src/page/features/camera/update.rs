//! Frames, one after the other.
//!
//! There is one request at a time, so that the camera is as fast as the model, and sentences get their
//! turn in between. A frame that can't be answered is followed by the next one.

use super::{
    Camera, Deps, Msg,
    media::{self, Still},
    state::Live,
    text,
};
use crate::{
    page::{
        effects::{Effects, Event, PRIMARY, Redraw, Reply, TimerKey},
        features::{Feature, photos::CardStatus, scores::rank},
        platform::dom,
    },
    protocol::{Request, RequestId},
};
use wasm_bindgen::JsValue;

/// Fires when a frame is taken after a pause.
const RETRY: TimerKey = "camera.retry";

/// Milliseconds before a frame is tried again, where there was none.
const RETRY_PAUSE: u32 = 150;

impl Feature for Camera {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Start => {
                *self = Self::Asking;
                fx.spawn(async { Msg::Opened(media::open().await) });
            }
            Msg::Opened(stream) if matches!(self, Self::Asking) => {
                *self = match stream {
                    Ok(stream) => Self::On(Live::new(stream)),
                    Err(name) => Self::Refused(text::refused(&name).into()),
                };
                fx.reveal("#camera");
                self.next_frame(deps, fx);
            }
            // The camera was switched off while the browser asked; the stream ends here.
            Msg::Opened(_) => return Redraw::No,
            Msg::Stop => {
                *self = Self::Off;
                fx.stop_timer(RETRY);
                fx.focus("#camera-button");
            }
            Msg::NextFrame => {
                self.next_frame(deps, fx);
                return Redraw::No;
            }
            Msg::Frame(request, bitmap) => {
                self.send_frame(request, bitmap, deps, fx);
                return Redraw::No;
            }
            Msg::Replied {
                request,
                reply,
                time,
            } => return self.replied(request, reply, time, deps, fx),
            Msg::Keep => {
                fx.spawn(async { Msg::Kept(media::still().await) });
                return Redraw::No;
            }
            Msg::Kept(still) => {
                fx.event(match still {
                    Some(Still { blob, time }) => {
                        Event::AddPhotos([(text::photo_name(time), blob)].into())
                    }
                    None => Event::IntakeNote(Some(text::NO_PICTURE.into())),
                });
                return Redraw::No;
            }
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        let Self::On(live) = self else {
            return Redraw::No;
        };
        match event {
            Event::ImageTowerReady | Event::Ready => {
                score(live, deps);
                self.next_frame(deps, fx);
            }
            Event::LabelsChanged
            | Event::ScoresChanged
            | Event::TextsEmbedded
            | Event::TextRefused(_) => score(live, deps),
            Event::ModelChanged => live.forget(),
            _ => return Redraw::No,
        }
        Redraw::Now
    }
}

impl Camera {
    /// Takes a frame, unless one is in work. Without an image tower none is taken:
    /// [`Event::ImageTowerReady`] follows.
    fn next_frame(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let Some(live) = self.live() else {
            return;
        };
        if live.request.is_some() || !deps.engine.is_image_tower_ready() {
            return;
        }
        let request = deps.engine.new_request();
        live.request = Some(request);
        fx.spawn(async move { Msg::Frame(request, media::frame().await) });
    }

    /// Sends a frame to the primary worker.
    fn send_frame(
        &mut self,
        id: RequestId,
        bitmap: Option<JsValue>,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) {
        let is_asked = |live: &mut Live| live.request == Some(id);
        if !self.live().is_some_and(is_asked) {
            return;
        }
        // The worker may have ended since.
        match bitmap.filter(|_| deps.engine.is_image_tower_ready()) {
            Some(bitmap) => {
                let reply_to = move |reply| Msg::Replied {
                    request: id,
                    reply,
                    time: dom::now(),
                };
                fx.request(PRIMARY, Request::EmbedImage { id }, bitmap, reply_to);
            }
            None => self.retry(fx),
        }
    }

    fn replied(
        &mut self,
        request: RequestId,
        reply: Reply,
        time: f64,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> Redraw {
        let Some(live) = self.live().filter(|live| live.request == Some(request)) else {
            return Redraw::No;
        };
        let Reply::Image(image) = reply else {
            // Failed, or lost with its worker: the next frame is as good.
            self.retry(fx);
            return Redraw::No;
        };
        live.request = None;
        live.embedded(image, time);
        score(live, deps);
        self.next_frame(deps, fx);
        let is_waiting = |status: &CardStatus| matches!(status, CardStatus::Waiting);
        let mut cards = deps.photos.cards().iter();
        match cards.any(|card| is_waiting(&card.status)) {
            true => Redraw::Soon,
            false => Redraw::Now,
        }
    }

    /// Gives up the frame in work, and takes another one after a pause.
    fn retry(&mut self, fx: &mut Effects<Msg>) {
        if let Some(live) = self.live() {
            live.request = None;
            fx.after(RETRY, RETRY_PAUSE, Msg::NextFrame);
        }
    }
}

/// Ranks the labels for the last frame.
fn score(live: &mut Live, deps: &Deps<'_>) {
    if let (Some(image), Some(model)) = (&live.image, deps.engine.model()) {
        let candidates = deps.labels.candidates(deps.engine.texts());
        let temperature = &deps.scores.temperature;
        live.ranking = rank(&image.embedding, &candidates, model, temperature);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::media::Stream, *};
    use crate::{
        page::{
            effects::{Effect, ImageEmbedding, Loss},
            engine::Engine,
            features::{labels::Labels, photos::Photos, scores::Scores},
        },
        protocol::{ImageFailure, ImageTiming},
    };
    use std::rc::Rc;
    use wasm_bindgen::JsCast;
    use yew::Callback;

    /// What an update asks for while no worker runs.
    fn effects(
        camera: &mut Camera,
        redraw: Redraw,
        change: impl FnOnce(&mut Camera, &Deps<'_>, &mut Effects<Msg>) -> Redraw,
    ) -> Vec<Effect> {
        let deps = Deps {
            engine: &Engine::new(Callback::noop()),
            scores: &Scores::default(),
            labels: &Labels::default(),
            photos: &Photos::default(),
        };
        let mut fx = Effects::default();
        assert_eq!(change(camera, &deps, &mut fx), redraw);
        fx.take()
    }

    fn update(camera: &mut Camera, redraw: Redraw, msg: Msg) -> Vec<Effect> {
        effects(camera, redraw, |camera, deps, fx| {
            camera.update(msg, deps, fx)
        })
    }

    fn hear(camera: &mut Camera, redraw: Redraw, event: &Event) -> Vec<Effect> {
        effects(camera, redraw, |camera, deps, fx| {
            camera.hear(event, deps, fx)
        })
    }

    /// A camera that is on. Its stream is never dropped: only a browser can stop one.
    fn on(request: Option<RequestId>) -> Camera {
        let mut live = Live::new(Stream(JsValue::UNDEFINED.unchecked_into()));
        std::mem::forget(live.stream.clone());
        live.request = request;
        Camera::On(live)
    }

    fn image() -> ImageEmbedding {
        ImageEmbedding {
            embedding: Rc::from([1.0]),
            width: 640,
            height: 480,
            preview: None,
            timing: ImageTiming {
                decode: 1.0,
                preprocess: 2.0,
                embed: 30.0,
            },
        }
    }

    fn replied(request: RequestId, reply: Reply, time: f64) -> Msg {
        Msg::Replied {
            request,
            reply,
            time,
        }
    }

    #[test]
    fn a_refusal_is_told_unless_nobody_waits_for_the_camera_any_more() {
        let mut camera = Camera::default();
        let asked = update(&mut camera, Redraw::Now, Msg::Start);
        assert!(matches!(asked[..], [Effect::Spawn(_)]));
        let refusal = || Msg::Opened(Err("NotFoundError".into()));
        update(&mut camera, Redraw::Now, refusal());
        let Camera::Refused(reason) = &camera else {
            panic!("not refused");
        };
        assert_eq!(&**reason, "There is no camera on this device.");
        let mut camera = Camera::Off;
        assert!(update(&mut camera, Redraw::No, refusal()).is_empty());
        assert!(matches!(camera, Camera::Off));
    }

    #[test]
    fn a_frame_that_is_lost_or_not_there_yet_is_followed_by_another() {
        for msg in [
            Msg::Frame(3, None),
            // No worker runs.
            Msg::Frame(3, Some(JsValue::UNDEFINED)),
            replied(3, Reply::Lost(Loss::Replaced), 0.0),
            replied(3, Reply::Failed(ImageFailure::NotReady), 0.0),
        ] {
            let mut camera = on(Some(3));
            let asked = update(&mut camera, Redraw::No, msg);
            assert!(matches!(asked[..], [Effect::After(RETRY, RETRY_PAUSE, _)]));
            assert!(camera.live().is_some_and(|live| live.request.is_none()));
        }
    }

    #[test]
    fn only_the_frame_in_work_counts() {
        let mut camera = on(Some(3));
        for msg in [
            Msg::Frame(2, Some(JsValue::UNDEFINED)),
            replied(2, Reply::Image(image()), 0.0),
            replied(2, Reply::Lost(Loss::Crashed), 0.0),
        ] {
            assert!(update(&mut camera, Redraw::No, msg).is_empty());
        }
        let live = camera.live();
        assert!(live.is_some_and(|live| live.request == Some(3) && live.image.is_none()));
        let reply = replied(3, Reply::Image(image()), 0.0);
        assert!(update(&mut Camera::Off, Redraw::No, reply).is_empty());
    }

    #[test]
    fn the_rate_is_that_of_the_last_frames() {
        let mut camera = on(None);
        let mut rates = Vec::new();
        for (request, time) in [(1, 5_000.0), (2, 10_000.0)]
            .into_iter()
            .chain((3..=9).map(|request| (request, 10_000.0 + 250.0 * (request - 2) as f64)))
        {
            if let Some(live) = camera.live() {
                live.request = Some(request);
            }
            let reply = replied(request, Reply::Image(image()), time);
            update(&mut camera, Redraw::Now, reply);
            rates.extend(camera.live().map(|live| live.rate()));
        }
        assert_eq!(rates.first(), Some(&None));
        assert_eq!(rates.get(1), Some(&Some(0.2)));
        assert_eq!(rates.last(), Some(&Some(4.0)));
    }

    #[test]
    fn another_model_has_seen_nothing() {
        let mut camera = on(Some(3));
        let reply = replied(3, Reply::Image(image()), 0.0);
        update(&mut camera, Redraw::Now, reply);
        assert!(camera.live().is_some_and(|live| live.image.is_some()));
        hear(&mut camera, Redraw::Now, &Event::ModelChanged);
        assert!(camera.live().is_some_and(|live| live.image.is_none()));
        hear(&mut Camera::Off, Redraw::No, &Event::ModelChanged);
    }

    #[test]
    fn switching_off_brings_the_keyboard_back_to_the_button() {
        let mut camera = on(Some(3));
        let asked = update(&mut camera, Redraw::Now, Msg::Stop);
        let [Effect::StopTimer(RETRY), Effect::Focus(selector)] = &asked[..] else {
            panic!("{} effects", asked.len());
        };
        assert_eq!(selector, "#camera-button");
        assert!(matches!(camera, Camera::Off));
    }

    #[test]
    fn a_picture_that_cannot_be_kept_is_told_under_the_drop_zone() {
        let asked = update(&mut on(None), Redraw::No, Msg::Kept(None));
        assert!(matches!(
            asked[..],
            [Effect::Event(Event::IntakeNote(Some(_)))]
        ));
    }
}
