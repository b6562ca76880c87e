//! Gradients against central finite differences, in float32.
//!
//! Each weight moves along its own gradient, once in its even elements and once in its odd ones, by
//! as much as should change the loss by 0.02 between both ends, and by no more than a tenth of its
//! own size. Rounding of a loss of a few units is some 1e-6, at most 1e-4 of that change; the third
//! order of the loss, and kinks of ReLU6, make up the rest of the 2 % that are allowed. A factor, a
//! transposition or a missing term would be far off.

use super::{CLASSES, Numbers, PAIRS, Toy, WIDTH, classifier, recipe, weights};
use glimpse_model::{
    pretrain::{Batch, Maps, Named, Recipe, RegionTarget, Start, Trainer},
    towers::{EfficientNetLite0, StoredTensor, WeightData, Weights},
};
use safetensors::SafeTensors;

const CHANGE: f64 = 0.01;
const TOLERANCE: f64 = 0.02;

/// The weights of a trainer, from what it saves.
async fn saved(trainer: &Trainer) -> Weights<'static> {
    let bytes = trainer.save().await.unwrap();
    let mut weights = Weights::default();
    for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
        let Some(name) = name.strip_prefix("weight/") else {
            continue;
        };
        let values = WeightData::FloatBytes(view.data()).to_floats();
        let stored = StoredTensor {
            shape: view.shape().to_vec(),
            values: WeightData::Floats(values),
        };
        weights.tensors.insert(name.to_owned(), stored);
    }
    weights
}

/// Checks the weights that `only` names; answers how often.
async fn check<'a>(
    recipe: &Recipe,
    start: impl Fn() -> Start<'a>,
    batch: &Batch,
    only: impl Fn(&str) -> bool,
) -> usize {
    let device = crate::support::device().await;
    let of = |start: Start| Trainer::new(recipe.clone(), 10, start, &device).unwrap();
    let trainer = of(start());
    let weights = saved(&trainer).await;
    let (report, gradients) = trainer.gradients(batch).await.unwrap();
    assert!(report.loss.is_finite() && report.gradient_norm > 0.0);
    assert_eq!(
        gradients.len(),
        weights.tensors.len(),
        "a weight has no gradient"
    );
    let mut checked = 0;
    for (name, gradient) in gradients.iter().filter(|(name, _)| only(name)) {
        let values = weights.tensors[name].values.to_floats();
        for parity in [0, 1] {
            let direction: Vec<f64> = gradient
                .iter()
                .enumerate()
                .map(|(index, &g)| {
                    if index % 2 == parity {
                        f64::from(g)
                    } else {
                        0.0
                    }
                })
                .collect();
            let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
            let size = values
                .iter()
                .map(|&v| f64::from(v).powi(2))
                .sum::<f64>()
                .sqrt();
            let step = (CHANGE / length).min(0.1 * size.max(0.1));
            // Too flat for float32 to tell.
            if length * step < 1e-4 {
                continue;
            }
            let mut losses = [0.0, 0.0];
            for (loss, sign) in losses.iter_mut().zip([1.0, -1.0]) {
                let moved = values
                    .iter()
                    .zip(&direction)
                    .map(|(&v, d)| (f64::from(v) + sign * step * d / length) as f32)
                    .collect();
                let mut weights = weights.clone();
                if let Some(stored) = weights.tensors.get_mut(name) {
                    stored.values = WeightData::Floats(moved);
                }
                let trainer = of(Start {
                    alignment: Some(&weights),
                    ..start()
                });
                let (report, _) = trainer.gradients(batch).await.unwrap();
                *loss = f64::from(report.loss);
            }
            let found = (losses[0] - losses[1]) / (2.0 * step);
            let error = (found - length).abs() / length;
            assert!(
                error < TOLERANCE,
                "{name}: {found} by differences, {length} by gradient"
            );
            checked += 1;
        }
    }
    checked
}

