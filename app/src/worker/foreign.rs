//! Photos in formats that the browser lacks, decoded by a module of their own ([`decode`]): it is
//! loaded when the first of them comes, has a memory of its own with a limit, and is started anew
//! after a file over which it broke.

use super::{pause, scope, thrown};
use crate::{protocol::ImageFailure, storage::locks};
use glimpse_model::pixels::{OpenError, PictureFormat};
use js_sys::{Function, Promise, Reflect, Uint8Array, Uint8ClampedArray};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ImageBitmap, ImageData};

/// What loads the decoders' script: the site's build writes it into the worker's own
/// (`xtask/src/site/decoder.rs`).
const LOADER: &str = "glimpseDecoder";
/// The lock of whoever decodes: one photo at a time of all workers of this site, since each may take
/// a gigabyte.
const LOCK: &str = "glimpse decoder";
/// Milliseconds after a photo until the memory that it took is given back.
const KEPT: u32 = 10_000;

thread_local! {
    /// The decoders' script, once it is loaded.
    static SCRIPT: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    /// How many photos were decoded.
    static DECODED: Cell<u64> = const { Cell::new(0) };
}

/// A decoded photo, upright.
pub struct Picture {
    /// RGBA, row-major, outside of this module's memory.
    pub rgba: Uint8Array,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Picture {
    /// The same pixels as the browser's canvases take them.
    ///
    /// # Errors
    /// What the browser throws, for pictures that are too large for it.
    pub async fn bitmap(&self) -> Result<ImageBitmap, JsValue> {
        let values = Uint8ClampedArray::new_with_byte_offset_and_length(
            &self.rgba.buffer(),
            self.rgba.byte_offset(),
            self.rgba.length(),
        );
        let data =
            ImageData::new_with_js_u8_clamped_array_and_sh(&values, self.width, self.height)?;
        let bitmap: Promise = scope().create_image_bitmap_with_image_data(&data)?;
        JsFuture::from(bitmap).await?.dyn_into()
    }
}

/// Decodes a file of a format.
pub async fn decode(format: PictureFormat, blob: &Blob) -> Result<Picture, ImageFailure> {
    let script = script().await.map_err(|error| {
        let said = thrown(&error);
        ImageFailure::NoDecoder(said)
    })?;
    let _lock = locks::exclusive(LOCK).await;
    let bytes = JsFuture::from(blob.array_buffer()).await;
    let bytes = bytes.map_err(|error| ImageFailure::Unreadable(thrown(&error)))?;
    let format_json = serde_json::to_string(&format).unwrap_or_default();
    let decoded = call(&script, &format_json, &Uint8Array::new(&bytes));
    DECODED.set(DECODED.get() + 1);
    match decoded {
        Ok(picture) => {
            spawn_local(give_back_later(script));
            Ok(picture)
        }
        Err(error) => {
            reset(&script);
            let open_error = error.as_string().and_then(|json| {
                let error: Option<OpenError> = serde_json::from_str(&json).ok();
                error
            });
            Err(open_error.map_or(ImageFailure::DecoderBroke(format), ImageFailure::Open))
        }
    }
}

/// The decoders' script with its module, loaded unless it is.
async fn script() -> Result<JsValue, JsValue> {
    if let Some(script) = SCRIPT.with_borrow(Clone::clone) {
        return Ok(script);
    }
    let load: Function = Reflect::get(&js_sys::global(), &LOADER.into())?.dyn_into()?;
    let script = JsFuture::from(load.call0(&JsValue::UNDEFINED)?.dyn_into::<Promise>()?).await?;
    let start: Function = Reflect::get(&script, &"default".into())?.dyn_into()?;
    JsFuture::from(start.call0(&JsValue::UNDEFINED)?.dyn_into::<Promise>()?).await?;
    SCRIPT.set(Some(script.clone()));
    Ok(script)
}

fn call(script: &JsValue, format: &str, bytes: &Uint8Array) -> Result<Picture, JsValue> {
    let decode: Function = Reflect::get(script, &"decode".into())?.dyn_into()?;
    let picture = decode.call2(&JsValue::UNDEFINED, &format.into(), bytes)?;
    let number = |key: &str| -> Result<u32, JsValue> {
        let number = Reflect::get(&picture, &key.into())?.as_f64();
        Ok(number.unwrap_or_default() as u32)
    };
    let (width, height) = (number("width")?, number("height")?);
    let rgba: Function = Reflect::get(&picture, &"rgba".into())?.dyn_into()?;
    let rgba = rgba.call0(&picture)?.dyn_into()?;
    Ok(Picture {
        rgba,
        width,
        height,
    })
}

/// Gives the decoders' memory back, unless another photo has come meanwhile.
async fn give_back_later(script: JsValue) {
    let decoded = DECODED.get();
    pause(KEPT).await;
    if DECODED.get() == decoded {
        reset(&script);
    }
}

/// Replaces the module's instance by a new one, with new memory.
fn reset(script: &JsValue) {
    let reset = || -> Result<(), JsValue> {
        let reset: Function = Reflect::get(script, &"__wbg_reset_state".into())?.dyn_into()?;
        reset.call0(&JsValue::UNDEFINED)?;
        Ok(())
    };
    if let Err(error) = reset() {
        // The next photo loads it from the start.
        SCRIPT.set(None);
        web_sys::console::warn_1(&error);
    }
}
