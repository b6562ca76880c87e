//! `cargo xtask fuzz`: random bytes for everything that reads foreign files (`fuzz/`), by libFuzzer
//! and with the address sanitizer, which also refuses reservations out of proportion.

use crate::places::Places;
use crate::process::{answer, online_program, program, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds for each target, unless said.
pub const SECONDS: u32 = 60;

/// Bytes of the longest input.
const MAX_INPUT: u64 = 1 << 16;

/// Megabytes that one input may reserve at once, and take in all.
const MAX_RESERVED: u32 = 1024;
const MAX_MEMORY: u32 = 2048;

/// Seconds that one input may take; the sanitizer makes everything some ten times slower.
const MAX_TIME: u32 = 20;

/// What is fuzzed, and the ends of the names of fixtures to begin with, beside the target's own seeds.
const TARGETS: [(&str, &[&str]); 11] = [
    ("safetensors", &[".safetensors"]),
    ("pickle", &[]),
    ("zip", &[]),
    ("manifest", &[]),
    ("tower", &[".safetensors"]),
    ("tokenizer", &["tokenizer.json"]),
    // Behind their first byte, which chooses the file; the fixtures have none.
    ("checkpoint", &[]),
    (
        "image",
        &[
            ".png", ".jpg", ".avif", ".webp", ".heic", ".cr2", ".cr3", ".nef", ".arw", ".raf",
            ".orf", ".rw2", ".dng", ".pef",
        ],
    ),
    // The decoders.
    ("photo", &[".heic", ".jxl", ".tif", ".avif"]),
    ("link", &[]),
    ("message", &[]),
];

/// What cargo-fuzz passes to the compiler: coverage that the fuzzer follows, and the sanitizer.
const FLAGS: &str = "--cfg fuzzing -Ccodegen-units=1 -Zsanitizer=address \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Fuzzes one target, or all one after the other; whether nothing was found.
pub fn fuzz(places: &Places, target: Option<&str>, seconds: u32) -> Result<bool> {
    let chosen: Vec<_> = TARGETS
        .into_iter()
        .filter(|(name, _)| target.is_none_or(|target| target == *name))
        .collect();
    if chosen.is_empty() {
        let names = TARGETS.map(|(name, _)| name).join(", ");
        bail!("there is no such target; there are {names}");
    }
    let host = host(places)?;
    build(places, &host, target)?;
    let mut failed = Vec::new();
    for (name, fixtures) in chosen {
        println!("\n== {name}, {seconds} s");
        let corpus = collect(places, name, fixtures)?;
        let artifacts = folder(places, "artifacts", name)?;
        let status = fuzzer(places, &host, name, seconds, &corpus, &artifacts).status();
        let status = status.with_context(|| format!("couldn't start the fuzzer of {name}"))?;
        if !status.success() {
            failed.push(format!("{name}: see {}", artifacts.display()));
        }
    }
    println!();
    for failed in &failed {
        println!("found something in {failed}");
    }
    if failed.is_empty() {
        println!("Nothing was found.");
    }
    Ok(failed.is_empty())
}

/// The compiler's own platform: only with one that is named are build scripts left alone.
fn host(places: &Places) -> Result<String> {
    let version = answer(program(places, "rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}

fn root(places: &Places) -> PathBuf {
    places.target().join("fuzz")
}

/// A target's folder of this kind, made if it is missing.
fn folder(places: &Places, kind: &str, target: &str) -> Result<PathBuf> {
    let folder = root(places).join(kind).join(target);
    fs::create_dir_all(&folder).with_context(|| format!("couldn't make {}", folder.display()))?;
    Ok(folder)
}

fn build(places: &Places, host: &str, target: Option<&str>) -> Result<()> {
    let workspace = places.root.join("fuzz");
    // Its few crates of its own are no part of the set-up.
    let mut fetch = online_program(places, "cargo");
    run(fetch
        .args(["fetch", "--locked", "--quiet"])
        .current_dir(&workspace))?;
    let mut cargo = program(places, "cargo");
    cargo
        .current_dir(&workspace)
        .args(["build", "--locked", "--release", "--target", host])
        .env("CARGO_TARGET_DIR", root(places))
        // The sanitizer and coverage are flags of nightly compilers.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS);
    match target {
        Some(target) => cargo.args(["--bin", target]),
        None => cargo.arg("--bins"),
    };
    run(&mut cargo)
}

fn fuzzer(
    places: &Places,
    host: &str,
    target: &str,
    seconds: u32,
    corpus: &Path,
    artifacts: &Path,
) -> Command {
    let file = root(places).join(host).join("release").join(target);
    let mut fuzzer = program(places, file);
    let leaks = places.root.join("fuzz/leaks.txt");
    fuzzer
        .env(
            "LSAN_OPTIONS",
            format!("suppressions={}:print_suppressions=0", leaks.display()),
        )
        .arg(corpus)
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_INPUT}"))
        .arg(format!("-malloc_limit_mb={MAX_RESERVED}"))
        .arg(format!("-rss_limit_mb={MAX_MEMORY}"))
        .arg(format!("-timeout={MAX_TIME}"))
        .arg("-print_final_stats=1");
    fuzzer
}

/// Adds the target's seeds and its fixtures to what earlier runs found.
fn collect(places: &Places, target: &str, fixtures: &[&str]) -> Result<PathBuf> {
    let corpus = folder(places, "corpus", target)?;
    copy(&places.root.join("fuzz/seeds").join(target), &[""], &corpus)?;
    copy(&places.root.join("model/tests/fixtures"), fixtures, &corpus)?;
    Ok(corpus)
}

/// Copies the small files of a folder, and of those in it, whose names end so.
fn copy(from: &Path, ends: &[&str], to: &Path) -> Result<()> {
    let entries = from
        .read_dir()
        .with_context(|| format!("{} can't be read", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            copy(&path, ends, to)?;
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if ends.iter().any(|end| name.ends_with(end)) && path.metadata()?.len() <= MAX_INPUT {
            // Files of one name are in several folders.
            let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
            let name = format!("{}-{name}", parent.to_string_lossy());
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_target_has_a_program_and_seeds() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let names = |folder: &str| -> BTreeSet<String> {
            let entries = root.join(folder).read_dir().unwrap();
            let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
            entries.map(|entry| stem(entry.unwrap().path())).collect()
        };
        let targets: BTreeSet<String> = TARGETS.map(|(name, _)| name.to_owned()).into();
        assert_eq!(names("fuzz_targets"), targets);
        assert_eq!(names("seeds"), targets);
    }

    #[test]
    fn seeds_and_fixtures_are_collected() {
        let mut places = crate::places::testing("fuzz");
        let fixtures = places.root.join("model/tests/fixtures/a");
        let seeds = places.root.join("fuzz/seeds/image");
        fs::create_dir_all(&fixtures).unwrap();
        fs::create_dir_all(&seeds).unwrap();
        fs::write(seeds.join("heic"), "seed").unwrap();
        fs::write(fixtures.join("b.png"), "fixture").unwrap();
        fs::write(fixtures.join("b.json"), "other").unwrap();
        fs::write(fixtures.join("large.png"), vec![0; MAX_INPUT as usize + 1]).unwrap();
        places.root = places.root.canonicalize().unwrap();
        let to = places.root.join("corpus");
        fs::create_dir_all(&to).unwrap();
        copy(&places.root.join("fuzz/seeds/image"), &[""], &to).unwrap();
        copy(&places.root.join("model/tests/fixtures"), &[".png"], &to).unwrap();
        let found = to
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let found: BTreeSet<_> = found.map(|name| name.into_string().unwrap()).collect();
        assert_eq!(found, ["a-b.png", "image-heic"].map(str::to_owned).into());
        fs::remove_dir_all(&places.root).unwrap();
    }
}
