//! Finding ignored tests in their sources: where they can't run, they aren't even compiled.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::mem::take;
use std::path::Path;

/// Names of the tests below a package's `src` that are ignored for this reason, as the test runner
/// would print them.
///
/// # Errors
/// Where there are none: then the attribute is written in another form by now, and its tests would
/// be left out in silence.
pub fn ignored_tests(src: &Path, reason: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    collect(src, "", reason, &mut names)?;
    let folder = src.display();
    ensure!(
        !names.is_empty(),
        "no test below {folder} says #[ignore = {reason:?}]"
    );
    names.sort();
    Ok(names)
}

/// Adds the names of a folder's tests, `module` being the prefix of its modules.
fn collect(folder: &Path, module: &str, reason: &str, names: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("couldn't read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let inner = match &*stem {
            "mod" | "lib" => module.to_owned(),
            stem => format!("{module}{stem}::"),
        };
        if path.is_dir() {
            collect(&path, &inner, reason, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("couldn't read {}", path.display()))?;
            let found = in_source(&text, reason).into_iter();
            names.extend(found.map(|name| format!("{inner}{name}")));
        }
    }
    Ok(())
}

/// Names of a source's ignored tests, each after the module that holds it there.
fn in_source(text: &str, reason: &str) -> Vec<String> {
    let attribute = format!("#[ignore = {reason:?}]");
    let mut names = Vec::new();
    let (mut module, mut is_ignored) = (String::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(name) = inline_module(line) {
            module = format!("{name}::");
        } else if line == attribute {
            is_ignored = true;
        } else if let Some(name) = function(line)
            && take(&mut is_ignored)
        {
            names.push(format!("{module}{name}"));
        }
    }
    names
}

fn inline_module(line: &str) -> Option<&str> {
    line.strip_prefix("mod ")?.strip_suffix(" {")
}

fn function(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("fn ")?.split_once('(')?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    const SOURCE: &str = r#"
        mod product;
        fn helper() {}

        #[cfg(test)]
        mod tests {
            #[test]
            fn always() {}

            /// What it is.
            #[cfg(feature = "cpu")]
            #[test]
            #[ignore = "needs a GPU"]
            fn on_a_card() {}

            fn between(x: u32) {}

            #[ignore = "needs ../shared"]
            #[test]
            fn with_photos() {}
        }
    "#;

    #[test]
    fn tests_are_found_by_their_reason() {
        assert_eq!(in_source(SOURCE, "needs a GPU"), ["tests::on_a_card"]);
        assert_eq!(in_source(SOURCE, "needs ../shared"), ["tests::with_photos"]);
    }

    #[test]
    fn names_are_those_of_the_test_runner_and_no_test_is_an_error() {
        let root = places::testing("ignored").root;
        fs::create_dir_all(root.join("webgpu")).unwrap();
        fs::write(root.join("lib.rs"), SOURCE).unwrap();
        fs::write(root.join("webgpu/mod.rs"), SOURCE).unwrap();
        fs::write(root.join("webgpu/norm.rs"), SOURCE).unwrap();
        fs::write(root.join("webgpu/notes.md"), SOURCE).unwrap();
        let names = ignored_tests(&root, "needs a GPU").unwrap();
        let expected = [
            "tests::on_a_card",
            "webgpu::norm::tests::on_a_card",
            "webgpu::tests::on_a_card",
        ];
        assert_eq!(names, expected);
        assert!(ignored_tests(&root, "needs a camera").is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
