//! `index.html`, of which a stage of the build takes a part.

/// The attribute of `<html>` that names what is still being built; the page reads it.
const MARK: &str = "data-building";

/// The page without the program of this name; `None` if it has none.
pub fn without(page: &str, program: &str) -> Option<String> {
    let (start, end) = link(page, program)?;
    Some(format!("{}{}", &page[..start], &page[end..]))
}

/// A page of these programs only; `None` if the page lacks one.
pub fn only(page: &str, programs: &[&str]) -> Option<String> {
    let links = programs.iter().map(|program| {
        let (start, end) = link(page, program)?;
        Some(&page[start..end])
    });
    let links = links.collect::<Option<Vec<_>>>()?.join("\n    ");
    Some(format!(
        "<!doctype html>\n<html>\n  <head>\n    {links}\n  </head>\n  <body></body>\n</html>\n"
    ))
}

/// The page saying of its build that a backend is still to come, or that it failed.
pub fn marked(page: &str, mark: &str) -> String {
    with_attribute(page, MARK, mark)
}

/// The page without such a word.
pub fn unmarked(page: &str) -> String {
    without_attribute(page, MARK)
}

/// The page saying how the names of a worker's files begin; the page's module reads it.
pub fn with_worker(page: &str, backend: &str, stem: &str) -> String {
    with_attribute(page, &format!("data-worker-{backend}"), stem)
}

/// The names of the files that the page starts: a script and its module.
pub fn main_files(page: &str) -> Option<[&str; 2]> {
    let value = |attribute: &str| {
        let (_, rest) = page.split_once(&format!("{attribute}=\""))?;
        rest.split('"').next()?.rsplit('/').next()
    };
    Some([value("data-module")?, value("data-wasm")?])
}

/// The page asking early for one more script, as it does for the one that imports it.
pub fn with_preload(page: &str, importer: &str, script: &str) -> Option<String> {
    let end = page.find(&format!("/{importer}\" crossorigin"))?;
    let start = page[..end].rfind("<link rel=\"modulepreload\"")?;
    let length = tag_length(&page[start..]);
    let link = page[start..start + length].replace(importer, script);
    Some(format!("{}{link}{}", &page[..start], &page[start..]))
}

/// The page with an attribute of `<html>`, in place of one that it may have.
fn with_attribute(page: &str, name: &str, value: &str) -> String {
    let page = without_attribute(page, name);
    page.replacen("<html", &format!("<html {name}=\"{value}\""), 1)
}

fn without_attribute(page: &str, name: &str) -> String {
    let without = || {
        let start = page.find("<html")?;
        let end = start + tag_length(&page[start..]);
        let (before, rest) = page[start..end].split_once(&format!(" {name}=\""))?;
        let (_, after) = rest.split_once('"')?;
        let (head, tail) = (&page[..start], &page[end..]);
        Some(format!("{head}{before}{after}{tail}"))
    };
    without().unwrap_or_else(|| page.to_owned())
}

/// Where the `<link>` of a program begins and ends.
fn link(page: &str, program: &str) -> Option<(usize, usize)> {
    let wanted = format!("data-bin=\"{program}\"");
    page.match_indices("<link").find_map(|(start, _)| {
        let end = start + tag_length(&page[start..]);
        page[start..end].contains(&wanted).then_some((start, end))
    })
}

/// The length of the tag at the beginning: to the first `>` outside quotes.
fn tag_length(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|letter| {
        quoted ^= letter == '"';
        letter == '>' && !quoted
    });
    end.map_or(text.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../index.html");

    fn programs(page: &str) -> Vec<&str> {
        let parts = page.split("data-bin=\"").skip(1);
        parts.filter_map(|part| part.split('"').next()).collect()
    }

    #[test]
    fn each_worker_is_in_one_stage() {
        let page = without(PAGE, "glimpse-webgpu").unwrap();
        assert_eq!(programs(&page), ["glimpse", "glimpse-cpu"]);
        let rest = only(PAGE, &["glimpse", "glimpse-webgpu"]).unwrap();
        assert_eq!(programs(&rest), ["glimpse", "glimpse-webgpu"]);
        assert!(page.contains("</html>") && rest.contains("</html>"));
        assert_eq!(without(PAGE, "glimpse-abacus"), None);
        assert_eq!(only(PAGE, &["glimpse", "glimpse-abacus"]), None);
    }

    #[test]
    fn a_mark_comes_and_goes() {
        let page = marked(PAGE, "webgpu");
        assert!(page.contains("<html data-building=\"webgpu\""));
        assert_eq!(unmarked(&page), PAGE);
        let failed = marked(&page, "failed");
        assert!(failed.contains("<html data-building=\"failed\" lang"));
        assert_eq!(failed.matches(MARK).count(), 1);
        assert_eq!(unmarked(PAGE), PAGE);
    }

    #[test]
    fn the_pages_own_files_are_found() {
        let page = r#"<script data-module="/a/glimpse-1.js" data-wasm="/a/glimpse-2_bg.wasm">"#;
        assert_eq!(
            main_files(page),
            Some(["glimpse-1.js", "glimpse-2_bg.wasm"])
        );
        assert_eq!(main_files(PAGE), None);
    }

    #[test]
    fn a_script_is_preloaded_as_the_one_that_imports_it() {
        let link =
            |name: &str| format!(r#"<link rel="modulepreload" href="/a/{name}" crossorigin="x">"#);
        let page = format!("<head>{}</head>", link("1.js"));
        let preloads = with_preload(&page, "1.js", "2.js").unwrap();
        assert_eq!(
            preloads,
            format!("<head>{}{}</head>", link("2.js"), link("1.js"))
        );
        assert_eq!(with_preload(PAGE, "1.js", "2.js"), None);
    }

    #[test]
    fn workers_are_named_once_each() {
        let page = with_worker(PAGE, "cpu", "glimpse-cpu-1");
        let page = with_worker(&marked(&page, "webgpu"), "webgpu", "glimpse-webgpu-1");
        let page = with_worker(&page, "cpu", "glimpse-cpu-2");
        assert!(page.contains(" data-worker-cpu=\"glimpse-cpu-2\""));
        assert!(page.contains(" data-worker-webgpu=\"glimpse-webgpu-1\""));
        assert_eq!(page.matches("data-worker-cpu").count(), 1);
        assert_eq!(unmarked(&page).matches("data-building").count(), 0);
    }
}
