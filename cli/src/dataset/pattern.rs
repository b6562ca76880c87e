//! Files that are named by patterns (`*.tar`) and braces (`{000..012}.tar`).

use super::limits::{SHARDS, at_most};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The files that a path names: itself if it is there, or what its braces and pattern stand for. Files
/// in braces are named whether they are there or not.
///
/// # Errors
/// If a pattern fits nothing, or braces name too many files.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>> {
    let text = match path.to_str() {
        Some(text) if !path.exists() => text,
        _ => return Ok(vec![path.to_owned()]),
    };
    let braced = braces(text)?;
    let mut all = Vec::new();
    for text in braced {
        if !text.contains(['*', '?', '[']) {
            all.push(PathBuf::from(text));
            continue;
        }
        let found = glob::glob(&text).with_context(|| format!("{text} is no pattern"))?;
        let before = all.len();
        for path in found {
            all.push(path.with_context(|| format!("{text} can't be looked for"))?);
            at_most("the number of shards", all.len() as u64, SHARDS)?;
        }
        if all.len() == before {
            bail!("{text} fits no file");
        }
        all[before..].sort_by_cached_key(|path| natural(&path.to_string_lossy()));
    }
    Ok(all)
}

/// A name with its numbers as numbers, so that `10.tar` comes after `9.tar`.
pub fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, behind) = rest.split_at(digits);
        let end = behind
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(behind.len());
        let (number, behind) = behind.split_at(end);
        parts.push((text.to_owned(), number.parse().unwrap_or(0)));
        rest = behind;
    }
    // Of 1 and 01, always the same first.
    parts.push((name.to_owned(), 0));
    parts
}

/// A text with its braces as Python's `braceexpand` expands them: `{a,b}`, `{08..12}`, `{0..10..5}`.
fn braces(text: &str) -> Result<Vec<String>> {
    let Some((before, inner, after)) = first_braces(text) else {
        return Ok(vec![text.to_owned()]);
    };
    let Some(choices) = choices(inner)? else {
        // No list and no range: the braces stand for themselves, and those inside and behind count.
        let inner = braces(inner)?;
        let after = braces(after)?;
        let all = inner.iter().flat_map(|inner| {
            after
                .iter()
                .map(move |after| format!("{before}{{{inner}}}{after}"))
        });
        return Ok(all.collect());
    };
    let after = braces(after)?;
    at_most(
        "the number of shards",
        choices.len() as u64 * after.len() as u64,
        SHARDS,
    )?;
    let mut all = Vec::with_capacity(choices.len() * after.len());
    for choice in choices {
        for after in &after {
            all.push(format!("{before}{choice}{after}"));
        }
    }
    Ok(all)
}

/// What stands before, in and behind the first pair of braces.
fn first_braces(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let mut depth = 0;
    for (place, letter) in text[open..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let close = open + place;
            return Some((&text[..open], &text[open + 1..close], &text[close + 1..]));
        }
    }
    None
}

/// What braces stand for; `None` if they are neither a list nor a range.
fn choices(inner: &str) -> Result<Option<Vec<String>>> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    if parts.len() > 1 {
        let expanded: Vec<Vec<String>> = parts
            .iter()
            .map(|part| braces(part))
            .collect::<Result<_>>()?;
        return Ok(Some(expanded.concat()));
    }
    range(inner)
}

fn range(inner: &str) -> Result<Option<Vec<String>>> {
    let ends: Vec<&str> = inner.split("..").collect();
    let (first, last, step) = match ends[..] {
        [first, last] => (first, last, "1"),
        [first, last, step] => (first, last, step),
        _ => return Ok(None),
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let (Some(from), Some(to), Some(step)) = (number(first), number(last), number(step)) else {
        return Ok(None);
    };
    let step = step.unsigned_abs().max(1);
    at_most("the number of shards", from.abs_diff(to) / step, SHARDS - 1)?;
    let is_padded = |text: &str| {
        text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0')
    };
    let width = match is_padded(first) || is_padded(last) {
        true => first.len().max(last.len()),
        false => 0,
    };
    let count = from.abs_diff(to) / step;
    let all = (0..=count).map(|place| {
        let off = (place * step) as i64;
        let number = if from <= to { from + off } else { from - off };
        format!("{number:0width$}")
    });
    Ok(Some(all.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded_as_in_python() {
        for (text, expected) in [
            ("a.tar", vec!["a.tar"]),
            ("{08..11}.tar", vec!["08.tar", "09.tar", "10.tar", "11.tar"]),
            ("{2..0}", vec!["2", "1", "0"]),
            ("{0..10..5}", vec!["0", "5", "10"]),
            ("{a,b}/{0..1}", vec!["a/0", "a/1", "b/0", "b/1"]),
            ("x{a,b{1..2}}", vec!["xa", "xb1", "xb2"]),
            ("{a}", vec!["{a}"]),
            ("{a{1..2}}", vec!["{a1}", "{a2}"]),
            ("{a", vec!["{a"]),
            ("{,a}b", vec!["b", "ab"]),
        ] {
            assert_eq!(braces(text).unwrap(), expected, "{text}");
        }
        for text in [
            "{0..999999999}",
            "{0..9999}{0..9999}",
            "{-9223372036854775808..9223372036854775807}",
        ] {
            let error = braces(text).unwrap_err().to_string();
            assert!(
                error.contains("at most 100000") || error.contains("at most 99999"),
                "{error}"
            );
        }
    }

    #[test]
    fn patterns_fit_files_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["10.tar", "9.tar", "a.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = expand(&folder.path().join("*.tar")).unwrap();
        assert_eq!(
            found,
            ["9.tar", "10.tar"].map(|name| folder.path().join(name))
        );
        assert!(expand(&folder.path().join("*.zip")).is_err());
        // A name that is there is no pattern.
        std::fs::write(folder.path().join("[1].tar"), "").unwrap();
        assert_eq!(expand(&folder.path().join("[1].tar")).unwrap().len(), 1);
    }
}
