//! Entry points for the fuzzer (`cargo xtask fuzz`), one for each kind of foreign file: any bytes go
//! in, and there must be neither a panic nor memory out of proportion. The tests here run each of
//! them on the fuzzer's seeds and on the repository's fixtures.

use crate::{
    checkpoint::{Checkpoint, Folder, MemoryFolder, ReadSeek, ZipFolder},
    formats::{TensorLocation, pytorch, safetensors as header},
    pack::{KnownSentences, Manifest, PackSummary, TextNormalization, TokenizerConfig, Tower},
    pixels::{self, FileBytes, Format, Presentation},
    text::TextTokenizer,
    towers::tower_tensors,
};
use std::{
    io::{Cursor, Read},
    sync::Arc,
};

/// A tensor is read as four bytes an element, of which it may have stored one and a half.
const MAX_GROWTH: usize = 8;

fn read_all(bytes: &[u8], locations: Vec<(String, TensorLocation)>) {
    let mut names = std::collections::BTreeSet::new();
    // Views of one storage may be many.
    for (name, location) in locations.into_iter().take(64) {
        let floats = location.read(&mut Cursor::new(bytes));
        assert!(floats.is_ok_and(|floats| floats.len() <= bytes.len() * MAX_GROWTH));
        assert!(names.insert(name), "a tensor is there twice");
    }
}

/// A safetensors file: its header, and every tensor that it locates.
pub fn safetensors(bytes: &[u8]) {
    if let Ok(locations) = header::locations(&mut Cursor::new(bytes)) {
        read_all(bytes, locations);
    }
}

/// A PyTorch file, of either format.
pub fn pickle(bytes: &[u8]) {
    if let Ok(locations) = pytorch::locations(&mut Cursor::new(bytes)) {
        read_all(bytes, locations);
    }
    pytorch::read_pickle(bytes);
}

/// A ZIP archive as a folder: every file in it is read.
pub fn zip(bytes: &[u8]) {
    let archive: Arc<[u8]> = bytes.into();
    let open = move || Ok(Box::new(Cursor::new(archive.clone())) as Box<dyn ReadSeek>);
    let Ok(folder) = ZipFolder::new(open) else {
        return;
    };
    let mut total = 0;
    for name in folder.names() {
        assert!(crate::pack::is_plain_file_name(&name));
        let mut content = Vec::new();
        if let Ok(mut file) = folder.open(&name) {
            file.read_to_end(&mut content).unwrap_or_default();
        }
        total += content.len();
    }
    assert!(total <= bytes.len(), "more came out than went in");
}

/// A pack's `manifest.json`. What is accepted comes back from its own JSON.
pub fn manifest(bytes: &[u8]) {
    let summary = PackSummary::from_json(bytes);
    let Ok(manifest) = Manifest::from_json(bytes) else {
        return;
    };
    let whole = summary.map(|summary| summary.total_bytes()).ok();
    assert_eq!(whole, Some(manifest.total_bytes()));
    let (height, width) = manifest.preprocessing.output_size();
    assert!(height * width > 0 && manifest.architecture.projection_dim > 0);
    for tower in [Tower::Image, Tower::Text] {
        assert!(tower_tensors(&manifest.architecture, tower).len() < 1 << 14);
    }
    let json = serde_json::to_vec(&manifest).unwrap_or_default();
    let again = Manifest::from_json(&json).ok();
    assert_eq!(again.as_ref(), Some(&manifest));
}

/// A tower's file of a pack, and one of known sentences.
pub fn tower(bytes: &[u8]) {
    for tower in [Tower::Image, Tower::Text] {
        let Ok(weights) = tower.read(bytes) else {
            continue;
        };
        for stored in weights.tensors.values() {
            let floats = stored.values.to_floats().len();
            assert_eq!(floats, stored.shape.iter().product::<usize>());
            assert!(floats <= bytes.len() * MAX_GROWTH);
        }
    }
    if let Ok(known) = KnownSentences::read(bytes, 4) {
        assert_eq!(known.embeds.len(), known.sentences.len() * 4);
    }
}

/// A `tokenizer.json`, with and without a padding of its own. Panics of the `tokenizers` crate are
/// errors here, but not to the fuzzer, unless its program lets them unwind.
pub fn tokenizer(bytes: &[u8]) {
    for pad_token_id in [None, Some(1)] {
        let config = TokenizerConfig {
            file: "tokenizer.json".to_owned(),
            max_length: 16,
            pad_token_id,
            normalization: TextNormalization::None,
        };
        if let Ok(tokenizer) = TextTokenizer::from_json(bytes, &config)
            && let Ok(tokens) = tokenizer.encode(&["a photo of a cat", "", "Ünïcödé \u{1f408}"])
        {
            assert!(tokens.length() <= 16, "{} tokens", tokens.length());
        }
    }
}

