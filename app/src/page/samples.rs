//! Sample photos for a first try.

use super::dom;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

const FOLDER: &str = "samples/";

/// One photo of `samples/samples.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sample {
    /// Beside the list.
    pub file: String,
    /// A word or two.
    pub title: String,
    /// What is to be seen.
    pub alt: String,
    /// Who made it.
    pub credit: String,
    /// What allows its use.
    pub licence: String,
    /// Where it comes from.
    pub source: String,
}

impl Sample {
    /// The photo's address.
    pub fn url(&self) -> String {
        format!("{FOLDER}{}", self.file)
    }

    /// The source, if it is an address.
    pub fn link(&self) -> Option<&str> {
        let is_link = self.source.starts_with("https://") || self.source.starts_with("http://");
        is_link.then_some(self.source.as_str())
    }

    /// Fetches the photo.
    pub async fn fetch(&self) -> Option<Blob> {
        let response = fetch(&self.url()).await?;
        JsFuture::from(response.blob().ok()?)
            .await
            .ok()?
            .dyn_into()
            .ok()
    }
}

/// All samples; none if the site has no list.
pub async fn list() -> Vec<Sample> {
    read_list().await.unwrap_or_default()
}

async fn read_list() -> Option<Vec<Sample>> {
    let response = fetch(&format!("{FOLDER}samples.json")).await?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    serde_json::from_str(&text.as_string()?).ok()
}

async fn fetch(url: &str) -> Option<Response> {
    let promise = dom::window()?.fetch_with_str(url);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    response.ok().then_some(response)
}
