//! What the page's file says that is served now, by attributes of its root element.
//!
//! The demo serves the page as soon as it works on the processor, and `data-building` names the
//! backend whose module is still being compiled. Everywhere else there is no such attribute.
//! `data-worker-…` name the workers' files.

use super::client::{is_reachable, mark};
use crate::{page::platform::dom, protocol::Backend};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

/// The backend that the build compiles last.
const LAST: Backend = Backend::WebGpu;

/// What names it, behind `data-`.
const MARK: &str = "building";

/// What stands there instead once it couldn't be compiled.
const FAILED: &str = "failed";

/// The page's own file, which loses the mark once the build is done.
const PAGE: &str = "index.html";

/// Milliseconds between an answer and the next question.
const PAUSE: u32 = 3_000;

/// Whether the WebGPU worker's module is still being compiled.
pub fn is_building() -> bool {
    dom::marked(MARK).as_deref() == Some(LAST.name())
}

/// Waits for the end of the build, and takes the mark off this page; whether the module is there.
pub async fn built() -> bool {
    loop {
        if let Some(built) = outcome().await {
            dom::unmark(MARK);
            return built;
        }
        TimeoutFuture::new(PAUSE).await;
    }
}

/// Asks the server. The page's own file comes first: browsers log a module that isn't there as an
/// error, so the module is asked for only once it should be.
async fn outcome() -> Option<bool> {
    let page = served_page().await?;
    match mark_of(&page, MARK)? {
        "" => {
            let name = mark(LAST);
            if let Some(stem) = mark_of(&page, &name).filter(|stem| !stem.is_empty()) {
                dom::mark(&name, stem);
            }
            is_reachable(LAST).await.then_some(true)
        }
        FAILED => Some(false),
        _ => None,
    }
}

/// Whether the page that is served now is of another version than this one: its worker on the CPU,
/// which every site has, is another file.
pub async fn is_replaced() -> bool {
    let name = mark(Backend::Cpu);
    let own = dom::marked(&name).unwrap_or_default();
    served_page()
        .await
        .is_some_and(|page| mark_of(&page, &name).is_some_and(|served| served != own))
}

/// The page's file as it is served now.
async fn served_page() -> Option<String> {
    let options = RequestInit::new();
    options.set_cache(RequestCache::NoStore);
    let promise = dom::window()?.fetch_with_str_and_init(PAGE, &options);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()
}

/// A mark, `data-NAME`, of a page's root element, empty where it has none; `None` for what has no
/// root element and so isn't the page.
fn mark_of<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once("<html")?;
    let (attributes, _) = rest.split_once('>')?;
    let value = attributes.split_once(&format!(" data-{name}=\""));
    Some(value.map_or("", |(_, rest)| rest.split('"').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_one_of_the_root_element() {
        let page = |attributes: &str| {
            format!("<!doctype html>\n<html{attributes}>\n<body>data-building</body>\n</html>")
        };
        for (attributes, mark) in [
            ("", ""),
            (" lang=\"en\" data-state=\"loading\"", ""),
            (" data-building=\"webgpu\" lang=\"en\"", "webgpu"),
            (" lang=\"en\" data-building=\"failed\"", FAILED),
            (" data-worker-cpu=\"glimpse-cpu-0a\" lang=\"en\"", ""),
        ] {
            assert_eq!(mark_of(&page(attributes), MARK), Some(mark), "{attributes}");
        }
    }

    #[test]
    fn a_page_that_is_being_written_is_not_done() {
        for part in ["", "<!doctype html>\n", "<html lang=\"en\""] {
            assert_eq!(mark_of(part, MARK), None, "{part}");
        }
    }
}
