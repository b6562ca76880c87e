//! Counting what passed, failed and was skipped, from what Cargo's and Node's test runners print.

use crate::skips::Skip;
use std::ops::AddAssign;

/// The mark that Node's reporter puts before a skipped test: a small hyphen-minus.
const NODE_SKIPPED: &str = "\u{fe63} ";

/// What came out of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of tests that passed.
    pub passed: u32,
    /// Number of tests that failed.
    pub failed: u32,
    /// Those that were skipped.
    skipped: Vec<Skip>,
    /// Names of those that ran, as far as a runner says them (Rust's does).
    ran: Vec<String>,
    /// How many were skipped by name since the last summary, which counts them again.
    named: u32,
    /// Whether a test runner printed a summary.
    has_summary: bool,
}

impl Tally {
    /// One check that is a whole.
    pub fn one(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
            ..Self::default()
        }
    }

    /// Adds one that was skipped.
    pub fn skip(&mut self, name: &str, reason: &str) {
        let reason = match reason {
            "" | "SKIP" => "no reason given",
            reason => reason,
        };
        self.skipped.push(Skip {
            name: name.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// Adds what a line of output says, if it's about a test or a summary.
    pub fn read(&mut self, line: &str) {
        let line = without_colours(line);
        if let Some(summary) = line.strip_prefix("test result: ") {
            self.read_summary(summary);
        } else if let Some((name, outcome)) = rust_test(&line) {
            self.read_test(name, outcome);
        } else if let Some(count) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            self.read_count(count);
        } else if let Some(test) = line.trim_start().strip_prefix(NODE_SKIPPED) {
            let (name, reason) = name_and_reason(test);
            self.skip_by_name(name, reason);
        }
    }

    /// Counts a command that has ended: without any test it is itself a check.
    pub fn conclude(&mut self, succeeded: bool) {
        if self.passed + self.failed == 0 && self.skipped.is_empty() {
            // A test runner without tests has lost them: a filter names what has moved.
            *self += Self::one(succeeded && !self.has_summary);
        } else if !succeeded && self.failed == 0 {
            // It broke off before a test could fail.
            *self += Self::one(false);
        }
    }

    /// Skipped tests that didn't run elsewhere either.
    pub fn left_out(&self) -> Vec<Skip> {
        let left_out = |skip: &&Skip| !self.ran.contains(&skip.name);
        self.skipped.iter().filter(left_out).cloned().collect()
    }

    /// "ok. 5 passed; 0 failed; 2 ignored; …"
    fn read_summary(&mut self, text: &str) {
        self.passed += number_before(text, " passed").unwrap_or(0);
        self.failed += number_before(text, " failed").unwrap_or(0);
        self.count_skipped(number_before(text, " ignored").unwrap_or(0));
        self.has_summary = true;
    }

    /// "ok", "FAILED", "ignored, needs a GPU"
    fn read_test(&mut self, name: &str, outcome: &str) {
        match outcome.strip_prefix("ignored") {
            Some(reason) => self.skip_by_name(name, reason.trim_start_matches([',', ' '])),
            None => self.ran.push(name.to_owned()),
        }
    }

    /// "pass 5", "fail 0", "skipped 1"
    fn read_count(&mut self, text: &str) {
        let Some((word, number)) = text.split_once(' ') else {
            return;
        };
        let Ok(number) = number.trim().parse::<u32>() else {
            return;
        };
        match word {
            "pass" => self.passed += number,
            "fail" => self.failed += number,
            "skipped" => self.count_skipped(number),
            _ => return,
        }
        self.has_summary = true;
    }

    fn skip_by_name(&mut self, name: &str, reason: &str) {
        self.skip(name, reason);
        self.named += 1;
    }

    /// Adds the skipped tests that a summary counts and no line before it named.
    fn count_skipped(&mut self, counted: u32) {
        for _ in self.named..counted {
            self.skip("a test without a name", "");
        }
        self.named = 0;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.ran.extend(other.ran);
        self.named += other.named;
        self.has_summary |= other.has_summary;
    }
}

/// Name and outcome of "test NAME ... OUTCOME".
fn rust_test(line: &str) -> Option<(&str, &str)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((name.trim_end(), outcome.trim_end()))
}

/// Name and reason of "NAME (0.5ms) # REASON".
fn name_and_reason(text: &str) -> (&str, &str) {
    if let Some((timed, reason)) = text.split_once("ms) # ") {
        let name = timed.rsplit_once(" (").map_or(timed, |(name, _)| name);
        return (name, reason.trim_end());
    }
    let (name, reason) = text.split_once(" # ").unwrap_or((text, ""));
    (name.trim_end(), reason.trim_end())
}

