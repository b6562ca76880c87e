//! Running other programs: a clean environment for Cargo, logs, time limits, what failed.

use crate::places::Places;
use crate::progress;
use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

/// Cargo's variables that configure it, and so are the user's; the others describe the package
/// that `cargo run` started and would mislead a Cargo below it.
const CARGO_SETTINGS: &[&str] = &[
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CARGO_INCREMENTAL",
    "CARGO_TERM_",
    "CARGO_BUILD_",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "CARGO_TARGET_",
    "CARGO_PROFILE_",
    "CARGO_ENCODED_RUSTFLAGS",
];

/// Keeps Cargo from the network: all that is needed is downloaded in one place, before anything is
/// built (see [`crate::setup`]).
const OFFLINE: &str = "CARGO_NET_OFFLINE";

/// A program in the repository's root that reads nothing from the terminal and sees the
/// environment as it was before `cargo run` added its own, but that Cargo stays off the network.
pub fn program(places: &Places, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(&places.root).stdin(Stdio::null());
    command.env(OFFLINE, "true");
    for (key, _) in env::vars_os() {
        if key.to_str().is_some_and(is_left_by_cargo) {
            command.env_remove(key);
        }
    }
    if let Some(libraries) = env::var_os("LD_LIBRARY_PATH") {
        // Cargo puts the toolchain's own libraries first; another toolchain must not load them.
        let kept = env::split_paths(&libraries)
            .filter(|path| !path.starts_with(places.target()) && !is_in_toolchain(path));
        match env::join_paths(kept) {
            Ok(paths) if !paths.is_empty() => command.env("LD_LIBRARY_PATH", paths),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

/// The same for what downloads: Cargo may use the network if the user lets it.
pub fn online_program(places: &Places, name: impl AsRef<OsStr>) -> Command {
    let mut command = program(places, name);
    match env::var_os(OFFLINE) {
        Some(asked) => command.env(OFFLINE, asked),
        None => command.env_remove(OFFLINE),
    };
    command
}

fn is_left_by_cargo(key: &str) -> bool {
    let ours = key == "CARGO" || key.starts_with("CARGO_") || key == "RUSTC" || key == "RUSTDOC";
    ours && !CARGO_SETTINGS.iter().any(|kept| key.starts_with(kept))
}

fn is_in_toolchain(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str() == "toolchains" || part.as_os_str() == "rustlib")
}

/// `PATH` with the project's own tools before everything else.
pub fn path_with_tools(places: &Places) -> Result<OsString> {
    let own = [
        places.tools().join("bin"),
        places.node_modules().join(".bin"),
    ];
    let inherited = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.into_iter().chain(env::split_paths(&inherited)))
        .context("PATH can't be extended with the tools' folder")
}

/// The first file of this name on `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

/// What a command prints, or `None` if it can't be started or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    String::from_utf8(text)
        .ok()
        .map(|text| text.trim().to_owned())
}

/// Runs a command whose output belongs on the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("couldn't start `{}`", line(command)))?;
    expect_success(command, status)
}

/// Runs a long command quietly: its output goes to a log, whose end is shown if it fails.
pub fn run_logged(places: &Places, log_name: &str, command: &mut Command) -> Result<()> {
    let folder = places.notes().join("logs");
    fs::create_dir_all(&folder).with_context(|| format!("couldn't make {}", folder.display()))?;
    let log = folder.join(format!("{log_name}.log"));
    let file = File::create(&log).with_context(|| format!("couldn't write {}", log.display()))?;
    command.stdout(file.try_clone()?).stderr(file);
    let child = command
        .spawn()
        .with_context(|| format!("couldn't start `{}`", line(command)))?;
    let status = wait(child, None)?.context("a program without a time limit ran out of it")?;
    if !status.success() {
        eprintln!("{}", last_lines(&log, 30));
    }
    expect_success(command, status).with_context(|| format!("its whole log is {}", log.display()))
}

/// Runs a command quietly for at most `limit`: whether it succeeded in that time.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.is_ok_and(|child| {
        wait(child, Some(limit)).is_ok_and(|status| status.is_some_and(|status| status.success()))
    })
}

/// Waits for a child while the progress is said; `None` when it was ended because its time was up.
fn wait(mut child: Child, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if limit.is_some_and(|limit| start.elapsed() > limit) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        progress::tick();
        thread::sleep(Duration::from_millis(50));
    }
}

fn expect_success(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_run_adds_is_removed() {
        for removed in ["CARGO", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "RUSTC"] {
            assert!(is_left_by_cargo(removed), "{removed}");
        }
        for kept in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "RUSTUP_TOOLCHAIN",
            "PATH",
        ] {
            assert!(!is_left_by_cargo(kept), "{kept}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_hanging_program_is_ended() {
        let start = Instant::now();
        let mut command = Command::new("sleep");
        assert!(!succeeds_within(
            command.arg("30"),
            Duration::from_millis(100)
        ));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
