//! Checkpoints of a training ([`Trainer::save`], [`Trainer::resume`]) and its outcome
//! ([`Trainer::alignment`]), as safetensors.

use super::{PretrainError, Recipe, Start, Trainer, parameters::Parameter};
use crate::towers::read;
use burn::{
    optim::{AdamWState, AdaptiveMomentumState},
    tensor::{Device, Tensor, TensorData},
};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The metadata's key for all that is no tensor.
const KEY: &str = "glimpse_training";
const WEIGHT: &str = "weight";
const AVERAGE: &str = "average";
const MOMENTS: [&str; 2] = ["moment_1", "moment_2"];

/// What a saved training holds beside tensors. One entry, because several would be written in a
/// random order.
#[derive(Serialize, Deserialize)]
struct Progress {
    recipe: Recipe,
    total_steps: u64,
    step: u64,
    /// How many steps the optimiser has taken of each weight.
    times: BTreeMap<String, usize>,
}

/// Names, shapes and bytes in the order that they are written in.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

impl Trainer {
    /// Everything that [`Trainer::resume`] needs. Randomness needs nothing: it follows from the
    /// recipe's seed and the step.
    ///
    /// # Errors
    /// [`PretrainError`] if the device or the writing fails.
    pub async fn save(&self) -> Result<Vec<u8>, PretrainError> {
        let mut tensors = Tensors::new();
        let sets = [
            (WEIGHT, Some(&self.parameters)),
            (AVERAGE, self.average.as_ref()),
        ];
        for (set, parameters) in sets {
            for (name, parameter) in parameters.into_iter().flatten() {
                let bytes = float_bytes(parameter.value.clone()).await?;
                tensors.insert(format!("{set}/{name}"), (parameter.shape.clone(), bytes));
            }
        }
        let mut times = BTreeMap::new();
        for (name, state) in &self.adam.states {
            let momentum = &state.momentum;
            times.insert(name.clone(), momentum.time);
            let both = [&momentum.moment_1, &momentum.moment_2];
            for (moment, values) in MOMENTS.into_iter().zip(both) {
                let bytes = float_bytes(values.clone()).await?;
                tensors.insert(format!("{moment}/{name}"), (values.dims().to_vec(), bytes));
            }
        }
        let progress = Progress {
            recipe: self.recipe.clone(),
            total_steps: self.total_steps(),
            step: self.step,
            times,
        };
        let progress = serde_json::to_string(&progress)
            .map_err(|error| PretrainError::Saved(error.to_string()))?;
        serialise(&tensors, Dtype::F32, Some((KEY, progress)))
    }

