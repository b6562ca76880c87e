//! The names of a program's files, which all carry one hash of their content: so a page only ever
//! starts workers and loads modules of its own version, and caches may keep them for ever.

use crate::fingerprint::{Fingerprint, sha256_of_bytes};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// How the names of all programs' files end: a module, and its JavaScript side.
pub const MODULE: &str = "_bg.wasm";
pub const GLUE: &str = ".js";

/// The script that starts a worker.
pub const LOADER: &str = "_loader.js";

/// The page's module that is loaded after the first, and the script that does so.
pub const DEFERRED: &str = "_deferred.wasm";
pub const LINK: &str = "_link.js";

/// The endings of a program's files, the first of which no other program has.
pub type Endings = &'static [&'static str];
pub const WORKER: Endings = &[LOADER, MODULE, GLUE];
pub const DECODER: Endings = &[MODULE, GLUE];
pub const PAGE: Endings = &[LINK, DEFERRED, MODULE, GLUE];

/// Hexadecimal digits of a hash in a name.
const DIGITS: usize = 16;

/// How the names of a program's files began, and how they begin now.
pub struct Renamed {
    pub before: String,
    pub stem: String,
}

/// Renames a program's files in `folder`, also those that have a hash already, and removes the
/// compressed copies of what they were.
pub fn hash(folder: &Path, program: &str, endings: Endings) -> Result<Renamed> {
    let before = find(folder, program, endings[0])?.with_context(|| {
        format!(
            "there is no {program}{} in {}",
            endings[0],
            folder.display()
        )
    })?;
    let mut files = Vec::new();
    let mut hash = Fingerprint::default();
    for ending in endings {
        let path = folder.join(format!("{before}{ending}"));
        let bytes = fs::read(&path).with_context(|| format!("couldn't read {}", path.display()))?;
        // By its content under the names without a hash.
        hash = hash.word(&sha256_of_bytes(&renamed(
            ending, &bytes, &before, program,
        )?));
        files.push((ending, bytes));
    }
    let stem = format!("{program}-{}", &hash.finish()[..DIGITS]);
    for name in names(folder)? {
        let rest = name.strip_prefix(&before);
        if rest.is_some_and(|rest| endings.iter().any(|ending| rest.starts_with(ending))) {
            fs::remove_file(folder.join(name))?;
        }
    }
    for (ending, bytes) in files {
        let bytes = renamed(ending, &bytes, &before, &stem)?;
        fs::write(folder.join(format!("{stem}{ending}")), bytes)?;
    }
    Ok(Renamed { before, stem })
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

/// How the names of a program's files begin, one of which ends so.
pub fn find(folder: &Path, program: &str, ending: &str) -> Result<Option<String>> {
    let is_stem = |stem: &str| {
        let rest = stem.strip_prefix(program);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let names = names(folder)?;
    let mut stems = names.iter().filter_map(|name| name.strip_suffix(ending));
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

/// A file that asks for the others by other names, which only scripts do. The modules' own names for
/// their imports stay.
fn renamed(ending: &str, bytes: &[u8], before: &str, after: &str) -> Result<Vec<u8>> {
    if !ending.ends_with(".js") {
        return Ok(bytes.to_owned());
    }
    let script = String::from_utf8(bytes.to_owned())?;
    let endings = [GLUE, MODULE, DEFERRED, LINK];
    let script = endings.iter().fold(script, |script, ending| {
        script.replace(&format!("{before}{ending}"), &format!("{after}{ending}"))
    });
    Ok(script.into_bytes())
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
        let stem = hash(&folder, "glimpse-cpu", WORKER)?.stem;
        let again = hash(&folder, "glimpse-cpu", WORKER)?.stem;
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
    fn the_page_is_named_apart_from_its_workers() -> Result<()> {
        let folder = site("names-page")?;
        fs::remove_file(folder.join("glimpse-0123456789abcdef.js"))?;
        let files = [
            (
                "glimpse.js",
                "import * as link from './glimpse_link.js'; imports = { './link.js': link }",
            ),
            (
                "glimpse_link.js",
                "import init from './glimpse.js'; fetch('./glimpse_deferred.wasm')",
            ),
            ("glimpse_bg.wasm", "module"),
            ("glimpse_deferred.wasm", "more"),
        ];
        for (path, content) in files {
            fs::write(folder.join(path), content)?;
        }
        let Renamed { before, stem } = hash(&folder, "glimpse", PAGE)?;
        let script = |ending: &str| fs::read_to_string(folder.join(format!("{stem}{ending}")));
        let (glue, link, left) = (script(GLUE)?, script(LINK)?, names(&folder)?);
        fs::remove_dir_all(&folder)?;
        assert_eq!(before, "glimpse");
        assert!(glue.contains(&format!("from './{stem}_link.js'")), "{glue}");
        assert!(glue.contains("{ './link.js': link }"), "{glue}");
        assert!(link.contains(&format!("from './{stem}.js'")), "{link}");
        assert!(
            link.contains(&format!("'./{stem}_deferred.wasm'")),
            "{link}"
        );
        assert_eq!(
            left.iter().filter(|name| name.starts_with(&stem)).count(),
            4
        );
        assert_eq!(
            left.iter()
                .filter(|name| name.starts_with("glimpse-cpu"))
                .count(),
            3
        );
        Ok(())
    }

    #[test]
    fn another_module_gets_another_name_and_takes_the_old_ones_place() -> Result<()> {
        let folder = site("names-changed")?;
        let first = hash(&folder, "glimpse-cpu", WORKER)?.stem;
        fs::write(folder.join(format!("{first}_bg.wasm")), "optimised")?;
        fs::write(folder.join(format!("{first}_bg.wasm.br")), "compressed")?;
        let second = hash(&folder, "glimpse-cpu", WORKER)?.stem;
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
        let named = hash(&folder, "glimpse-webgpu", WORKER);
        fs::remove_dir_all(&folder)?;
        assert!(named.is_err());
        Ok(())
    }
}