/// The files of a checkpoint that may be replaced: the first byte is an index of these.
const FILES: [&str; 6] = [
    "config.json",
    "open_clip_config.json",
    "preprocessor_config.json",
    "tokenizer_config.json",
    "model.safetensors.index.json",
    "README.md",
];

/// A checkpoint's folder in which one of [`FILES`] (the first byte's) is these bytes.
pub fn checkpoint(bytes: &[u8]) {
    let Some((&index, bytes)) = bytes.split_first() else {
        return;
    };
    let name = FILES[usize::from(index) % FILES.len()];
    let mut folder = sound_folder(name == "open_clip_config.json");
    if name == "model.safetensors.index.json" {
        folder.0.remove("model.safetensors");
    }
    folder.0.insert(name.to_owned(), bytes.into());
    if let Ok(checkpoint) = Checkpoint::open(&folder, "x") {
        for tower in [Tower::Image, Tower::Text] {
            assert!(tower_tensors(&checkpoint.architecture, tower).len() < 1 << 14);
        }
    }
}

/// A folder that opens, whose only weight is the scale of the scores.
fn sound_folder(open_clip: bool) -> MemoryFolder {
    let weights = r#"{"logit_scale":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
    let mut file = (weights.len() as u64).to_le_bytes().to_vec();
    file.extend(weights.bytes());
    file.extend(4.6f32.to_le_bytes());
    let tokenizer = r#"{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,
        "post_processor":null,"decoder":null,"truncation":null,"padding":null,
        "model":{"type":"WordLevel","vocab":{"a":0,"<pad>":1},"unk_token":"a"}}"#;
    let mut folder = MemoryFolder::default();
    let mut add = |name: &str, bytes: &[u8]| folder.0.insert(name.to_owned(), bytes.into());
    add("tokenizer.json", tokenizer.as_bytes());
    if open_clip {
        add("open_clip_model.safetensors", &file);
    } else {
        add("config.json", br#"{"model_type":"clip"}"#);
        add("preprocessor_config.json", b"{}");
        add("model.safetensors", &file);
        add("shard.safetensors", &file);
    }
    folder
}

