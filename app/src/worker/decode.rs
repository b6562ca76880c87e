//! Decoding and preprocessing: a picture file becomes the image tower's input. The browser decodes,
//! or a module of ours what the browser lacks ([`foreign`]); `glimpse_model::pixels` resizes, crops
//! and normalises.

use super::{
    foreign, now, scope,
    stored::{MAX_SIDE, Pixels, Stored, present},
    thrown,
};
use crate::protocol::ImageFailure;
use glimpse_model::pixels::{
    FileBytes, Format, MAX_PIXELS, OpenError, PictureFormat, Preprocessing, Preprocessor, check,
    is_raw, raw_preview,
};
use js_sys::{Promise, Uint8Array};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ColorSpaceConversion, ContextAttributes2d, FileReaderSync, ImageBitmap,
    ImageBitmapOptions, ImageOrientation, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

/// Bytes from which a file's format and size are told.
const HEAD_BYTES: f64 = 262_144.0;
/// Pixels read from a decoded picture at once: 16 MB of RGBA.
const STRIPE_PIXELS: usize = 4_000_000;

/// Why a picture isn't embedded.
#[derive(Debug)]
pub enum Refusal {
    /// The picture is a vector drawing: the page has to draw it first.
    Drawing,
    /// The picture can't be embedded; why.
    Failed(ImageFailure),
}

