//! What the tests share: the built program, its fixtures and their packs.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use safetensors::SafeTensors;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Every kind of checkpoint, small and random.
pub const CHECKPOINTS: [&str; 4] = ["clip_quick_gelu", "clip_gelu", "open_clip", "siglip"];

/// The folder of the model crate's test fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/fixtures")
}

pub fn checkpoint(name: &str) -> PathBuf {
    fixtures().join("checkpoints").join(name)
}

pub fn image(name: &str) -> PathBuf {
    fixtures().join("images").join(name)
}

/// Pictures of the fixtures, of many shapes.
pub const IMAGES: [&str; 5] = [
    "gradient_320x200.png",
    "shapes_97x211.png",
    "grey_150x150.png",
    "noise_301x37.png",
    "exif6_200x160.jpg",
];

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Exit code and output of one run of `glimpse`.
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// Standard output as JSON, of a command that did everything.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).expect("standard output is JSON")
    }

    /// Asserts that it ended so, with this in one line on standard error and nothing on standard
    /// output.
    pub fn assert_fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("glimpse: "), "{}", self.err);
        assert_eq!(self.err.trim_end().lines().count(), 1, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {}", self.err);
        }
    }
}

/// Runs `glimpse` in a folder without a default pack and without a hub.
pub fn glimpse<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("GLIMPSE_PACK")
        // Nobody listens there.
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("HF_HOME", folder.path())
        .output()
        .unwrap();
    Answer {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Imports a checkpoint into `folder` and returns the pack.
pub fn import(name: &str, quant: &str, folder: &Path) -> PathBuf {
    let pack = folder.join(format!("{name}-{quant}"));
    let answer = glimpse([
        "import".as_ref(),
        checkpoint(name).as_os_str(),
        "-o".as_ref(),
        pack.as_os_str(),
        "--quant".as_ref(),
        quant.as_ref(),
    ]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    pack
}

/// A fixture's expected answers.
pub struct Expected {
    bytes: Vec<u8>,
    facts: Value,
}

impl Expected {
    pub fn of(name: &str) -> Self {
        let read = |file: &str| std::fs::read(checkpoint(name).join(file)).unwrap();
        Self {
            bytes: read("expected.safetensors"),
            facts: serde_json::from_slice(&read("expected.json")).unwrap(),
        }
    }

    pub fn strings(&self, key: &str) -> Vec<String> {
        serde_json::from_value(self.facts[key].clone()).unwrap()
    }

    /// The rows of an expected `f32` matrix, read from `expected.safetensors`.
    pub fn rows(&self, name: &str) -> Vec<Vec<f32>> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = tensors.tensor(name).unwrap();
        let bytes = view.data().as_chunks::<4>().0;
        let floats: Vec<f32> = bytes
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        floats
            .chunks(view.shape()[1])
            .map(<[f32]>::to_vec)
            .collect()
    }
}

/// A JSON array's numbers.
pub fn floats(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).expect("a list of numbers")
}
