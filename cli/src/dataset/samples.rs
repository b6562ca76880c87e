//! A picture and what stands beside it.

use crate::pictures::Picture;
use serde_json::Value;
use std::{collections::BTreeMap, ffi::OsString};

/// Files of one name that differ in their extension.
#[derive(Debug, Default)]
pub struct Sample {
    pub picture: Option<Picture>,
    pub json: Option<Value>,
    pub text: Option<String>,
    /// Why what stands beside the picture can't be used.
    pub trouble: Option<String>,
}

/// Samples by their name without extension. Names that aren't UTF-8 stay apart.
pub type Samples = BTreeMap<OsString, Sample>;

impl Sample {
    /// The JSON's `label`, or the first of its `names`, as beside a WordNet `synset`.
    pub fn label(&self) -> Option<String> {
        let json = self.json.as_ref()?;
        let label = match &json["label"] {
            Value::Null => &json["names"][0],
            label => label,
        };
        match label {
            Value::String(label) if !label.trim().is_empty() => Some(label.trim().to_owned()),
            Value::Number(label) => Some(label.to_string()),
            _ => None,
        }
    }

    /// Takes the bytes of the JSON beside the picture.
    pub fn take_json(&mut self, bytes: &[u8]) {
        match serde_json::from_slice(bytes) {
            Ok(json) => self.json = Some(json),
            Err(error) => self.trouble = Some(format!("what stands beside it is no JSON: {error}")),
        }
    }

    /// Takes the bytes of the text beside the picture.
    pub fn take_text(&mut self, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.text = Some(text),
            Err(_) => self.trouble = Some("the text beside it is not UTF-8".to_owned()),
        }
    }

    /// The JSON's `captions` or `caption`, or else the lines of the text.
    pub fn captions(&self) -> Vec<String> {
        let from_json = self.json.as_ref().map(captions).unwrap_or_default();
        if !from_json.is_empty() {
            return from_json;
        }
        self.text.as_deref().map(lines).unwrap_or_default()
    }
}

/// `captions` or `caption` of an object, a string or several.
pub fn captions(json: &Value) -> Vec<String> {
    let value = match &json["captions"] {
        Value::Null => &json["caption"],
        value => value,
    };
    match value {
        Value::String(caption) => vec![caption.clone()],
        Value::Array(captions) => captions
            .iter()
            .filter_map(|caption| caption.as_str().map(str::to_owned))
            .collect(),
        _ => vec![],
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample(json: Value, text: &str) -> Sample {
        Sample {
            json: Some(json),
            text: Some(text.to_owned()),
            ..Sample::default()
        }
    }

    #[test]
    fn captions_in_every_form() {
        assert_eq!(
            sample(json!({"captions": ["a", "b"]}), "c").captions(),
            ["a", "b"]
        );
        assert_eq!(sample(json!({"caption": "a"}), "c").captions(), ["a"]);
        assert_eq!(
            sample(json!({"label": "x"}), "c\n\n d ").captions(),
            ["c", "d"]
        );
        assert!(sample(json!({"captions": []}), "").captions().is_empty());
    }

    #[test]
    fn labels_are_words_or_numbers() {
        assert_eq!(
            sample(json!({"label": "cat "}), "").label().as_deref(),
            Some("cat")
        );
        assert_eq!(
            sample(json!({"label": 7}), "").label().as_deref(),
            Some("7")
        );
        assert_eq!(sample(json!({"label": ["cat"]}), "").label(), None);
        let synset = json!({"synset": "n02123045", "names": ["tabby", "tabby cat"]});
        assert_eq!(sample(synset, "").label().as_deref(), Some("tabby"));
        assert_eq!(sample(json!({"names": []}), "").label(), None);
    }
}
