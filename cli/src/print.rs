//! What goes to standard output.

use anyhow::Result;
use serde::Serialize;
use std::io::{BufWriter, Write, stdout};

/// Prints JSON over several lines, for people and programs.
pub fn json(value: &impl Serialize) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Prints JSON in one line: for long lists of numbers.
pub fn compact_json(value: &impl Serialize) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Prints text with exactly one line break at its end.
pub fn text(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    Ok(out.flush()?)
}

/// Megabytes of 10⁶ bytes, as downloads are told.
pub fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 0.1 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{megabytes:.1} MB")
    }
}

/// "1 picture", "2 pictures".
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts() {
        assert_eq!(megabytes(151_277_312), "151.3 MB");
        assert_eq!(megabytes(6_709), "6.7 kB");
        assert_eq!(count(1, "text"), "1 text");
        assert_eq!(count(0, "text"), "0 texts");
    }
}
