//! The default pack's recall on captioned photos: it must be what its manifest claims.
//!
//! The photos are not part of this project, so Rust ignores the test, and `cargo xtask test` runs
//! it where `GLIMPSE_SHARED` (or `../shared`) has `data/flickr8k-dev.tar`. To run it by hand:
//! `cargo test --release --package glimpse-model --features cpu,parallel --test retrieval --
//! --include-ignored`.
#![allow(clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

mod support;

use glimpse_model::metrics::{Estimate, Resampling, Retrieval, retrieval_ranks};
use std::{collections::BTreeMap, io::Read, path::PathBuf};
use support::{DEFAULT_PACK, decode, image_tower, manifest, text_tower};

/// What 8-bit weights may change: the manifest states the training's own measure, in floats.
const TOLERANCE: f64 = 0.015;

#[test]
#[ignore = "needs ../shared"]
fn recall_is_what_the_manifest_says() {
    let (photos, captions) = read_pairs(&photos_with_captions());
    pollster::block_on(async {
        let manifest = manifest(DEFAULT_PACK).await;
        let length = manifest.architecture.projection_dim;
        let (image, text) = (
            image_tower(DEFAULT_PACK).await,
            text_tower(DEFAULT_PACK).await,
        );
        let mut image_embeds = Vec::new();
        for photos in photos.chunks(8) {
            let mut pixels = Vec::new();
            for photo in photos {
                let (rgba, width, height) = decode(photo).await;
                pixels.extend(manifest.preprocessing.apply(&rgba, width, height).unwrap());
            }
            image_embeds.extend(image.embed(pixels).await.unwrap());
        }
        let sentences: Vec<&String> = captions.iter().flatten().collect();
        let owners: Vec<usize> = captions
            .iter()
            .enumerate()
            .flat_map(|(photo, captions)| captions.iter().map(move |_| photo))
            .collect();
        let mut text_embeds = Vec::new();
        for sentences in sentences.chunks(32) {
            text_embeds.extend(text.embed(sentences).await.unwrap());
        }
        let rows = |embeds: &[f32]| -> Vec<Vec<f32>> {
            embeds.chunks_exact(length).map(<[f32]>::to_vec).collect()
        };
        let ranks = retrieval_ranks(&rows(&image_embeds), &rows(&text_embeds), &owners);
        let found = ranks.recall(Resampling::default());
        for (name, recall) in [
            ("text to image", found.text_to_image),
            ("image to text", found.image_to_text),
        ] {
            for (k, Estimate { value, low, high }) in Retrieval::AMONG.into_iter().zip(recall) {
                let measure = format!("flickr8k-dev {name} recall@{k}");
                let claimed = manifest.accuracy[&measure];
                println!("{measure}: {value:.4} ({low:.4} to {high:.4}; manifest: {claimed})");
                assert!(
                    (value - claimed).abs() <= TOLERANCE,
                    "{measure}: {value}, not {claimed}"
                );
            }
        }
    });
}

/// The WebDataset shard to measure on.
fn photos_with_captions() -> PathBuf {
    let shared = std::env::var_os("GLIMPSE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let path = shared.join("data/flickr8k-dev.tar");
    assert!(
        path.exists(),
        "{} is missing (GLIMPSE_SHARED names the folder that has data/flickr8k-dev.tar)",
        path.display()
    );
    path
}

/// Photos and their captions of a WebDataset shard, paired by their names.
fn read_pairs(path: &PathBuf) -> (Vec<Vec<u8>>, Vec<Vec<String>>) {
    let mut samples: BTreeMap<String, (Vec<u8>, Vec<String>)> = BTreeMap::new();
    let mut archive = tar::Archive::new(std::fs::File::open(path).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((key, extension)) = name.rsplit_once('.') else {
            continue;
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let sample = samples.entry(key.to_owned()).or_default();
        if extension == "json" {
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            sample.1 = serde_json::from_value(json["captions"].clone()).unwrap();
        } else {
            sample.0 = bytes;
        }
    }
    samples.into_values().unzip()
}
