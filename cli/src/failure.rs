//! What went wrong, on standard error in one line each, and the exit code that tells.

use crate::sentences;
use anyhow::{Result, bail};
use std::{error::Error, io, process::ExitCode};

/// How a command ended that did not fail as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0: everything was done.
    Complete,
    /// Exit code 3: some files failed, each named on standard error; the rest is done.
    SomeFailed,
}

/// Arguments that don't make sense, beyond what clap can tell: exit code 2.
#[derive(Debug)]
pub struct Usage(pub &'static str);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Usage {}

/// Prints the error, if there is one.
pub fn exit_code(outcome: Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(3),
        // Whoever reads the output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&one_line(&error));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// One line on standard error.
pub fn say(line: &str) {
    eprintln!("glimpse: {line}");
}

/// A file that was left out, and why.
pub struct Failed {
    /// The file as it was given.
    pub file: String,
    /// The reason in one line.
    pub error: String,
}

/// Names the files of `total` that failed.
///
/// # Errors
/// If not one is left.
pub fn tell(failed: &[Failed], total: usize) -> Result<Outcome> {
    if let ([Failed { file, error }], 1) = (failed, total) {
        bail!("{file}: {error}");
    }
    for Failed { file, error } in failed {
        say(&format!("{file}: {error}"));
    }
    match failed.len() {
        0 => Ok(Outcome::Complete),
        all if all == total => bail!("nothing could be done: of {total} files, all failed"),
        _ => Ok(Outcome::SomeFailed),
    }
}

/// An error and its causes in one line. Many errors quote their cause already; it isn't repeated.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = sentences::of(cause).unwrap_or_else(|| cause.to_string());
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.contains(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.truncate(line.trim_end_matches('.').len());
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = match cause.downcast_ref::<io::Error>() {
            Some(error) => Some(error.kind()),
            None => cause
                .downcast_ref::<serde_json::Error>()
                .and_then(serde_json::Error::io_error_kind),
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn causes_are_in_line_and_said_once() {
        let error = anyhow!("no room\nleft").context("a.bin can't be written: no room left");
        let error = error.context("The import stopped.");
        assert_eq!(
            one_line(&error),
            "The import stopped: a.bin can't be written: no room left"
        );
    }

    #[test]
    fn a_command_fails_if_every_file_does() {
        let failed = |count: usize| -> Vec<Failed> {
            let one = |_| Failed {
                file: "a".into(),
                error: "b".into(),
            };
            (0..count).map(one).collect()
        };
        assert_eq!(tell(&failed(0), 0).unwrap(), Outcome::Complete);
        assert_eq!(tell(&failed(1), 2).unwrap(), Outcome::SomeFailed);
        assert!(tell(&failed(2), 2).is_err());
    }
}
