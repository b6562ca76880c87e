//! Data sets in every layout that is read: the same pictures are found with the same words, and what
//! can't be read is named. For CLIP_benchmark's layout, the figures are its own
//! (`fixtures/generate.py`).
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, Int64Type},
    file::{metadata::KeyValue, properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use support::{Answer, IMAGES, glimpse, image, import, text};

const LABELS: [&str; 5] = ["red ball", "tabby cat", "red ball", "tree", "tabby cat"];

fn captions(place: usize) -> Vec<String> {
    ["a photo of", "an old"][..1 + place % 2]
        .iter()
        .map(|start| {
            format!(
                "{start} {}, {}",
                LABELS[place],
                IMAGES[place].split('_').next().unwrap()
            )
        })
        .collect()
}

/// Words of which the small tokenizers know each letter.
fn pack(folder: &Path) -> PathBuf {
    import("siglip", "f32", folder)
}

/// A folder with the pictures in `below`.
fn pictures(folder: &Path, below: &str) -> PathBuf {
    fs::create_dir_all(folder.join(below)).unwrap();
    for name in IMAGES {
        fs::copy(image(name), folder.join(below).join(name)).unwrap();
    }
    folder.to_owned()
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn evaluate(kind: &str, data: &Path, pack: &Path, more: &[&str]) -> Answer {
    let arguments = ["evaluate", kind, text(data), "--json", "--pack", text(pack)];
    glimpse(arguments.iter().chain(more))
}

/// A tar file with these members.
fn tar_file(path: &Path, members: &[(&str, &[u8])]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut tar = tar::Builder::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.finish().unwrap();
}

/// A tar file in which each picture has `ending`, and beside it what `beside` says.
fn shard(
    path: &Path,
    places: &[usize],
    ending: &str,
    beside: impl Fn(usize) -> Vec<(String, String)>,
) {
    let mut members = Vec::new();
    for &place in places {
        let own = IMAGES[place].rsplit('.').next().unwrap();
        let name = format!("x.1/{place}.{}", ending.replace("EXT", own));
        members.push((name, fs::read(image(IMAGES[place])).unwrap()));
        for (ending, text) in beside(place) {
            members.push((format!("x.1/{place}.{ending}"), text.into_bytes()));
        }
    }
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    tar_file(path, &members);
}

fn said(place: usize) -> Value {
    json!({"captions": captions(place), "label": LABELS[place]})
}

#[test]
fn figures_are_those_of_clip_benchmark() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "f32", folder.path());
    let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip_benchmark");
    let expected: Value =
        serde_json::from_slice(&fs::read(sets.join("expected.json")).unwrap()).unwrap();
    let close = |found: &Value, expected: &Value| {
        let [found, expected] = [found, expected].map(|value| value.as_f64().unwrap());
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    };
    let found = evaluate("zero-shot", &sets.join("classes"), &pack, &[]).json();
    for (ours, theirs) in [
        ("top1", "acc1"),
        ("top5", "acc5"),
        ("mean_per_class", "mean_per_class_recall"),
    ] {
        close(&found[ours], &expected["classes"][theirs]);
    }
    assert_eq!(found["n"], 18);
    let found = evaluate("zero-shot", &sets.join("multilabel"), &pack, &[]).json();
    let key = "mean_average_precision";
    close(&found[key], &expected["multilabel"][key]);
    let interval = &found["confidence"][key];
    assert!(
        interval[0].as_f64() <= found[key].as_f64() && found[key].as_f64() <= interval[1].as_f64()
    );
    // The split's own folder is the same data set.
    let found = evaluate("retrieval", &sets.join("retrieval/test"), &pack, &[]).json();
    for (ours, theirs) in [
        ("text_to_image", "image_retrieval"),
        ("image_to_text", "text_retrieval"),
    ] {
        for k in ["1", "5", "10"] {
            close(
                &found[ours][k],
                &expected["retrieval"][format!("{theirs}_recall@{k}")],
            );
        }
    }
    let wrong = evaluate("zero-shot", &sets.join("retrieval"), &pack, &[]);
    wrong.assert_fails(1, &["no picture", "evaluate retrieval"]);
}

