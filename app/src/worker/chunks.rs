//! A stream's bytes, chunk by chunk.

use super::timer;
use js_sys::{Array, Promise, Reflect, Uint8Array};
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
        read(JsFuture::from(self.0.read()).await)
    }

    /// The next chunk, as in [`Chunks::next`]; an error, and the end of the stream, if none comes for
    /// so many milliseconds.
    pub async fn next_within(&mut self, milliseconds: u32) -> Result<Option<Vec<u8>>, JsValue> {
        let chunk = within(milliseconds, &self.0.read()).await;
        if chunk.is_err() {
            // Lets the connection go. Nobody reads on, so nobody waits for that.
            let _ = self.0.cancel();
        }
        read(chunk)
    }
}

/// What a promise gives, unless that takes longer than so many milliseconds.
pub async fn within(milliseconds: u32, promise: &Promise) -> Result<JsValue, JsValue> {
    let first = Promise::race(&Array::of2(promise, &timer(milliseconds)));
    match JsFuture::from(first).await? {
        // The timer's. What is waited for here gives objects.
        value if value.is_undefined() => {
            Err(format!("nothing came for {} seconds", milliseconds / 1000).into())
        }
        value => Ok(value),
    }
}

fn read(chunk: Result<JsValue, JsValue>) -> Result<Option<Vec<u8>>, JsValue> {
    let chunk = chunk?;
    if Reflect::get(&chunk, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    let bytes = Reflect::get(&chunk, &"value".into())?;
    Ok(Some(Uint8Array::new(&bytes).to_vec()))
}
