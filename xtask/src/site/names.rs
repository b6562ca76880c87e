//! The names of the workers' files, which Trunk gives no hash: with one, a page only ever starts
//! workers of its own version, and caches may keep them for ever.

use crate::fingerprint::{Fingerprint, sha256_of_bytes};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// How the names of a worker's files end: the script that starts it, its module, and the module's
/// JavaScript side.
const LOADER: &str = "_loader.js";
const MODULE: &str = "_bg.wasm";
const GLUE: &str = ".js";

/// Hexadecimal digits of a hash in a name.
const DIGITS: usize = 16;

/// Renames a worker's files in `folder`, also those that have a hash already, and removes what else
/// begins like them; returns how their names begin now.
pub fn hash(folder: &Path, program: &str) -> Result<String> {
    let before = find(folder, program)?
        .with_context(|| format!("there is no {program}{LOADER} in {}", folder.display()))?;
    let read = |ending: &str| {
        let path = folder.join(format!("{before}{ending}"));
        fs::read(&path).with_context(|| format!("couldn't read {}", path.display()))
    };
    let [loader, module, glue] = [LOADER, MODULE, GLUE].map(read);
    let (loader, module, glue) = (
        String::from_utf8(loader?)?,
        module?,
        String::from_utf8(glue?)?,
    );
    let hash = Fingerprint::default()
        .word(&renamed(&loader, &before, program))
        .word(&renamed(&glue, &before, program))
        .word(&sha256_of_bytes(&module))
        .finish();
    let stem = format!("{program}-{}", &hash[..DIGITS]);
    remove(folder, program)?;
    let write =
        |ending: &str, content: &[u8]| fs::write(folder.join(format!("{stem}{ending}")), content);
    write(LOADER, renamed(&loader, &before, &stem).as_bytes())?;
    write(GLUE, renamed(&glue, &before, &stem).as_bytes())?;
    write(MODULE, &module)?;
    Ok(stem)
}

/// Removes a worker's files.
pub fn remove(folder: &Path, program: &str) -> Result<()> {
    for name in names(folder)? {
        if name.starts_with(program) {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// How the names of a worker's files begin.
fn find(folder: &Path, program: &str) -> Result<Option<String>> {
    let is_stem = |stem: &str| {
        let rest = stem.strip_prefix(program);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let names = names(folder)?;
    let mut stems = names.iter().filter_map(|name| name.strip_suffix(LOADER));
    Ok(stems.find(|stem| is_stem(stem)).map(str::to_owned))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("couldn't read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// A script that asks for the files by other names. The module's own name for its imports stays.
fn renamed(script: &str, before: &str, after: &str) -> String {
    [GLUE, MODULE]
        .iter()
        .fold(script.to_owned(), |script, ending| {
            script.replace(&format!("{before}{ending}"), &format!("{after}{ending}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const FILES: &[(&str, &str)] = &[
        (
            "glimpse-cpu_loader.js",
            "import init from './glimpse-cpu.js';await init();",
        ),
        (
            "glimpse-cpu.js",
            "imports = { './glimpse-cpu_bg.js': {} }; new URL('glimpse-cpu_bg.wasm')",
        ),
        ("glimpse-cpu_bg.wasm", "module"),
        ("glimpse-0123456789abcdef.js", "the page's"),
    ];

    fn site(name: &str) -> Result<PathBuf> {
        let folder = std::env::temp_dir().join(format!("glimpse-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        for (path, content) in FILES {
            fs::write(folder.join(path), content)?;
        }
        Ok(folder)
    }

    #[test]
    fn files_ask_for_each_other_by_their_new_names() -> Result<()> {
        let folder = site("names")?;
        let stem = hash(&folder, "glimpse-cpu")?;
        let again = hash(&folder, "glimpse-cpu")?;
        let read = |ending: &str| fs::read_to_string(folder.join(format!("{stem}{ending}")));
        let (loader, glue, module) = (read(LOADER)?, read(GLUE)?, read(MODULE)?);
        let mut left = names(&folder)?;
        left.sort();
        fs::remove_dir_all(&folder)?;
        assert_eq!(stem, again, "a second time changes nothing");
        assert_eq!(
            loader,
            format!("import init from './{stem}.js';await init();")
        );
        assert!(
            glue.contains("'./glimpse-cpu_bg.js'"),
            "the module imports by that name"
        );
        assert!(glue.contains(&format!("URL('{stem}_bg.wasm')")), "{glue}");
        assert_eq!(module, "module");
        assert_eq!(left.len(), 4, "{left:?}");
        assert!(left.contains(&"glimpse-0123456789abcdef.js".to_owned()));
        Ok(())
    }

    #[test]
    fn another_module_gets_another_name_and_takes_the_old_ones_place() -> Result<()> {
        let folder = site("names-changed")?;
        let first = hash(&folder, "glimpse-cpu")?;
        fs::write(folder.join(format!("{first}_bg.wasm")), "optimised")?;
        fs::write(folder.join(format!("{first}_bg.wasm.br")), "compressed")?;
        let second = hash(&folder, "glimpse-cpu")?;
        let left = names(&folder)?;
        fs::remove_dir_all(&folder)?;
        assert_ne!(first, second);
        assert!(
            !left.iter().any(|name| name.starts_with(&first)),
            "{left:?}"
        );
        Ok(())
    }

    #[test]
    fn a_site_without_the_worker_is_refused() -> Result<()> {
        let folder = site("names-missing")?;
        let named = hash(&folder, "glimpse-webgpu");
        fs::remove_dir_all(&folder)?;
        assert!(named.is_err());
        Ok(())
    }
}
