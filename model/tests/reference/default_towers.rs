//! The default model's towers, tokenizer and pixels against PyTorch, transformers and Pillow.

use crate::support::{
    DEFAULT_PACK, Expected, FLOAT_PACK, PUBLISHED_PACK, assert_rows_agree, assert_same_pixels,
    device, image_tower, manifest, prepared, read, text_tower, tokenizer,
};
use glimpse_model::{
    pack::{Quantisation, Tower, write_tower},
    towers::{ImageTower, TextTower, read as read_tensor},
};

/// Float weights differ from the reference only in the order of additions (and, for the JPEG, in
/// the decoder's rounding).
const FLOAT: f32 = 0.9999;
/// What 8-bit weights may cost.
const INT8: f32 = 0.995;
/// What 4-bit weights may.
const INT4: f32 = 0.97;

/// A tower of the float pack, rounded to 4 bits.
async fn coarse(tower: Tower) -> Vec<u8> {
    let bytes = read(&format!("{FLOAT_PACK}/{}", tower.file())).await;
    let mut weights = tower.read(&bytes).unwrap();
    let (specs, mut coarse) = (weights.specs(), Vec::new());
    write_tower(
        tower,
        &specs,
        &mut weights,
        Quantisation::Int4,
        &Default::default(),
        &mut coarse,
        &mut |_| {},
    )
    .unwrap();
    assert!(coarse.len() < bytes.len() / 3);
    coarse
}

crate::tests! {
    /// EfficientNet-Lite0's pixels come out as Pillow makes them; other preprocessings' are in
    /// `checkpoints.rs`.
    async fn pixels_agree_with_pillow() {
        let expected = Expected::of("default_towers").await;
        let preprocessing = manifest(PUBLISHED_PACK).await.preprocessing;
        let first = prepared(&expected.strings("images")[..1], &preprocessing).await;
        let (_, values) = expected.floats("pixel_values_first");
        assert_same_pixels(&expected.strings("images")[0], &preprocessing, &first, &values);
    }

    /// Ids and masks equal those of transformers, over odd strings.
    async fn token_ids_are_equal() {
        let expected = Expected::of("default_towers").await;
        let tokens = tokenizer(DEFAULT_PACK).await.encode(&expected.strings("texts")).unwrap();
        let (shape, ids) = expected.integers("input_ids");
        let (_, mask) = expected.integers("attention_mask");
        assert_eq!([tokens.batch(), tokens.length()], shape[..]);
        assert_eq!(tokens.ids.iter().map(|&id| id as i32).collect::<Vec<_>>(), ids);
        assert_eq!(tokens.mask.iter().map(|&real| i32::from(real)).collect::<Vec<_>>(), mask);
    }

    /// The published EfficientNet-Lite0's features and class logits.
    async fn image_features_agree() {
        let expected = Expected::of("default_towers").await;
        let preprocessing = manifest(PUBLISHED_PACK).await.preprocessing;
        let pixels = prepared(&expected.strings("images"), &preprocessing).await;
        let tower = image_tower(PUBLISHED_PACK).await;
        let (features, logits) = tower.features(pixels).unwrap().unwrap();
        let features = read_tensor(features).await.unwrap();
        let (shape, values) = expected.floats("image_features");
        assert_rows_agree("features", &features, &values, shape[1], FLOAT);
        let logits = read_tensor(logits).await.unwrap();
        let (shape, values) = expected.floats("imagenet_logits");
        assert_rows_agree("logits", &logits, &values, shape[1], FLOAT);
    }

    /// MiniLM's sentence embeddings, alone and in a batch of many lengths.
    async fn sentence_embeddings_agree() {
        let expected = Expected::of("default_towers").await;
        let texts = expected.strings("texts");
        let (shape, values) = expected.floats("sentence_embeds");
        let width = shape[1];
        for (pack, least) in [(FLOAT_PACK, FLOAT), (DEFAULT_PACK, INT8)] {
            let tower = text_tower(pack).await;
            let found = read_tensor(tower.sentence_embeds(&texts).unwrap().unwrap()).await.unwrap();
            assert_rows_agree(&format!("sentences of {pack}"), &found, &values, width, least);
            let alone = read_tensor(tower.sentence_embeds(&texts[..1]).unwrap().unwrap()).await.unwrap();
            assert_rows_agree("one sentence alone", &alone, &values[..width], width, least);
        }
    }

    /// The default pack's embeddings in the shared space stay close to the float ones.
    async fn quantised_embeddings_stay_close() {
        let expected = Expected::of("default_towers").await;
        let manifest = manifest(FLOAT_PACK).await;
        let length = manifest.architecture.projection_dim;
        let pixels = prepared(&expected.strings("images"), &manifest.preprocessing).await;
        let float = image_tower(FLOAT_PACK).await.embed(pixels.clone()).await.unwrap();
        let int8 = image_tower(DEFAULT_PACK).await.embed(pixels).await.unwrap();
        assert_rows_agree("image_embeds", &int8, &float, length, INT8);
        let texts = expected.strings("texts");
        let float = text_tower(FLOAT_PACK).await.embed(&texts).await.unwrap();
        let int8 = text_tower(DEFAULT_PACK).await.embed(&texts).await.unwrap();
        assert_rows_agree("text_embeds", &int8, &float, length, INT8);
    }

    /// The same towers in 4 bits, as an importer would store them.
    async fn coarse_embeddings_stay_near() {
        let expected = Expected::of("default_towers").await;
        let manifest = manifest(FLOAT_PACK).await;
        let length = manifest.architecture.projection_dim;
        let device = device().await;
        let pixels = prepared(&expected.strings("images"), &manifest.preprocessing).await;
        let texts = expected.strings("texts");

        let float = image_tower(FLOAT_PACK).await.embed(pixels.clone()).await.unwrap();
        let bytes = coarse(Tower::Image).await;
        let mut weights = Tower::Image.read(&bytes).unwrap();
        let tower = ImageTower::load(&manifest, &mut weights, &device).unwrap();
        let int4 = tower.embed(pixels).await.unwrap();
        assert_rows_agree("image_embeds in int4", &int4, &float, length, INT4);

        let float = text_tower(FLOAT_PACK).await.embed(&texts).await.unwrap();
        let bytes = coarse(Tower::Text).await;
        let mut weights = Tower::Text.read(&bytes).unwrap();
        let tokenizer = tokenizer(FLOAT_PACK).await;
        let tower = TextTower::load(&manifest, tokenizer, &mut weights, &device).unwrap();
        let int4 = tower.embed(&texts).await.unwrap();
        assert_rows_agree("text_embeds in int4", &int4, &float, length, INT4);
    }

    /// The golden self-check passes on a sound backend, and fails on a broken one.
    async fn golden_self_check() {
        let mut manifest = manifest(DEFAULT_PACK).await;
        let least = glimpse_model::pack::Golden::MIN_COSINE;
        let (image, text) = (image_tower(DEFAULT_PACK).await, text_tower(DEFAULT_PACK).await);
        assert!(image.self_check(&manifest).await.unwrap() >= least);
        assert!(text.self_check(&manifest).await.unwrap() >= least);
        manifest.golden.image_embeds.rotate_left(1);
        manifest.golden.text_embeds.reverse();
        assert!(image.self_check(&manifest).await.unwrap() < least);
        assert!(text.self_check(&manifest).await.unwrap() < least);
    }
}
