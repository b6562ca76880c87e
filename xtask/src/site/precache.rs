//! What the service worker keeps: each file of the site with its SHA-256, written into the worker
//! itself, so that its bytes change whenever the site does.

use crate::fingerprint::{Fingerprint, sha256_of, sha256_of_bytes};
use anyhow::{Context, Result};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The service worker, in the site's root.
const WORKER: &str = "service-worker.js";

/// How the line begins that is replaced.
const LINE: &str = "const SITE = ";

/// Modules that are kept only once they were used: few have the hardware for WebGPU, or photos that
/// the browser can't decode.
const OPTIONAL: [&str; 2] = ["webgpu", "decoder"];

/// A folder whose packs have a storage of their own.
const PACKS: &str = "packs";

type Files = BTreeMap<String, String>;

/// Writes the list of a site's files into its service worker.
pub fn write(site: &Path) -> Result<()> {
    write_from(site, &site.join(WORKER), &[])
}

/// Writes a site's service worker, made from `worker`. `coming` are the bytes of files that are put
/// into the site afterwards, by their paths.
pub fn write_from(site: &Path, worker: &Path, coming: &[(&str, &[u8])]) -> Result<()> {
    let mut page = Files::new();
    let mut backends = OPTIONAL.map(|name| (name, Files::new()));
    let mut take = |path: String, hash| {
        let optional = backends
            .iter_mut()
            .find(|(name, _)| path.starts_with(&format!("glimpse-{name}")));
        let files = optional.map_or(&mut page, |(_, files)| files);
        files.insert(path, hash);
    };
    collect(site, "", &mut take)?;
    for (path, bytes) in coming {
        take((*path).to_owned(), sha256_of_bytes(bytes));
    }
    let mut backends = BTreeMap::from(backends);
    backends.retain(|_, files| !files.is_empty());
    let version = Fingerprint::default()
        .word(&json!([page, backends]).to_string())
        .finish();
    let list = json!({ "version": version[..16], "page": page, "backends": backends });

    let script = fs::read_to_string(worker)
        .with_context(|| format!("couldn't read {}", worker.display()))?;
    let script = with_list(&script, &list.to_string())
        .with_context(|| format!("{WORKER} has no line \"{LINE}…\""))?;
    let path = site.join(WORKER);
    fs::write(&path, script).with_context(|| format!("couldn't write {}", path.display()))
}

/// Finds what a browser may ask for: its path from the site's root, and its hash.
fn collect(folder: &Path, inside: &str, take: &mut impl FnMut(String, String)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{inside}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            if path != PACKS {
                collect(&entry.path(), &format!("{path}/"), take)?;
            }
        } else if is_served(&path) {
            take(path, sha256_of(&entry.path())?);
        }
    }
    Ok(())
}

/// Compressed copies are the server's business, and source maps a developer's.
fn is_served(path: &str) -> bool {
    let hidden = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with('.'));
    let left_out = [".br", ".gz", ".map"]
        .iter()
        .any(|ending| path.ends_with(ending));
    !hidden && !left_out && path != WORKER
}

fn with_list(script: &str, list: &str) -> Option<String> {
    let start = script.find(&format!("\n{LINE}"))? + 1;
    let end = start + script[start..].find('\n')?;
    Some(format!(
        "{}{LINE}{list};{}",
        &script[..start],
        &script[end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "// A worker.\nconst SITE = { version: \"\" };\nconst A = 1;\n";

    fn site(name: &str, files: &[(&str, &str)]) -> Result<String> {
        let folder = std::env::temp_dir().join(format!("glimpse-{name}-{}", std::process::id()));
        for (path, content) in files.iter().chain(&[(WORKER, SCRIPT)]) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, content)?;
        }
        write(&folder)?;
        let first = fs::read_to_string(folder.join(WORKER))?;
        // A second time changes nothing.
        write(&folder)?;
        let second = fs::read_to_string(folder.join(WORKER))?;
        fs::remove_dir_all(&folder)?;
        assert_eq!(first, second);
        Ok(first)
    }

    #[test]
    fn page_is_listed_and_the_rest_is_not() -> Result<()> {
        let script = site(
            "precache",
            &[
                ("index.html", "page"),
                ("index.html.br", "small page"),
                ("samples/cat.jpg", "cat"),
                ("glimpse-cpu-0123456789abcdef_bg.wasm", "processor"),
                ("glimpse-cpu-0123456789abcdef_bg.wasm.map", "source map"),
                ("glimpse-webgpu-0123456789abcdef.js", "graphics card"),
                ("glimpse-decoder-0123456789abcdef.js", "decoders"),
                ("packs/default/manifest.json", "{}"),
            ],
        )?;
        let line = script.lines().nth(1).context("too short")?;
        let json = line
            .strip_prefix(LINE)
            .and_then(|line| line.strip_suffix(';'));
        let list: serde_json::Value = serde_json::from_str(json.context("no list")?)?;
        let names = |files: &serde_json::Value| -> Vec<String> {
            files
                .as_object()
                .map(|o| o.keys().cloned().collect())
                .unwrap_or_default()
        };
        assert_eq!(
            names(&list["page"]),
            [
                "glimpse-cpu-0123456789abcdef_bg.wasm",
                "index.html",
                "samples/cat.jpg"
            ]
        );
        assert_eq!(
            names(&list["backends"]["webgpu"]),
            ["glimpse-webgpu-0123456789abcdef.js"]
        );
        assert_eq!(
            names(&list["backends"]["decoder"]),
            ["glimpse-decoder-0123456789abcdef.js"]
        );
        // Of the word "page".
        assert_eq!(
            list["page"]["index.html"],
            "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274"
        );
        assert!(script.starts_with("// A worker.\n") && script.ends_with("\nconst A = 1;\n"));
        Ok(())
    }

    #[test]
    fn any_change_of_the_site_changes_the_worker() -> Result<()> {
        let before = site("precache-before", &[("index.html", "page")])?;
        assert_eq!(before, site("precache-same", &[("index.html", "page")])?);
        assert_ne!(
            before,
            site("precache-after", &[("index.html", "other page")])?
        );
        assert_ne!(before, site("precache-name", &[("start.html", "page")])?);
        Ok(())
    }

    #[test]
    fn worker_of_the_site_has_the_line() {
        assert!(with_list(include_str!("../../../www/service-worker.js"), "{}").is_some());
    }
}
