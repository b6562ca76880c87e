//! Which of the comparisons with a peer are wanted: words such as `cpu,b32,image,int8`.

use anyhow::{Result, bail};
use std::thread::available_parallelism;

/// Words that `tests/peer.mjs` knows. A comparison has one word of each row, so a choice with two
/// of a row, or with a word that isn't here, would fit none and measure nothing.
fn rows() -> Vec<Vec<String>> {
    let fixed = [
        vec!["cpu", "webgpu"],
        vec!["default", "b32"],
        vec!["image", "text"],
        vec!["float", "int8"],
    ];
    let mut rows: Vec<Vec<String>> = fixed
        .iter()
        .map(|row| row.iter().map(|&word| word.to_owned()).collect())
        .collect();
    let mut threads = vec!["threads=1".to_owned()];
    let cores = available_parallelism().map_or(1, usize::from);
    if cores > 1 {
        threads.push(format!("threads={cores}"));
    }
    rows.push(threads);
    rows
}

/// Checks the words.
///
/// # Errors
/// For a word that no comparison has, and for two that exclude each other; both name the words.
pub fn check(words: &str) -> Result<String> {
    let rows = rows();
    let mut chosen: Vec<Option<&str>> = vec![None; rows.len()];
    for word in words.split(',') {
        let Some(row) = rows
            .iter()
            .position(|row| row.iter().any(|known| known == word))
        else {
            bail!(
                "no comparison has the word \"{word}\". The words are {}",
                list(&rows)
            );
        };
        match chosen[row].replace(word) {
            Some(other) if other != word => bail!(
                "no comparison has both \"{other}\" and \"{word}\". Choose one of each: {}",
                list(&rows)
            ),
            _ => {}
        }
    }
    Ok(words.to_owned())
}

fn list(rows: &[Vec<String>]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| row.join(" or ")).collect();
    rows.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_comparison_are_taken() {
        for words in [
            "cpu",
            "cpu,b32,image,int8",
            "webgpu,default",
            "threads=1,text",
            "cpu,cpu",
        ] {
            assert!(check(words).is_ok(), "{words}");
        }
    }

    #[test]
    fn words_that_fit_nothing_are_refused_by_name() {
        for (words, name) in [
            ("gpu", "\"gpu\""),
            ("cpu,b16", "\"b16\""),
            ("", "\"\""),
            ("cpu,,b32", "\"\""),
            ("threads=1000000", "threads=1000000"),
        ] {
            let message = check(words).unwrap_err().to_string();
            assert!(
                message.contains(name) && message.contains("default or b32"),
                "{message}"
            );
        }
    }

    #[test]
    fn words_that_exclude_each_other_are_refused() {
        let message = check("cpu,int8,webgpu").unwrap_err().to_string();
        assert!(message.contains("both \"cpu\" and \"webgpu\""), "{message}");
    }
}