crate::tests! {
    /// Both heads and the temperature under InfoNCE with soft targets, noise and dropout.
    async fn gradients_of_info_nce() {
        let toy = Toy::new(3);
        let mut recipe = recipe([1.0, 0.0, 0.0, 0.0]);
        recipe.objectives.soft_targets.weight = 0.3;
        recipe.feature_noise = 0.1;
        let checked = check(&recipe, || toy.start(None), &toy.batch, |_| true).await;
        assert!(checked >= 16, "{checked}");
    }

    /// The same with scale and bias under the sigmoid loss.
    async fn gradients_of_the_sigmoid_loss() {
        let toy = Toy::new(1);
        let recipe = recipe([0.5, 1.0, 0.0, 0.0]);
        let checked = check(&recipe, || toy.start(None), &toy.batch, |_| true).await;
        assert!(checked >= 18, "{checked}");
    }

    /// Two captions of each picture, and naming, also of pictures without captions.
    async fn gradients_of_naming() {
        let toy = Toy::new(2);
        let mut batch = toy.batch.clone();
        let labels = 3;
        batch.matches = (0..PAIRS).map(|sentence| (sentence / 2, sentence)).collect();
        batch.words = None;
        let mut shares = Numbers(13).take(PAIRS * labels);
        for row in shares.chunks_mut(labels) {
            let sum: f32 = row.iter().map(|x| x.abs()).sum();
            row.iter_mut().for_each(|x| *x = x.abs() / sum);
        }
        let texts = Numbers(17).unit_rows(labels, WIDTH);
        batch.named = Some(Named { texts, shares });
        for info_nce in [0.0, 1.0] {
            let mut recipe = recipe([info_nce, 0.0, 0.0, 0.0]);
            recipe.objectives.naming = 1.0;
            recipe.objectives.soft_targets.weight = 0.5;
            recipe.input_dropout = [0.25, 0.125];
            let checked = check(&recipe, || toy.start(None), &batch, |_| true).await;
            assert!(checked >= 16, "{checked}");
        }
    }

    /// Heads and the cross-modal transformer under hidden words and hidden regions, these by
    /// contrast and by regression.
    async fn gradients_of_hidden_words_and_regions() {
        let toy = Toy::new(4);
        for target in [RegionTarget::Contrast, RegionTarget::Regression] {
            let mut recipe = recipe([0.1, 0.0, 1.0, 1.0]);
            recipe.masked.region_target = target;
            let checked = check(&recipe, || toy.start(None), &toy.batch, |_| true).await;
            assert!(checked >= 60, "{target:?}: {checked}");
        }
    }

    /// An unfrozen block with its depthwise convolution, and the convolution behind it.
    async fn gradients_of_an_unfrozen_block() {
        let mut numbers = Numbers(11);
        let mut shapes = classifier(EfficientNetLite0::FEATURES).to_vec();
        for conv in EfficientNetLite0::convolutions() {
            if conv.name.starts_with("blocks.15") || conv.name == "head" {
                shapes.push((format!("{}.weight", conv.name), conv.weight_shape().to_vec()));
                shapes.push((format!("{}.bias", conv.name), vec![conv.channels[0]]));
            }
        }
        let tower = weights(&mut numbers, &shapes);
        let class_text_embeds = numbers.unit_rows(CLASSES, WIDTH);
        let pairs = 4;
        let batch = Batch {
            images: Maps {
                shape: [pairs, 192, 3, 2],
                values: numbers.take(pairs * 192 * 6),
            },
            texts: numbers.unit_rows(pairs, WIDTH),
            matches: (0..pairs).map(|pair| (pair, pair)).collect(),
            words: None,
            named: None,
        };
        let mut recipe = recipe([1.0, 0.0, 0.0, 0.0]);
        recipe.unfreeze = 1;
        recipe.dropout = 0.0;
        let start = || Start {
            tower: &tower,
            class_text_embeds: class_text_embeds.clone(),
            width: WIDTH,
            alignment: None,
            vocabulary: None,
        };
        let trained = |name: &str| name.starts_with("blocks.15.") || name.starts_with("head.");
        let checked = check(&recipe, start, &batch, trained).await;
        assert_eq!(checked, 16);
    }
}
