//! The camera: a stream of pictures that are looked at one after the other.

use super::{dom, photos::Seen, ranking::Ranking, words};
use crate::protocol::RequestId;
use js_sys::{Object, Promise, Reflect};
use std::{collections::VecDeque, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, MediaDevices,
    MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

/// Pictures whose rate is told.
const RATED: usize = 8;

/// How the camera stands.
#[derive(Clone, Default)]
pub enum Camera {
    /// Not in use.
    #[default]
    Off,
    /// The browser asks whether the page may use it.
    Asking,
    /// It can't be used; the sentence says why.
    Refused(Rc<str>),
    /// Pictures come.
    On(Live),
}

/// A camera that is on.
#[derive(Clone)]
pub struct Live {
    /// Its stream, which ends with the last copy of this.
    pub stream: Rc<Stream>,
    /// The picture that is being looked at.
    pub request: Option<RequestId>,
    /// What became of the last one.
    pub seen: Option<Rc<Seen>>,
    /// Its labels.
    pub ranking: Ranking,
    /// When the last pictures' answers came, in milliseconds.
    pub times: VecDeque<f64>,
}

/// A stream that is stopped when it is dropped, so that the camera's light goes out.
pub struct Stream(pub MediaStream);

impl Drop for Stream {
    fn drop(&mut self) {
        for track in self.0.get_tracks().iter() {
            if let Some(track) = track.dyn_ref::<MediaStreamTrack>() {
                track.stop();
            }
        }
    }
}

impl Live {
    /// A stream of which nothing has been looked at.
    pub fn new(stream: MediaStream) -> Self {
        Self {
            stream: Rc::new(Stream(stream)),
            request: None,
            seen: None,
            ranking: Ranking::default(),
            times: VecDeque::new(),
        }
    }

    /// Notes an answer's time.
    pub fn tick(&mut self, now: f64) {
        self.times.push_back(now);
        if self.times.len() > RATED {
            self.times.pop_front();
        }
    }

    /// Pictures a second.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        let passed = last - first;
        (passed > 0.0).then(|| (self.times.len() - 1) as f64 * 1000.0 / passed)
    }
}

/// Asks for a camera, the one at the back of a phone if there are several.
pub async fn open() -> Result<MediaStream, String> {
    let refused = || words::NO_CAMERA.to_owned();
    let navigator = dom::window().ok_or_else(refused)?.navigator();
    // Absent where the page came over plain http.
    let devices: MediaDevices = dom::property(&navigator, "mediaDevices")
        .and_then(|devices| devices.dyn_into().ok())
        .ok_or_else(refused)?;
    let video = Object::new();
    for (name, value) in [
        ("facingMode", JsValue::from("environment")),
        ("width", 640.into()),
    ] {
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&video, &name.into(), &value);
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&video);
    let promise = devices
        .get_user_media_with_constraints(&constraints)
        .map_err(|_| refused())?;
    let stream = JsFuture::from(promise).await.map_err(|error| {
        let name = dom::property(&error, "name").and_then(|name| name.as_string());
        words::camera_refused(&name.unwrap_or_default())
    })?;
    stream.dyn_into().map_err(|_| refused())
}

/// What the camera shows now; `None` before the first picture.
pub async fn frame(video: &HtmlVideoElement) -> Option<ImageBitmap> {
    if video.video_width() == 0 {
        return None;
    }
    let promise = dom::window()?
        .create_image_bitmap_with_html_video_element(video)
        .ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// The same as a file.
pub async fn still(video: &HtmlVideoElement) -> Option<Blob> {
    let canvas = dom::document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.set_width(video.video_width());
    canvas.set_height(video.video_height());
    let pen: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    pen.draw_image_with_html_video_element(video, 0.0, 0.0)
        .ok()?;
    let promise = Promise::new(&mut |resolve, reject| {
        let take = Closure::once_into_js(move |blob: JsValue| {
            let _ = resolve.call1(&JsValue::NULL, &blob);
        });
        let asked = canvas.to_blob_with_type_and_encoder_options(
            take.unchecked_ref(),
            "image/jpeg",
            &0.92.into(),
        );
        if let Err(error) = asked {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
