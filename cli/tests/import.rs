//! `glimpse import` and `glimpse info`.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::{fs, path::Path};
use support::{CHECKPOINTS, checkpoint, glimpse, import, text};

/// A checkpoint's copy, to be broken.
fn copy(name: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in checkpoint(name).read_dir().unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().starts_with("expected") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

#[test]
fn every_checkpoint_in_every_precision() {
    let folder = tempfile::tempdir().unwrap();
    for name in CHECKPOINTS {
        let mut sizes = vec![];
        for (quant, least) in [
            ("f32", 0.999_999),
            ("f16", 0.999),
            ("int8", 0.99),
            ("int4", 0.8),
        ] {
            let pack = folder.path().join(format!("{name}-{quant}"));
            let source = checkpoint(name);
            let report = glimpse([
                "import",
                text(&source),
                "-o",
                text(&pack),
                "--quant",
                quant,
                "--json",
            ])
            .json();
            assert_eq!(report["quantisation"], quant);
            assert_eq!(report["name"], name);
            for (tower, kind) in report["towers"]
                .as_array()
                .unwrap()
                .iter()
                .zip(["image", "text"])
            {
                assert_eq!(tower["tower"], kind);
                let cosine = |key: &str| tower[key].as_f64().unwrap();
                assert!(cosine("least_cosine") >= least, "{name} {quant}: {tower}");
                assert!(cosine("mean_cosine") >= cosine("least_cosine"));
                assert!(tower["parameters"].as_u64().unwrap() > 10_000);
                let file = pack.join(format!("{kind}.safetensors"));
                assert_eq!(
                    tower["bytes"].as_u64(),
                    Some(file.metadata().unwrap().len())
                );
            }
            sizes.push(report["bytes"].as_u64().unwrap());
            let manifest = glimpse(["info", text(&pack), "--json"]).json();
            assert_eq!(manifest["quantisation"], quant);
            let told = glimpse(["info", text(&pack)]);
            assert_eq!(told.code, 0, "{}", told.err);
            assert!(
                told.out.contains("are whole") && told.out.contains("layers"),
                "{}",
                told.out
            );
        }
        assert!(
            sizes.is_sorted_by(|finer, coarser| finer > coarser),
            "{sizes:?}"
        );
    }
}

#[test]
fn a_pack_may_be_a_single_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = checkpoint("siglip");
    let file = folder.path().join("new/siglip.ZIP");
    let answer = glimpse([
        "import",
        text(&source),
        "-o",
        text(&file),
        "--quant",
        "int8",
    ]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let other = import("siglip", "int8", folder.path());
    let manifest = |pack: &Path| glimpse(["info", text(pack), "--json"]).json();
    assert_eq!(manifest(&file), manifest(&other));
    // A pack is replaced without asking, and nothing else is beside it.
    let again = glimpse([
        "import",
        text(&source),
        "-o",
        text(&file),
        "--quant",
        "int4",
    ]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(manifest(&file)["quantisation"], "int4");
    assert_eq!(folder.path().join("new").read_dir().unwrap().count(), 1);
}

#[test]
fn a_failed_import_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken");
    let packs = folder.path().join("packs");
    fs::create_dir(&packs).unwrap();
    let output = packs.join("pack");
    let run = || glimpse(["import", text(&broken), "-o", text(&output), "--json"]);

    copy("clip_gelu", &broken);
    fs::remove_file(broken.join("tokenizer.json")).unwrap();
    run().assert_fails(1, &["tokenizer.json is missing"]);

    copy("clip_gelu", &broken);
    let weights = fs::read(broken.join("model.safetensors")).unwrap();
    fs::write(
        broken.join("model.safetensors"),
        &weights[..weights.len() / 2],
    )
    .unwrap();
    run().assert_fails(1, &["model.safetensors"]);

    copy("clip_gelu", &broken);
    let config = fs::read_to_string(broken.join("config.json")).unwrap();
    let wider = config.replace("\"projection_dim\": ", "\"projection_dim\": 1");
    assert_ne!(wider, config);
    fs::write(broken.join("config.json"), wider).unwrap();
    run().assert_fails(1, &["projection.weight"]);

    fs::remove_file(broken.join("config.json")).unwrap();
    run().assert_fails(1, &["config.json", "tokenizer.json"]);
    assert!(is_empty(&packs));
}

#[test]
fn wrong_places_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = checkpoint("siglip");
    let output = folder.path().join("letters");
    fs::create_dir(&output).unwrap();
    fs::write(output.join("letter"), "dear").unwrap();
    let run = |more: &[&str]| {
        let arguments = ["import", text(&source), "-o", text(&output)];
        glimpse(arguments.iter().chain(more))
    };
    run(&[]).assert_fails(1, &["is no pack", "--force"]);
    assert_eq!(run(&["--force"]).code, 0);
    assert_eq!(fs::read(output.join("letter")).unwrap(), b"dear");

    let pack = import("siglip", "int8", folder.path());
    glimpse(["import", text(&pack), "-o", "x"]).assert_fails(1, &["is a pack already"]);
    glimpse(["import", "nowhere", "-o", "x"]).assert_fails(1, &["owner/name"]);
    let letter = output.join("letter");
    glimpse(["import", text(&letter), "-o", "x"]).assert_fails(1, &["neither a folder nor a ZIP"]);
    glimpse(["info", text(&output.join("none"))]).assert_fails(1, &["there is no pack"]);
    glimpse(["info", text(&source)]).assert_fails(1, &["is no pack", "glimpse import"]);
    let usage = glimpse(["import", text(&source), "-o", "x", "--quant", "int2"]);
    assert_eq!(usage.code, 2);
    assert!(usage.err.contains("int2"));
}

