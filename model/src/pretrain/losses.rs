//! The losses of a batch: a forward pass, and every objective of the recipe ([`Trainer::losses`]).

use super::{
    PretrainError, Trainer,
    batch::{Batch, Named, Words},
    model::{Model, embed_noisily, pooled},
    objectives::{
        Masking, Targets, info_nce, masked_regions, masked_words, naming, pairwise_sigmoid,
        unit_rows,
    },
    parameters::Leaves,
    random::StepRandom,
};
use burn::tensor::{Tensor, TensorData};

/// An objective's name in the recipe, its weight, and its value (1).
pub type Loss = (&'static str, f64, Tensor<1>);

impl Trainer {
    /// Computes every objective of the recipe that applies to the batch.
    pub(super) fn losses(
        &self,
        leaves: &Leaves,
        batch: &Batch,
        random: &mut StepRandom,
    ) -> Result<Vec<Loss>, PretrainError> {
        let (recipe, objectives) = (&self.recipe, &self.recipe.objectives);
        let model = Model::of(leaves, &self.frozen, recipe)?;
        let pictures = batch.pictures();
        let maps = batch.images.tensor(&self.device)?;
        let sentences = self.sentences(&batch.texts)?;
        let matches = batch.table(sentences.dims()[0])?;
        let paired = matches.pictures;
        let regions = model.regions(maps);
        let features = pooled(regions.clone(), pictures);
        let mut losses = Vec::new();
        if objectives.embeds() {
            let (images, texts) =
                embed_noisily(&model, features, sentences.clone(), recipe, random);
            if objectives.naming > 0.0
                && let Some(named) = &batch.named
            {
                let (labels, shares) = self.named(named, pictures)?;
                let labels = model.embed_texts_noisily(labels, recipe, random);
                let cosines = images.clone().matmul(labels.transpose());
                let loss = naming(cosines, leaves.vector("logit_scale")?, shares);
                losses.push(("naming", objectives.naming, loss));
            }
            let width = images.dims()[1];
            let cosines = images
                .slice([0..paired, 0..width])
                .matmul(texts.transpose());
            if objectives.info_nce > 0.0 {
                let soft = &objectives.soft_targets;
                let targets = Targets::of_matches(&matches, &self.device).softened(
                    sentences,
                    soft.weight,
                    soft.temperature,
                );
                let scale = leaves.vector("logit_scale")?;
                let loss = info_nce(cosines.clone(), scale, &targets);
                losses.push(("info_nce", objectives.info_nce, loss));
            }
            if objectives.sigmoid > 0.0 {
                let signs = matches.values.iter().map(|&is| if is { 1.0 } else { -1.0 });
                let shape = [paired, matches.sentences];
                let signs = TensorData::new(signs.collect::<Vec<f32>>(), shape);
                let loss = pairwise_sigmoid(
                    cosines,
                    leaves.vector("sigmoid.logit_scale")?,
                    leaves.vector("sigmoid.logit_bias")?,
                    Tensor::from_data(signs, &self.device),
                );
                losses.push(("sigmoid", objectives.sigmoid, loss));
            }
        }
        let masking = (&model.fusion, &self.frozen.words, &batch.words);
        if let (Some(fusion), Some((vocabulary, table)), Some(words)) = masking {
            let [rows, features] = regions.dims();
            let seen = rows / pictures;
            self.check_words(words, [paired, seen])?;
            let regions = regions.slice([0..paired * seen, 0..features]);
            let masking = Masking {
                fusion,
                words,
                vocabulary,
                table: table.clone(),
                regions: unit_rows(model.image.forward(regions.clone())),
                features: regions,
                shape: [paired, seen],
                device: self.device.clone(),
            };
            let head = |rows| model.text.forward(rows);
            if objectives.masked_words > 0.0
                && let Some(loss) = masked_words(&masking, recipe.masked.words, random, head)?
            {
                losses.push(("masked_words", objectives.masked_words, loss));
            }
            if objectives.masked_regions > 0.0 {
                let what = (recipe.masked.regions, recipe.masked.region_target);
                let loss = masked_regions(&masking, what, random, head);
                losses.push(("masked_regions", objectives.masked_regions, loss));
            }
        }
        Ok(losses)
    }

    /// The labels' embeddings, and each picture's shares of them.
    fn named(
        &self,
        named: &Named,
        pictures: usize,
    ) -> Result<(Tensor<2>, Tensor<2>), PretrainError> {
        let labels = self.sentences(&named.texts)?;
        let shape = [pictures, labels.dims()[0]];
        if named.shares.len() != shape[0] * shape[1] {
            let found = named.shares.len();
            let reason = format!(
                "{found} shares of {} labels for {pictures} pictures",
                shape[1]
            );
            return Err(PretrainError::Batch(reason));
        }
        let shares = TensorData::new(named.shares.clone(), shape);
        Ok((labels, Tensor::from_data(shares, &self.device)))
    }

    /// Whether captions and regions are as many as masked modelling can take.
    fn check_words(&self, words: &Words, [size, regions]: [usize; 2]) -> Result<(), PretrainError> {
        let masked = &self.recipe.masked;
        let all = size * words.length;
        let reason = if words.length == 0 || words.ids.len() != all || words.mask.len() != all {
            format!("{} tokens for {size} captions", words.ids.len())
        } else if words.length > masked.max_words {
            format!("captions of {} tokens, more than max_words", words.length)
        } else if regions > masked.max_regions {
            format!("{regions} regions a picture, more than max_regions")
        } else {
            return Ok(());
        };
        Err(PretrainError::Batch(reason))
    }

    /// Sentence embeddings as a tensor, (sentences, width).
    pub(super) fn sentences(&self, values: &[f32]) -> Result<Tensor<2>, PretrainError> {
        let width = self.frozen.width;
        let rows = values.len() / width;
        if rows == 0 || rows * width != values.len() {
            let reason = format!("{} values for sentences of {width}", values.len());
            return Err(PretrainError::Batch(reason));
        }
        let data = TensorData::new(values.to_vec(), [rows, width]);
        Ok(Tensor::from_data(data, &self.device))
    }
}
