//! Published checkpoints of every kind against transformers and open_clip. The checkpoints are
//! small and random; `fixtures/generate.py` makes others like them.

use crate::support::{
    Expected, assert_rows_agree, assert_same_pixels, cosine, device, prepared, read,
};
use glimpse_model::{
    checkpoint::{Checkpoint, CheckpointError, Folder, MemoryFolder, PackSink, Report, convert},
    pack::{Manifest, Quantisation, Tower},
    score::score,
    text::TextTokenizer,
    towers::{ImageTower, TextTower},
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Float weights differ from the reference only in the order of additions.
pub const FLOAT: f32 = 0.999_99;

/// Every kind of folder, and its files.
const HUGGING_FACE: &[&str] = &[
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
];
const OPEN_CLIP: &[&str] = &[
    "open_clip_config.json",
    "open_clip_model.safetensors",
    "tokenizer.json",
];
pub const CHECKPOINTS: [(&str, &[&str]); 4] = [
    ("clip_quick_gelu", HUGGING_FACE),
    ("clip_gelu", HUGGING_FACE),
    ("siglip", HUGGING_FACE),
    ("open_clip", OPEN_CLIP),
];

pub async fn folder(name: &str, files: &[&str]) -> MemoryFolder {
    let mut folder = MemoryFolder::default();
    for file in files {
        let bytes = read(&format!("model/tests/fixtures/checkpoints/{name}/{file}")).await;
        folder.0.insert((*file).to_owned(), bytes.into());
    }
    folder
}

/// A pack in memory.
#[derive(Default)]
pub struct MemoryPack(pub BTreeMap<String, Vec<u8>>);

impl PackSink for MemoryPack {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let file = self.0.entry(name.to_owned()).or_default();
        file.clear();
        Ok(Box::new(file))
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        self.0
            .get(name)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

pub async fn import(folder: &dyn Folder, quantisation: Quantisation) -> (MemoryPack, Report) {
    let mut checkpoint = Checkpoint::open(folder, "fixture").unwrap();
    let mut pack = MemoryPack::default();
    let mut shares = vec![];
    let report = convert(
        &mut checkpoint,
        quantisation,
        &mut pack,
        &device().await,
        &mut |_, share| shares.push(share),
    )
    .await
    .unwrap();
    assert!(shares.is_sorted() && shares.last().is_some_and(|&last| last > 0.5 && last <= 1.0));
    (pack, report)
}

pub async fn towers(pack: &MemoryPack) -> (Manifest, TextTokenizer, ImageTower, TextTower) {
    let manifest = Manifest::from_json(&pack.0["manifest.json"]).unwrap();
    for (name, entry) in &manifest.files {
        entry.verify(name, &pack.0[name]).unwrap();
    }
    let device = device().await;
    let mut weights = Tower::Image.read(&pack.0["image.safetensors"]).unwrap();
    let image = ImageTower::load(&manifest, &mut weights, &device).unwrap();
    let tokenizer =
        TextTokenizer::from_json(&pack.0["tokenizer.json"], &manifest.tokenizer).unwrap();
    let mut weights = Tower::Text.read(&pack.0["text.safetensors"]).unwrap();
    let text = TextTower::load(&manifest, tokenizer.clone(), &mut weights, &device).unwrap();
    (manifest, tokenizer, image, text)
}

crate::tests! {
    /// Pixels, token ids, embeddings and logits of all four.
    async fn checkpoints_agree_with_their_references() {
        for (name, files) in CHECKPOINTS {
            let folder = folder(name, files).await;
            let expected = Expected::of(&format!("checkpoints/{name}")).await;
            let (pack, report) = import(&folder, Quantisation::F32).await;
            for tower in &report.towers {
                assert!(tower.least_cosine > 0.999_999, "{name}: {tower:?}");
            }
            let (manifest, tokenizer, image, text) = towers(&pack).await;

            let images = expected.strings("images");
            let (shape, pixel_values) = expected.floats("pixel_values");
            let one = pixel_values.len() / shape[0];
            let pixels = prepared(&images, &manifest.preprocessing).await;
            for (index, image) in images.iter().enumerate() {
                let part = index * one..(index + 1) * one;
                let what = format!("{name}, {image}");
                let (found, wanted) = (&pixels[part.clone()], &pixel_values[part]);
                assert_same_pixels(&what, &manifest.preprocessing, found, wanted);
            }

            let texts = expected.strings("texts");
            let tokens = tokenizer.encode(&texts).unwrap();
            let (shape, ids) = expected.integers("input_ids");
            assert_eq!([tokens.batch(), tokens.length()], shape[..], "{name}");
            assert_eq!(tokens.ids.iter().map(|&id| id as i32).collect::<Vec<_>>(), ids, "{name}");

            let length = manifest.architecture.projection_dim;
            let image_embeds = image.embed(pixel_values).await.unwrap();
            let (_, wanted) = expected.floats("image_embeds");
            assert_rows_agree(&format!("{name}: image_embeds"), &image_embeds, &wanted, length, FLOAT);
            let from_files = image.embed(pixels).await.unwrap();
            // A level here and there, where decoders of JPEG round otherwise.
            assert_rows_agree(&format!("{name}: from files"), &from_files, &wanted, length, 0.9999);
            let text_embeds = text.embed(&texts).await.unwrap();
            let (_, wanted) = expected.floats("text_embeds");
            assert_rows_agree(&format!("{name}: text_embeds"), &text_embeds, &wanted, length, FLOAT);
            // One at a time they are as together.
            let alone = text.embed(&texts[2..3]).await.unwrap();
            assert_rows_agree("alone", &alone, &wanted[2 * length..3 * length], length, FLOAT);

            let (shape, logits) = expected.floats("logits_per_image");
            let range = logits.iter().copied().fold(f32::MIN, f32::max)
                - logits.iter().copied().fold(f32::MAX, f32::min);
            let rows = image_embeds.chunks_exact(length).zip(logits.chunks_exact(shape[1]));
            for (image_embed, wanted) in rows {
                let scores = score(image_embed, text_embeds.chunks_exact(length), &manifest.scoring);
                for (score, wanted) in scores.iter().zip(wanted) {
                    let error = (score.logit - wanted).abs();
                    assert!(error <= 1e-3 * range, "{name}: logit {} is not {wanted}", score.logit);
                }
            }
            assert!(image.self_check(&manifest).await.unwrap() > 0.9999);
            assert!(text.self_check(&manifest).await.unwrap() > 0.9999);
        }
    }

    /// Coarser weights make smaller files, and the report says what they cost.
    async fn coarser_packs_are_smaller_and_say_so() {
        for (name, files) in CHECKPOINTS {
            let folder = folder(name, files).await;
            let mut last = u64::MAX;
            // Random weights have no structure that would survive rounding better.
            for (quantisation, least) in [
                (Quantisation::F32, 0.999_999),
                (Quantisation::F16, 0.999_9),
                (Quantisation::Int8, 0.99),
                (Quantisation::Int4, 0.7),
            ] {
                let (pack, report) = import(&folder, quantisation).await;
                let bytes: u64 = report.towers.iter().map(|tower| tower.bytes).sum();
                assert!(bytes < last, "{name} as {quantisation}: {bytes} bytes");
                last = bytes;
                let (manifest, _, image, text) = towers(&pack).await;
                assert_eq!(manifest.quantisation, quantisation);
                for tower in &report.towers {
                    assert!(tower.least_cosine >= least, "{name} as {quantisation}: {tower:?}");
                }
                // What was reported is what loads: the golden embeddings come back.
                assert!(image.self_check(&manifest).await.unwrap() > 0.9999);
                assert!(text.self_check(&manifest).await.unwrap() > 0.9999);
                assert!(cosine(&manifest.golden.image_embeds, &manifest.golden.image_embeds) > 0.99);
            }
        }
    }

    /// What is wrong with a folder is said by the file's and the tensor's name.
    async fn broken_folders_are_refused_by_name() {
        let refused = |folder: &MemoryFolder| match Checkpoint::open(folder, "x") {
            Ok(_) => panic!("a broken folder was opened"),
            Err(error) => error,
        };
        let refusal = |folder: &MemoryFolder| refused(folder).to_string();
        let empty = refused(&MemoryFolder::default());
        assert!(matches!(&empty, CheckpointError::Foreign { found } if found.is_empty()), "{empty}");
        for (name, files) in [("clip_gelu", HUGGING_FACE), ("open_clip", OPEN_CLIP)] {
            let whole = folder(name, files).await;
            for file in files.iter().filter(|file| !file.ends_with("config.json") || file.starts_with("pre")) {
                let mut broken = whole.clone();
                broken.0.remove(*file);
                let sentence = refusal(&broken);
                assert!(sentence.contains(file) && sentence.contains("missing"), "{sentence}");
                let mut broken = whole.clone();
                broken.0.insert((*file).to_owned(), b"{not json".to_vec().into());
                let sentence = refusal(&broken);
                assert!(sentence.contains(file), "{sentence}");
            }
            let weights = files.iter().find(|file| file.ends_with("safetensors")).unwrap();
            let mut broken = whole.clone();
            let bytes = &whole.0[*weights];
            broken.0.insert((*weights).to_owned(), bytes[..bytes.len() - 5].into());
            let sentence = refusal(&broken);
            assert!(sentence.contains(weights) && sentence.contains("cut short"), "{sentence}");
        }
        let mut other = folder("clip_gelu", HUGGING_FACE).await;
        other.0.insert("config.json".to_owned(), br#"{"model_type": "bert"}"#.to_vec().into());
        let sentence = refusal(&other);
        assert!(sentence.contains("\"bert\"") && sentence.contains("config.json"), "{sentence}");
    }

    /// A tensor that is missing or of another shape than the config's.
    async fn missing_and_misshapen_tensors_are_named() {
        for (field, number, tensor, expected, found) in [
            ("num_hidden_layers", 4, "vision_model.encoder.layers.3.layer_norm1.weight", "[96]", None),
            ("intermediate_size", 200, "vision_model.encoder.layers.0.mlp.fc1.weight", "[200, 96]", Some("[192, 96]")),
        ] {
            let mut folder = folder("clip_gelu", HUGGING_FACE).await;
            let mut config: serde_json::Value =
                serde_json::from_slice(&folder.0["config.json"]).unwrap();
            config["vision_config"][field] = number.into();
            let config = serde_json::to_vec(&config).unwrap();
            folder.0.insert("config.json".to_owned(), config.into());
            let mut checkpoint = Checkpoint::open(&folder, "x").unwrap();
            let (mut pack, device) = (MemoryPack::default(), device().await);
            let quantisation = Quantisation::F32;
            let mut tell = |_, _| {};
            let result = convert(&mut checkpoint, quantisation, &mut pack, &device, &mut tell).await;
            let sentence = result.unwrap_err().to_string();
            for part in ["model.safetensors", tensor, expected, found.unwrap_or("")] {
                assert!(sentence.contains(part), "{sentence} lacks {part}");
            }
        }
    }
}
