//! The camera's pictures, one after the other.

use super::{
    super::{
        camera::{self, Camera, Live},
        dom,
        photos::Seen,
        ranking::rank,
        words,
    },
    App,
    label::candidates,
    msg::{CameraMsg, Msg},
};
use crate::protocol::{Request, RequestId};
use js_sys::Date;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlVideoElement;

/// Milliseconds before it is tried again, where there is no picture yet.
const PATIENCE: u32 = 150;

impl App {
    pub(super) fn on_camera(&mut self, msg: CameraMsg) -> bool {
        match msg {
            CameraMsg::Start => {
                self.camera = Camera::Asking;
                self.afterwards(async { Msg::from(CameraMsg::Came(camera::open().await)) });
            }
            // It may have been switched off while the browser asked.
            CameraMsg::Came(stream) if matches!(self.camera, Camera::Asking) => {
                self.camera = match stream {
                    Ok(stream) => Camera::On(Live::new(stream)),
                    Err(reason) => Camera::Refused(reason.into()),
                };
                self.reveal = Some("#camera");
                self.next_frame();
            }
            CameraMsg::Came(_) => return false,
            CameraMsg::Stop => {
                self.camera = Camera::Off;
                self.focus = Some("#camera-button".into());
            }
            CameraMsg::Look => {
                self.next_frame();
                return false;
            }
            CameraMsg::Frame(request, bitmap) => {
                if let Camera::On(live) = &mut self.camera
                    && live.request == Some(request)
                {
                    match bitmap {
                        Some(bitmap) => {
                            self.post(Request::EmbedImage { id: request }, bitmap.into());
                        }
                        None => self.later(),
                    }
                }
                return false;
            }
            CameraMsg::Keep => {
                if let Some(video) = video() {
                    self.afterwards(async move {
                        Msg::from(CameraMsg::Kept(camera::still(&video).await))
                    });
                }
                return false;
            }
            CameraMsg::Kept(blob) => match blob {
                Some(blob) => {
                    let now = Date::new_0();
                    let name = words::camera_photo([
                        now.get_hours(),
                        now.get_minutes(),
                        now.get_seconds(),
                    ]);
                    let refused = self.photos.add(vec![(name, blob)]);
                    self.drop_note = (refused > 0).then(|| words::too_many_photos(refused).into());
                    self.pump();
                }
                None => self.drop_note = Some(words::NO_PICTURE.into()),
            },
        }
        true
    }

    /// Takes a picture, unless one is being looked at or the model isn't ready.
    pub(super) fn next_frame(&mut self) {
        let ready = self.sees();
        let request = self.request_id();
        let Camera::On(live) = &mut self.camera else {
            return;
        };
        if live.request.is_some() {
            return;
        }
        let Some(video) = video().filter(|_| ready) else {
            return self.later();
        };
        live.request = Some(request);
        self.afterwards(async move {
            Msg::from(CameraMsg::Frame(request, camera::frame(&video).await))
        });
    }

    fn later(&mut self) {
        if let Camera::On(live) = &mut self.camera {
            live.request = None;
        }
        self.timers.camera = Some(self.after(PATIENCE, CameraMsg::Look.into()));
    }

    /// A picture of the camera was looked at; whether it was one.
    pub(super) fn frame_came(&mut self, id: RequestId, seen: &Rc<Seen>) -> bool {
        let Camera::On(live) = &mut self.camera else {
            return false;
        };
        if live.request != Some(id) {
            return false;
        }
        live.request = None;
        live.tick(dom::now());
        live.seen = Some(seen.clone());
        self.rank_camera();
        self.next_frame();
        true
    }

    /// One of them couldn't be; whether it was one.
    pub(super) fn frame_failed(&mut self, id: RequestId) -> bool {
        let is_ours = matches!(&self.camera, Camera::On(live) if live.request == Some(id));
        if is_ours {
            self.later();
        }
        is_ours
    }

    /// The worker is gone, and with it what was asked of it.
    pub(super) fn recall_frame(&mut self) {
        if matches!(&self.camera, Camera::On(_)) {
            self.later();
        }
    }

    /// Scores the camera's last picture.
    pub(super) fn rank_camera(&mut self) {
        if let (Camera::On(live), Some(model)) = (&mut self.camera, &self.model)
            && let Some(seen) = &live.seen
        {
            let candidates = candidates(&self.labels, &self.texts);
            live.ranking = rank(&seen.embedding, &candidates, model, &self.dial);
        }
    }
}

fn video() -> Option<HtmlVideoElement> {
    let found = dom::document()?.get_element_by_id("camera-video")?;
    found.dyn_into().ok()
}
