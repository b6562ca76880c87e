//! `glimpse embed`, `classify` and `search`.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use glimpse_model::score::cosine;
use serde_json::Value;
use std::{
    fs::{self, File},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{CHECKPOINTS, Expected, fixtures, floats, glimpse, image, import, text};

#[test]
fn embeddings_are_those_of_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    for name in CHECKPOINTS {
        let pack = import(name, "f32", folder.path());
        let expected = Expected::of(name);
        let texts = folder.path().join("texts.json");
        let sentences = expected.strings("texts");
        fs::write(&texts, serde_json::to_vec(&sentences).unwrap()).unwrap();
        let images: Vec<_> = expected
            .strings("images")
            .iter()
            .map(|name| image(name))
            .collect();
        let mut arguments = vec!["embed", "--json", "--pack", text(&pack)];
        arguments.extend(["--texts-file", text(&texts)]);
        arguments.extend(images.iter().map(|image| text(image)));
        let answer = glimpse(arguments).json();

        for (key, of, names) in [
            (
                "images",
                "image_embeds",
                images.iter().map(|image| text(image).to_owned()).collect(),
            ),
            ("texts", "text_embeds", sentences),
        ] {
            let rows = answer[key].as_array().unwrap();
            let expected = expected.rows(of);
            assert_eq!(rows.len(), expected.len());
            for ((row, expected), name) in rows.iter().zip(&expected).zip::<Vec<String>>(names) {
                assert_eq!(row[if key == "images" { "file" } else { "text" }], name);
                let found = floats(&row["embedding"]);
                let norm: f32 = found.iter().map(|value| value * value).sum();
                assert!((norm - 1.0).abs() < 1e-5);
                let cosine = cosine(&found, expected);
                assert!(cosine >= 0.999_99, "{key} {name:?}: {cosine}");
            }
        }
        let manifest = glimpse(["info", text(&pack), "--json"]).json();
        for key in ["logit_scale", "logit_bias"] {
            assert_eq!(answer[key], manifest["scoring"][key]);
        }
    }
}

#[test]
fn labels_are_scored_as_the_model_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    for (name, sums_to_one) in [("clip_quick_gelu", true), ("siglip", false)] {
        let pack = import(name, "f32", folder.path());
        let expected = Expected::of(name);
        let file = image("gradient_320x200.png");
        let answer = glimpse([
            "classify",
            text(&file),
            "--labels",
            "a photo of a cat, a red ball",
            "--template",
            "{}",
            "--pack",
            text(&pack),
            "--json",
        ])
        .json();
        let row = &answer[0];
        assert_eq!(row["file"], text(&file));
        let labels = row["labels"].as_array().unwrap();
        assert_eq!(labels.len(), 2);
        let number = |label: &Value, key: &str| label[key].as_f64().unwrap();
        assert!(number(&labels[0], "logit") >= number(&labels[1], "logit"));
        let sum: f64 = labels
            .iter()
            .map(|label| number(label, "probability"))
            .sum();
        assert_eq!((sum - 1.0).abs() < 1e-5, sums_to_one, "{answer}");
        let logits = expected.rows("logits_per_image");
        let all = logits.iter().flatten();
        let (least, most) = all.fold((f32::MAX, f32::MIN), |(least, most), &logit| {
            (least.min(logit), most.max(logit))
        });
        for label in labels {
            // The first two sentences of the fixture.
            let place = usize::from(label["label"] == "a red ball");
            let logit = logits[0][place];
            let found = number(label, "logit") as f32;
            assert!(
                (found - logit).abs() <= 1e-3 * (most - least),
                "{name}: {found}, not {logit}"
            );
        }
    }
}

