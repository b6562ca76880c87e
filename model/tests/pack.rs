//! Packs: what is written is read, and every kind of damage is refused by name.
#![allow(clippy::unwrap_used)]

mod support;

use glimpse_model::{
    pack::{
        FileEntry, KnownSentences, Manifest, ManifestError, Quantisation, Tower, Verifier,
        write_tower,
    },
    text::starting,
    towers::{ImageTower, WeightData, Weights, device},
};
use std::collections::BTreeMap;
use support::{DEFAULT_PACK, FLOAT_PACK, cosine, manifest, read, text_tower};

fn write(tower: Tower, mut weights: Weights, quantisation: Quantisation) -> Vec<u8> {
    let mut bytes = Vec::new();
    let specs = weights.specs();
    let entry = write_tower(
        tower,
        &specs,
        &mut weights,
        quantisation,
        &BTreeMap::new(),
        &mut bytes,
        &mut |_| {},
    );
    assert_eq!(entry.unwrap(), FileEntry::of(&bytes));
    bytes
}

tests! {
    /// Every file of the default pack is what its manifest says, and all of them fit the budget.
    async fn default_pack_is_whole_and_small() {
        let manifest = manifest(DEFAULT_PACK).await;
        for (name, entry) in &manifest.files {
            entry.verify(name, &read(&format!("{DEFAULT_PACK}/{name}")).await).unwrap();
        }
        assert!(manifest.total_bytes() <= 32_000_000, "{} bytes", manifest.total_bytes());
        assert_eq!(manifest.quantisation, Quantisation::Int8);
    }

    /// Reading a tower and writing it again gives the same bytes; 8-bit weights lie within a step
    /// of the float ones (half a step where nothing is known of their inputs).
    async fn towers_survive_a_round_trip() {
        for tower in [Tower::Image, Tower::Text] {
            let bytes = read(&format!("{FLOAT_PACK}/{}", tower.file())).await;
            let floats = tower.read(&bytes).unwrap();
            let again = write(tower, floats, Quantisation::F32);
            assert!(again == bytes, "{tower} changed");

            let floats = tower.read(&bytes).unwrap();
            let plain = write(tower, tower.read(&bytes).unwrap(), Quantisation::Int8);
            let careful = read(&format!("{DEFAULT_PACK}/{}", tower.file())).await;
            for (bytes, steps) in [(plain, 0.5), (careful, 1.0)] {
                for (name, stored) in tower.read(&bytes).unwrap().tensors {
                    let WeightData::Int8 { scales, .. } = &stored.values else { continue };
                    let rounded = stored.values.to_floats();
                    let exact = floats.tensors[&name].values.to_floats();
                    let row = exact.len() / scales.len();
                    for (index, (rounded, exact)) in rounded.iter().zip(exact).enumerate() {
                        let step = scales[index / row];
                        assert!((rounded - exact).abs() <= step * (steps + 1e-3), "{name}");
                    }
                }
            }
        }
    }

    /// Matrices, tables and convolutions are int8 with a scale a row; vectors are float, and the
    /// small position table and the first convolutions are half precision.
    async fn every_matrix_is_quantised() {
        for tower in [Tower::Image, Tower::Text] {
            let bytes = read(&format!("{DEFAULT_PACK}/{}", tower.file())).await;
            for (name, stored) in tower.read(&bytes).unwrap().tensors {
                match stored.values {
                    WeightData::Int8 { scales, .. } => assert_eq!(scales.len(), stored.shape[0]),
                    WeightData::HalfBytes(_) => {
                        let fine = ["stem.", "blocks.0.", "blocks.1.", "blocks.2.", "blocks.3."];
                        let first = fine.iter().any(|part| name.starts_with(part));
                        assert!(first || name == "embeddings.position_embeddings.weight", "{name}");
                    }
                    _ => assert_eq!(stored.shape.len(), 1, "{name} is not quantised"),
                }
            }
        }
    }

    /// Cut short, altered, too long, foreign, the other tower: a sentence that names the file.
    async fn damage_is_refused_by_name() {
        let manifest = manifest(DEFAULT_PACK).await;
        let name = Tower::Image.file();
        let entry = manifest.file(name).unwrap();
        let bytes = read(&format!("{DEFAULT_PACK}/{name}")).await;

        let cut = entry.verify(name, &bytes[..bytes.len() - 1]).unwrap_err().to_string();
        assert!(cut.starts_with("image.safetensors has 6"), "{cut}");
        assert!(cut.contains("cut short"), "{cut}");

        let mut altered = bytes.clone();
        altered[4_000_000] ^= 1;
        let altered = entry.verify(name, &altered).unwrap_err().to_string();
        assert!(altered.starts_with("image.safetensors has another SHA-256"), "{altered}");

        let mut streamed = Verifier::new(name, entry);
        for piece in bytes.chunks(1 << 16) {
            streamed.update(piece).unwrap();
        }
        assert!(streamed.update(&[0]).unwrap_err().to_string().contains(name));

        let foreign = Tower::Image.read(b"<!doctype html>").unwrap_err().to_string();
        assert!(foreign.starts_with("image.safetensors is not a tower"), "{foreign}");
        let stranger = read("model/tests/fixtures/checkpoints/siglip/expected.safetensors").await;
        let stranger = Tower::Image.read(&stranger).unwrap_err().to_string();
        assert!(stranger.contains("does not say which tower"), "{stranger}");
        let text = read(&format!("{DEFAULT_PACK}/{}", Tower::Text.file())).await;
        let other = Tower::Image.read(&text).unwrap_err().to_string();
        assert!(other.contains("holds the text tower"), "{other}");
    }

    /// A tower of the right kind with a tensor missing or misshapen.
    async fn missing_and_misshapen_tensors_are_named() {
        let manifest = manifest(DEFAULT_PACK).await;
        let bytes = read(&format!("{DEFAULT_PACK}/{}", Tower::Image.file())).await;
        let mut weights = Tower::Image.read(&bytes).unwrap();
        let stem = weights.tensors.remove("stem.weight").unwrap();
        let error = ImageTower::load(&manifest, &mut weights, &device::cpu()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("no tensor \"stem.weight\" (expected shape [32, 3, 3, 3])"), "{error}");

        let mut weights = Tower::Image.read(&bytes).unwrap();
        weights.tensors.insert("head.bias".into(), stem);
        let error = ImageTower::load(&manifest, &mut weights, &device::cpu()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("\"head.bias\" has shape [32, 3, 3, 3], expected [1280]"), "{error}");
    }

    /// The embeddings that the default pack brings along are what its text tower makes of the
    /// sentences, and these are the ones of the labels that the page starts with.
    async fn known_sentences_are_what_the_tower_says() {
        let manifest = manifest(DEFAULT_PACK).await;
        let bytes = read(&format!("{DEFAULT_PACK}/{}", Manifest::SENTENCES)).await;
        manifest.file(Manifest::SENTENCES).unwrap().verify(Manifest::SENTENCES, &bytes).unwrap();
        let length = manifest.architecture.projection_dim;
        let known = KnownSentences::read(&bytes, length).unwrap();
        assert_eq!(known.sentences, starting::sentences());
        let embeds = text_tower(DEFAULT_PACK).await.embed(&known.sentences).await.unwrap();
        for ((sentence, stored), computed) in
            known.sentences.iter().zip(known.embeds.chunks(length)).zip(embeds.chunks(length))
        {
            let found = cosine(stored, computed);
            assert!(found > 0.9999, "{sentence}: {found}");
        }
    }

    /// Manifests of other programs and versions.
    async fn foreign_manifests_are_refused() {
        assert!(matches!(Manifest::from_json(b"{}"), Err(ManifestError::Json(_))));
        let later = Manifest::from_json(br#"{"format": "glimpse-pack/9"}"#).unwrap_err();
        assert!(later.to_string().contains("glimpse-pack/9"));
        let mut manifest = manifest(DEFAULT_PACK).await;
        assert!(manifest.files.insert("more".into(), FileEntry::of(b"")).is_none());
        manifest.files.remove("text.safetensors");
        let json = serde_json::to_vec(&manifest).unwrap();
        let missing = Manifest::from_json(&json).unwrap_err().to_string();
        assert!(missing.contains("does not list text.safetensors"), "{missing}");
    }
}