#[test]
fn damaged_clip_benchmark_folders() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let set = folder.path().join("set");
    let beside = |place: usize| vec![("cls".to_owned(), (place % 3).to_string())];
    shard(&set.join("test/0.tar"), &[0, 1, 2, 3], "EXT", beside);
    write(&set.join("test/nshards.txt"), "2\n");
    write(&set.join("classnames.txt"), "cat\r\ndog, big\r\n");
    let answer = evaluate("zero-shot", &set, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(
        answer.err.contains("1.tar: it can't be read"),
        "{}",
        answer.err
    );
    assert!(
        answer.err.contains("x.1/2.png: its class is 2"),
        "{}",
        answer.err
    );
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(found["n"], 3);
    let named = ["--labels", "cat, \"dog, big\"", "--labels", "tree"];
    let answer = evaluate("zero-shot", &set, &pack, &named);
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(found["n"], 4, "{}", answer.err);
    write(&set.join("test/nshards.txt"), "99999999999");
    evaluate("zero-shot", &set, &pack, &[]).assert_fails(1, &["nshards.txt", "at most 100000"]);
    write(&set.join("test/nshards.txt"), "many");
    evaluate("zero-shot", &set, &pack, &[]).assert_fails(1, &["nshards.txt holds no number"]);
}

#[test]
fn shards_by_the_rules_of_webdataset() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let all = [0, 1, 2, 3, 4];
    let json = |place: usize| vec![("json".to_owned(), said(place).to_string())];
    shard(&root.join("plain.tar"), &all, "EXT", json);
    let expected = ["zero-shot", "retrieval"]
        .map(|kind| evaluate(kind, &root.join("plain.tar"), &pack, &[]).json());
    let upper = |place: usize| vec![("JSON".to_owned(), said(place).to_string())];
    shard(&root.join("upper.tar"), &all, "EXT", upper);
    shard(&root.join("dots.tar"), &all, "v1.EXT", json);
    shard(&root.join("text.tar"), &all, "EXT", |place| {
        vec![
            ("cls".to_owned(), LABELS[place].to_owned()),
            ("txt".to_owned(), captions(place).join("\r\n") + "\n"),
        ]
    });
    shard(&root.join("two/00000.tar"), &all[..2], "EXT", json);
    shard(&root.join("two/00001.tar"), &all[2..], "EXT", json);
    // What img2dataset writes beside.
    write(&root.join("two/00000_stats.json"), "{\"count\": 2}");
    let named = [
        "upper.tar",
        "dots.tar",
        "text.tar",
        "two",
        "two/*.tar",
        "two/{00000..00001}.tar",
    ];
    for data in named {
        for (kind, expected) in ["zero-shot", "retrieval"].iter().zip(&expected) {
            let answer = evaluate(kind, &root.join(data), &pack, &[]);
            assert_eq!(&answer.json(), expected, "{data}");
            assert_eq!(answer.err, "", "{data}");
        }
    }
    let both = [
        text(&root.join("two/00000.tar")).to_owned(),
        text(&root.join("two/00001.tar")).to_owned(),
    ];
    let arguments = [
        "evaluate",
        "retrieval",
        &both[0],
        &both[1],
        "--json",
        "--pack",
        text(&pack),
    ];
    assert_eq!(glimpse(arguments).json(), expected[1]);
    let missing = evaluate(
        "retrieval",
        &root.join("two/{00000..00003}.tar"),
        &pack,
        &[],
    );
    assert_eq!(missing.code, 3);
    assert!(
        missing.err.contains("00003.tar: it can't be read"),
        "{}",
        missing.err
    );
    evaluate("retrieval", &root.join("two/*.zip"), &pack, &[]).assert_fails(1, &["fits no file"]);
    let many = root.join("two/{0..99999999}.tar");
    evaluate("retrieval", &many, &pack, &[]).assert_fails(1, &["number of shards"]);
}