#[test]
fn one_bad_file_does_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::copy(image("exif6_200x160.jpg"), photos.join("a.jpg")).unwrap();
    fs::write(photos.join("b.jpg"), "no picture").unwrap();
    fs::copy(image("grey_150x150.png"), photos.join("c.png")).unwrap();
    fs::write(photos.join("d.mp4"), "a film").unwrap();
    let pack = ["--pack", text(&pack), "--json"];

    let labels = ["--labels", "cat, dog"];
    let classified = glimpse(
        ["classify", text(&photos)]
            .iter()
            .chain(&labels)
            .chain(&pack),
    );
    assert_eq!(classified.code, 3);
    assert!(
        classified.err.contains("b.jpg: this is a text file"),
        "{}",
        classified.err
    );
    let rows: Vec<Value> = serde_json::from_str(&classified.out).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows[1]["error"].is_string() && rows[1].get("labels").is_none());
    assert_eq!(rows[2]["labels"].as_array().unwrap().len(), 2);

    let missing = photos.join("missing.jpg");
    let good = photos.join("a.jpg");
    let embedded = glimpse(
        ["embed", text(&missing), text(&good), text(&good)]
            .iter()
            .chain(&pack),
    );
    assert_eq!(embedded.code, 3);
    assert!(embedded.err.contains("missing.jpg: there is no such file"));
    assert!(embedded.err.contains("a.jpg is named more than once"));
    let answer: Value = serde_json::from_str(&embedded.out).unwrap();
    assert_eq!(answer["images"][1], answer["images"][2]);

    let found = glimpse(
        ["search", text(&photos), "a photo", "--top", "5"]
            .iter()
            .chain(&pack),
    );
    assert_eq!(found.code, 3);
    let hits: Vec<Value> = serde_json::from_str(&found.out).unwrap();
    assert_eq!(hits.len(), 2);
    assert!(hits[0]["cosine"].as_f64() >= hits[1]["cosine"].as_f64());

    glimpse(["embed", text(&missing)].iter().chain(&pack)).assert_fails(1, &["missing.jpg"]);
    glimpse(["search", text(&missing), "a"].iter().chain(&pack)).assert_fails(1, &["no folder"]);
    glimpse(["search", text(&photos), " "].iter().chain(&pack)).assert_fails(2, &["empty"]);
    glimpse(
        ["classify", text(&good), "--labels", ","]
            .iter()
            .chain(&pack),
    )
    .assert_fails(2, &["no label"]);
    assert_eq!(
        glimpse(["classify", text(&good)].iter().chain(&pack)).code,
        2
    );
    assert_eq!(glimpse(["embed"].iter().chain(&pack)).code, 2);
}

#[test]
fn people_get_tables() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    let images = fixtures().join("images");
    let classified = glimpse([
        "classify",
        text(&images),
        "--labels",
        "cat, dog",
        "--pack",
        text(&pack),
    ]);
    assert_eq!(classified.code, 0, "{}", classified.err);
    assert_eq!(classified.err, "");
    assert_eq!(classified.out.matches("probability").count(), 5);
    let found = glimpse([
        "search",
        text(&images),
        "a cat",
        "--top",
        "2",
        "--pack",
        text(&pack),
    ]);
    assert_eq!(found.out.lines().count(), 3, "{}", found.out);
    let embedded = glimpse([
        "embed",
        text(&images),
        "--texts",
        "a, b",
        "--pack",
        text(&pack),
    ]);
    assert!(
        embedded.out.contains("5 pictures and 2 texts"),
        "{}",
        embedded.out
    );
}

/// Decoders share work between threads, too. Where they waited for those that waited for them, a folder of
/// HEIC photos was never done.
#[test]
fn photos_that_need_decoders_of_their_own_are_done_on_one_thread() {
    const LIMIT: Duration = Duration::from_secs(120);
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let mut work = Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .args(["embed", "--json", "--pack", text(&pack)])
        .args([fixtures().join("photos"), fixtures().join("presentation")])
        .env("RAYON_NUM_THREADS", "1")
        .stdout(File::create(folder.path().join("answer.json")).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while work.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            work.kill().unwrap();
            panic!("it still waits");
        }
        thread::sleep(Duration::from_millis(100));
    }
    let answer = fs::read(folder.path().join("answer.json")).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let embedded = |ending: &str| {
        let mut rows = answer["images"].as_array().unwrap().iter();
        rows.any(|row| {
            let file = row["file"].as_str().unwrap();
            file.ends_with(ending) && row["embedding"].is_array()
        })
    };
    assert!([".heic", ".avif", ".jxl", ".tif"].into_iter().all(embedded));
}
