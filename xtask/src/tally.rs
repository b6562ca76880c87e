//! Counting what passed, from the summaries that Cargo's and Node's test runners print.

use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that passed.
    pub passed: u32,
    /// Those that failed.
    pub failed: u32,
}

impl Tally {
    /// One check that is a whole.
    pub fn one(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
        }
    }

    /// Adds what a line of output says, if it's a summary.
    pub fn read(&mut self, line: &str) {
        let line = without_colours(line);
        if let Some(rest) = line.strip_prefix("test result: ") {
            // "ok. 5 passed; 0 failed; 0 ignored; …"
            self.passed += number_before(rest, " passed").unwrap_or(0);
            self.failed += number_before(rest, " failed").unwrap_or(0);
        } else if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            // "# pass 5", "# fail 0"
            self.passed += number_after(rest, "pass ").unwrap_or(0);
            self.failed += number_after(rest, "fail ").unwrap_or(0);
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn number_before(text: &str, word: &str) -> Option<u32> {
    let (before, _) = text.split_once(word)?;
    before.rsplit(' ').next()?.parse().ok()
}

fn number_after(text: &str, word: &str) -> Option<u32> {
    text.strip_prefix(word)?.trim().parse().ok()
}

/// The line without the sequences that colour it on a terminal.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(piece.split_once('m').map_or(piece, |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_both_runners_are_added() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 1 failed; 0 ignored",
            "\u{1b}[34mℹ pass 7\u{1b}[39m",
            "# fail 2",
            "# tests 9",
            "test score::tests::softmax … ok",
        ] {
            tally.read(line);
        }
        assert_eq!((tally.passed, tally.failed), (15, 3));
    }
}
