//! What is asked, in the page's address: so that a link is a lesson. Never photos. It stands behind
//! the #, which browsers don't send to the server.

use super::{
    dom,
    labels::{self, Labels},
    reading::{Dial, Reading},
    words,
};
use crate::protocol::PackPlace;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

/// What a link carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The labels.
    pub labels: Vec<String>,
    /// The sentences around them, one a line.
    pub templates: String,
    /// How cosines are read.
    pub dial: Dial,
    /// What is looked for among the photos.
    pub search: String,
    /// Whether all numbers are shown.
    pub numbers: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            labels: words::FIRST_LABELS.map(str::to_owned).to_vec(),
            templates: Labels::new(&[]).template_text,
            dial: Dial::default(),
            search: String::new(),
            numbers: true,
        }
    }
}

impl Link {
    /// From the part of an address behind the #; what isn't there is as at the start, what can't be
    /// understood as well.
    pub fn read(fragment: &str) -> Self {
        let mut link = Self::default();
        let Ok(parameters) = UrlSearchParams::new_with_str(fragment.trim_start_matches('#')) else {
            return link;
        };
        if let Some(list) = parameters.get("labels") {
            let all = labels::split(&list).into_iter().map(str::trim);
            link.labels = all.filter(|l| !l.is_empty()).map(str::to_owned).collect();
        }
        if let Some(templates) = parameters.get("sentences") {
            link.templates = templates;
        }
        link.dial.chosen = parameters
            .get("scores")
            .and_then(|name| Reading::named(&name));
        let octaves = parameters.get("dial").and_then(|dial| dial.parse().ok());
        link.dial.octaves = octaves
            .filter(|octaves: &f32| octaves.abs() <= Dial::OCTAVES)
            .unwrap_or_default();
        link.search = parameters.get("find").unwrap_or_default();
        link.numbers = parameters.get("numbers").as_deref() != Some("off");
        link
    }

    /// The part of the address behind the #; empty if everything is as at the start.
    pub fn fragment(&self) -> String {
        let start = Self::default();
        let Ok(parameters) = UrlSearchParams::new() else {
            return String::new();
        };
        if self.labels != start.labels {
            parameters.set("labels", &self.labels.join(","));
        }
        if self.templates != start.templates {
            parameters.set("sentences", &self.templates);
        }
        if let Some(chosen) = self.dial.chosen {
            parameters.set("scores", chosen.name());
        }
        if self.dial.octaves != 0.0 {
            parameters.set("dial", &self.dial.octaves.to_string());
        }
        if !self.search.trim().is_empty() {
            parameters.set("find", self.search.trim());
        }
        if !self.numbers {
            parameters.set("numbers", "off");
        }
        String::from(parameters.to_string())
    }
}

/// The part of the page's address behind the #.
pub fn fragment() -> String {
    let hash = dom::window().and_then(|window| window.location().hash().ok());
    hash.unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Puts a link into the address line, without a new entry in the history. A model that is served
/// beside the page is part of it; one that lies in this browser can't be.
pub fn write(link: &Link, model: &PackPlace, is_default: bool) -> Option<()> {
    let window = dom::window()?;
    let location = window.location();
    let query = UrlSearchParams::new_with_str(&location.search().ok()?).ok()?;
    match model {
        PackPlace::Site(address) if !is_default => query.set("pack", address),
        _ => query.delete("pack"),
    }
    let mut address = location.pathname().ok()?;
    for (mark, part) in [
        ('?', String::from(query.to_string())),
        ('#', link.fragment()),
    ] {
        if !part.is_empty() {
            address.push(mark);
            address.push_str(&part);
        }
    }
    let history = window.history().ok()?;
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_link_says_only_what_differs() {
        assert_eq!(Link::default().fragment(), "");
        assert_eq!(Link::read(""), Link::default());
    }

    #[wasm_bindgen_test]
    fn everything_comes_back() {
        let link = Link {
            labels: vec!["a & b".into(), "h\u{e9}ron = 1 #".into()],
            templates: "a {}\nthe {}".into(),
            dial: Dial {
                chosen: Some(Reading::Softmax),
                octaves: -1.5,
            },
            search: "dog + at night \u{2212} snow".into(),
            numbers: false,
        };
        assert_eq!(Link::read(&format!("#{}", link.fragment())), link);
    }

    #[wasm_bindgen_test]
    fn nonsense_is_left_out() {
        let link = Link::read("scores=best&dial=1e9&labels=,%2C%20,cat&other=1");
        assert_eq!(link.dial, Dial::default());
        assert_eq!(link.labels, ["cat"]);
    }
}
