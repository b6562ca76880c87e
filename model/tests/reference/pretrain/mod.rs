//! Training: losses by hand, gradients against finite differences, toys that are learnt.

mod gradients;
mod objectives;
mod tail;
mod training;

use glimpse_model::{
    pretrain::{Batch, Maps, Objectives, Recipe, Start, Trainer, Vocabulary, Words},
    towers::{StoredTensor, WeightData, Weights},
};

/// Numbers between −1 and 1, the same on every machine (Knuth's linear congruence).
pub struct Numbers(u64);

impl Numbers {
    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }

    pub fn unit_rows(&mut self, rows: usize, width: usize) -> Vec<f32> {
        let mut values = self.take(rows * width);
        glimpse_model::towers::normalise_rows(&mut values, width);
        values
    }
}

/// A toy batch's pairs of a picture and a caption.
pub const PAIRS: usize = 8;
pub const WIDTH: usize = 12;
pub const FEATURES: usize = 20;
pub const CLASSES: usize = 5;
/// Words of a caption: [CLS], four words, [SEP], and for every other one padding.
const LENGTH: usize = 7;
const WORDS: usize = 11;

/// Random weights of these names and shapes.
pub fn weights(numbers: &mut Numbers, shapes: &[(String, Vec<usize>)]) -> Weights<'static> {
    let mut weights = Weights {
        file: "a toy".into(),
        ..Default::default()
    };
    for (name, shape) in shapes {
        let count = shape.iter().product();
        // As large out as in, behind a ReLU.
        let size = match shape.len() {
            1 => 0.1,
            _ => 2.45 / (shape[1..].iter().product::<usize>() as f32).sqrt(),
        };
        let values = numbers.take(count).iter().map(|x| x * size).collect();
        let stored = StoredTensor {
            shape: shape.clone(),
            values: WeightData::Floats(values),
        };
        weights.tensors.insert(name.clone(), stored);
    }
    weights
}

pub fn classifier(features: usize) -> [(String, Vec<usize>); 2] {
    [
        ("classifier.weight".into(), vec![CLASSES, features]),
        ("classifier.bias".into(), vec![CLASSES]),
    ]
}

/// A toy without trained blocks.
pub struct Toy {
    pub tower: Weights<'static>,
    pub class_text_embeds: Vec<f32>,
    pub batch: Batch,
    vocabulary: Vocabulary,
}

impl Toy {
    /// Pictures of `regions` regions whose captions have nothing in common with one another.
    pub fn new(regions: usize) -> Self {
        let mut numbers = Numbers(7);
        let tower = weights(&mut numbers, &classifier(FEATURES));
        let class_text_embeds = numbers.unit_rows(CLASSES, WIDTH);
        // Which word is at which position follows from the picture.
        let word = |pair: usize, position: usize| match position {
            0 => 0,
            5 => 1,
            6 => 2,
            position => 4 + ((pair * 3 + position * position) % (WORDS - 4)) as u32,
        };
        let positions = (0..PAIRS).flat_map(|pair| (0..LENGTH).map(move |at| (pair, at)));
        let words = Words {
            ids: positions.clone().map(|(pair, at)| word(pair, at)).collect(),
            mask: positions.map(|(pair, at)| at < 6 - pair % 2).collect(),
            length: LENGTH,
        };
        let batch = Batch {
            images: Maps {
                shape: [PAIRS, FEATURES, 1, regions],
                values: numbers.take(PAIRS * FEATURES * regions),
            },
            texts: numbers.unit_rows(PAIRS, WIDTH),
            matches: (0..PAIRS)
                .map(|pair| (pair, pair))
                .chain([(0, 1)])
                .collect(),
            words: Some(words),
            named: None,
        };
        let rows = numbers.take(WORDS * WIDTH);
        // 0 and 1 are the ends, 2 is padding, 3 stands for hidden words.
        let vocabulary =
            Vocabulary::new(WIDTH, rows, (0..WORDS as u32).collect(), 3, &[0, 1, 2, 3]);
        Self {
            tower,
            class_text_embeds,
            batch,
            vocabulary,
        }
    }

    pub fn start<'a>(&'a self, alignment: Option<&'a Weights<'a>>) -> Start<'a> {
        Start {
            tower: &self.tower,
            class_text_embeds: self.class_text_embeds.clone(),
            width: WIDTH,
            alignment,
            vocabulary: Some(self.vocabulary.clone()),
        }
    }

    pub async fn trainer(&self, recipe: Recipe, steps: u64) -> Trainer {
        let device = crate::support::device().await;
        Trainer::new(recipe, steps, self.start(None), &device).unwrap()
    }
}

/// A small recipe with these shares of info_nce, sigmoid, masked_words and masked_regions.
pub fn recipe([info_nce, sigmoid, masked_words, masked_regions]: [f64; 4]) -> Recipe {
    let mut recipe = Recipe {
        seed: 3,
        batch_size: PAIRS,
        hidden: [16, 10],
        objectives: Objectives {
            info_nce,
            sigmoid,
            masked_words,
            masked_regions,
            ..Default::default()
        },
        ..Default::default()
    };
    recipe.masked.heads = 3;
    recipe.masked.words = 0.4;
    recipe.masked.regions = 0.4;
    recipe.masked.max_words = LENGTH;
    recipe.masked.max_regions = 6;
    recipe
}
