//! `glimpse pretrain` on a handful of pictures and the real towers.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use support::{glimpse, image};

const CAPTIONS: &str = "gradient.png\ta soft gradient\ngradient.png\tcolours that fade\n\
                        shapes.png\tcoloured shapes\ngrey.png\ta grey square\n\
                        noise.png\tnothing but noise\n";

/// A training in `folder` with these lines in place of others. Where the towers are missing, it
/// fails and names the command that fetches them.
fn training(folder: &Path, change: &[(&str, &str)]) -> PathBuf {
    let pictures = folder.join("pictures");
    fs::create_dir_all(&pictures).unwrap();
    for (from, to) in [
        ("gradient_320x200.png", "gradient.png"),
        ("shapes_97x211.png", "shapes.png"),
        ("grey_150x150.png", "grey.png"),
        ("noise_301x37.png", "noise.png"),
    ] {
        fs::copy(image(from), pictures.join(to)).unwrap();
    }
    fs::write(pictures.join("captions.tsv"), CAPTIONS).unwrap();
    let classes = (0..1000).map(|index| format!("{index}\tn{index:08}\tthing {index}\n"));
    let classes = format!("index\tsynset\tnames\n{}", classes.collect::<String>());
    fs::write(folder.join("classes.tsv"), classes).unwrap();
    let mut config = r#"
        output = "out"
        cache = "cache"
        [classes]
        file = "classes.tsv"
        templates = ["{}"]
        [views]
        count = 3
        [[source]]
        kind = "captions"
        data = ["pictures"]
        share = 1
        [validation]
        data = "pictures"
        [recipe]
        epochs = 3
        batch_size = 4
        hidden = [32, 16]
        unfreeze = 1
        average = 0.5
        [recipe.objectives]
        naming = 0.5
    "#
    .to_owned();
    for (from, to) in change {
        assert!(config.contains(from));
        config = config.replace(from, to);
    }
    let file = folder.join("config.toml");
    fs::write(&file, config).unwrap();
    file
}

fn pretrain(config: &Path) -> support::Answer {
    glimpse(["pretrain".as_ref(), config.as_os_str()])
}

/// The names of kept features and when they were written.
fn kept(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let entries = fs::read_dir(folder.join("cache")).unwrap();
    let mut kept: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.path(), entry.metadata().unwrap().modified().unwrap())
        })
        .collect();
    kept.sort();
    kept
}

#[test]
fn the_same_seed_gives_the_same_bytes_even_after_an_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let config = training(folder.path(), &[]);
    let answer = pretrain(&config);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("epoch 3: loss"), "{}", answer.err);
    let out = folder.path().join("out");
    let alignment = || fs::read(out.join("alignment.safetensors")).unwrap();
    let first = alignment();
    let report: Value =
        serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["pictures"], serde_json::json!([4]));
    let recall = &report["validation"]["text_to_image"][2];
    assert_eq!(recall["value"], 1.0, "of four pictures all are among ten");
    let markdown = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(markdown.contains("| 3 |"), "{markdown}");
    assert!(
        fs::read_to_string(out.join("curve.svg"))
            .unwrap()
            .contains("</svg>")
    );

    let features = kept(folder.path());
    fs::remove_dir_all(&out).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .arg("pretrain")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in lines {
        // Killed in an epoch after one that is kept.
        if line.unwrap().contains("epoch 2") {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    let answer = pretrain(&config);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(
        answer.err.contains("going on after epoch"),
        "{}",
        answer.err
    );
    assert_eq!(alignment(), first);
    assert_eq!(kept(folder.path()), features, "features were computed anew");
}

#[test]
fn another_training_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let config = training(folder.path(), &[]);
    let out = folder.path().join("out");
    fs::create_dir_all(&out).unwrap();
    let history = r#"{"fingerprint": "another", "epochs": [], "seconds": 0}"#;
    fs::write(out.join("checkpoint.json"), history).unwrap();
    fs::write(out.join("checkpoint.safetensors"), "").unwrap();
    let answer = pretrain(&config);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("--fresh starts anew"), "{}", answer.err);
}

#[test]
fn faulty_configs_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (change, words) in [
        (("epochs = 3", "epoch = 3"), ["config.toml", "epoch"]),
        (
            ("data = [\"pictures\"]", "data = [\"nowhere\"]"),
            ["nowhere", "read"],
        ),
        (
            ("file = \"classes.tsv\"", "file = \"none.tsv\""),
            ["none.tsv", "read"],
        ),
    ] {
        let config = training(folder.path(), &[change]);
        pretrain(&config).assert_fails(1, &words);
    }
    glimpse(["pretrain", "missing.toml"]).assert_fails(1, &["missing.toml", "read"]);
}
