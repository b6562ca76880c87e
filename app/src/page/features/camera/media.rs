//! The browser's side of the camera: its stream (`getUserMedia`), frames and stills of it.

use crate::page::platform::dom;
use js_sys::{Date, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, MediaDevices, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

/// The id of the element that plays the stream.
pub const VIDEO_ID: &str = "camera-video";

/// Pixels across a frame: every model's input is smaller.
const WIDTH: u32 = 640;

/// How much of a still JPEG keeps, 0 to 1.
const JPEG_QUALITY: f64 = 0.92;

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

/// What the camera showed at some moment.
pub struct Still {
    /// The frame as a JPEG file.
    pub blob: Blob,
    /// Hours, minutes and seconds of the visitor's clock.
    pub time: [u32; 3],
}

/// Asks for a camera, the one at the back of a phone if there are several.
///
/// # Errors
/// The browser's name for the error, e.g. `NotAllowedError`; empty where it offers the page no
/// camera at all.
pub async fn open() -> Result<Stream, String> {
    let promise = request().ok_or_else(String::new)?;
    let stream = JsFuture::from(promise).await.map_err(|error| {
        let name = dom::property(&error, "name").and_then(|name| name.as_string());
        name.unwrap_or_default()
    })?;
    stream.dyn_into().map(Stream).map_err(|_| String::new())
}

/// Calls `getUserMedia`, if there is any: not where the page came over plain http.
fn request() -> Option<Promise> {
    let navigator = dom::window()?.navigator();
    let devices: MediaDevices = dom::property(&navigator, "mediaDevices")?.dyn_into().ok()?;
    let video = Object::new();
    for (name, value) in [
        ("facingMode", JsValue::from("environment")),
        ("width", WIDTH.into()),
    ] {
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&video, &name.into(), &value);
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&video);
    devices.get_user_media_with_constraints(&constraints).ok()
}

/// What the camera shows now, as an `ImageBitmap`; `None` before its first picture.
pub async fn frame() -> Option<JsValue> {
    let video = video().filter(|video| video.video_width() > 0)?;
    let promise = dom::window()?
        .create_image_bitmap_with_html_video_element(&video)
        .ok()?;
    JsFuture::from(promise).await.ok()
}

/// What the camera shows now, as a file.
pub async fn still() -> Option<Still> {
    let video = video()?;
    let canvas = dom::document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.set_width(video.video_width());
    canvas.set_height(video.video_height());
    let pen: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    pen.draw_image_with_html_video_element(&video, 0.0, 0.0)
        .ok()?;
    let now = Date::new_0();
    let time = [now.get_hours(), now.get_minutes(), now.get_seconds()];
    let blob = jpeg(canvas).await?;
    Some(Still { blob, time })
}

async fn jpeg(canvas: HtmlCanvasElement) -> Option<Blob> {
    let promise = Promise::new(&mut |resolve, reject| {
        let take = Closure::once_into_js(move |blob: JsValue| {
            // Resolving a promise can't fail.
            let _ = resolve.call1(&JsValue::NULL, &blob);
        });
        let asked = canvas.to_blob_with_type_and_encoder_options(
            take.unchecked_ref(),
            "image/jpeg",
            &JPEG_QUALITY.into(),
        );
        if let Err(error) = asked {
            // Nor can rejecting one.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// The element that plays the stream, once it is drawn.
fn video() -> Option<HtmlVideoElement> {
    let found = dom::document()?.get_element_by_id(VIDEO_ID)?;
    found.dyn_into().ok()
}
