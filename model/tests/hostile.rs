//! Files that mean harm, or are merely broken: each is refused by field, found and allowed, and what
//! is sound comes back as it was.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use glimpse_model::{
    checkpoint::{Checkpoint, CheckpointError, Folder, MemoryFolder, ReadSeek},
    limits::LimitError,
    pack::{
        FileEntry, Manifest, ManifestError, PackError, PackSummary, Quantisation, TensorSpec,
        Tower, WriteError, write_tower,
    },
    towers::{StoredTensor, WeightData, Weights},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, io};

/// A manifest with nothing wrong.
fn sound() -> Value {
    let transformer = json!({
        "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
        "image_size": 32, "patch_size": 8, "vocab_size": 100, "max_position_embeddings": 16,
    });
    let with = |model_type: &str| {
        let mut config = transformer.clone();
        config["model_type"] = model_type.into();
        config
    };
    let entry = serde_json::to_value(FileEntry::of(b"weights")).unwrap();
    json!({
        "format": "glimpse-pack/1", "name": "a", "description": "b", "languages": ["en"],
        "licence": "MIT", "source": [],
        "architecture": {
            "image": with("clip_vision_model"), "text": with("clip_text_model"),
            "projection_dim": 4,
        },
        "preprocessing": {
            "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32},
            "resample": 3, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        },
        "tokenizer": {"file": "tokenizer.json", "max_length": 16},
        "scoring": {"mode": "softmax", "logit_scale": 4.6, "logit_bias": 0.0},
        "quantisation": "int8",
        "files": {
            "image.safetensors": entry, "text.safetensors": entry, "tokenizer.json": entry,
        },
        "golden": {
            "sentence": "c", "image_embeds": [0.5, 0.5, 0.5, 0.5],
            "text_embeds": [0.5, 0.5, 0.5, 0.5],
        },
    })
}

fn parsed(manifest: &Value) -> Result<Manifest, ManifestError> {
    Manifest::from_json(&serde_json::to_vec(manifest).unwrap())
}

