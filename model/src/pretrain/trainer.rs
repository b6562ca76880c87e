//! The training loop's body: forward, backward, optimiser step ([`Trainer::step`]).

use super::{
    PretrainError, Schedule,
    batch::{Batch, Maps},
    model::{Model, pooled},
    optimiser::Adam,
    parameters::{Leaves, Parameter, Parameters},
    random::StepRandom,
    recipe::Recipe,
    start::{Frozen, Start, initial},
};
use crate::towers::read;
use burn::tensor::{Device, Tensor};
use std::collections::BTreeMap;

/// CLIP's bound on the logit scale: the logarithm of 100.
const MAX_LOGIT_SCALE: f64 = 4.605_170;
/// What a step did to the loss, for logs and curves.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step's number, from 0.
    pub step: u64,
    /// The weighted sum of all objectives, before the step.
    pub loss: f32,
    /// Each objective by itself, by its name in the recipe.
    pub objectives: BTreeMap<&'static str, f32>,
    /// The heads' learning rate at this step.
    pub learning_rate: f64,
    /// L2 norm of all gradients, before clipping.
    pub gradient_norm: f32,
}

/// Trains the alignment of two towers, step by step.
pub struct Trainer {
    pub(super) recipe: Recipe,
    schedule: Schedule,
    pub(super) frozen: Frozen,
    pub(super) class_text_embeds: Vec<f32>,
    pub(super) parameters: Parameters,
    /// The moving average, where the recipe asks for one.
    pub(super) average: Option<Parameters>,
    pub(super) adam: Adam,
    pub(super) step: u64,
    pub(super) device: Device,
}

impl Trainer {
    /// A trainer before the first of `total_steps`.
    ///
    /// # Errors
    /// [`PretrainError`] for a recipe that can't be followed and weights that don't fit.
    pub fn new(
        recipe: Recipe,
        total_steps: u64,
        start: Start,
        device: &Device,
    ) -> Result<Self, PretrainError> {
        recipe.check()?;
        let class_text_embeds = start.class_text_embeds.clone();
        let parameters = initial(&recipe, &start, device)?;
        let frozen = Frozen::of(&recipe, start, device)?;
        let warm_up = (recipe.warm_up * total_steps as f64).round() as u64;
        Ok(Self {
            schedule: Schedule {
                peak: recipe.learning_rate,
                warm_up,
                total: total_steps,
            },
            frozen,
            class_text_embeds,
            average: (recipe.average > 0.0).then(|| parameters.clone()),
            adam: Adam::new(recipe.weight_decay),
            parameters,
            step: 0,
            recipe,
            device: device.clone(),
        })
    }

    /// How many steps are done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Steps that the learning rate is planned for.
    pub fn total_steps(&self) -> u64 {
        self.schedule.total
    }

    /// The recipe that is followed.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Takes one optimiser step down the batch's loss.
    ///
    /// # Errors
    /// [`PretrainError::Batch`] and [`PretrainError::Diverged`]; the weights are then unchanged.
    pub async fn step(&mut self, batch: &Batch) -> Result<StepReport, PretrainError> {
        let (report, gradients) = self.descent(batch).await?;
        let norm = f64::from(report.gradient_norm);
        self.apply(gradients, norm, report.learning_rate);
        self.step += 1;
        Ok(report)
    }