/// Killed at any time, an import leaves the pack that was there or the new one, and letters.
#[test]
fn a_killed_import_leaves_a_whole_pack() {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };
    for letter in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let pack = import("siglip", "int8", folder.path());
        if letter {
            fs::write(pack.join("letter"), "dear").unwrap();
        }
        let source = checkpoint("siglip");
        let spawn = |quant: &str| {
            let arguments = ["import", text(&source), "-o", text(&pack), "--quant", quant];
            std::process::Command::new(env!("CARGO_BIN_EXE_glimpse"))
                .args(arguments)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let start = Instant::now();
        assert!(spawn("int4").wait().unwrap().success());
        let whole = start.elapsed();
        let mut killed = 0;
        // Densest at the end, where the files are moved.
        for part in [30, 60, 80, 90, 94, 96, 98, 100, 102, 105] {
            let mut import = spawn(if part % 4 == 0 { "int8" } else { "int4" });
            std::thread::sleep(Duration::min(whole * part / 100, Duration::from_secs(10)));
            import.kill().unwrap();
            killed += u32::from(!import.wait().unwrap().success());
            let info = glimpse(["info", text(&pack)]);
            assert_eq!(info.code, 0, "{part}: {}", info.err);
            let kept = fs::read(pack.join("letter")).ok();
            assert_eq!(kept.is_some(), letter);
        }
        assert!(killed > 0);
    }
}

/// What a link leads to is replaced, and the link stays.
#[test]
#[cfg(unix)]
fn a_pack_behind_a_link_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    let zip = folder.path().join("real/pack.zip");
    let links = tempfile::tempdir().unwrap();
    let source = checkpoint("siglip");
    let run = |to: &Path| glimpse(["import", text(&source), "-o", text(to), "--quant", "int4"]);
    let of = |pack: &Path| glimpse(["info", text(pack), "--json"]).json()["quantisation"].clone();
    assert_eq!(run(&zip).code, 0);
    let before = fs::metadata(&zip).unwrap().modified().unwrap();
    for (name, real) in [("folder", &pack), ("file.zip", &zip)] {
        let link = links.path().join(name);
        std::os::unix::fs::symlink(real, &link).unwrap();
        let answer = run(&link);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(link.is_symlink());
        assert_eq!(of(real), "int4");
    }
    assert_ne!(fs::metadata(&zip).unwrap().modified().unwrap(), before);
    assert_eq!(links.path().read_dir().unwrap().count(), 2);
    assert_eq!(folder.path().read_dir().unwrap().count(), 2);
    let nowhere = links.path().join("nowhere");
    std::os::unix::fs::symlink(folder.path().join("none"), &nowhere).unwrap();
    run(&nowhere).assert_fails(1, &["leads nowhere"]);
}

/// A terminal in the pack's folder stays in it.
#[test]
fn the_working_folder_is_not_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    #[cfg(unix)]
    let number = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    #[cfg(unix)]
    let before = number(&pack);
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .args([
            "import",
            text(&checkpoint("siglip")),
            "-o",
            ".",
            "--quant",
            "int4",
        ])
        .current_dir(&pack)
        .status()
        .unwrap();
    assert!(status.success());
    #[cfg(unix)]
    assert_eq!(number(&pack), before);
    let info = glimpse(["info", text(&pack), "--json"]).json();
    assert_eq!(info["quantisation"], "int4");
    assert!(!fs::exists(pack.join(".glimpse-pending")).unwrap());
}

