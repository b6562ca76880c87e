//! What npm knows against the packages of the set-up. Asked where they are installed, since tests run
//! without a network; the answer lies beside them.

use crate::places::Places;
use crate::process::{answer, online_program};
use crate::setup::NPM;
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// What npm answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It knows nothing against them.
    Nothing,
    /// Packages, each with its severity.
    Weaknesses(Vec<String>),
    /// It wasn't asked yet, or couldn't be: not every proxy passes on such questions.
    Unknown,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "Nothing is known against the packages of npm."),
            Self::Weaknesses(packages) => {
                write!(f, "Weaknesses are known of {}.", packages.join(", "))
            }
            Self::Unknown => write!(f, "npm's database couldn't be asked."),
        }
    }
}

/// Asks npm, and notes what it answers.
pub fn note(places: &Places) -> Result<()> {
    let path = path(places)?;
    let folder = path.parent().context("the cache has no folder for npm")?;
    let npm = |arguments: &[&str]| {
        let mut npm = online_program(places, NPM);
        npm.current_dir(folder).args(arguments);
        npm
    };
    if !folder.join("package-lock.json").exists() {
        // It goes by the versions of that file.
        answer(&mut npm(&[
            "install",
            "--package-lock-only",
            "--ignore-scripts",
        ]));
    }
    let mut audit = npm(&["audit", "--json"]);
    // It fails where it finds something, too.
    let report = audit.output().context("couldn't start npm")?.stdout;
    fs::write(&path, report).with_context(|| format!("couldn't write {}", path.display()))
}

/// What was noted last.
pub fn noted(places: &Places) -> Result<Finding> {
    let answer = fs::read(path(places)?).unwrap_or_default();
    Ok(finding(&answer))
}

fn path(places: &Places) -> Result<PathBuf> {
    let modules = places.node_modules();
    let folder = modules.parent();
    let folder = folder.context("the cache has no folder for npm")?;
    Ok(folder.join("audit.json"))
}

fn finding(answer: &[u8]) -> Finding {
    let report: Value = serde_json::from_slice(answer).unwrap_or_default();
    let packages = report.get("vulnerabilities").and_then(Value::as_object);
    // Without a network there are neither packages nor their number.
    let (Some(packages), Some(_)) = (packages, report.pointer("/metadata/dependencies/total"))
    else {
        return Finding::Unknown;
    };
    if packages.is_empty() {
        return Finding::Nothing;
    }
    let severity = |facts: &Value| {
        facts
            .get("severity")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let named = packages.iter().map(|(name, facts)| {
        let severity = severity(facts).unwrap_or_else(|| "of unknown severity".into());
        format!("{name} ({severity})")
    });
    Finding::Weaknesses(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_npm_are_told_apart() {
        let nothing = r#"{"auditReportVersion": 2, "vulnerabilities": {},
            "metadata": {"dependencies": {"prod": 4, "total": 3}}}"#;
        let something = r#"{"auditReportVersion": 2,
            "vulnerabilities": {"a": {"severity": "high"}, "b": {}},
            "metadata": {"dependencies": {"total": 3}}}"#;
        let refused = r#"{"message": "405 Method Not Allowed", "error": {"summary": ""}}"#;
        let found = ["a (high)", "b (of unknown severity)"]
            .map(String::from)
            .to_vec();
        for (answer, expected) in [
            (nothing, Finding::Nothing),
            (something, Finding::Weaknesses(found)),
            (refused, Finding::Unknown),
            ("", Finding::Unknown),
        ] {
            assert_eq!(finding(answer.as_bytes()), expected, "{answer}");
        }
    }
}
