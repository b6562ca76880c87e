//! Envelopes: how messages travel between page and worker by `postMessage`.

use js_sys::{Array, Float32Array, Object, Reflect, Uint8ClampedArray};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

/// A message, and an attachment that JSON shouldn't carry.
pub struct Envelope<T> {
    /// The message; travels as JSON.
    pub message: T,
    /// A `File`, a `Blob`, an `ImageBitmap`, a `Float32Array`, a `Uint8ClampedArray`, or an `Array`
    /// of these; undefined where a message needs none.
    pub attachment: JsValue,
}

/// Why an event's data isn't an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The data is no object with a `message` string.
    #[error("a message without its text arrived")]
    Shape,
    /// The string is none of the messages.
    #[error("an unknown message arrived: {0}")]
    Json(#[from] serde_json::Error),
}

const MESSAGE: &str = "message";
const ATTACHMENT: &str = "attachment";

impl<T> Envelope<T> {
    /// A message without an attachment.
    pub fn of(message: T) -> Self {
        Self {
            message,
            attachment: JsValue::UNDEFINED,
        }
    }
}

impl<T: Serialize> Envelope<T> {
    /// The arguments of `postMessage`: the value, and the list of what is transferred rather than
    /// copied.
    pub fn into_js(self) -> Result<(JsValue, Array), EnvelopeError> {
        let object = Object::new();
        let message = JsValue::from(serde_json::to_string(&self.message)?);
        let transfer = Array::new();
        match self.attachment.dyn_ref::<Array>() {
            Some(parts) => parts
                .iter()
                .for_each(|part| push_transferable(&part, &transfer)),
            None => push_transferable(&self.attachment, &transfer),
        }
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&object, &MESSAGE.into(), &message);
        let _ = Reflect::set(&object, &ATTACHMENT.into(), &self.attachment);
        Ok((object.into(), transfer))
    }
}

/// Adds a part of an attachment to the list, if it can be transferred.
fn push_transferable(part: &JsValue, transfer: &Array) {
    if let Some(floats) = part.dyn_ref::<Float32Array>() {
        transfer.push(&floats.buffer());
    } else if let Some(bytes) = part.dyn_ref::<Uint8ClampedArray>() {
        transfer.push(&bytes.buffer());
    } else if part.is_instance_of::<web_sys::ImageBitmap>() {
        transfer.push(part);
    }
}

impl<T: DeserializeOwned> Envelope<T> {
    /// Reads a `message` event's data.
    pub fn from_js(value: &JsValue) -> Result<Self, EnvelopeError> {
        let message = Reflect::get(value, &MESSAGE.into())
            .ok()
            .and_then(|message| message.as_string())
            .ok_or(EnvelopeError::Shape)?;
        Ok(Self {
            message: serde_json::from_str(&message)?,
            attachment: Reflect::get(value, &ATTACHMENT.into()).unwrap_or(JsValue::UNDEFINED),
        })
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn every_part_is_transferred_and_arrives() {
        let floats = Float32Array::from(&[0.5, -1.0][..]);
        let bytes = Uint8ClampedArray::from(&[7, 255][..]);
        let attachment = Array::of2(&floats, &bytes).into();
        let message = "two parts".to_owned();
        let (sent, transfer) = Envelope {
            message,
            attachment,
        }
        .into_js()
        .unwrap();
        assert_eq!(transfer.length(), 2);
        assert_eq!(transfer.get(0), JsValue::from(floats.buffer()));
        assert_eq!(transfer.get(1), JsValue::from(bytes.buffer()));
        let arrived = Envelope::<String>::from_js(&sent).unwrap();
        assert_eq!(arrived.message, "two parts");
        let parts: Array = arrived.attachment.unchecked_into();
        assert_eq!(
            parts.get(1).unchecked_into::<Uint8ClampedArray>().to_vec(),
            [7, 255]
        );
    }
}