#[test]
fn odd_shards() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let png = fs::read(image(IMAGES[0])).unwrap();
    let data = root.join("odd.tar");
    tar_file(
        &data,
        &[
            ("a.seg.png", b"no picture"),
            ("a.png", &png),
            ("a.json", br#"{"captions": ["a cat"]}"#),
            ("__meta__/b.json", br#"{"captions": ["none"]}"#),
            ("b.json", br#"{"captions": ["a cat"]}"#),
            // The key again, behind another.
            ("c.png", &png),
            ("c.txt", b"a dog"),
            ("a.png", &png),
            ("a.json", br#"{"captions": ["a dog"]}"#),
        ],
    );
    let answer = evaluate("retrieval", &data, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
    assert!(
        answer.err.contains("b.json: there is no picture"),
        "{}",
        answer.err
    );
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(found["n_images"], 3);
    write(&root.join("a.tar.gz"), b"\x1f\x8b\x08\0\0\0\0\0");
    evaluate("retrieval", &root.join("a.tar.gz"), &pack, &[]).assert_fails(1, &["gunzip"]);
    // A JSON of a terabyte is not waited for.
    let mut header = tar::Header::new_gnu();
    header.set_path("a.json").unwrap();
    header.set_size(1 << 40);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    write(
        &root.join("huge.tar"),
        [header.as_bytes(), &[0; 1024][..]].concat(),
    );
    let answer = evaluate("retrieval", &root.join("huge.tar"), &pack, &[]);
    assert_eq!(answer.code, 1);
}

/// Every layout in which the pictures have their captions.
#[test]
fn captions_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let all = [0, 1, 2, 3, 4];
    let json = |place: usize| vec![("json".to_owned(), said(place).to_string())];
    shard(&root.join("plain.tar"), &all, "EXT", json);
    let expected = evaluate("retrieval", &root.join("plain.tar"), &pack, &[]).json();

    let each = |line: &dyn Fn(usize, usize, &str) -> String| -> String {
        let lines = all.iter().flat_map(|&place| {
            let captions = captions(place).into_iter().enumerate();
            captions.map(move |(number, caption)| (place, number, caption))
        });
        lines
            .map(|(place, number, caption)| line(place, number, &caption))
            .collect()
    };
    let set = |name: &str, below: &str, list: &str, text: String| -> PathBuf {
        let set = pictures(&root.join(name), below);
        write(&set.join(list), text);
        set
    };
    let rows = |key: &str, file: &dyn Fn(usize) -> String| -> String {
        let rows = all
            .iter()
            .map(|&place| json!({key: file(place), "caption": captions(place)}).to_string() + "\n");
        rows.collect()
    };
    let name = |place: usize| IMAGES[place].to_owned();
    let images: Vec<Value> = all
        .iter()
        .map(|&place| json!({"id": 100 + place, "file_name": name(place)}))
        .collect();
    let annotations: Vec<Value> = all
        .iter()
        .flat_map(|&place| {
            captions(place)
                .into_iter()
                .map(move |caption| json!({"image_id": 100 + place, "caption": caption}))
        })
        .collect();
    let coco = json!({"info": {}, "images": images, "annotations": annotations}).to_string();
    let karpathy: Vec<Value> = all
        .iter()
        .map(|&place| {
            let sentences: Vec<Value> = captions(place).iter().map(|raw| json!({"raw": raw, "tokens": ["a"]})).collect();
            json!({"filepath": "val2014", "filename": name(place), "sentences": sentences, "split": "test"})
        })
        .collect();
    let token = each(&|place, number, caption| format!("{}#{number}\t{caption}\n", IMAGES[place]));
    let lemma = token.replace("a photo", "photo");
    let flickr8k = set(
        "flickr8k",
        "Flicker8k_Dataset",
        "Flickr8k_text/Flickr8k.token.txt",
        token,
    );
    write(
        &flickr8k.join("Flickr8k_text/Flickr8k.lemma.token.txt"),
        lemma,
    );
    write(
        &flickr8k.join("Flickr8k_text/Flickr_8k.testImages.txt"),
        IMAGES.join("\n"),
    );
    let quoted = each(&|place, _, caption| match place {
        // As in Kaggle's copy, commas stand in quotes here and without any there.
        0 => format!("{},{caption}\n", IMAGES[place]),
        _ => format!("{},\"{caption}\"\n", IMAGES[place]),
    });
    let raw: String = all
        .iter()
        .map(|&place| {
            let list = json!(captions(place)).to_string().replace('"', "\"\"");
            format!("\"{list}\",\"[1, 2]\",test,{},{place}\n", IMAGES[place])
        })
        .collect();
    let beside = pictures(&root.join("beside"), "00000");
    for &place in &all {
        let file = beside
            .join("00000")
            .join(IMAGES[place])
            .with_extension("TXT");
        write(&file, captions(place).join("\n"));
    }
    let sets = [
        set(
            "jsonl",
            "train",
            "metadata.jsonl",
            rows("file_name", &|place| format!("train/{}", IMAGES[place])),
        ),
        set(
            "inner",
            "test",
            "test/metadata.jsonl",
            rows("file_name", &name),
        ),
        set(
            "coco",
            "val2017",
            "annotations/captions_val2017.json",
            coco.clone(),
        ),
        set("flat", "", "captions.json", coco.clone()),
        set(
            "karpathy",
            "images/val2014",
            "dataset_coco.json",
            json!({"images": karpathy}).to_string(),
        ),
        flickr8k,
        set(
            "kaggle",
            "Images",
            "captions.txt",
            format!("image,caption\n{quoted}"),
        ),
        set(
            "flickr30k",
            "flickr30k_images/flickr30k_images",
            "flickr30k_images/results.csv",
            format!(
                "image_name| comment_number| comment\n{}",
                each(&|place, number, caption| format!("{}| {number}| {caption}\n", IMAGES[place]))
            ),
        ),
        set(
            "hub",
            "flickr30k-images",
            "flickr_annotations_30k.csv",
            format!("raw,sentids,split,filename,img_id\n{raw}"),
        ),
        set("lines", "a", "captions.jsonl", rows("image", &name)),
        beside,
        root.join("coco/annotations/captions_val2017.json"),
        root.join("kaggle/captions.txt"),
        root.join("jsonl/metadata.jsonl"),
    ];
    for set in sets {
        let answer = evaluate("retrieval", &set, &pack, &[]);
        assert_eq!(answer.err, "", "{}", set.display());
        assert_eq!(answer.json(), expected, "{}", set.display());
    }
    // One caption a row, as a CSV of metadata has it.
    let first = each(&|place, number, caption| match number {
        0 => format!("{},\"{caption}\"\n", IMAGES[place]),
        _ => String::new(),
    });
    let csv = set(
        "csv",
        "",
        "metadata.csv",
        format!("file_name,text\n{first}"),
    );
    let found = evaluate("retrieval", &csv, &pack, &[]).json();
    assert_eq!(
        (&found["n_images"], &found["n_texts"]),
        (&json!(5), &json!(5))
    );
}

/// A Parquet file as Hugging Face's `datasets` writes it, in two row groups; the last row's picture is
/// a file beside it.
fn parquet_file(path: &Path, compression: Compression) {
    let schema = "message schema {
        optional group image { optional binary bytes; optional binary path (UTF8); }
        optional int64 label;
        optional group caption (LIST) { repeated group list { optional binary element (UTF8); } }
    }";
    let names = json!({"info": {"features": {"label": {"names": ["tree", "red ball", "tabby cat", "boat"], "_type": "ClassLabel"}}}});
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "huggingface".to_owned(),
            names.to_string(),
        )]))
        .build();
    let file = fs::File::create(path).unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for places in [&[0, 1, 2][..], &[3, 4]] {
        let mut group = writer.next_row_group().unwrap();
        let strings = |values: Vec<ByteArray>,
                       levels: &[i16],
                       repeats: Option<&[i16]>,
                       group: &mut parquet::file::writer::SerializedRowGroupWriter<
            '_,
            fs::File,
        >| {
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, Some(levels), repeats)
                .unwrap();
            column.close().unwrap();
        };
        let bytes = places.iter().filter(|&&place| place != 4);
        let bytes = bytes
            .map(|&place| fs::read(image(IMAGES[place])).unwrap().into())
            .collect();
        let levels: Vec<i16> = places
            .iter()
            .map(|&place| if place == 4 { 1 } else { 2 })
            .collect();
        strings(bytes, &levels, None, &mut group);
        let paths = places.iter().map(|&place| IMAGES[place].into()).collect();
        strings(paths, &vec![2; places.len()], None, &mut group);
        let mut column = group.next_column().unwrap().unwrap();
        let labels: Vec<i64> = places
            .iter()
            .map(|&place| match LABELS[place] {
                "tree" => 0,
                "red ball" => 1,
                _ => 2,
            })
            .collect();
        column
            .typed::<Int64Type>()
            .write_batch(&labels, Some(&vec![1; places.len()]), None)
            .unwrap();
        column.close().unwrap();
        let all: Vec<String> = places.iter().flat_map(|&place| captions(place)).collect();
        let repeats: Vec<i16> = places
            .iter()
            .flat_map(|&place| (0..captions(place).len()).map(|number| i16::from(number > 0)))
            .collect();
        let values = all.iter().map(|caption| caption.as_str().into()).collect();
        strings(values, &vec![3; all.len()], Some(&repeats), &mut group);
        group.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn pictures_in_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let json = |place: usize| vec![("json".to_owned(), said(place).to_string())];
    shard(&root.join("plain.tar"), &[0, 1, 2, 3, 4], "EXT", json);
    let expected = evaluate("retrieval", &root.join("plain.tar"), &pack, &[]).json();
    for (place, compression) in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(Default::default()),
    ]
    .into_iter()
    .enumerate()
    {
        let data = root.join(format!("set{place}/data"));
        fs::create_dir_all(&data).unwrap();
        fs::copy(image(IMAGES[4]), data.join(IMAGES[4])).unwrap();
        parquet_file(&data.join("test-00000-of-00001.parquet"), compression);
        let answer = evaluate("retrieval", &data, &pack, &[]);
        assert_eq!(answer.json(), expected, "{compression:?} {}", answer.err);
    }
    let data = root.join("set1/data");
    let file = data.join("test-00000-of-00001.parquet");
    let found = evaluate("zero-shot", &data, &pack, &["--template", "{}"]);
    let told = glimpse(["evaluate", "zero-shot", text(&file), "--pack", text(&pack)]);
    assert_eq!(found.json()["n"], 5);
    assert!(told.out.contains("5 pictures of 4 labels"), "{}", told.out);
    // Of two splits, the test is measured, and it is said.
    fs::copy(&file, data.join("train-00000-of-00001.parquet")).unwrap();
    let answer = evaluate("retrieval", &root.join("set1"), &pack, &[]);
    assert_eq!(answer.json(), expected);
    assert!(answer.err.contains("test is read"), "{}", answer.err);
    let answer = evaluate("retrieval", &root.join("set1"), &pack, &["--split", "val"]);
    answer.assert_fails(1, &["no split \"val\"", "test, train"]);

    // The picture beside it is gone.
    fs::remove_file(data.join(IMAGES[4])).unwrap();
    let answer = evaluate("retrieval", &file, &pack, &[]);
    assert_eq!(answer.code, 3);
    assert!(
        answer.err.contains("row 5") && answer.err.contains("no such file"),
        "{}",
        answer.err
    );
    // Damaged, and cut short.
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    damaged[200..2000].fill(0xff);
    write(&file, &damaged);
    let answer = evaluate("retrieval", &file, &pack, &[]);
    assert!(matches!(answer.code, 1 | 3), "{}", answer.err);
    assert!(!answer.err.contains("panicked at cli"), "{}", answer.err);
    write(&file, &whole[..whole.len() / 2]);
    evaluate("retrieval", &file, &pack, &[]).assert_fails(1, &["can't be read as Parquet"]);
}