/// A picture's first bytes.
pub fn image(bytes: &[u8]) {
    let format = Format::of(bytes);
    if let Err(error) = pixels::check(bytes, bytes.len() as u64) {
        assert!(!error.to_string().is_empty());
    }
    assert!(!format.undecodable().to_string().is_empty());
    Presentation::of(format, bytes);
    let length = bytes.len() as u64;
    let file = FileBytes {
        total: length,
        available: length,
        read: &|range| bytes[range].to_vec(),
    };
    if let Some(preview) = pixels::raw_preview(&file) {
        assert!(preview.jpeg.start < preview.jpeg.end && preview.jpeg.end <= length);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{
        collections::BTreeMap,
        fs,
        path::{Path, PathBuf},
        sync::LazyLock,
    };

    type Target = fn(&[u8]);

    /// Each target by the name of its seeds' folder, and the ends of its fixtures' names.
    const TARGETS: [(&str, Target, &[&str]); 8] = [
        ("safetensors", safetensors, &[".safetensors"]),
        ("pickle", pickle, &[]),
        ("zip", zip, &[]),
        ("manifest", manifest, &[]),
        ("tower", tower, &[".safetensors"]),
        ("tokenizer", tokenizer, &["tokenizer.json"]),
        ("checkpoint", checkpoint, &[]),
        (
            "image",
            image,
            &[
                ".png", ".jpg", ".avif", ".webp", ".heic", ".cr2", ".cr3", ".nef", ".arw", ".raf",
                ".orf", ".rw2", ".dng", ".pef",
            ],
        ),
    ];

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(path);
            }
        }
        found.sort();
    }

    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
        files(&root.join(target), &mut found);
        found.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    #[test]
    fn seeds_and_fixtures_are_no_danger() {
        let mut fixtures = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        files(&root, &mut fixtures);
        for (name, target, ends) in TARGETS {
            let seeds = seeds(name);
            assert!(!seeds.is_empty(), "{name}");
            seeds.iter().for_each(|bytes| target(bytes));
            for path in &fixtures {
                if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                    target(&fs::read(path).unwrap());
                }
            }
        }
    }

    /// Seeds that are sound are read as such, so that what is tried beside them comes that far.
    #[test]
    fn sound_seeds_are_read() {
        let seed = |path: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
            fs::read(root.join(path)).unwrap()
        };
        for file in ["pickle/archive", "pickle/sequence"] {
            let bytes = seed(file);
            let located = pytorch::locations(&mut Cursor::new(&bytes)).unwrap();
            let located: BTreeMap<_, _> = located.into_iter().collect();
            let read = |name: &str| located[name].read(&mut Cursor::new(&bytes)).unwrap();
            assert_eq!(
                read("visual.proj"),
                [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
                "{file}"
            );
            assert_eq!(read("text.proj"), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0], "{file}");
            assert_eq!(read("logit_scale"), [0.0], "{file}");
        }
        let far = pytorch::locations(&mut Cursor::new(seed("pickle/far-view")));
        let error = far.unwrap_err().to_string();
        assert!(
            error.contains("\"far\" reaches beyond its storage"),
            "{error}"
        );
        for file in ["manifest/clip", "manifest/default"] {
            assert!(Manifest::from_json(&seed(file)).is_ok(), "{file}");
        }
        assert!(Tower::Image.read(&seed("tower/image")).is_ok());
        assert!(Tower::Text.read(&seed("tower/partial-blocks")).is_err());
        assert!(KnownSentences::read(&seed("tower/sentences"), 4).is_ok());
        assert!(Checkpoint::open(&sound_folder(false), "x").is_ok());
        let config = TokenizerConfig {
            file: "tokenizer.json".to_owned(),
            max_length: 16,
            pad_token_id: None,
            normalization: TextNormalization::None,
        };
        for file in ["tokenizer/word-level", "tokenizer/bpe"] {
            let tokenizer = TextTokenizer::from_json(&seed(file), &config).unwrap();
            assert_eq!(tokenizer.encode(&["cat"]).unwrap().length(), 1, "{file}");
        }
    }

    /// A change of a file: a place in it, as a share of its length, what is done there, and a byte.
    type Change = (f64, u8, u8);

    fn changed(seed: &[u8], changes: &[Change]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for &(share, kind, byte) in changes {
            let at = (share * bytes.len() as f64) as usize;
            match kind % 6 {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                // A number in little-endian order becomes the largest.
                3 => bytes
                    .iter_mut()
                    .skip(at)
                    .take(8)
                    .for_each(|byte| *byte = 0xff),
                4 => {
                    let end = bytes.len().min(at + usize::from(byte));
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    if let Some(old) = bytes.get_mut(at) {
                        *old = byte;
                    }
                }
            }
        }
        bytes
    }

    static SEEDS: LazyLock<Vec<(Target, Vec<u8>)>> = LazyLock::new(|| {
        let of = |(name, target, _): (&str, Target, _)| {
            let seeds = seeds(name).into_iter();
            seeds.map(move |bytes| (target, bytes)).collect::<Vec<_>>()
        };
        TARGETS.into_iter().flat_map(of).collect()
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn changed_files_are_no_danger(
            index in any::<prop::sample::Index>(),
            changes in prop::collection::vec((0.0..1.0f64, any::<u8>(), any::<u8>()), 1..5),
        ) {
            let (target, seed) = &SEEDS[index.index(SEEDS.len())];
            target(&changed(seed, &changes));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn written_tensors_are_read(
            tensors in prop::collection::btree_map(
                "[a-z.\"\\\\é]{1,12}",
                (0usize..4, 0usize..4, any::<bool>()),
                0..6,
            ),
        ) {
            use ::safetensors::{Dtype, tensor::TensorView};
            let data = |&(rows, columns, half): &(usize, usize, bool)| {
                let floats = (0..rows * columns).map(|index| index as f32);
                if half {
                    floats.flat_map(|value| half::f16::from_f32(value).to_le_bytes()).collect()
                } else {
                    floats.flat_map(f32::to_le_bytes).collect::<Vec<u8>>()
                }
            };
            let stored: Vec<_> = tensors.iter().map(|(name, of)| (name, of, data(of))).collect();
            let views = stored.iter().map(|(name, (rows, columns, half), data)| {
                let dtype = if *half { Dtype::F16 } else { Dtype::F32 };
                (name, TensorView::new(dtype, vec![*rows, *columns], data).unwrap())
            });
            let bytes = ::safetensors::serialize(views, None).unwrap();
            let located = header::locations(&mut Cursor::new(&bytes)).unwrap();
            prop_assert_eq!(located.len(), tensors.len());
            for (name, location) in located {
                let (rows, columns, _) = tensors[&name];
                prop_assert_eq!(&location.shape, &[rows as u64, columns as u64]);
                let floats = location.read(&mut Cursor::new(&bytes)).unwrap();
                let wanted: Vec<f32> = (0..rows * columns).map(|index| index as f32).collect();
                prop_assert_eq!(floats, wanted);
            }
        }
    }
}
