//! `glimpse evaluate` on small sets, against the same measures of `glimpse embed`'s answers.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use glimpse_model::score::cosine;
use serde_json::{Value, json};
use std::{fs, path::Path};
use support::{IMAGES, floats, glimpse, image, import, text};

const LABELS: [&str; 5] = ["red ball", "tabby cat", "red ball", "tree", "tabby cat"];

/// A tar file of the pictures, each with a JSON of `facts` beside it.
fn tar_file(path: &Path, facts: impl Fn(usize) -> Value) {
    let mut tar = tar::Builder::new(fs::File::create(path).unwrap());
    for (place, name) in IMAGES.iter().enumerate() {
        let (_, extension) = name.rsplit_once('.').unwrap();
        let json = serde_json::to_vec(&facts(place)).unwrap();
        for (extension, bytes) in [(extension, fs::read(image(name)).unwrap()), ("json", json)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            let name = format!("shard/{place:03}.{extension}");
            tar.append_data(&mut header, name, bytes.as_slice())
                .unwrap();
        }
    }
    tar.finish().unwrap();
}

/// Embeddings of the pictures and of `texts`.
fn embed(pack: &Path, folder: &Path, texts: &[String]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let file = folder.join("texts.json");
    fs::write(&file, serde_json::to_vec(texts).unwrap()).unwrap();
    let images = IMAGES.map(image);
    let mut arguments = vec![
        "embed",
        "--json",
        "--pack",
        text(pack),
        "--texts-file",
        text(&file),
    ];
    arguments.extend(images.iter().map(|image| text(image)));
    let answer = glimpse(arguments).json();
    let rows = |key: &str| {
        let rows = answer[key].as_array().unwrap().iter();
        rows.map(|row| floats(&row["embedding"])).collect()
    };
    (rows("images"), rows("texts"))
}

#[test]
fn zero_shot_in_folders_and_archives() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let classes = folder.path().join("classes");
    for (name, label) in IMAGES.iter().zip(LABELS) {
        let class = classes.join(label.replace(' ', "_"));
        fs::create_dir_all(&class).unwrap();
        fs::copy(image(name), class.join(name)).unwrap();
    }
    let archive = folder.path().join("set.tar");
    tar_file(&archive, |place| json!({"label": LABELS[place]}));

    let labels = ["red ball", "tabby cat", "tree"];
    for templates in [vec!["a photo of a {}"], vec!["{}", "a drawing of a {}"]] {
        let sentences: Vec<String> = labels
            .iter()
            .flat_map(|label| {
                templates
                    .iter()
                    .map(|template| template.replace("{}", label))
            })
            .collect();
        let (images, texts) = embed(&pack, folder.path(), &sentences);
        let texts: Vec<Vec<f32>> = texts
            .chunks(templates.len())
            .map(|rows| {
                (0..rows[0].len())
                    .map(|i| rows.iter().map(|row| row[i]).sum())
                    .collect()
            })
            .collect();
        let mut right = [0.0; 3];
        for (image, label) in images.iter().zip(LABELS) {
            let cosines: Vec<f32> = texts.iter().map(|text| cosine(image, text)).collect();
            let best = (0..3)
                .max_by(|&a, &b| cosines[a].total_cmp(&cosines[b]))
                .unwrap();
            let own = labels.iter().position(|other| *other == label).unwrap();
            right[own] += f64::from(u8::from(best == own));
        }
        let mean_per_class = (right[0] / 2.0 + right[1] / 2.0 + right[2]) / 3.0;
        for data in [&classes, &archive] {
            let mut arguments = vec!["evaluate", "zero-shot", text(data), "--json"];
            arguments.extend(["--pack", text(&pack)]);
            for template in &templates {
                arguments.extend(["--template", template]);
            }
            let found = glimpse(arguments).json();
            assert_eq!(found["top1"], right.iter().sum::<f64>() / 5.0);
            assert_eq!((&found["top5"], &found["n"]), (&json!(1.0), &json!(5)));
            let mean = found["mean_per_class"].as_f64().unwrap();
            assert!((mean - mean_per_class).abs() < 1e-9);
            for figure in [
                "top1",
                "top5",
                "mean_per_class",
                "expected_calibration_error",
            ] {
                holds(&found["confidence"][figure], &found[figure]);
            }
            let counts = found["reliability"].as_array().unwrap().iter();
            let counts: u64 = counts.map(|bin| bin["count"].as_u64().unwrap()).sum();
            assert_eq!(counts, 5);
        }
    }
    let told = glimpse([
        "evaluate",
        "zero-shot",
        text(&classes),
        "--pack",
        text(&pack),
    ]);
    for words in ["5 pictures of 3 labels", "95 %", "calibration error"] {
        assert!(told.out.contains(words), "{}", told.out);
    }

    // Beside a WordNet synset, the first of its names is the label.
    let labelled = [&archive, &classes].map(|data| zero_shot(&pack, data));
    let named = folder.path().join("named.tar");
    tar_file(
        &named,
        |place| json!({"synset": format!("n{place:08}"), "names": [LABELS[place], "thing"]}),
    );
    assert_eq!(zero_shot(&pack, &named), labelled[0]);
    assert_eq!(labelled[0]["n"], labelled[1]["n"]);
}

