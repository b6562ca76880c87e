//! Vector drawings (SVG), drawn by the page: workers tell them from pictures but can't draw them.

use super::dom;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

/// The longest side of the bitmap in pixels; every model's input is smaller.
const SIDE: f64 = 1024.0;

/// Width and height, in pixels, of a drawing that doesn't say its size.
const DEFAULT_SIDE: f64 = 512.0;

const TYPE: &str = "image/svg+xml";

/// An `ImageBitmap` of a drawing; `None` if the browser can't draw it.
pub async fn drawn(blob: Blob) -> Option<JsValue> {
    let typed = blob
        .slice_with_f64_and_f64_and_content_type(0.0, blob.size(), TYPE)
        .ok()?;
    let url = Url::create_object_url_with_blob(&typed).ok()?;
    let bitmap = draw_from(&url).await;
    // Fails only for what is no URL.
    let _ = Url::revoke_object_url(&url);
    bitmap
}

async fn draw_from(url: &str) -> Option<JsValue> {
    let image = HtmlImageElement::new().ok()?;
    image.set_src(url);
    JsFuture::from(image.decode()).await.ok()?;
    let (width, height) = fit(
        f64::from(image.natural_width()),
        f64::from(image.natural_height()),
    );
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

/// The bitmap's width and height in whole pixels, with the drawing's proportions.
fn fit(width: f64, height: f64) -> (f64, f64) {
    if width < 1.0 || height < 1.0 {
        return (DEFAULT_SIDE, DEFAULT_SIDE);
    }
    let scale = SIDE / width.max(height);
    (
        (width * scale).round().max(1.0),
        (height * scale).round().max(1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_keep_their_proportions_and_at_least_a_pixel() {
        for (drawing, bitmap) in [
            ((24.0, 24.0), (1024.0, 1024.0)),
            ((4000.0, 3000.0), (1024.0, 768.0)),
            ((1.0, 3000.0), (1.0, 1024.0)),
            ((0.0, 0.0), (DEFAULT_SIDE, DEFAULT_SIDE)),
        ] {
            assert_eq!(fit(drawing.0, drawing.1), bitmap);
        }
    }
}
