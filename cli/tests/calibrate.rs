//! `glimpse calibrate` on small sets, and what the other commands make of it.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use glimpse_model::score::{Calibration, cosine};
use serde_json::Value;
use std::{fs, path::Path};
use support::{IMAGES, floats, glimpse, image, import, text};

const LABELS: [&str; 4] = ["red ball", "tabby cat", "tree", "stone"];

/// A folder for each label. Each label's pictures are those that a pack of random weights finds
/// nearest to it, but for the last `wrong` ones, so that there is something to learn and it isn't all.
fn class_folders(pack: &Path, folder: &Path, wrong: usize) {
    let images = IMAGES.map(image);
    let mut arguments = vec!["classify", "--json", "--pack", text(pack), "--labels"];
    let labels = LABELS.join(",");
    arguments.push(&labels);
    arguments.extend(images.iter().map(|image| text(image)));
    let rows = glimpse(arguments).json();
    for (place, (name, row)) in IMAGES.iter().zip(rows.as_array().unwrap()).enumerate() {
        let labels = row["labels"].as_array().unwrap();
        let label = &labels[usize::from(place + wrong >= IMAGES.len())]["label"];
        let class = folder.join(label.as_str().unwrap().replace(' ', "_"));
        fs::create_dir_all(&class).unwrap();
        for copy in 0..4 {
            fs::copy(image(name), class.join(format!("{copy}-{name}"))).unwrap();
        }
    }
    // Every label is there, be it with a picture of another.
    for label in LABELS {
        let class = folder.join(label.replace(' ', "_"));
        fs::create_dir_all(&class).unwrap();
        fs::copy(image(IMAGES[2]), class.join("any.png")).unwrap();
    }
}

/// The calibration in an answer or a manifest.
fn read(json: &Value) -> Calibration {
    serde_json::from_value(json["calibration"].clone()).unwrap()
}

fn calibrate(pack: &Path, data: &Path, more: &[&str]) -> support::Answer {
    let mut arguments = vec!["calibrate", text(pack), text(data), "--labels", "2"];
    arguments.extend(more);
    glimpse(arguments)
}