/// A calibration so cold that all three labels seem equally likely is off by what top-1 is from one
/// third; one at the trained temperature is as far off as the model's own probabilities.
#[test]
fn calibrated_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let archive = folder.path().join("set.tar");
    tar_file(&archive, |place| json!({"label": LABELS[place]}));
    let file = pack.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let own = zero_shot(&pack, &archive);
    assert_eq!(own["calibrated"], Value::Null);
    let trained = manifest["scoring"]["logit_scale"].as_f64().unwrap().exp();
    let third = (own["top1"].as_f64().unwrap() - 1.0 / 3.0).abs();
    let expected = [
        (trained, own["expected_calibration_error"].as_f64().unwrap()),
        (1e-6, third),
    ];
    for (inverse_temperature, error) in expected {
        manifest["calibration"] = json!({
            "together": {"inverse_temperature": inverse_temperature, "none_cosine": 0.5},
            "alone": {"slope": 1.0, "midpoint": 0.0},
        });
        fs::write(&file, manifest.to_string()).unwrap();
        let found = zero_shot(&pack, &archive);
        let calibrated = &found["calibrated"];
        let figure = &calibrated["expected_calibration_error"];
        assert!((figure.as_f64().unwrap() - error).abs() < 1e-4, "{found}");
        holds(&calibrated["confidence"], figure);
        assert_eq!(found["top1"], own["top1"]);
        for measure in ["log_loss", "brier"] {
            assert!(calibrated[measure].as_f64().unwrap() > 0.0, "{found}");
            assert_eq!(found[measure], own[measure]);
        }
    }
}

/// What "none of these" takes is counted, and counts as wrong.
#[test]
fn none_of_these_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let archive = folder.path().join("set.tar");
    tar_file(&archive, |place| json!({"label": LABELS[place]}));
    let file = pack.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let trained = manifest["scoring"]["logit_scale"].as_f64().unwrap().exp();
    // Never, and always.
    for (none_cosine, taken) in [(-9.0, 0.0), (9.0, 1.0)] {
        manifest["calibration"] = json!({
            "together": {"inverse_temperature": trained, "none_cosine": none_cosine},
            "alone": {"slope": 1.0, "midpoint": 0.0},
        });
        fs::write(&file, manifest.to_string()).unwrap();
        let found = zero_shot(&pack, &archive);
        let with_none = &found["calibrated"]["with_none"];
        let top1 = found["top1"].as_f64().unwrap() * (1.0 - taken);
        assert_eq!(with_none["none_first"], taken);
        assert_eq!(with_none["top1"], top1);
        for figure in ["top1", "none_first", "expected_calibration_error"] {
            holds(&with_none["confidence"][figure], &with_none[figure]);
        }
        let same = |key: &str| {
            let [own, calibrated] = [&found[key], &with_none[key]].map(|v| v.as_f64().unwrap());
            (own - calibrated).abs() < 1e-3
        };
        for key in ["log_loss", "brier", "expected_calibration_error"] {
            assert_eq!(same(key), taken == 0.0, "{key}: {found}");
        }
    }
    let told = glimpse([
        "evaluate",
        "zero-shot",
        text(&archive),
        "--pack",
        text(&pack),
    ]);
    for words in [
        "log loss",
        "Brier",
        "\"none of these\" is first            100.0 %",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
}

/// What is answered with the default template.
fn zero_shot(pack: &Path, data: &Path) -> Value {
    let arguments = [
        "evaluate",
        "zero-shot",
        text(data),
        "--json",
        "--pack",
        text(pack),
    ];
    glimpse(arguments).json()
}

