//! `cargo xtask clean`: removes what the project put outside its folder, after naming it.

use crate::places::Places;
use crate::setup::{TARGET, apt};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What Glimpse's commands leave in the cache. Nothing else there is touched: `GLIMPSE_CACHE` may
/// name a folder that other things live in.
const OURS: &[&str] = &[
    "build",
    "build-std",
    "debian-packages.txt",
    "durations.json",
    "lock",
    "npm",
    "photos",
    "sysroot",
    "tools",
    "weights",
    "wheels",
];

/// Names what the project put outside its folder, with sizes, and removes it unless it is only to
/// be named.
pub fn run(places: &Places, only_name: bool) -> Result<()> {
    let found = found(places);
    if found.is_empty() {
        println!("Nothing of Glimpse is in {}.", places.cache.display());
    } else {
        println!("In {}:", places.cache.display());
        for (path, bytes) in &found {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            println!("  {:>9}  {name}", size(*bytes));
        }
        println!(
            "  {:>9}  in all",
            size(found.iter().map(|(_, bytes)| bytes).sum())
        );
    }
    name_the_rest(places);
    if only_name || found.is_empty() {
        return Ok(());
    }
    for (path, _) in &found {
        remove(path).with_context(|| format!("couldn't remove {}", path.display()))?;
    }
    // Refused where something else is in it, and then it stays.
    let left = fs::remove_dir(&places.cache).is_err() && places.cache.exists();
    let rest = if left {
        "; what else is there was left"
    } else {
        ""
    };
    println!("\nRemoved{rest}. `cargo xtask setup` brings it back.");
    Ok(())
}

/// What is there, with its bytes.
fn found(places: &Places) -> Vec<(PathBuf, u64)> {
    let paths = OURS.iter().map(|name| places.cache.join(name));
    paths
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| {
            let bytes = bytes_of(&path);
            (path, bytes)
        })
        .collect()
}

/// What other projects may use as well is left, with the command that would remove it.
fn name_the_rest(places: &Places) {
    println!("\nLeft, since other projects may use it:");
    let packages = apt::installed(places);
    if !packages.is_empty() {
        println!("  Debian packages: apt-get remove {}", packages.join(" "));
    }
    println!("  the Rust target: rustup target remove {TARGET}");
    println!("  downloaded crates, in Cargo's own folder");
    println!("Left, since it lies in the repository: target/, dist/, www/packs/, www/samples/");
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// The bytes of a file or of a folder's files; links aren't followed.
fn bytes_of(path: &Path) -> u64 {
    let Ok(facts) = path.symlink_metadata() else {
        return 0;
    };
    if !facts.is_dir() {
        return facts.len();
    }
    // A folder that can't be read is removed, or refused, below; its size is not known.
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| bytes_of(&entry.path())).sum()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::testing;

    #[test]
    fn only_what_is_glimpses_own_is_removed() -> Result<()> {
        let places = testing("clean");
        fs::create_dir_all(places.cache.join("weights/tower"))?;
        fs::write(places.cache.join("weights/tower/a.bin"), [0; 2000])?;
        fs::write(places.cache.join("diary.txt"), "mine")?;
        assert_eq!(bytes_of(&places.cache.join("weights")), 2000);

        run(&places, true)?;
        assert!(places.cache.join("weights/tower/a.bin").is_file());
        run(&places, false)?;
        assert!(!places.cache.join("weights").exists());
        assert!(places.cache.join("diary.txt").is_file());

        fs::remove_file(places.cache.join("diary.txt"))?;
        fs::write(places.cache.join("lock"), "")?;
        run(&places, false)?;
        assert!(!places.cache.exists());
        fs::remove_dir_all(&places.root)?;
        Ok(())
    }

    #[test]
    fn sizes_are_round() {
        assert_eq!(size(1), "1 kB");
        assert_eq!(size(12_345_678), "12.3 MB");
    }
}