#[test]
fn labels_in_folders_of_splits() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let classes = root.join("classes");
    for split in ["train", "test"] {
        for (place, name) in IMAGES.iter().enumerate() {
            let class = classes.join(split).join(LABELS[place].replace(' ', "_"));
            fs::create_dir_all(&class).unwrap();
            fs::copy(image(name), class.join(name)).unwrap();
        }
    }
    let answer = evaluate("zero-shot", &classes, &pack, &[]);
    assert!(answer.err.contains("test is read"), "{}", answer.err);
    let test = answer.json();
    assert_eq!(test["n"], 5);
    assert_eq!(
        evaluate("zero-shot", &classes.join("train"), &pack, &[]).json(),
        test
    );
    assert_eq!(
        evaluate("zero-shot", &classes, &pack, &["--split", "train"]).json(),
        test
    );
    // A class may be called as a split is.
    fs::rename(classes.join("test/tree"), classes.join("test/train")).unwrap();
    assert_eq!(
        evaluate("zero-shot", &classes.join("test"), &pack, &[]).json()["n"],
        5
    );
    // Numbers in a table count in the list of names.
    let table = pictures(&root.join("table"), "");
    let rows: String = (0..5)
        .map(|place| format!("{},{}\n", IMAGES[place], place % 3))
        .collect();
    write(
        &table.join("metadata.csv"),
        format!("file_name,label\n{rows}"),
    );
    let named = evaluate("zero-shot", &table, &pack, &["--labels", "cat, dog, tree"]);
    assert_eq!(
        (named.json()["n"].as_u64(), named.err.as_str()),
        (Some(5), "")
    );
    // Classes of objects, several a picture.
    let coco = pictures(&root.join("coco"), "val2017");
    let images: Vec<Value> = IMAGES
        .iter()
        .map(|name| json!({"id": name, "file_name": name}))
        .collect();
    let annotations: Vec<Value> = (0..8)
        .map(|number| json!({"image_id": IMAGES[number % 4], "category_id": 1 + number % 3}))
        .collect();
    let categories =
        json!([{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, {"id": 3, "name": "tree"}]);
    let list = json!({"images": images, "annotations": annotations, "categories": categories});
    write(
        &coco.join("annotations/instances_val2017.json"),
        list.to_string(),
    );
    let found = evaluate("zero-shot", &coco, &pack, &[]).json();
    assert_eq!(found["n"], 5);
    assert!(found["mean_average_precision"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_lists_name_wrongly() {
    let folder = tempfile::tempdir().unwrap();
    let (root, pack) = (folder.path(), pack(folder.path()));
    let set = pictures(&root.join("set"), "");
    let row = |name: &str| json!({"file_name": name, "text": "a cat"}).to_string();
    for outside in [
        "/etc/passwd",
        "../secret.png",
        "file:///etc/passwd",
        "a/../../b.png",
        "..\\b.png",
    ] {
        write(
            &set.join("metadata.jsonl"),
            [row(IMAGES[0]), row(outside)].join("\n"),
        );
        let answer = evaluate("retrieval", &set, &pack, &[]);
        answer.assert_fails(1, &["metadata.jsonl", "inside of its folder"]);
    }
    let lines = [
        row(IMAGES[0]),
        row(IMAGES[1]),
        row("missing.png"),
        "{".to_owned(),
        json!({"text": "a"}).to_string(),
    ];
    write(&set.join("metadata.jsonl"), lines.join("\n"));
    let answer = evaluate("retrieval", &set, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    for words in [
        "missing.png: there is no such file",
        "line 4: this is no JSON",
        "line 5: it names no picture",
    ] {
        assert!(answer.err.contains(words), "{words}: {}", answer.err);
    }
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(found["n_images"], 2);
    // Two lists say two things.
    write(
        &set.join("captions.txt"),
        format!("image,caption\n{},a dog\n", IMAGES[0]),
    );
    evaluate("retrieval", &set, &pack, &[])
        .assert_fails(1, &["several ways", "metadata.jsonl", "captions.txt"]);

    let set = pictures(&root.join("flickr"), "images");
    let table = format!(
        "image_name| comment_number| comment\n{0}| 0| a cat .\n{0}| 4   a dog .\nnone.jpg| 0| a tree .\n{1}| 0| a tree .\n",
        IMAGES[0], IMAGES[1]
    );
    write(&set.join("results.csv"), table);
    let answer = evaluate("retrieval", &set, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    for words in ["line 3: it has neither", "none.jpg: there is no such file"] {
        assert!(answer.err.contains(words), "{words}: {}", answer.err);
    }

    let set = pictures(&root.join("coco"), "");
    let list = json!({
        "images": [{"id": 1, "file_name": IMAGES[0]}, {"id": 2, "file_name": IMAGES[1]}, {"id": 3}],
        "annotations": [{"image_id": 1, "caption": "a cat"}, {"image_id": 2, "caption": "a dog"}, {"image_id": 9, "caption": "a"}],
    });
    write(&set.join("captions.json"), list.to_string());
    let answer = evaluate("retrieval", &set, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    for words in [
        "image_id 9: its images have no such picture",
        "image 3: it names no picture",
    ] {
        assert!(answer.err.contains(words), "{words}: {}", answer.err);
    }

    let set = pictures(&root.join("beside"), "");
    for name in [IMAGES[0], "gone.png", "README.png"] {
        write(&set.join(name).with_extension("txt"), "a cat");
    }
    let answer = evaluate("retrieval", &set, &pack, &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(
        answer
            .err
            .contains("gone.txt: there is no picture beside it"),
        "{}",
        answer.err
    );
    assert!(!answer.err.contains("README"), "{}", answer.err);
}

#[test]
fn labels_with_commas_are_typed_in_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let good = image(IMAGES[0]);
    let classify = |labels: &str| {
        let arguments = [
            "classify",
            text(&good),
            "--labels",
            labels,
            "--json",
            "--pack",
            text(&pack),
        ];
        glimpse(arguments)
    };
    let found = classify("\"salt, pepper\", cat").json();
    let mut labels: Vec<&str> = found[0]["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label["label"].as_str().unwrap())
        .collect();
    labels.sort();
    assert_eq!(labels, ["cat", "salt, pepper"]);
    classify("cat, \"dog").assert_fails(2, &["quote"]);
    let arguments = [
        "embed",
        "--texts",
        "\"salt, pepper\", cat",
        "--json",
        "--pack",
        text(&pack),
    ];
    let found = glimpse(arguments).json();
    assert_eq!(found["texts"][0]["text"], "salt, pepper");
    assert_eq!(found["texts"].as_array().unwrap().len(), 2);
}
