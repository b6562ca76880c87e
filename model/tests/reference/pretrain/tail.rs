//! The trained blocks against the encoder's.

use super::{CLASSES, Numbers, WIDTH, classifier, recipe, weights};
use crate::support::{cosine, device};
use glimpse_model::{
    pretrain::{ImageFront, Start, Trainer},
    towers::EfficientNetLite0,
};

crate::tests! {
    /// The last five blocks, with strides and TensorFlow's uneven padding, give the same embeddings
    /// trained as frozen.
    async fn trained_blocks_are_the_encoders() {
        let mut numbers = Numbers(5);
        let mut shapes = classifier(EfficientNetLite0::FEATURES).to_vec();
        for conv in EfficientNetLite0::convolutions() {
            shapes.push((format!("{}.weight", conv.name), conv.weight_shape().to_vec()));
            shapes.push((format!("{}.bias", conv.name), vec![conv.channels[0]]));
        }
        let tower = weights(&mut numbers, &shapes);
        let class_text_embeds = numbers.unit_rows(CLASSES, WIDTH);
        let size = [2, 96, 64];
        // Two pictures that differ much: noise, and stripes.
        let mut pixels = numbers.take(96 * 64 * 3);
        pixels.extend((0..96 * 64 * 3).map(|index| if index / 512 % 2 == 0 { 4.0 } else { -4.0 }));
        let device = device().await;
        let mut embeds = vec![];
        for unfreeze in [0, 5] {
            let mut recipe = recipe([1.0, 0.0, 0.0, 0.0]);
            recipe.unfreeze = unfreeze;
            let front = ImageFront::load(&mut tower.clone(), unfreeze, false, &device).unwrap();
            let maps = front.maps(pixels.clone(), size).await.unwrap();
            let start = Start {
                tower: &tower,
                class_text_embeds: class_text_embeds.clone(),
                width: WIDTH,
                alignment: None,
                vocabulary: None,
            };
            let trainer = Trainer::new(recipe, 1, start, &device).unwrap();
            if unfreeze == 5 {
                assert_eq!(maps.shape, [2, 112, 6, 4]);
            }
            embeds.push(trainer.embed_images(&maps).await.unwrap());
        }
        for (frozen, trained) in embeds[0].chunks(WIDTH).zip(embeds[1].chunks(WIDTH)) {
            let difference = frozen.iter().zip(trained).map(|(a, b)| (a - b).abs());
            assert!(difference.fold(0.0, f32::max) < 1e-4, "{frozen:?} {trained:?}");
        }
        // Were the embeddings always alike, the comparison would say little.
        let between = cosine(&embeds[0][..WIDTH], &embeds[0][WIDTH..]);
        assert!(between < 0.999, "{between}");
    }
}
