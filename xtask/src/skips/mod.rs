//! Skipped tests: for which reasons a test may be skipped, and when it counts as failed instead.
//!
//! A test that needs what not every machine has is ignored by Rust's own attribute with a reason
//! from here, such as `#[ignore = "needs a GPU"]`. `cargo xtask test` runs it in a section of its
//! own where that is there ([`Machine`]). With `CI` set nobody looks at what was skipped, so that
//! every other reason fails.

mod machine;
mod sources;

pub use machine::Machine;
pub use sources::ignored_tests;

use std::fmt;

/// Why tests are ignored that read data too large for the repository.
pub const NEEDS_SHARED: &str = "needs ../shared";

/// Why tests are ignored that run WebGPU kernels natively.
pub const NEEDS_GPU: &str = "needs a GPU";

/// Why nothing is said of known weaknesses of crates.
pub const NEEDS_RUSTSEC: &str = "needs RustSec's database";

/// Why nothing is said of known weaknesses of npm's packages.
pub const NEEDS_NPM_AUDIT: &str = "needs npm's database";

/// Why the page isn't tested in Firefox.
pub const NEEDS_FIREFOX: &str = "needs Firefox";

/// Why the page isn't tested in Safari's engine.
pub const NEEDS_WEBKIT: &str = "needs WebKit";

/// All reasons for which a test may be skipped with `CI` set, and whether a machine really lacks
/// what they name.
const ALLOWED: [(&str, IsLacking); 6] = [
    (NEEDS_SHARED, |machine| machine.shared.is_none()),
    (NEEDS_GPU, |machine| !machine.gpu),
    (NEEDS_RUSTSEC, |machine| !machine.has_rustsec),
    (NEEDS_NPM_AUDIT, |machine| !machine.has_npm_audit),
    (NEEDS_FIREFOX, |machine| machine.firefox.is_none()),
    (NEEDS_WEBKIT, |machine| machine.webkit_driver.is_none()),
];

/// Whether a machine lacks what a reason names.
type IsLacking = fn(&Machine) -> bool;

/// A test, or a whole section, that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// What it is called.
    pub name: String,
    /// Why it was skipped.
    pub reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// Splits skipped tests into those that may be, and those that count as failed.
pub fn judge(skips: Vec<Skip>, machine: &Machine) -> (Vec<Skip>, Vec<Skip>) {
    skips
        .into_iter()
        .partition(|skip| !machine.is_ci || is_allowed(&skip.reason, machine))
}

fn is_allowed(reason: &str, machine: &Machine) -> bool {
    ALLOWED
        .iter()
        .any(|(allowed, is_lacking)| *allowed == reason && is_lacking(machine))
}

/// What [`judge`] goes by, as a clause to print.
pub fn rule() -> String {
    let reasons = ALLOWED.map(|(reason, _)| reason).join(", ");
    format!("with CI set, only these reasons count, each where it is true: {reasons}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: [&str; 9] = [
        NEEDS_SHARED,
        NEEDS_GPU,
        NEEDS_RUSTSEC,
        NEEDS_NPM_AUDIT,
        NEEDS_FIREFOX,
        NEEDS_WEBKIT,
        "this server doesn't compress",
        "this toolchain has no Clippy for wasm",
        "no reason given",
    ];

    /// The reasons that are refused.
    fn refused(machine: &Machine) -> Vec<String> {
        let skips = REASONS.map(|reason| Skip {
            name: "a test".into(),
            reason: reason.into(),
        });
        let (allowed, refused) = judge(skips.into(), machine);
        assert_eq!(allowed.len() + refused.len(), REASONS.len());
        refused.into_iter().map(|skip| skip.reason).collect()
    }

    #[test]
    fn everything_may_be_skipped_where_somebody_looks() {
        let bare = Machine::default();
        let full = Machine {
            shared: Some("/shared".into()),
            gpu: true,
            ..Machine::default()
        };
        assert!(refused(&bare).is_empty() && refused(&full).is_empty());
    }

    #[test]
    fn in_ci_only_what_the_list_names_may_be_skipped() {
        let bare = Machine {
            is_ci: true,
            ..Machine::default()
        };
        assert_eq!(refused(&bare), REASONS[6..].to_vec());
    }

    #[test]
    fn in_ci_a_reason_that_is_not_true_is_refused() {
        let with_shared = Machine {
            shared: Some("/shared".into()),
            is_ci: true,
            ..Machine::default()
        };
        assert_eq!(refused(&with_shared)[0], NEEDS_SHARED);
        assert!(!refused(&with_shared).contains(&NEEDS_GPU.to_owned()));
        let with_others = Machine {
            gpu: true,
            has_rustsec: true,
            has_npm_audit: true,
            firefox: Some("/firefox".into()),
            webkit_driver: Some("/driver".into()),
            is_ci: true,
            ..Machine::default()
        };
        assert_eq!(refused(&with_others)[..5], REASONS[1..6]);
    }

    #[test]
    fn the_rule_names_every_reason() {
        let rule = rule();
        assert!(
            rule.contains(NEEDS_SHARED) && rule.contains(NEEDS_GPU),
            "{rule}"
        );
    }
}