/// An interval holds its figure.
fn holds(interval: &Value, figure: &Value) {
    let [low, high] = [0, 1].map(|end| interval[end].as_f64().unwrap());
    let figure = figure.as_f64().unwrap();
    assert!(
        0.0 <= low && low <= figure && figure <= high && high <= 1.0,
        "{interval} {figure}"
    );
}

#[test]
fn retrieval_from_every_kind_of_set() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "f32", folder.path());
    let captions = |place: usize| {
        let count = 1 + place % 2;
        (0..count).map(move |number| format!("caption {number} of {}", LABELS[place]))
    };
    let archive = folder.path().join("set.tar");
    tar_file(
        &archive,
        |place| json!({"captions": captions(place).collect::<Vec<_>>()}),
    );
    let [beside, tsv, listed] = ["beside", "tsv", "listed"].map(|name| folder.path().join(name));
    let mut table = String::new();
    let mut list = serde_json::Map::new();
    for (place, name) in IMAGES.iter().enumerate() {
        let captions: Vec<String> = captions(place).collect();
        for set in [&beside, &tsv, &listed] {
            fs::create_dir_all(set).unwrap();
            fs::copy(image(name), set.join(name)).unwrap();
        }
        let file = beside.join(name).with_extension("txt");
        fs::write(file, captions.join("\n")).unwrap();
        for caption in &captions {
            table.push_str(&format!("{name}\t{caption}\n"));
        }
        list.insert((*name).to_owned(), json!(captions));
    }
    fs::write(tsv.join("captions.tsv"), table).unwrap();
    fs::write(
        listed.join("captions.json"),
        Value::Object(list).to_string(),
    )
    .unwrap();

    let (owners, sentences): (Vec<usize>, Vec<String>) = (0..5)
        .flat_map(|place| captions(place).map(move |caption| (place, caption)))
        .unzip();
    let (images, texts) = embed(&pack, folder.path(), &sentences);
    let found = texts.iter().zip(&owners).filter(|(text, owner)| {
        let own = cosine(text, &images[**owner]);
        images.iter().all(|image| cosine(text, image) <= own)
    });
    let first = found.count() as f64 / texts.len() as f64;
    for data in [&archive, &beside, &tsv, &listed] {
        let arguments = [
            "evaluate",
            "retrieval",
            text(data),
            "--pack",
            text(&pack),
            "--json",
        ];
        let found = glimpse(arguments).json();
        assert_eq!(found["text_to_image"]["1"], first, "{}", data.display());
        assert_eq!(found["text_to_image"]["5"], 1.0);
        for way in ["text_to_image", "image_to_text"] {
            for k in ["1", "5", "10"] {
                holds(&found["confidence"][way][k], &found[way][k]);
            }
        }
        assert_eq!(
            (&found["n_images"], &found["n_texts"]),
            (&json!(5), &json!(7))
        );
    }
}

#[test]
fn sets_that_lack_something() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    let pack = ["--pack", text(&pack), "--json"];
    let archive = folder.path().join("set.tar");
    let run = |kind: &'static str, data: &Path| {
        glimpse(["evaluate", kind, text(data)].iter().chain(&pack))
    };
    tar_file(&archive, |place| match place {
        0 => json!({"label": {"cat": 1}}),
        place => json!({"label": LABELS[place], "captions": [LABELS[place]]}),
    });
    for (kind, word) in [("zero-shot", "\"label\""), ("retrieval", "no caption")] {
        let some = run(kind, &archive);
        assert_eq!(some.code, 3);
        assert!(
            some.err.contains("000.png") && some.err.contains(word),
            "{}",
            some.err
        );
        let found: Value = serde_json::from_str(&some.out).unwrap();
        assert!(found["n"] == 4 || found["n_images"] == 4, "{found}");
    }
    tar_file(&archive, |_| json!({}));
    run("zero-shot", &archive).assert_fails(1, &["\"label\" or \"names\"", "000.png"]);
    run("retrieval", &archive).assert_fails(1, &["captions"]);
    fs::write(&archive, "no tar at all").unwrap();
    run("zero-shot", &archive).assert_fails(1, &["tar"]);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    run("zero-shot", &empty).assert_fails(1, &["holds no picture"]);
    fs::copy(image(IMAGES[0]), empty.join("a.png")).unwrap();
    run("zero-shot", &empty).assert_fails(1, &["folder of its own"]);
    run("retrieval", &empty).assert_fails(1, &["captions.json"]);
    run("retrieval", &empty.join("none")).assert_fails(1, &["can't be read"]);
}