fn number_before(text: &str, word: &str) -> Option<u32> {
    let (before, _) = text.split_once(word)?;
    before.rsplit(' ').next()?.parse().ok()
}

/// The line without the sequences that colour it on a terminal.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let shown = match piece.strip_prefix('(') {
            // "(B" goes back to the usual character set, which ends a colour on some terminals.
            Some(set) => set.get(1..).unwrap_or_default(),
            // "[31m"
            None => piece.split_once('m').map_or(piece, |(_, rest)| rest),
        };
        text.push_str(shown);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally
    }

    /// Names and reasons of what was left out.
    fn left_out(lines: &[&str]) -> Vec<(String, String)> {
        let skips = tally(lines).left_out().into_iter();
        skips.map(|skip| (skip.name, skip.reason)).collect()
    }

    fn pair(name: &str, reason: &str) -> (String, String) {
        (name.to_owned(), reason.to_owned())
    }

    #[test]
    fn summaries_of_both_runners_are_added() {
        let tally = tally(&[
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 1 failed; 0 ignored",
            "\u{1b}[34mℹ pass 7\u{1b}[39m",
            "# fail 2",
            "# tests 9",
            "test score::tests::softmax ... ok",
        ]);
        assert_eq!((tally.passed, tally.failed), (15, 3));
        assert!(tally.left_out().is_empty());
    }

    #[test]
    fn ignored_tests_of_rust_are_named_and_counted_once() {
        let found = left_out(&[
            "running 4 tests",
            "test gpu::norm::tests::norms ... ignored, needs a GPU",
            "test recall ... \u{1b}[33mignored, needs ../shared\u{1b}(B\u{1b}[m",
            "test is_refused - should panic ... \u{1b}[33mignored\u{1b}[0m",
            "test softmax ... \u{1b}[32mok\u{1b}[0m",
            "",
            "test result: \u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 3 ignored; 0 measured",
        ]);
        let expected = [
            pair("gpu::norm::tests::norms", "needs a GPU"),
            pair("recall", "needs ../shared"),
            pair("is_refused - should panic", "no reason given"),
        ];
        assert_eq!(found, expected);
    }

    /// As wasm-bindgen's runner prints them: without "measured", and with a time.
    #[test]
    fn ignored_tests_in_a_browser_are_named() {
        let found = left_out(&[
            "test page::link::reads ... ignored, needs a network",
            "test page::link::writes ... ok",
            "test result: ok. 1 passed; 0 failed; 1 ignored; 0 filtered out; finished in 0.10s",
        ]);
        assert_eq!(found, [pair("page::link::reads", "needs a network")]);
    }

    #[test]
    fn skipped_tests_of_node_are_named_and_counted_once() {
        let found = left_out(&[
            "✔ wins on cpu (1000.5ms)",
            "\u{1b}[90m﹣ a visit (the first) \u{1b}[90m(0.5ms)\u{1b}[37m # it's # slow\u{1b}[37m",
            "  ﹣ nested # SKIP",
            "✔ later (0.2ms) # TODO",
            "ℹ pass 2",
            "\u{1b}[34mℹ skipped 2\u{1b}[39m",
        ]);
        let expected = [
            pair("a visit (the first)", "it's # slow"),
            pair("nested", "no reason given"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn those_that_only_a_summary_counts_are_not_lost() {
        let lines = [
            "test a ... ignored, needs a GPU",
            "test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured",
            "test result: ok. 0 passed; 0 failed; 2 ignored; 0 measured",
        ];
        assert_eq!(left_out(&lines).len(), 3);
    }

    #[test]
    fn a_test_that_another_section_ran_is_not_left_out() {
        let mut all = tally(&["test a ... ignored, x", "test b ... ignored, x"]);
        all += tally(&["test a ... FAILED"]);
        let names: Vec<String> = all.left_out().into_iter().map(|skip| skip.name).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn a_command_without_tests_is_a_check_and_a_runner_without_tests_fails() {
        let after = |lines: &[&str], succeeded| {
            let mut tally = tally(lines);
            tally.conclude(succeeded);
            (tally.passed, tally.failed)
        };
        assert_eq!(after(&[], true), (1, 0));
        assert_eq!(after(&["warning: x"], false), (0, 1));
        let nothing = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out";
        assert_eq!(after(&[nothing], true), (0, 1));
        assert_eq!(after(&["ℹ pass 0"], true), (0, 1));
        assert_eq!(after(&["test a ... ignored, x"], true), (0, 0));
        assert_eq!(after(&["ℹ pass 4"], false), (4, 1));
        assert_eq!(after(&["ℹ pass 4", "ℹ fail 2"], false), (4, 2));
    }
}
