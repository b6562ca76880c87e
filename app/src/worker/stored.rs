//! A picture as its file stores it: decoded without being turned ([`present`]), and turned upright
//! while its pixels are read ([`Stored::rows`]). A browser can't be relied on to leave a
//! picture as it is (Chromium turns it for `imageOrientation: "none"`, too) or to turn it (Chromium
//! leaves WebP), so the file is edited before it is decoded.

use super::foreign::Picture;
use glimpse_model::pixels::{
    Block, Edit, FileBytes, Format, HeadTooShort, Orientation, Presentation,
};
use js_sys::{Array, Uint8Array};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, ImageBitmap, ImageEncodeOptions, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d,
};

/// A canvas's width and height in pixels at most. Larger ones are refused, or stay empty without a
/// word, in Chromium from 65,536 pixels; other browsers are said to allow less.
pub const MAX_SIDE: usize = 16_384;
/// A preview's longer side in pixels at most.
const PREVIEW_SIDE: f64 = 2048.0;

/// A decoded picture.
pub struct Stored {
    /// The pixels, not turned.
    pub pixels: Pixels,
    /// What makes them upright.
    pub orientation: Orientation,
    /// Whether the page's `<img>` shows the file upright.
    pub is_shown_upright: bool,
}

/// Pixels and where they are.
pub enum Pixels {
    /// In the browser's keeping, read by way of a canvas.
    Bitmap(ImageBitmap),
    /// In memory, by a decoder of ours.
    Memory(Picture),
}

impl Stored {
    /// What a decoder of ours made, which the page can't show itself.
    pub fn decoded(picture: Picture) -> Self {
        Self {
            pixels: Pixels::Memory(picture),
            orientation: Orientation::default(),
            is_shown_upright: false,
        }
    }

    /// A bitmap that is upright.
    pub fn upright(bitmap: ImageBitmap) -> Self {
        Self {
            pixels: Pixels::Bitmap(bitmap),
            orientation: Orientation::default(),
            is_shown_upright: true,
        }
    }

    /// Width and height of the upright picture in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.orientation.size(match &self.pixels {
            Pixels::Bitmap(bitmap) => (bitmap.width(), bitmap.height()),
            Pixels::Memory(picture) => (picture.width, picture.height),
        })
    }

    /// Frees a bitmap now, not at some later garbage collection.
    pub fn close(&self) {
        if let Pixels::Bitmap(bitmap) = &self.pixels {
            bitmap.close();
        }
    }

    /// Width and height of a canvas that [`Stored::rows`] needs for this many rows; `None` if it needs
    /// none.
    pub fn canvas_size(&self, rows: usize) -> Option<(u32, u32)> {
        if let Pixels::Memory(_) = self.pixels {
            return None;
        }
        let width = (self.size().0 as usize).min(MAX_SIDE);
        Some(self.orientation.size((width as u32, rows as u32)))
    }

    /// RGBA bytes of rows of the upright picture, at most [`MAX_SIDE`] rows, by way of a canvas of
    /// [`Stored::canvas_size`].
    ///
    /// # Errors
    /// What the browser throws.
    pub fn rows(
        &self,
        context: Option<&OffscreenCanvasRenderingContext2d>,
        rows: Range<usize>,
    ) -> Result<Vec<u8>, JsValue> {
        let (width, height) = self.size();
        let size = (width as usize, height as usize);
        let row_bytes = size.0 * 4;
        let (bitmap, context) = match (&self.pixels, context) {
            (Pixels::Bitmap(bitmap), Some(context)) => (bitmap, context),
            (Pixels::Memory(picture), _) => {
                let (start, end) = (rows.start * row_bytes, rows.end * row_bytes);
                return Ok(picture.rgba.subarray(start as u32, end as u32).to_vec());
            }
            (Pixels::Bitmap(_), None) => return Err("no canvas".into()),
        };
        let mut whole = Vec::new();
        for left in (0..size.0).step_by(MAX_SIDE) {
            let part = Block {
                x: left..size.0.min(left + MAX_SIDE),
                y: rows.clone(),
            };
            let stored = self.orientation.stored(&part, size);
            let rgba = read_part(bitmap, context, &stored)?;
            let rgba = self.orientation.turn(rgba, stored.x.len(), stored.y.len());
            if part.x.len() == size.0 {
                return Ok(rgba);
            }
            whole.resize(row_bytes * rows.len(), 0);
            let parts = rgba.chunks_exact(part.x.len() * 4);
            for (row, part) in whole.chunks_exact_mut(row_bytes).zip(parts) {
                row[left * 4..][..part.len()].copy_from_slice(part);
            }
        }
        Ok(whole)
    }

    /// A small upright copy for the page to show, if it can't show the file itself so; `None` also
    /// if the browser refuses.
    pub async fn preview(&self) -> Option<Blob> {
        if self.is_shown_upright {
            return None;
        }
        let (width, height) = self.size();
        let (width, height) = (f64::from(width), f64::from(height));
        let scale = (PREVIEW_SIDE / width.max(height)).min(1.0);
        let scaled = |length: f64| (length * scale).round().max(1.0) as u32;
        let canvas = OffscreenCanvas::new(scaled(width), scaled(height)).ok()?;
        let context = canvas.get_context("2d").ok()??;
        let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
        let [a, b, c, d, e, f] = self
            .orientation
            .matrix((width, height))
            .map(|factor| factor * scale);
        context.set_transform(a, b, c, d, e, f).ok()?;
        match &self.pixels {
            Pixels::Bitmap(bitmap) => context.draw_image_with_image_bitmap(bitmap, 0.0, 0.0),
            Pixels::Memory(picture) => {
                let bitmap = picture.bitmap().await.ok()?;
                let drawn = context.draw_image_with_image_bitmap(&bitmap, 0.0, 0.0);
                bitmap.close();
                drawn
            }
        }
        .ok()?;
        let options = ImageEncodeOptions::new();
        // With transparency; browsers that can't write it write PNG.
        options.set_type("image/webp");
        let blob = canvas.convert_to_blob_with_options(&options).ok()?;
        let blob = JsFuture::from(blob).await.ok()?;
        Some(blob.unchecked_into())
    }
}