#[test]
fn a_calibration_is_fitted_written_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_quick_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    class_folders(&pack, &data, 1);
    let file = folder.path().join("calibration.json");
    let before = fs::read(pack.join("manifest.json")).unwrap();

    // So few pictures can't be told from chance, and some held out are worse than without.
    let output = ["--json", "--force", "--output", text(&file)];
    let answer = calibrate(&pack, &data, &output).json();
    let calibration: Calibration = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(read(&answer), calibration);
    assert!(calibration.together.inverse_temperature > 0.0);
    assert_eq!(answer["measured"][0]["name"], "classes, labels");
    let [one, none] = [0, 1].map(|place| answer["measured"][0]["n"][place].as_u64().unwrap());
    assert_eq!(one, none);
    assert_eq!(one, 24);
    // Fitted to them, it errs less than the trained temperature does.
    let error = |key: &str| answer["measured"][0][key].as_f64().unwrap();
    assert!(error("error_after") < error("error_before"), "{answer}");
    assert_eq!(fs::read(pack.join("manifest.json")).unwrap(), before);

    // Again the same, and this time into the pack.
    let table = calibrate(&pack, &data, &["--write", "--force"]);
    assert_eq!(table.code, 0, "{}", table.err);
    assert!(
        table.out.contains("none fits: \"none\" is first"),
        "{}",
        table.out
    );
    let manifest: Value =
        serde_json::from_slice(&fs::read(pack.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(read(&manifest), calibration);
    let info = glimpse(["info", text(&pack)]);
    assert!(info.out.contains("calibration"), "{}{}", info.out, info.err);

    uses_it(&pack, &calibration);
}

/// `classify` says the same as the calibration does of the embeddings.
fn uses_it(pack: &Path, calibration: &Calibration) {
    let picture = image(IMAGES[1]);
    let labels = LABELS.join(",");
    let common = ["--pack", text(pack), text(&picture)];
    let mut arguments = vec!["classify", "--labels", &labels, "--template", "{}"];
    arguments.extend(common);
    let table = glimpse(&arguments);
    assert!(table.out.contains("(none of these)"), "{}", table.out);
    arguments.push("--json");
    let classified = glimpse(&arguments).json();
    let mut arguments = vec!["embed", "--json", "--texts", &labels];
    arguments.extend(common);
    let embeds = glimpse(&arguments).json();
    let embed = floats(&embeds["images"][0]["embedding"]);
    let texts = embeds["texts"].as_array().unwrap();
    let cosines: Vec<f32> = texts
        .iter()
        .map(|text| cosine(&embed, &floats(&text["embedding"])))
        .collect();
    let judged = calibration.judge(&cosines);
    let close = |value: &Value, expected: f32| {
        let value = value.as_f64().unwrap();
        assert!(
            (value - f64::from(expected)).abs() < 1e-4,
            "{value} {expected}"
        );
    };
    close(&classified[0]["none"], judged.none);
    for row in classified[0]["labels"].as_array().unwrap() {
        let place = LABELS
            .iter()
            .position(|label| row["label"] == *label)
            .unwrap();
        close(&row["share"], judged.labels[place].share);
        close(&row["alone"], judged.labels[place].alone);
    }
}

/// Where a label fits each picture, random weights' own probabilities are nearer to what comes true
/// than with a "none" that takes every second picture.
#[test]
fn a_calibration_that_is_worse_than_none_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_quick_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    class_folders(&pack, &data, 1);
    let turned = folder.path().join("turned");
    for (place, label) in LABELS.iter().enumerate() {
        let from = data.join(label.replace(' ', "_"));
        let to = turned.join(LABELS[(place + 1) % LABELS.len()].replace(' ', "_"));
        fs::create_dir_all(&to).unwrap();
        for entry in from.read_dir().unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let file = folder.path().join("calibration.json");
    let before = fs::read(pack.join("manifest.json")).unwrap();
    let measure = ["--measure", text(&turned)];
    let write = ["--write", "--output", text(&file), "--json"];
    let arguments = [&measure[..], &write].concat();
    let refused = calibrate(&pack, &data, &arguments);
    assert_eq!(refused.code, 1, "{}", refused.err);
    for words in ["worse than none (classes, labels", "--force"] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert!(!file.exists());
    assert_eq!(fs::read(pack.join("manifest.json")).unwrap(), before);
    // What was found is told all the same.
    let told: Value = serde_json::from_str(&refused.out).unwrap();
    let held_out = read(&told).held_out;
    assert_eq!(held_out[0].data, "classes, labels");
    assert_eq!(held_out[1].data, "turned, labels");
    assert!(held_out[0].is_worse_than_none());

    let forced = calibrate(&pack, &data, &[&arguments[..], &["--force"]].concat());
    assert_eq!(forced.code, 0, "{}", forced.err);
    let written: Calibration = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written.held_out, held_out);
    let manifest = fs::read(pack.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(read(&manifest), written);
    // Without writing, nothing is refused.
    assert_eq!(calibrate(&pack, &data, &measure).code, 0);
}

/// The model is sure of everything, and often wrong.
#[test]
fn a_calibration_that_is_better_than_none_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_quick_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    class_folders(&pack, &data, 3);
    let file = pack.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    manifest["scoring"]["logit_scale"] = 9.0.into();
    fs::write(&file, manifest.to_string()).unwrap();
    let written = calibrate(&pack, &data, &["--write", "--none-share", "0.2"]);
    assert_eq!(written.code, 0, "{}{}", written.out, written.err);
    assert!(written.out.contains("not fitted to"), "{}", written.out);
    let manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let held_out = read(&manifest).held_out;
    assert_eq!(held_out.len(), 1);
    let [own, calibrated] = held_out[0].one_fits;
    assert!(calibrated < own);
    let info = glimpse(["info", text(&pack)]);
    assert!(
        info.out.contains("classes, labels: without and with it"),
        "{}",
        info.out
    );
}

#[test]
fn none_comes_later_where_it_is_seldom_right() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_quick_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    class_folders(&pack, &data, 1);
    let none = |share: &str| {
        let answer = calibrate(&pack, &data, &["--json", "--none-share", share]).json();
        read(&answer).together.none_cosine
    };
    assert!(none("0.1") < none("0.5"));
    let wrong = calibrate(&pack, &data, &["--none-share", "1"]);
    wrong.assert_fails(2, &["--none-share"]);
}

#[test]
fn a_pack_without_calibration_says_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "f32", folder.path());
    let picture = image(IMAGES[0]);
    let arguments = [
        "classify",
        text(&picture),
        "--labels",
        "a,b",
        "--pack",
        text(&pack),
        "--json",
    ];
    let answer = glimpse(arguments).json();
    assert_eq!(answer[0].get("none"), None);
    assert_eq!(answer[0]["labels"][0].get("share"), None);
}

#[test]
fn what_can_not_be_calibrated_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    class_folders(&pack, &data, 1);
    let few = glimpse(["calibrate", text(&pack), text(&data), "--labels", "9"]);
    few.assert_fails(1, &["9 labels to choose from"]);
    let one = glimpse(["calibrate", text(&pack), text(&data), "--labels", "1"]);
    one.assert_fails(2, &["--labels takes 2 or more"]);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let nothing = glimpse(["calibrate", text(&pack), text(&empty)]);
    nothing.assert_fails(1, &["holds no picture"]);
    let zip = folder.path().join("pack.zip");
    fs::write(&zip, "PK").unwrap();
    let zipped = glimpse(["calibrate", text(&zip), text(&data), "--write"]);
    zipped.assert_fails(1, &["single file", "--output"]);
}
