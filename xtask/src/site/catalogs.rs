//! The page's sentences in other languages: each part of the page has a `text.LANGUAGE.json` beside
//! its English ones, and the page fetches one file for all of them.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// English wording and translation.
type Catalog = BTreeMap<String, String>;

/// Writes `LANGUAGE.json` into `target` for each language that has sentences below `sources`.
pub fn write(sources: &Path, target: &Path) -> Result<()> {
    let mut all = BTreeMap::new();
    collect(sources, &mut all)?;
    fs::create_dir_all(target)?;
    for (language, catalog) in all {
        let file = target.join(format!("{language}.json"));
        let json = serde_json::to_string(&catalog)?;
        fs::write(&file, json).with_context(|| format!("couldn't write {}", file.display()))?;
    }
    Ok(())
}

fn collect(folder: &Path, all: &mut BTreeMap<String, Catalog>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, all)?;
        } else if let Some(language) = language_of(&path) {
            let json = fs::read_to_string(&path)?;
            let texts: Catalog = serde_json::from_str(&json)
                .with_context(|| format!("{} is no catalog", path.display()))?;
            let catalog = all.entry(language).or_default();
            for (english, text) in texts {
                let before = catalog.insert(english.clone(), text.clone());
                ensure!(
                    before.is_none_or(|before| before == text),
                    "{}: \"{english}\" has another translation elsewhere",
                    path.display()
                );
            }
        }
    }
    Ok(())
}

/// The `de` of `text.de.json`.
fn language_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let language = name.strip_prefix("text.")?.strip_suffix(".json")?;
    Some(language.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> Result<std::path::PathBuf> {
        let folder = std::env::temp_dir().join(format!("glimpse-{name}-{}", std::process::id()));
        for (path, json) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().context("no parent")?)?;
            fs::write(path, json)?;
        }
        Ok(folder)
    }

    #[test]
    fn all_parts_make_one_catalog_a_language() -> Result<()> {
        let files = [
            ("a/text.de.json", r#"{"Add":"Hinzu","Close":"Zu"}"#),
            ("b/c/text.de.json", r#"{"Close":"Zu"}"#),
            ("b/text.fr.json", r#"{"Add":"Ajouter"}"#),
            ("b/other.json", "[]"),
        ];
        let folder = folder("catalogs", &files)?;
        write(&folder, &folder.join("out"))?;
        let read = |name: &str| fs::read_to_string(folder.join("out").join(name));
        let (de, fr) = (read("de.json")?, read("fr.json")?);
        fs::remove_dir_all(&folder)?;
        assert_eq!(de, r#"{"Add":"Hinzu","Close":"Zu"}"#);
        assert_eq!(fr, r#"{"Add":"Ajouter"}"#);
        Ok(())
    }

    #[test]
    fn one_wording_has_one_translation() -> Result<()> {
        let files = [
            ("a/text.de.json", r#"{"Close":"Zu"}"#),
            ("b/text.de.json", r#"{"Close":"Nah"}"#),
        ];
        let folder = folder("catalogs-twice", &files)?;
        let written = write(&folder, &folder.join("out"));
        fs::remove_dir_all(&folder)?;
        let error = written.err().context("it was accepted")?;
        assert!(error.to_string().contains("\"Close\""), "{error}");
        Ok(())
    }
}
