//! Vector drawings: workers tell them from pictures but can't draw them, so the page does.

use super::{dom, words};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

/// The longest side of the drawing; every model's input is smaller.
const SIDE: f64 = 1024.0;

/// The side of a drawing that doesn't say its size.
const DEFAULT_SIDE: f64 = 512.0;

const TYPE: &str = "image/svg+xml";

/// A bitmap of a drawing, or the sentence that says that there is none.
pub async fn drawn(blob: Blob) -> Result<JsValue, String> {
    draw(&blob).await.ok_or_else(words::svg_failed)
}

async fn draw(blob: &Blob) -> Option<JsValue> {
    let typed = blob
        .slice_with_f64_and_f64_and_content_type(0.0, blob.size(), TYPE)
        .ok()?;
    let url = Url::create_object_url_with_blob(&typed).ok()?;
    let bitmap = draw_from(&url).await;
    let _ = Url::revoke_object_url(&url);
    bitmap
}

async fn draw_from(url: &str) -> Option<JsValue> {
    let image = HtmlImageElement::new().ok()?;
    image.set_src(url);
    JsFuture::from(image.decode()).await.ok()?;
    let (width, height) = size(&image);
    let canvas: HtmlCanvasElement = dom::document()?
        .create_element("canvas")
        .ok()?
        .dyn_into()
        .ok()?;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context
        .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)
        .ok()?;
    let bitmap = dom::window()?
        .create_image_bitmap_with_html_canvas_element(&canvas)
        .ok()?;
    JsFuture::from(bitmap).await.ok()
}

/// Whole pixels with the drawing's own proportions.
fn size(image: &HtmlImageElement) -> (f64, f64) {
    let (width, height) = (
        f64::from(image.natural_width()),
        f64::from(image.natural_height()),
    );
    if width < 1.0 || height < 1.0 {
        return (DEFAULT_SIDE, DEFAULT_SIDE);
    }
    let scale = SIDE / width.max(height);
    (
        (width * scale).round().max(1.0),
        (height * scale).round().max(1.0),
    )
}
