//! Toys that have to be learnt, and trainings that have to repeat.

use super::{PAIRS, Toy, WIDTH, recipe};
use glimpse_model::{
    metrics::{Resampling, retrieval_ranks},
    pretrain::{PretrainError, Recipe, Trainer},
};

/// Recall@1 of the toy's pairs, both ways.
async fn recall(trainer: &Trainer, toy: &Toy) -> [f64; 2] {
    let rows =
        |values: Vec<f32>| -> Vec<Vec<f32>> { values.chunks(WIDTH).map(<[f32]>::to_vec).collect() };
    let images = rows(trainer.embed_images(&toy.batch.images).await.unwrap());
    let texts = rows(trainer.embed_texts(&toy.batch.texts).await.unwrap());
    let owners: Vec<usize> = (0..PAIRS).collect();
    let recall = retrieval_ranks(&images, &texts, &owners).recall(Resampling::default());
    [recall.text_to_image[0].value, recall.image_to_text[0].value]
}

async fn train(trainer: &mut Trainer, toy: &Toy, steps: usize) -> Vec<f32> {
    let mut losses = vec![];
    for _ in 0..steps {
        losses.push(trainer.step(&toy.batch).await.unwrap().loss);
    }
    losses
}

fn quick(objectives: [f64; 4]) -> Recipe {
    Recipe {
        learning_rate: 0.01,
        dropout: 0.0,
        ..recipe(objectives)
    }
}

crate::tests! {
    /// InfoNCE and the sigmoid loss, each alone, find all pairs.
    async fn toy_pairs_are_found() {
        for objectives in [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]] {
            let mut toy = Toy::new(1);
            toy.batch.matches.retain(|(picture, sentence)| picture == sentence);
            let mut trainer = toy.trainer(quick(objectives), 150).await;
            assert!(recall(&trainer, &toy).await[0] < 0.8, "known before it is learnt");
            let losses = train(&mut trainer, &toy, 150).await;
            assert!(losses[149] < 0.2 * losses[0], "{} to {}", losses[0], losses[149]);
            assert_eq!(recall(&trainer, &toy).await, [1.0, 1.0]);
        }
    }

    /// Hidden words and hidden regions, each alone, are learnt; and so is the alignment's part in
    /// it: the heads move.
    async fn hidden_things_are_learnt() {
        for (objectives, name) in [
            ([0.0, 0.0, 1.0, 0.0], "masked_words"),
            ([0.0, 0.0, 0.0, 1.0], "masked_regions"),
        ] {
            let toy = Toy::new(4);
            let mut trainer = toy.trainer(quick(objectives), 200).await;
            let before = trainer.embed_images(&toy.batch.images).await.unwrap();
            let losses = train(&mut trainer, &toy, 200).await;
            // Other words are hidden in each step, so single losses say little.
            let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
            let (first, last) = (mean(&losses[..10]), mean(&losses[190..]));
            assert!(last < 0.5 * first, "{name}: {first} to {last}");
            let after = trainer.embed_images(&toy.batch.images).await.unwrap();
            assert_ne!(before, after, "{name}");
        }
    }

    /// Saved after four of eight steps and gone on with: the same bytes as without a break.
    async fn resumed_to_the_bit() {
        let toy = Toy::new(4);
        let mut recipe = recipe([1.0, 0.5, 0.5, 0.5]);
        recipe.average = 0.9;
        recipe.feature_noise = 0.1;
        let mut whole = toy.trainer(recipe.clone(), 8).await;
        train(&mut whole, &toy, 4).await;
        let bytes = whole.save().await.unwrap();
        train(&mut whole, &toy, 4).await;

        let device = crate::support::device().await;
        let resume = |recipe: Recipe, bytes: &[u8]| {
            Trainer::resume(recipe, 8, toy.start(None), bytes, &device)
        };
        let mut resumed = resume(recipe.clone(), &bytes).unwrap();
        assert_eq!(resumed.steps(), 4);
        train(&mut resumed, &toy, 4).await;
        assert_eq!(whole.save().await.unwrap(), resumed.save().await.unwrap());
        assert_eq!(whole.alignment().await.unwrap(), resumed.alignment().await.unwrap());

        let other = Recipe { learning_rate: 0.5, ..recipe.clone() };
        assert!(matches!(resume(other, &bytes), Err(PretrainError::OtherRecipe(_))));
        assert!(matches!(resume(recipe, &bytes[..99]), Err(PretrainError::Saved(_))));
    }

    /// One seed, one outcome; another seed, another.
    async fn seeds_decide() {
        let toy = Toy::new(2);
        let mut outcomes = vec![];
        for seed in [1, 1, 2] {
            let recipe = Recipe { seed, ..recipe([1.0, 0.0, 0.5, 0.0]) };
            let mut trainer = toy.trainer(recipe, 5).await;
            train(&mut trainer, &toy, 5).await;
            outcomes.push(trainer.alignment().await.unwrap());
        }
        assert_eq!(outcomes[0], outcomes[1]);
        assert_ne!(outcomes[1], outcomes[2]);
    }

    /// What doesn't fit is refused with a sentence, and changes nothing.
    async fn faulty_batches_are_refused() {
        let toy = Toy::new(1);
        let mut trainer = toy.trainer(recipe([1.0, 0.0, 0.0, 0.0]), 5).await;
        let before = trainer.save().await.unwrap();
        let mut batch = toy.batch.clone();
        for (picture, sentence) in [(0, PAIRS), (PAIRS, 0)] {
            batch.matches.push((picture, sentence));
            assert!(matches!(trainer.step(&batch).await, Err(PretrainError::Batch(_))));
            batch.matches.pop();
        }
        // A sentence of no picture, and a picture of no sentence.
        batch.matches = vec![(0, 0)];
        assert!(matches!(trainer.step(&batch).await, Err(PretrainError::Batch(_))));
        batch.matches = (0..PAIRS).map(|sentence| (PAIRS - 1, sentence)).collect();
        assert!(matches!(trainer.step(&batch).await, Err(PretrainError::Batch(_))));
        let mut batch = toy.batch.clone();
        batch.texts.truncate(WIDTH);
        assert!(matches!(trainer.step(&batch).await, Err(PretrainError::Batch(_))));
        let mut batch = toy.batch.clone();
        batch.texts[0] = f32::NAN;
        assert!(matches!(trainer.step(&batch).await, Err(PretrainError::Diverged { step: 0 })));
        assert_eq!(before, trainer.save().await.unwrap());
    }
}
