//! What came out of all sections, and how long each of them took.

use crate::skips::{self, Machine};
use crate::tally::Tally;
use std::time::Duration;

/// The sections so far.
#[derive(Default)]
pub struct Report {
    total: Tally,
    failures: Vec<String>,
    times: Vec<(String, Duration)>,
}

impl Report {
    /// Adds a section that was run.
    pub fn add(&mut self, title: &str, tally: Tally, took: Duration) {
        println!("   … {:.1} s", took.as_secs_f32());
        if tally.failed > 0 {
            self.failures.push(title.to_owned());
        }
        self.total += tally;
        self.times.push((title.to_owned(), took));
    }

    /// Adds what was skipped.
    pub fn skip(&mut self, name: &str, reason: &str) {
        self.total.skip(name, reason);
    }

    /// Prints it all; whether nothing failed.
    pub fn finish(&self, machine: &Machine) -> bool {
        self.print_times();
        let (lines, is_good) = self.verdict(machine);
        println!("\n{}", lines.join("\n"));
        is_good
    }

    fn print_times(&self) {
        println!("\n== seconds");
        for (title, took) in &self.times {
            println!("{:>8.1}  {title}", took.as_secs_f32());
        }
        let all: Duration = self.times.iter().map(|(_, took)| took).sum();
        println!("{:>8.1}  in all", all.as_secs_f32());
    }

    /// What failed and what was skipped, each in a line, then the numbers; and whether nothing
    /// failed.
    fn verdict(&self, machine: &Machine) -> (Vec<String>, bool) {
        let (skipped, refused) = skips::judge(self.total.left_out(), machine);
        let rule = skips::rule();
        let failures = self.failures.iter();
        let failures = failures.map(|title| format!("FAILED: {title}"));
        let refusals = refused
            .iter()
            .map(|skip| format!("FAILED: {skip} was skipped, but {rule}."));
        let skips = skipped.iter().map(|skip| format!("SKIPPED: {skip}"));
        let mut lines: Vec<String> = failures.chain(refusals).chain(skips).collect();

        let failed = self.total.failed as usize + refused.len();
        let (passed, skipped) = (self.total.passed, skipped.len());
        lines.push(format!(
            "{passed} passed, {failed} failed, {skipped} skipped"
        ));
        (lines, failed == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skips::NEEDS_GPU;

    /// Two tests passed, one of which another section skipped; two are skipped for good.
    fn report() -> Report {
        let mut tally = Tally::default();
        for line in [
            "test recall ... ignored, needs ../shared",
            "test softmax ... ok",
            "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured",
            "test recall ... ok",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured",
        ] {
            tally.read(line);
        }
        let mut report = Report::default();
        report.add("unit tests", tally, Duration::from_secs(1));
        report.skip("norms", NEEDS_GPU);
        report.skip("end to end", "there is no test");
        report
    }

    #[test]
    fn skipped_tests_are_named_and_counted() {
        let (lines, is_good) = report().verdict(&Machine::default());
        let expected = [
            "SKIPPED: norms (needs a GPU)",
            "SKIPPED: end to end (there is no test)",
            "2 passed, 0 failed, 2 skipped",
        ];
        assert_eq!(lines, expected);
        assert!(is_good);
    }

    #[test]
    fn in_ci_a_reason_beside_the_list_fails() {
        let machine = Machine {
            is_ci: true,
            ..Machine::default()
        };
        let (lines, is_good) = report().verdict(&machine);
        assert!(lines[0].starts_with("FAILED: end to end (there is no test) was skipped"));
        assert_eq!(lines[1], "SKIPPED: norms (needs a GPU)");
        assert_eq!(lines[2], "2 passed, 1 failed, 1 skipped");
        assert!(!is_good);
    }

    #[test]
    fn a_failed_section_is_named() {
        let mut report = Report::default();
        report.add("format", Tally::one(false), Duration::ZERO);
        let (lines, is_good) = report.verdict(&Machine::default());
        assert_eq!(lines, ["FAILED: format", "0 passed, 1 failed, 0 skipped"]);
        assert!(!is_good);
    }
}