impl<E: Into<ImageFailure>> From<E> for Refusal {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// A picture ready for the image tower.
pub struct Prepared {
    /// (3, height, width) of the tower's input.
    pub pixel_values: Vec<f32>,
    /// The upright picture's width in pixels.
    pub width: u32,
    /// The picture's height, likewise.
    pub height: u32,
    /// A small upright copy, if the page can't show the file itself so.
    pub preview: Option<Blob>,
    /// Milliseconds for the browser's decoding, and for reading the pixels.
    pub decode_ms: f64,
    /// Milliseconds for resizing, cropping and normalising.
    pub preprocess_ms: f64,
}

/// Decodes a `Blob`, or takes an `ImageBitmap`, and prepares it.
pub async fn prepare(
    picture: &JsValue,
    preprocessing: &Preprocessing,
) -> Result<Prepared, Refusal> {
    let start = now();
    let stored = stored(picture).await?;
    let mut prepared = read_pixels(&stored, preprocessing, start);
    if let Ok(prepared) = &mut prepared {
        prepared.preview = stored.preview().await;
    }
    // Frees the decoded picture now, not at some later garbage collection.
    stored.close();
    prepared
}

/// As [`prepare`], without a preview, and the picture's (3, height, width) values by `other`, too.
/// It is decoded once, and read again only where the two differ.
pub async fn prepare_twice(
    picture: &JsValue,
    preprocessing: &Preprocessing,
    other: &Preprocessing,
) -> Result<(Prepared, Vec<f32>), Refusal> {
    let start = now();
    let stored = stored(picture).await?;
    let prepared = read_pixels(&stored, preprocessing, start);
    let both = prepared.and_then(|prepared| {
        let values = match preprocessing == other {
            true => prepared.pixel_values.clone(),
            false => read_pixels(&stored, other, start)?.pixel_values,
        };
        Ok((prepared, values))
    });
    stored.close();
    both
}

/// A `Blob` decoded, or an `ImageBitmap` as it is.
async fn stored(picture: &JsValue) -> Result<Stored, Refusal> {
    match picture.dyn_ref::<ImageBitmap>() {
        Some(bitmap) => Ok(Stored::upright(bitmap.clone())),
        None => decode(picture.unchecked_ref()).await,
    }
}

async fn decode(blob: &Blob) -> Result<Stored, Refusal> {
    let unreadable = |error: JsValue| ImageFailure::Unreadable(thrown(&error));
    // The size is asked for once: each time, the browser looks it up on the disk.
    let size = blob.size();
    let head = match size > HEAD_BYTES {
        true => blob
            .slice_with_f64_and_f64(0.0, HEAD_BYTES)
            .map_err(unreadable)?,
        false => blob.clone(),
    };
    let head = JsFuture::from(head.array_buffer())
        .await
        .map_err(unreadable)?;
    let head = Uint8Array::new(&head);
    let format: Format = check(&head.to_vec(), size as u64)?;
    match format {
        Format::Picture(PictureFormat::Svg) => Err(Refusal::Drawing),
        Format::Picture(PictureFormat::Raw) => Ok(decode_raw(blob, size).await?),
        Format::Picture(PictureFormat::Tiff) => {
            // Its directories may lie behind the first bytes.
            match with_file(blob, size, is_raw) {
                true => Ok(decode_raw(blob, size).await?),
                false => Ok(Stored::decoded(
                    foreign::decode(PictureFormat::Tiff, blob).await?,
                )),
            }
        }
        format => {
            let own = decode_by_browser(blob, size, format, &head).await;
            match (own, format) {
                // Some browsers have these, and are faster.
                (
                    Err(_),
                    Format::Picture(picture @ (PictureFormat::Heic | PictureFormat::JpegXl)),
                ) => Ok(Stored::decoded(foreign::decode(picture, blob).await?)),
                (own, _) => Ok(own?),
            }
        }
    }
}

/// Lets the browser decode a file as it is stored.
async fn decode_by_browser(
    blob: &Blob,
    size: f64,
    format: Format,
    head: &Uint8Array,
) -> Result<Stored, ImageFailure> {
    let (blob, presentation) = present(blob, size, format, head)
        .await
        .map_err(|error| ImageFailure::Unreadable(thrown(&error)))?;
    let options = ImageBitmapOptions::new();
    // AVIF, HEIC and JPEG XL, whose decoders turn them; there is nothing left to turn in others.
    options.set_image_orientation(ImageOrientation::FromImage);
    // The reference implementations take the stored values, whatever profile comes with them.
    options.set_color_space_conversion(ColorSpaceConversion::None);
    let bitmap: Promise = scope()
        .create_image_bitmap_with_blob_and_image_bitmap_options(&blob, &options)
        .map_err(|_| format.undecodable())?;
    let bitmap = JsFuture::from(bitmap)
        .await
        .map_err(|_| format.undecodable())?;
    Ok(Stored {
        pixels: Pixels::Bitmap(bitmap.unchecked_into()),
        orientation: presentation.orientation,
        is_shown_upright: presentation.is_shown_upright,
    })
}

/// The preview that a raw file holds, which the browser decodes: its own decoder for raw files, where
/// it has one, would give another picture.
async fn decode_raw(blob: &Blob, size: f64) -> Result<Stored, ImageFailure> {
    let preview = with_file(blob, size, raw_preview).ok_or(OpenError::NoPreview)?;
    let (start, end) = (preview.jpeg.start as f64, preview.jpeg.end as f64);
    let unreadable = |error: JsValue| ImageFailure::Unreadable(thrown(&error));
    let jpeg = blob
        .slice_with_f64_and_f64(start, end)
        .map_err(unreadable)?;
    let bytes = JsFuture::from(jpeg.array_buffer())
        .await
        .map_err(unreadable)?;
    let format = Format::Picture(PictureFormat::Jpeg);
    let bytes = Uint8Array::new(&bytes);
    let stored = decode_by_browser(&jpeg, end - start, format, &bytes).await;
    let stored = stored.map_err(|failure| match failure {
        ImageFailure::Open(_) => Format::Picture(PictureFormat::Raw).undecodable().into(),
        other => other,
    })?;
    Ok(Stored {
        orientation: preview.orientation.unwrap_or(stored.orientation),
        is_shown_upright: false,
        ..stored
    })
}

/// Gives a function a file of which it reads a few parts, without the whole in memory.
fn with_file<T>(blob: &Blob, size: f64, call: impl FnOnce(&FileBytes<'_>) -> T) -> T {
    let read = |range: Range<usize>| {
        let read = || -> Result<Vec<u8>, JsValue> {
            let part = blob.slice_with_f64_and_f64(range.start as f64, range.end as f64)?;
            let bytes = FileReaderSync::new()?.read_as_array_buffer(&part)?;
            Ok(Uint8Array::new(&bytes).to_vec())
        };
        // What can't be read counts as not being there.
        read().unwrap_or_default()
    };
    call(&FileBytes {
        total: size as u64,
        available: size as u64,
        read: &read,
    })
}

fn read_pixels(
    picture: &Stored,
    preprocessing: &Preprocessing,
    start: f64,
) -> Result<Prepared, Refusal> {
    let (width, height) = picture.size();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let (width, height) = (u64::from(width), u64::from(height));
        return Err(OpenError::TooLarge { width, height }.into());
    }
    let mut preprocessor = Preprocessor::new(preprocessing, width as usize, height as usize)?;
    let rows = preprocessor.rows_wanted();
    let stripe = (STRIPE_PIXELS / width as usize).clamp(1, rows.len().clamp(1, MAX_SIDE));
    let context = match picture.canvas_size(stripe) {
        Some((width, height)) => Some(canvas(width, height)?),
        None => None,
    };
    let mut preprocess_ms = 0.0;
    for top in rows.clone().step_by(stripe) {
        let pixels = picture
            .rows(context.as_ref(), top..rows.end.min(top + stripe))
            .map_err(|error| ImageFailure::Canvas(thrown(&error)))?;
        let begin = now();
        preprocessor.push_rows(&pixels)?;
        preprocess_ms += now() - begin;
    }
    let begin = now();
    let pixel_values = preprocessing.normalise(&preprocessor.finish()?);
    preprocess_ms += now() - begin;
    Ok(Prepared {
        pixel_values,
        width,
        height,
        preview: None,
        decode_ms: now() - start - preprocess_ms,
        preprocess_ms,
    })
}

/// A canvas in ordinary memory, whose pixels are read back without a detour over the GPU.
fn canvas(width: u32, height: u32) -> Result<OffscreenCanvasRenderingContext2d, ImageFailure> {
    let refused = |error: JsValue| ImageFailure::Canvas(thrown(&error));
    let canvas = OffscreenCanvas::new(width, height).map_err(refused)?;
    let attributes = ContextAttributes2d::new();
    attributes.set_will_read_frequently(true);
    canvas
        .get_context_with_context_options("2d", &attributes)
        .map_err(refused)?
        .map(JsCast::unchecked_into)
        .ok_or_else(|| ImageFailure::Canvas("no canvas".to_owned()))
}
