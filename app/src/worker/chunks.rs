//! A stream's bytes, chunk by chunk.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

/// The reader of a stream, which hands out chunks as the browser does: of any size.
pub struct Chunks(ReadableStreamDefaultReader);

impl Chunks {
    /// Locks the stream; nobody else may read it.
    pub fn of(stream: &ReadableStream) -> Self {
        Self(stream.get_reader().unchecked_into())
    }

    /// The next chunk; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let chunk = JsFuture::from(self.0.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let bytes = Reflect::get(&chunk, &"value".into())?;
        Ok(Some(Uint8Array::new(&bytes).to_vec()))
    }
}