/// RGBA bytes of a part of the stored picture.
fn read_part(
    bitmap: &ImageBitmap,
    context: &OffscreenCanvasRenderingContext2d,
    part: &Block,
) -> Result<Vec<u8>, JsValue> {
    let (x, y) = (part.x.start as f64, part.y.start as f64);
    let (width, height) = (part.x.len() as f64, part.y.len() as f64);
    // One part must not show through the next one's transparency.
    context.clear_rect(0.0, 0.0, width, height);
    context.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
        bitmap, x, y, width, height, 0.0, 0.0, width, height,
    )?;
    Ok(context.get_image_data(0.0, 0.0, width, height)?.data().0)
}

/// Reads how a file is shown from its first bytes, or from all where these don't say, and edits it
/// so that every browser decodes what counts, as it is stored.
///
/// # Errors
/// What the browser throws if the file can't be read.
pub async fn present(
    blob: &Blob,
    size: f64,
    format: Format,
    head: &Uint8Array,
) -> Result<(Blob, Presentation), JsValue> {
    let presentation = match read(format, size, head) {
        Ok(presentation) => presentation,
        Err(HeadTooShort) => {
            let whole = Uint8Array::new(&JsFuture::from(blob.array_buffer()).await?);
            read(format, size, &whole).unwrap_or_default()
        }
    };
    let blob = match presentation.edits.is_empty() {
        true => blob.clone(),
        false => edited(blob, size, &presentation.edits)?,
    };
    Ok((blob, presentation))
}

/// Reads it without copying the file.
fn read(format: Format, size: f64, bytes: &Uint8Array) -> Result<Presentation, HeadTooShort> {
    let file = FileBytes {
        total: size as u64,
        available: bytes.length().into(),
        read: &|range| {
            bytes
                .subarray(range.start as u32, range.end as u32)
                .to_vec()
        },
    };
    Presentation::read(format, &file)
}

fn edited(blob: &Blob, size: f64, edits: &[Edit]) -> Result<Blob, JsValue> {
    let parts = Array::new();
    let mut at = 0.0;
    for Edit { range, with } in edits {
        parts.push(&blob.slice_with_f64_and_f64(at, range.start as f64)?.into());
        parts.push(&Uint8Array::from(&with[..]).into());
        at = range.end as f64;
    }
    parts.push(&blob.slice_with_f64_and_f64(at, size)?.into());
    let options = BlobPropertyBag::new();
    options.set_type(&blob.type_());
    Blob::new_with_blob_sequence_and_options(&parts, &options)
}