    /// Goes on from [`Trainer::save`], to the bit as if never interrupted. `start` is what
    /// [`Trainer::new`] was given.
    ///
    /// # Errors
    /// [`PretrainError::Saved`] for bytes of something else, [`PretrainError::OtherRecipe`] for a
    /// training under another recipe, and as [`Trainer::new`].
    pub fn resume(
        recipe: Recipe,
        total_steps: u64,
        start: Start,
        bytes: &[u8],
        device: &Device,
    ) -> Result<Self, PretrainError> {
        let saved = |error: &dyn std::fmt::Display| PretrainError::Saved(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| saved(&error))?;
        let metadata = header.metadata().as_ref();
        let progress = metadata
            .and_then(|metadata| metadata.get(KEY))
            .ok_or_else(|| saved(&"it does not say how far it is"))?;
        let progress: Progress = serde_json::from_str(progress).map_err(|error| saved(&error))?;
        if progress.recipe != recipe {
            return Err(PretrainError::OtherRecipe("the recipe"));
        }
        if progress.total_steps != total_steps {
            return Err(PretrainError::OtherRecipe("the number of steps"));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| saved(&error))?;
        let find = |set: &str, name: &str, count: usize| {
            let name = format!("{set}/{name}");
            let view = tensors.tensor(&name).map_err(|error| saved(&error))?;
            if view.dtype() != Dtype::F32 || view.data().len() != count * 4 {
                return Err(saved(&format!("\"{name}\" does not fit")));
            }
            let values = view.data().as_chunks::<4>().0.iter();
            let values: Vec<f32> = values.map(|&bytes| f32::from_le_bytes(bytes)).collect();
            Ok(Tensor::<1>::from_data(
                TensorData::new(values, [count]),
                device,
            ))
        };
        let mut trainer = Self::new(recipe, total_steps, start, device)?;
        for (name, Parameter { value, shape }) in &mut trainer.parameters {
            *value = find(WEIGHT, name, shape.iter().product())?;
        }
        for (name, Parameter { value, shape }) in trainer.average.iter_mut().flatten() {
            *value = find(AVERAGE, name, shape.iter().product())?;
        }
        for (name, time) in progress.times {
            let Some(parameter) = trainer.parameters.get(&name) else {
                return Err(saved(&format!("\"{name}\" is not trained")));
            };
            let count = parameter.shape.iter().product();
            let [first, second] = MOMENTS.map(|moment| find(moment, &name, count));
            let momentum = AdaptiveMomentumState::new(time, first?, second?);
            trainer.adam.states.insert(name, AdamWState::new(momentum));
        }
        trainer.step = progress.step;
        Ok(trainer)
    }

    /// `alignment.safetensors`, in float16: the heads, their temperature, and the blocks that were
    /// trained, under the names of the image tower's own weights, which they replace.
    ///
    /// # Errors
    /// [`PretrainError`] if the device or the writing fails.
    pub async fn alignment(&self) -> Result<Vec<u8>, PretrainError> {
        let kept = self.kept();
        let mut tensors = Tensors::new();
        for (name, parameter) in kept.iter().filter(|(name, _)| is_aligned(name)) {
            let values = read(parameter.value.clone()).await?;
            let stored = (parameter.shape.clone(), half_bytes(&values));
            tensors.insert(name.clone(), stored);
        }
        // Where only the sigmoid loss was trained, its temperature is the one.
        let objectives = &self.recipe.objectives;
        if objectives.info_nce + objectives.naming <= 0.0
            && let Some(scale) = kept.get("sigmoid.logit_scale")
        {
            let values = read(scale.value.clone()).await?;
            tensors.insert("logit_scale".into(), (vec![1], half_bytes(&values)));
        }
        let width = kept.get("text.2.bias").map_or(1, |bias| bias.shape[0]);
        let shape = vec![self.class_text_embeds.len() / width.max(1), width];
        let classes = half_bytes(&self.class_text_embeds);
        tensors.insert("class_text_embeds".into(), (shape, classes));
        serialise(&tensors, Dtype::F16, None)
    }
}

/// Whether a weight is part of `alignment.safetensors`.
fn is_aligned(name: &str) -> bool {
    const ALIGNED: [&str; 5] = ["image.", "text.", "blocks.", "head.", "logit_scale"];
    ALIGNED.iter().any(|start| name.starts_with(start))
}

async fn float_bytes(values: Tensor<1>) -> Result<Vec<u8>, PretrainError> {
    let values = read(values).await?;
    Ok(values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect())
}

fn half_bytes(values: &[f32]) -> Vec<u8> {
    let halves = values.iter().map(|&value| f16::from_f32(value));
    halves.flat_map(f16::to_le_bytes).collect()
}

fn serialise(
    tensors: &Tensors,
    dtype: Dtype,
    note: Option<(&str, String)>,
) -> Result<Vec<u8>, PretrainError> {
    let views = tensors.iter().map(|(name, (shape, bytes))| {
        TensorView::new(dtype, shape.clone(), bytes).map(|view| (name, view))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(PretrainError::Write)?;
    let note = note.map(|(key, text)| HashMap::from([(key.to_owned(), text)]));
    safetensors::serialize(views, note).map_err(PretrainError::Write)
}