    /// What the next step would report, and the loss's gradient in every weight by name, row-major.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub async fn gradients(
        &self,
        batch: &Batch,
    ) -> Result<(StepReport, BTreeMap<String, Vec<f32>>), PretrainError> {
        let (report, gradients) = self.descent(batch).await?;
        let mut values = BTreeMap::new();
        for (name, gradient) in gradients {
            values.insert(name, read(gradient).await?);
        }
        Ok((report, values))
    }

    /// The loss and gradients of a batch at the present weights.
    async fn descent(
        &self,
        batch: &Batch,
    ) -> Result<(StepReport, BTreeMap<String, Tensor<1>>), PretrainError> {
        let mut random = StepRandom::new(self.recipe.seed, self.step);
        let leaves = Leaves::tracked(&self.parameters);
        let losses = self.losses(&leaves, batch, &mut random)?;
        let weighted = losses
            .iter()
            .map(|(_, weight, value)| value.clone() * *weight);
        let Some(loss) = weighted.reduce(|sum, value| sum + value) else {
            let reason = "none of the recipe's objectives applies to it";
            return Err(PretrainError::Batch(reason.to_owned()));
        };
        let gradients = leaves.gradients(&mut loss.backward());

        // One answer from the device: the loss, its parts, and each gradient's squares.
        let parts = losses.iter().map(|(_, _, value)| value.clone());
        let answer = std::iter::once(loss).chain(parts).map(Tensor::inner);
        let squares = gradients
            .values()
            .map(|gradient| gradient.clone().powi_scalar(2).sum());
        let answer = read(Tensor::cat(answer.chain(squares).collect(), 0)).await?;
        let (values, squares) = answer.split_at(1 + losses.len());
        let norm = squares.iter().map(|&x| f64::from(x)).sum::<f64>().sqrt() as f32;
        let loss = values.first().copied().unwrap_or(f32::NAN);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(PretrainError::Diverged { step: self.step });
        }
        let objectives = losses.iter().zip(values.iter().skip(1));
        let report = StepReport {
            step: self.step,
            loss,
            objectives: objectives
                .map(|((name, ..), &value)| (*name, value))
                .collect(),
            learning_rate: self.schedule.at(self.step),
            gradient_norm: norm,
        };
        Ok((report, gradients))
    }

    /// Clips the gradients, steps, bounds the temperature, and moves the average.
    fn apply(&mut self, gradients: BTreeMap<String, Tensor<1>>, norm: f64, rate: f64) {
        let recipe = &self.recipe;
        let scale = if recipe.clip > 0.0 && norm > recipe.clip {
            recipe.clip / norm
        } else {
            1.0
        };
        let gradients = gradients.into_iter().map(|(name, gradient)| {
            let clipped = if scale < 1.0 {
                gradient * scale
            } else {
                gradient
            };
            (name, clipped)
        });
        let rate = |name: &str| {
            let tower = name.starts_with("blocks.") || name.starts_with("head.");
            rate * if tower {
                recipe.tower_learning_rate
            } else {
                1.0
            }
        };
        self.adam
            .step(&mut self.parameters, gradients.collect(), rate);
        if let Some(scale) = self.parameters.get_mut("logit_scale") {
            scale.value = scale.value.clone().clamp(0.0, MAX_LOGIT_SCALE);
        }
        if let Some(average) = &mut self.average {
            // Fewer steps are averaged at first, so that the start is soon forgotten.
            let step = self.step as f64;
            let decay = recipe.average.min((1.0 + step) / (10.0 + step));
            for (name, mean) in average {
                if let Some(Parameter { value, .. }) = self.parameters.get(name) {
                    mean.value = mean.value.clone() * decay + value.clone() * (1.0 - decay);
                }
            }
        }
    }

    /// What is measured and kept: the average where there is one.
    pub(super) fn kept(&self) -> &Parameters {
        self.average.as_ref().unwrap_or(&self.parameters)
    }

    /// `image_embeds` of maps, (batch · width), each row of unit length.
    ///
    /// # Errors
    /// [`PretrainError`].
    pub async fn embed_images(&self, images: &Maps) -> Result<Vec<f32>, PretrainError> {
        let leaves = Leaves::plain(self.kept());
        let model = Model::of(&leaves, &self.frozen, &self.recipe)?;
        let regions = model.regions(images.tensor(&self.device)?);
        let embeds = model.embed_images(pooled(regions, images.shape[0]));
        Ok(read(embeds).await?)
    }

    /// `text_embeds` of the text tower's sentence embeddings, (sentences · width), each row of unit
    /// length.
    ///
    /// # Errors
    /// [`PretrainError`].
    pub async fn embed_texts(&self, sentences: &[f32]) -> Result<Vec<f32>, PretrainError> {
        let leaves = Leaves::plain(self.kept());
        let model = Model::of(&leaves, &self.frozen, &self.recipe)?;
        Ok(read(model.embed_texts(self.sentences(sentences)?)).await?)
    }
}
