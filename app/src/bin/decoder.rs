//! The decoders that browsers lack, as a module of their own, which the inference workers load when
//! the first photo comes that needs it (`worker/foreign.rs`). A decoder that breaks takes down this
//! module's instance and nothing else.

use glimpse_model::pixels::PictureFormat;
use wasm_bindgen::prelude::*;

/// A decoded picture.
#[wasm_bindgen]
pub struct Picture(glimpse_photos::Decoded);

#[wasm_bindgen]
impl Picture {
    /// Width in pixels.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width as u32
    }

    /// Height in pixels.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height as u32
    }

    /// Takes the upright pixels out: row-major, red, green, blue and opacity.
    pub fn rgba(self) -> Vec<u8> {
        self.0.rgba
    }
}

/// Decodes a file of a format, which is a `PictureFormat` as JSON.
///
/// # Errors
/// An `OpenError` as JSON; an exception of another kind if the decoder breaks.
#[wasm_bindgen]
pub fn decode(format: &str, bytes: Vec<u8>) -> Result<Picture, String> {
    let format: PictureFormat = serde_json::from_str(format).map_err(|error| error.to_string())?;
    glimpse_photos::decode(format, &bytes)
        .map(Picture)
        .map_err(|error| serde_json::to_string(&error.open_error(format)).unwrap_or_default())
}

fn main() {}
