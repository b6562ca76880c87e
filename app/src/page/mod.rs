//! The page: photos and labels in, their fit out.
//!
//! | layer | what it is | may use |
//! | --- | --- | --- |
//! | [`platform`] | the browser's objects | |
//! | [`locale`] | the page's language: sentences, numbers, lists | `platform` |
//! | [`ui`] | components that know no feature | `locale`, `platform` |
//! | [`effects`] | what an update asks for | `ui` and below |
//! | [`engine`] | workers, requests, embeddings of sentences | `effects` and below |
//! | [`features`] | a folder each: state, messages, update, view, text, style | `engine` and below; the named parts of a feature before it |
//! | [`shell`] | the root component: carries out effects, hands events around, lays the page out | all |
//!
//! `cargo xtask check-layers` fails on an import that runs back up.

mod effects;
mod engine;
mod features;
mod locale;
mod platform;
mod shell;
mod ui;

/// Puts the page into `#app`, in the visitor's language.
pub fn start() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        // Without its sentences the page speaks English.
        locale::load(locale::Language::wanted()).await;
        let root = platform::dom::document().and_then(|document| document.get_element_by_id("app"));
        match root {
            Some(root) => yew::Renderer::<shell::App>::with_root(root).render(),
            None => yew::Renderer::<shell::App>::new().render(),
        };
    });
}

/// Follows a link of any bytes, for the fuzzer: parameters between `&`, without escapes. What the
/// features make of it must be the same link again.
#[cfg(any(test, fuzzing))]
pub fn fuzz_link(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut link = features::Link::default();
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        link.insert(name, value.to_owned());
    }
    let mut features = features::Features::default();
    features.read_link(&link);
    let written = features.link();
    assert!(features.are_as_in(&written), "{written:?}");
}

/// Reads any bytes as a message between page and worker, for the fuzzer. What is one comes back from
/// its own JSON, unless it holds a number that JSON can't write.
#[cfg(any(test, fuzzing))]
pub fn fuzz_message(bytes: &[u8]) {
    use crate::protocol::{Request, Response};
    use serde::{Serialize, de::DeserializeOwned};

    fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
        let Ok(message) = serde_json::from_slice::<T>(bytes) else {
            return;
        };
        let json = serde_json::to_string(&message).unwrap_or_default();
        if let Ok(again) = serde_json::from_str::<T>(&json) {
            assert_eq!(serde_json::to_string(&again).ok(), Some(json));
        }
    }

    read::<Request>(bytes);
    read::<Response>(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_any_text_are_followed() {
        for link in [
            "labels=cat,dog&sentences=a photo of a {}&dial=1",
            "labels=&sentences=&dial=&search=",
            "labels=,,,\u{0},\u{202e}&dial=NaN",
            "dial=-inf&dial=1e999&mode=&labels",
            "&&==&=a",
        ] {
            fuzz_link(link.as_bytes());
        }
        fuzz_link(b"labels=\xff\xfe");
        fuzz_link(format!("labels={}", "a,".repeat(10_000)).as_bytes());
    }

    #[test]
    fn messages_of_any_text_are_read() {
        for message in [
            "",
            "{}",
            "null",
            "\"Alive\"",
            "[[[[[[",
            "{\"Imported\":{\"towers\":[]}}",
        ] {
            fuzz_message(message.as_bytes());
        }
        fuzz_message("[".repeat(100_000).as_bytes());
    }
}