#[test]
fn without_the_hub_the_way_by_hand_is_told() {
    glimpse(["import", "openai/clip-vit-base-patch32", "-o", "x"]).assert_fails(
        1,
        &[
            "can't be reached",
            "config.json",
            "model.safetensors",
            "glimpse import FOLDER",
        ],
    );
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let file = pack.join("text.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, &bytes).unwrap();
    let answer = glimpse(["info", text(&pack)]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("text.safetensors") && answer.err.contains("SHA-256"));
    let arguments = ["embed", "--texts", "a cat", "--pack", text(&pack), "--json"];
    glimpse(arguments).assert_fails(1, &["text.safetensors", "SHA-256"]);
    fs::write(&file, &bytes[..100]).unwrap();
    glimpse(arguments).assert_fails(1, &["text.safetensors has 100 bytes"]);
}

#[test]
fn without_a_default_pack_its_making_is_told() {
    // The program may lie in a repository that has one; a copy elsewhere doesn't.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("glimpse");
    fs::copy(env!("CARGO_BIN_EXE_glimpse"), &program).unwrap();
    let mut command = std::process::Command::new(program);
    command
        .arg("info")
        .current_dir(folder.path())
        .env_remove("GLIMPSE_PACK");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told.contains("cargo xtask setup") && told.contains("--pack"),
        "{told}"
    );
}

#[test]
fn nothing_outside_of_a_folder_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("secret.safetensors");
    fs::copy(checkpoint("siglip").join("model.safetensors"), &outside).unwrap();
    let absolute = outside.to_str().unwrap();
    let output = folder.path().join("pack");

    // Shards by a path of any kind.
    let broken = folder.path().join("sharded");
    copy("siglip", &broken);
    fs::remove_file(broken.join("model.safetensors")).unwrap();
    for name in [absolute, "../secret.safetensors", "..\\secret.safetensors"] {
        let index = serde_json::json!({"weight_map": {"logit_scale": name}});
        let index = serde_json::to_vec(&index).unwrap();
        fs::write(broken.join("model.safetensors.index.json"), index).unwrap();
        glimpse(["import", text(&broken), "-o", text(&output)]).assert_fails(
            1,
            &["model.safetensors.index.json lists the file", "plain names"],
        );
    }

    // A pack's files, which are whole by their hash.
    let pack = import("siglip", "int8", folder.path());
    let manifest = pack.join("manifest.json");
    let sound = fs::read_to_string(&manifest).unwrap();
    fs::rename(
        pack.join("tokenizer.json"),
        folder.path().join("tokenizer.json"),
    )
    .unwrap();
    let outside = folder.path().join("tokenizer.json");
    for name in [outside.to_str().unwrap(), "../tokenizer.json"] {
        fs::write(&manifest, sound.replace("tokenizer.json", name)).unwrap();
        glimpse(["info", text(&pack)]).assert_fails(1, &["manifest.json", "plain name", name]);
    }
}

#[test]
fn an_archive_of_the_finder_is_a_pack() {
    use std::io::Write;
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    let write = |file: &Path, folders: &[&str]| {
        let mut zip = ZipWriter::new(fs::File::create(file).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for folder in folders {
            for entry in pack.read_dir().unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                zip.start_file(format!("{folder}/{name}"), options).unwrap();
                zip.write_all(&fs::read(entry.path()).unwrap()).unwrap();
                zip.start_file(format!("__MACOSX/{folder}/._{name}"), options)
                    .unwrap();
                zip.write_all(b"a resource fork").unwrap();
            }
            zip.start_file(format!("{folder}/.DS_Store"), options)
                .unwrap();
        }
        zip.finish().unwrap();
    };
    let zip = folder.path().join("pack.zip");
    write(&zip, &["pack"]);
    let told = glimpse(["info", text(&zip)]);
    assert_eq!(told.code, 0, "{}", told.err);
    // Of two packs in one archive, none.
    write(&zip, &["one", "two"]);
    glimpse(["info", text(&zip)]).assert_fails(1, &["is in it twice", "\"one/\"", "\"two/\""]);
}
