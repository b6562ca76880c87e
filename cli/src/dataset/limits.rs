//! Limits on what a data set's files may say, and names that stay within their folder.

use crate::disk;
use anyhow::{Context, Result};
use glimpse_model::limits::LimitError;
use std::{
    fmt::Display,
    io::{BufRead, Read},
    path::{Path, PathBuf},
};

/// Bytes of what stands beside a picture, or of one line of a list.
pub const TEXT: u64 = 16 << 20;
/// Bytes of a list of captions or of classes.
pub const LIST: u64 = 2 << 30;
/// Shards that a pattern or `nshards.txt` may name.
pub const SHARDS: u64 = 100_000;

/// Checks that a number is at most `most`.
///
/// # Errors
/// [`LimitError`].
pub fn at_most(field: impl Into<String>, found: u64, most: u64) -> Result<(), LimitError> {
    match found <= most {
        true => Ok(()),
        false => Err(LimitError::new(field, found, format!("at most {most}"))),
    }
}

/// A file's text, which may be so long.
///
/// # Errors
/// If it is longer, can't be read, or isn't UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes).with_context(|| format!("{} is not text in UTF-8", path.display()))
}

/// A file's bytes, of which there may be so many.
///
/// # Errors
/// If there are more, or it can't be read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let unreadable = || format!("{} can't be read", path.display());
    let file = disk::open_file(path).with_context(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .with_context(unreadable)?;
    let length = bytes.len() as u64;
    at_most(format!("the length of {}", path.display()), length, most)?;
    Ok(bytes)
}

/// The next line without its end, in bytes; `None` at the end of the file.
///
/// # Errors
/// If it is longer than [`TEXT`], or can't be read.
pub fn next_line(file: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    file.take(TEXT + 1).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    at_most("a line's length", line.len() as u64, TEXT)?;
    while line
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        line.pop();
    }
    Ok(Some(line))
}

/// A name of a file below the folder that names it, by Hugging Face's rules: `a/../b.jpg` is `b.jpg`,
/// and `\` separates as `/` does.
///
/// # Errors
/// [`LimitError`] if the name is absolute, an address, or leads out of the folder.
pub fn inside(name: &str, place: impl Display) -> Result<PathBuf, LimitError> {
    let refused = || {
        let field = format!("a file that is named in {place}");
        LimitError::new(field, format!("{name:?}"), "names inside of its folder")
    };
    let slashed = name.replace('\\', "/");
    let has_drive = slashed.as_bytes().get(1) == Some(&b':');
    if slashed.starts_with('/') || slashed.contains("://") || slashed.contains('\0') || has_drive {
        return Err(refused());
    }
    let mut path = PathBuf::new();
    for part in slashed.split('/') {
        match part {
            "" | "." => {}
            ".." if path.pop() => {}
            ".." => return Err(refused()),
            part => path.push(part),
        }
    }
    match path.as_os_str().is_empty() {
        true => Err(refused()),
        false => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_of_their_folder() {
        for (name, path) in [
            ("a.jpg", "a.jpg"),
            ("./train/1/a.jpg", "train/1/a.jpg"),
            ("train/../a.jpg", "a.jpg"),
            ("train\\a.jpg", "train/a.jpg"),
            ("a..b.jpg", "a..b.jpg"),
        ] {
            assert_eq!(inside(name, "x").unwrap(), Path::new(path));
        }
        for name in [
            "/etc/passwd",
            "../a.jpg",
            "train/../../a.jpg",
            "..\\a.jpg",
            "\\\\host\\a.jpg",
            "C:\\a.jpg",
            "file:///etc/passwd",
            "a\0.jpg",
            "",
            "..",
        ] {
            let error = inside(name, "x").unwrap_err().to_string();
            assert!(error.contains(&format!("{name:?}")), "{error}");
        }
    }

    #[test]
    fn long_lines_are_refused() {
        let long = vec![b'a'; TEXT as usize + 9];
        assert!(next_line(&mut &long[..]).is_err());
        let mut two = &b"a\r\nb"[..];
        assert_eq!(next_line(&mut two).unwrap().unwrap(), b"a");
        assert_eq!(next_line(&mut two).unwrap().unwrap(), b"b");
        assert!(next_line(&mut two).unwrap().is_none());
    }
}