fn limit(manifest: &Value) -> LimitError {
    match parsed(manifest) {
        Err(ManifestError::Limit(limit)) => limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_that_no_tower_has_are_refused_by_their_field() {
    parsed(&sound()).unwrap();
    for (pointer, value, field, allowed) in [
        (
            "/architecture/projection_dim",
            json!(0),
            "projection_dim",
            "1 to",
        ),
        (
            "/architecture/projection_dim",
            json!(1u64 << 40),
            "projection_dim",
            "to 16384",
        ),
        (
            "/architecture/image/hidden_size",
            json!(0),
            "image.hidden_size",
            "1 to",
        ),
        (
            "/architecture/text/hidden_size",
            json!(1 << 20),
            "text.hidden_size",
            "to 16384",
        ),
        (
            "/architecture/image/intermediate_size",
            json!(0),
            "intermediate_size",
            "1 to",
        ),
        (
            "/architecture/image/num_hidden_layers",
            json!(0),
            "num_hidden_layers",
            "1 to",
        ),
        (
            "/architecture/image/num_hidden_layers",
            json!(4_000_000_000u64),
            "num_hidden_layers",
            "512",
        ),
        (
            "/architecture/image/num_attention_heads",
            json!(0),
            "num_attention_heads",
            "divisor of hidden_size, 64",
        ),
        (
            "/architecture/text/num_attention_heads",
            json!(5),
            "text.num_attention_heads",
            "divisor of hidden_size, 64",
        ),
        (
            "/architecture/text/num_attention_heads",
            json!(128),
            "num_attention_heads",
            "divisor",
        ),
        (
            "/architecture/image/layer_norm_eps",
            json!(-1.0),
            "layer_norm_eps",
            "0 to 1",
        ),
        (
            "/architecture/image/image_size",
            json!(0),
            "image_size",
            "1 to",
        ),
        (
            "/architecture/image/image_size",
            json!(100_000),
            "image_size",
            "to 4096",
        ),
        (
            "/architecture/image/patch_size",
            json!(0),
            "patch_size",
            "1 to 32",
        ),
        (
            "/architecture/image/patch_size",
            json!(33),
            "patch_size",
            "1 to 32",
        ),
        (
            "/architecture/text/vocab_size",
            json!(0),
            "vocab_size",
            "1 to",
        ),
        (
            "/architecture/text/vocab_size",
            json!(1u64 << 33),
            "vocab_size",
            "1 to",
        ),
        (
            "/architecture/text/max_position_embeddings",
            json!(0),
            "max_position_embeddings",
            "1 to",
        ),
        (
            "/preprocessing/size/shortest_edge",
            json!(0),
            "preprocessing.size",
            "1 to",
        ),
        (
            "/preprocessing/size/shortest_edge",
            json!(31),
            "crop_size",
            "1 to 31",
        ),
        (
            "/preprocessing/size/shortest_edge",
            json!(1u64 << 40),
            "preprocessing.size",
            "to 8192",
        ),
        (
            "/preprocessing/crop_size/height",
            json!(0),
            "crop_size",
            "1 to 32",
        ),
        (
            "/preprocessing/crop_size/width",
            json!(16),
            "output",
            "32 × 32",
        ),
        (
            "/preprocessing/crop_size",
            Value::Null,
            "crop_size",
            "a size",
        ),
        (
            "/preprocessing/image_std/1",
            json!(0.0),
            "image_std",
            "more than 0",
        ),
        (
            "/preprocessing/image_mean/1",
            json!(1e300),
            "image_mean",
            "finite",
        ),
        ("/tokenizer/max_length", json!(0), "max_length", "1 to 16"),
        ("/tokenizer/max_length", json!(17), "max_length", "1 to 16"),
        (
            "/tokenizer/file",
            json!("../tokenizer.json"),
            "tokenizer.file",
            "plain name",
        ),
        (
            "/scoring/logit_scale",
            json!(1e300),
            "logit_scale",
            "finite",
        ),
        (
            "/golden/image_embeds",
            json!([1.0]),
            "golden.image_embeds",
            "4 numbers",
        ),
        (
            "/golden/text_embeds/0",
            json!(1e300),
            "golden.text_embeds",
            "finite",
        ),
        (
            "/files/image.safetensors/bytes",
            json!(u64::MAX),
            "bytes together",
            "at most",
        ),
        (
            "/files/image.safetensors/sha256",
            json!("../../x"),
            "image.safetensors.sha256",
            "64 hexadecimal",
        ),
        (
            "/files/image.safetensors/sha256",
            json!("manifest.json"),
            "sha256",
            "64 hexadecimal",
        ),
    ] {
        let mut manifest = sound();
        *manifest.pointer_mut(pointer).unwrap() = value.clone();
        if pointer == "/tokenizer/file" {
            let entry = manifest["files"]["tokenizer.json"].clone();
            manifest["files"][value.as_str().unwrap()] = entry;
            // Told of as a file as well.
            let error = limit(&manifest);
            assert!(error.found.contains("../tokenizer.json"), "{error}");
            continue;
        }
        let error = limit(&manifest);
        assert!(error.field.contains(field), "{pointer}: {error}");
        assert!(error.allowed.contains(allowed), "{pointer}: {error}");
    }
}

/// The other families of towers, each sound, and numbers that they can't have.
#[test]
fn other_towers_have_their_own_limits() {
    let stage = |width: usize, mixer: &str| json!({"width": width, "intermediate_size": 64, "blocks": 1, "mixer": mixer});
    let fastvit = json!({
        "model_type": "fastvit", "image_size": 32, "features": 64, "squeeze": 4,
        "stages": [stage(8, "convolution"), stage(32, "attention")],
    });
    let resnet = json!({
        "model_type": "clip_resnet", "image_size": 32, "layers": [1, 1, 1, 1], "width": 4,
        "heads": 8,
    });
    let transformer = json!({
        "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-6,
        "image_size": 32, "patch_size": 8, "vocab_size": 100, "max_position_embeddings": 18,
    });
    let mut eva = transformer.clone();
    eva["model_type"] = "eva_vision_model".into();
    eva["eva"] = json!({"is_gated": true, "rotary": {"side": 4, "reference": 16}});
    let mut roberta = transformer;
    roberta["model_type"] = "roberta".into();
    roberta["first_position"] = 2.into();
    roberta["readout"] = "mean".into();
    roberta["projection"] = "mlp".into();
    let huge = 1_usize << 40;
    for (tower, config, faults) in [
        (
            "image",
            fastvit,
            vec![
                ("/stages/0/width", json!(huge)),
                ("/stages/0/width", json!(12)),
                ("/stages/1/width", json!(40)),
                ("/stages/1/blocks", json!(0)),
                ("/stages/1/intermediate_size", json!(huge)),
                ("/stages", json!([])),
                ("/stages/1/squeeze", json!(huge)),
                ("/features", json!(65)),
                ("/squeeze", json!(0)),
                ("/image_size", json!(4096)),
            ],
        ),
        (
            "image",
            resnet,
            vec![
                ("/width", json!(huge)),
                ("/width", json!(3)),
                ("/heads", json!(0)),
                ("/heads", json!(7)),
                ("/layers/3", json!(huge)),
                ("/image_size", json!(33)),
            ],
        ),
        (
            "image",
            eva,
            vec![
                ("/eva/rotary/side", json!(5)),
                ("/eva/rotary/reference", json!(huge)),
                ("/num_attention_heads", json!(32)),
                ("/hidden_size", json!(huge)),
            ],
        ),
        (
            "text",
            roberta,
            vec![
                ("/vocab_size", json!(huge)),
                ("/first_position", json!(18)),
                ("/first_position", json!(3)),
                ("/num_hidden_layers", json!(huge)),
                ("/projection", json!("none")),
                ("/eva", json!({"is_gated": true})),
            ],
        ),
    ] {
        let mut manifest = sound();
        manifest["architecture"][tower] = config;
        parsed(&manifest).unwrap();
        for (field, value) in faults {
            let mut faulty = manifest.clone();
            let config = &mut faulty["architecture"][tower];
            match config.pointer_mut(field) {
                Some(place) => *place = value.clone(),
                None => {
                    let (parent, name) = field.rsplit_once('/').unwrap();
                    config.pointer_mut(parent).unwrap()[name] = value.clone();
                }
            }
            let error = limit(&faulty).to_string();
            assert!(error.contains(" is "), "{field} {value}: {error}");
        }
    }
}

#[test]
fn a_picture_of_too_many_patches_is_refused() {
    let mut manifest = sound();
    let image = &mut manifest["architecture"]["image"];
    image["image_size"] = 4096.into();
    image["patch_size"] = 1.into();
    manifest["preprocessing"]["size"] = json!({"height": 4096, "width": 4096});
    manifest["preprocessing"]["crop_size"] = Value::Null;
    let error = limit(&manifest).to_string();
    assert!(
        error.contains("patches is 16777216, allowed: 1 to 16384"),
        "{error}"
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../image.safetensors",
        "/etc/passwd",
        "a/b",
        "..\\image.safetensors",
        "C:\\image.safetensors",
        "C:x",
        "..",
        "",
        "a\0b",
        "manifest.json",
        "x?y=z",
    ] {
        let mut manifest = sound();
        let entry = manifest["files"]["tokenizer.json"].clone();
        manifest["files"][name] = entry;
        let error = limit(&manifest).to_string();
        assert!(error.contains(&format!("{name:?}")), "{error}");
    }
    let mut many = sound();
    let entry = many["files"]["tokenizer.json"].clone();
    for index in 0..100 {
        many["files"][format!("file-{index}")] = entry.clone();
    }
    assert!(
        limit(&many)
            .to_string()
            .contains("the number of files is 103, allowed: 1 to 64")
    );
}

#[test]
fn a_manifest_without_end_is_not_parsed() {
    let mut json = serde_json::to_vec(&sound()).unwrap();
    json.resize(Manifest::MAX_BYTES as usize + 1, b' ');
    let error = Manifest::from_json(&json).unwrap_err().to_string();
    assert!(
        error.contains("its length in bytes is 4194305, allowed: at most 4194304"),
        "{error}"
    );
    let deep = format!(
        "{{\"format\": \"glimpse-pack/1\", \"name\": {}",
        "[".repeat(100_000)
    );
    assert!(matches!(
        Manifest::from_json(deep.as_bytes()),
        Err(ManifestError::Json(_))
    ));
}

#[test]
fn sizes_are_added_without_overflow() {
    let mut manifest = sound();
    for name in ["image.safetensors", "text.safetensors"] {
        manifest["files"][name]["bytes"] = u64::MAX.into();
    }
    let summary = PackSummary::from_json(&serde_json::to_vec(&manifest).unwrap()).unwrap();
    assert_eq!(summary.total_bytes(), u64::MAX);
}

/// A safetensors file of this header.
fn file(header: &Value, bytes: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend(bytes);
    file
}

#[test]
fn rows_that_are_no_whole_blocks_are_refused() {
    for (half_row, blocks, whole) in [(16, 1, true), (17, 1, false), (24, 1, false), (8, 0, false)]
    {
        let end = 2 * half_row;
        let header = json!({
            "__metadata__": {"glimpse_tower": "text"},
            "x": {"dtype": "U8", "shape": [2, half_row], "data_offsets": [0, end]},
            "x.scale": {
                "dtype": "F16", "shape": [2, blocks], "data_offsets": [end, end + 4 * blocks],
            },
        });
        let bytes = file(&header, &vec![0; end + 4 * blocks]);
        match Tower::Text.read(&bytes) {
            Ok(weights) => {
                assert!(whole, "rows of {half_row} bytes");
                assert_eq!(weights.tensors["x"].values.to_floats().len(), 64);
            }
            Err(PackError::Foreign { reason, .. }) => {
                assert!(
                    !whole && reason.contains("no whole blocks of 32"),
                    "{reason}"
                );
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A folder that writes down which files are opened.
#[derive(Default)]
struct Watched {
    folder: MemoryFolder,
    opened: RefCell<Vec<String>>,
}

impl Folder for Watched {
    fn names(&self) -> Vec<String> {
        self.folder.names()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>> {
        self.opened.borrow_mut().push(name.to_owned());
        self.folder.open(name)
    }
}

/// A small CLIP whose weights are in the files that an index names.
fn sharded(index: &Value) -> Watched {
    let mut watched = Watched::default();
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
        "post_processor": null, "decoder": null, "truncation": null, "padding": null,
        "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"},
    });
    let scale = json!({"logit_scale": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}});
    for (name, bytes) in [
        (
            "config.json",
            json!({"model_type": "clip"}).to_string().into_bytes(),
        ),
        ("preprocessor_config.json", b"{}".to_vec()),
        ("tokenizer.json", tokenizer.to_string().into_bytes()),
        (
            "model.safetensors.index.json",
            index.to_string().into_bytes(),
        ),
        ("shard.safetensors", file(&scale, &4.6f32.to_le_bytes())),
        ("secret.safetensors", file(&scale, &4.6f32.to_le_bytes())),
    ] {
        watched.folder.0.insert(name.to_owned(), bytes.into());
    }
    watched
}

#[test]
fn an_index_opens_no_file_outside_of_its_folder() {
    let sound = sharded(&json!({"weight_map": {"logit_scale": "shard.safetensors"}}));
    assert!(Checkpoint::open(&sound, "x").is_ok());
    for name in [
        "../secret.safetensors",
        "/etc/secret.safetensors",
        "..\\secret.safetensors",
        "C:\\secret.safetensors",
        "deeper/secret.safetensors",
        "..",
    ] {
        let map = json!({"weight_map": {"a": "shard.safetensors", "logit_scale": name}});
        let folder = sharded(&map);
        let error = Checkpoint::open(&folder, "x").err().unwrap();
        assert!(
            matches!(&error, CheckpointError::UnsafeName { name: found, .. } if found == name),
            "{error}"
        );
        let sentence = error.to_string();
        assert!(
            sentence.contains("model.safetensors.index.json lists the file"),
            "{sentence}"
        );
        let opened = folder.opened.borrow();
        let weights = opened.iter().filter(|name| name.ends_with(".safetensors"));
        assert_eq!(weights.count(), 0, "{opened:?}");
    }
}

#[test]
fn configs_of_no_sense_are_refused_by_their_field() {
    let index = json!({"weight_map": {"logit_scale": "shard.safetensors"}});
    for (tower, field, value) in [
        (
            "vision_config",
            "num_hidden_layers",
            json!(4_000_000_000u64),
        ),
        ("vision_config", "intermediate_size", json!(0)),
        ("text_config", "hidden_size", json!(1u64 << 32)),
        ("text_config", "vocab_size", json!(0)),
        ("text_config", "max_position_embeddings", json!(1u64 << 40)),
        ("text_config", "layer_norm_eps", json!(-1)),
    ] {
        let mut folder = sharded(&index).folder;
        let config = json!({"model_type": "clip", tower: {field: value}});
        let config = config.to_string().into_bytes();
        folder.0.insert("config.json".to_owned(), config.into());
        let error = Checkpoint::open(&folder, "x").err().unwrap();
        assert!(matches!(error, CheckpointError::Limit { .. }), "{error}");
        let sentence = error.to_string();
        assert!(
            sentence.starts_with("config.json: ") && sentence.contains(field),
            "{sentence}"
        );
    }
    let mut folder = sharded(&index).folder;
    let long = vec![b' '; (16 << 20) + 1];
    folder.0.insert("config.json".to_owned(), long.into());
    let sentence = Checkpoint::open(&folder, "x").err().unwrap().to_string();
    assert!(
        sentence.contains("config.json: its length in bytes is more than"),
        "{sentence}"
    );
}

/// A tensor of these rows, which is quantised wherever it may be.
fn stored(floats: &[f32], row: usize, quantisation: Quantisation) -> Result<Vec<f32>, WriteError> {
    let name = "encoder.layers.0.mlp.fc1.weight";
    let shape = [floats.len() / row, row];
    let tensor = StoredTensor {
        shape: shape.to_vec(),
        values: WeightData::Floats(floats.to_vec()),
    };
    let mut weights = Weights {
        file: "test".into(),
        tensors: [(name.to_owned(), tensor)].into(),
    };
    let mut bytes = Vec::new();
    let specs = [TensorSpec::new(name, &shape)];
    let (none, out) = (BTreeMap::new(), &mut bytes);
    write_tower(
        Tower::Image,
        &specs,
        &mut weights,
        quantisation,
        &none,
        out,
        &mut |_| {},
    )?;
    let mut read = Tower::Image.read(&bytes).unwrap();
    Ok(read.take(name, &shape).unwrap().to_floats())
}

#[test]
fn weights_beyond_a_precision_are_refused() {
    // Half precision ends at 65,504; a block's scale is an eighth of its largest weight.
    for (value, quantisation) in [(1e5, Quantisation::F16), (1e6, Quantisation::Int4)] {
        let mut floats = vec![1.0; 64];
        floats[7] = value;
        let error = stored(&floats, 32, quantisation).unwrap_err().to_string();
        assert!(
            error.contains("fc1.weight") && error.contains(&value.to_string()),
            "{error}"
        );
        let wider = stored(&floats, 32, Quantisation::Int8).unwrap();
        assert!((wider[7] - value).abs() <= value / 254.0);
    }
}

fn rows() -> impl Strategy<Value = (usize, Vec<f32>)> {
    (2usize..5, 1usize..100, -20i32..14).prop_flat_map(|(rows, row, exponent)| {
        let most = 2f32.powi(exponent);
        (Just(row), prop::collection::vec(-most..=most, rows * row))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quantised_rows_come_back_within_their_error((row, floats) in rows()) {
        prop_assert_eq!(&stored(&floats, row, Quantisation::F32).unwrap(), &floats);
        let halves = stored(&floats, row, Quantisation::F16).unwrap();
        for (found, wanted) in halves.iter().zip(&floats) {
            // 11 digits, and no finer than 2^-24.
            let error = (wanted.abs() * 2f32.powi(-11)).max(2f32.powi(-25));
            prop_assert!((found - wanted).abs() <= error, "{} became {}", wanted, found);
        }
        let largest = |values: &[f32]| values.iter().fold(0f32, |most, value| most.max(value.abs()));
        let bytes = stored(&floats, row, Quantisation::Int8).unwrap();
        for (found, wanted) in bytes.chunks(row).zip(floats.chunks(row)) {
            let half_step = largest(wanted) / 254.0 * 1.001;
            for (found, wanted) in found.iter().zip(wanted) {
                prop_assert!((found - wanted).abs() <= half_step, "{} became {}", wanted, found);
            }
        }
        let nibbles = stored(&floats, row, Quantisation::Int4).unwrap();
        prop_assert_eq!(nibbles.len(), floats.len());
        if row % 32 == 0 {
            for (found, wanted) in nibbles.chunks(32).zip(floats.chunks(32)) {
                // No worse than by the scale that reaches the largest: a step for what lies on its
                // other side, half a step for all others. Half-precision scales end at 2^-24.
                let step = largest(wanted) / 8.0 * 1.001 + 2f32.powi(-21);
                let error: f32 = found.iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum();
                prop_assert!(error <= 32.0 * step * step, "{} of {}", error, step);
            }
        } else {
            // What can't be cut into blocks is stored in 8 bits.
            prop_assert_eq!(nibbles, bytes);
        }
    }

    #[test]
    fn sound_manifests_come_back(
        heads in 1usize..17, head in 1usize..129, layers in 1usize..49, patch in 1usize..33,
        patches in 1usize..33, dim in 1usize..9, bytes in 0u64..1 << 38, name in "\\PC*",
        scale in -10f32..10.0,
    ) {
        let mut value = sound();
        for tower in ["image", "text"] {
            let config = &mut value["architecture"][tower];
            config["hidden_size"] = (heads * head).into();
            config["num_attention_heads"] = heads.into();
            config["num_hidden_layers"] = layers.into();
            config["patch_size"] = patch.into();
            config["image_size"] = (patch * patches).into();
        }
        let side = patch * patches;
        value["architecture"]["projection_dim"] = dim.into();
        value["preprocessing"]["size"] = json!({"shortest_edge": side});
        value["preprocessing"]["crop_size"] = json!({"height": side, "width": side});
        value["golden"]["image_embeds"] = vec![0.25; dim].into();
        value["golden"]["text_embeds"] = vec![-0.25; dim].into();
        value["files"]["image.safetensors"]["bytes"] = bytes.into();
        value["name"] = name.into();
        value["scoring"]["logit_scale"] = scale.into();
        let manifest = parsed(&value).unwrap();
        let json = serde_json::to_vec(&manifest).unwrap();
        prop_assert_eq!(&Manifest::from_json(&json).unwrap(), &manifest);
        let summary = PackSummary::from_json(&json).unwrap();
        prop_assert_eq!(summary, PackSummary::from(&manifest));
    }

    #[test]
    fn any_text_is_no_manifest_and_no_tower(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Manifest::from_json(&bytes).is_err());
        prop_assert!(Tower::Image.read(&bytes).is_err());
        let mut folder = MemoryFolder::default();
        folder.0.insert("config.json".into(), bytes.into());
        prop_assert!(Checkpoint::open(&folder, "x").is_err());
    }
}
