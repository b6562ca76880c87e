//! A stream's bytes, piece by piece.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

/// What reads a stream.
pub struct Pieces(ReadableStreamDefaultReader);

impl Pieces {
    /// Of a stream that nobody else reads.
    pub fn of(stream: &ReadableStream) -> Self {
        Self(stream.get_reader().unchecked_into())
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let piece = JsFuture::from(self.0.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let bytes = Reflect::get(&piece, &"value".into())?;
        Ok(Some(Uint8Array::new(&bytes).to_vec()))
    }
}
