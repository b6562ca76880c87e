//! The weights before the first step: given ones where they fit, fresh ones elsewhere
//! ([`initial`]), and frozen ones ([`Frozen`]).

use super::{
    PretrainError, RecipeError,
    objectives::{Fusion, Vocabulary},
    parameters::{Parameter, Parameters, add_linear},
    random::StepRandom,
    recipe::Recipe,
    tail,
};
use crate::towers::{BlockShape, ConvShape, EfficientNetLite0, WeightData, WeightError, Weights};
use burn::tensor::{Device, Tensor, TensorData};
use std::f32::consts::LN_10;

/// Where SigLIP starts: the logarithm of 10, and −10, so that it first says that nothing matches.
const SIGMOID_START: [f32; 2] = [LN_10, -10.0];

/// The weights that training starts from.
pub struct Start<'a> {
    /// `classifier.weight`, `classifier.bias`, and the convolutions of the blocks that train.
    pub tower: &'a Weights<'a>,
    /// What the classifier's classes are called: sentence embeddings, (classes · width).
    pub class_text_embeds: Vec<f32>,
    /// Width of a sentence embedding, which is that of the shared space.
    pub width: usize,
    /// Heads to go on from, by the names of `alignment.safetensors`; what they lack starts anew, as
    /// do heads of another width.
    pub alignment: Option<&'a Weights<'a>>,
    /// The words of the captions, where masked modelling is on.
    pub vocabulary: Option<Vocabulary>,
}

impl Start<'_> {
    /// Length of the image tower's feature vectors.
    fn features(&self) -> usize {
        let classifier = self.tower.tensors.get("classifier.weight");
        let columns = classifier.and_then(|stored| stored.shape.get(1));
        columns.copied().unwrap_or(EfficientNetLite0::FEATURES)
    }
}

/// The weights and shapes that training leaves as they are.
pub struct Frozen {
    /// The classifier's weight (classes, features) and bias (classes).
    pub classifier: (Tensor<2>, Tensor<1>),
    /// The classes' sentence embeddings, (classes, width).
    pub class_text_embeds: Tensor<2>,
    /// The shapes of the blocks that train.
    pub blocks: Vec<BlockShape>,
    /// The shape of the convolution behind them.
    pub head: ConvShape,
    /// The words of masked modelling, and their table (words, width).
    pub words: Option<(Vocabulary, Tensor<2>)>,
    /// Width of the shared space.
    pub width: usize,
}

impl Frozen {
    /// Takes the frozen weights to the device.
    ///
    /// # Errors
    /// [`PretrainError::Weight`], and [`PretrainError::Recipe`] where masked modelling lacks its
    /// words.
    pub fn of(recipe: &Recipe, start: Start, device: &Device) -> Result<Self, PretrainError> {
        let (width, features) = (start.width.max(1), start.features());
        let classes = start.class_text_embeds.len() / width;
        let matrix = |values: Vec<f32>, shape: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values, shape), device)
        };
        let weight = floats(start.tower, "classifier.weight", &[classes, features])?;
        let bias = floats(start.tower, "classifier.bias", &[classes])?;
        let words = match (recipe.masks(), start.vocabulary) {
            (true, Some(vocabulary)) if vocabulary.width == width => {
                let shape = [vocabulary.len(), width];
                let table = matrix(vocabulary.rows.clone(), shape);
                Some((vocabulary, table))
            }
            (true, _) => {
                return Err(RecipeError {
                    field: "masked",
                    wanted: "needs a vocabulary of the embeddings' width",
                }
                .into());
            }
            (false, _) => None,
        };
        Ok(Self {
            classifier: (
                matrix(weight, [classes, features]),
                Tensor::from_data(TensorData::new(bias, [classes]), device),
            ),
            class_text_embeds: matrix(start.class_text_embeds, [classes, width]),
            blocks: tail::block_shapes(recipe.unfreeze),
            head: EfficientNetLite0::head(),
            words,
            width,
        })
    }
}

/// The weights to start from: given ones where they fit, fresh ones elsewhere.
///
/// # Errors
/// [`PretrainError`] for a tower that lacks a block and for heads that don't divide the width.
pub fn initial(
    recipe: &Recipe,
    start: &Start,
    device: &Device,
) -> Result<Parameters, PretrainError> {
    let (width, features) = (start.width.max(1), start.features());
    let mut random = StepRandom::initial(recipe.seed);
    let mut parameters = Parameters::new();
    for (name, inputs, hidden) in [
        ("image", features, recipe.hidden[0]),
        ("text", width, recipe.hidden[1]),
    ] {
        // The outer layer small, so that training starts from what the towers already know.
        for (layer, shape, size) in [("0", [inputs, hidden], 1.0), ("2", [hidden, width], 0.1)] {
            let name = format!("{name}.{layer}");
            add_linear(&mut parameters, &name, shape, size, &mut random, device);
        }
    }
    let scalar = |value: f32| Parameter::new(vec![value], &[1], device);
    parameters.insert("logit_scale".into(), scalar(recipe.logit_scale));
    if recipe.objectives.sigmoid > 0.0 {
        let [scale, bias] = SIGMOID_START;
        parameters.insert("sigmoid.logit_scale".into(), scalar(scale));
        parameters.insert("sigmoid.logit_bias".into(), scalar(bias));
    }
    for shape in tail::convolutions(recipe.unfreeze) {
        for (name, shape) in [
            (format!("{}.weight", shape.name), &shape.weight_shape()[..]),
            (format!("{}.bias", shape.name), &shape.channels[..1]),
        ] {
            let values = floats(start.tower, &name, shape)?;
            parameters.insert(name, Parameter::new(values, shape, device));
        }
    }
    if recipe.masks() {
        let words = start.vocabulary.as_ref().map_or(0, Vocabulary::len);
        if width % recipe.masked.heads != 0 {
            return Err(RecipeError {
                field: "masked.heads",
                wanted: "has to divide the embeddings' width",
            }
            .into());
        }
        let shape = [width, features, words];
        Fusion::add(&mut parameters, &recipe.masked, shape, &mut random, device);
    }
    if let Some(given) = start.alignment {
        for (name, parameter) in &mut parameters {
            if let Some(stored) = given.tensors.get(name)
                && stored.shape == parameter.shape
            {
                *parameter = Parameter::new(stored.values.to_floats(), &stored.shape, device);
            }
        }
    }
    Ok(parameters)
}

/// A stored tensor as floats, which stays where it is.
fn floats(weights: &Weights, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
    let Some(stored) = weights.tensors.get(name) else {
        return Err(WeightError::Missing {
            file: weights.file.clone(),
            name: name.to_owned(),
            expected: shape.to_vec(),
        });
    };
    if stored.shape != shape {
        return Err(WeightError::Shape {
            file: weights.file.clone(),
            name: name.to_owned(),
            expected: shape.to_vec(),
            found: stored.shape.clone(),
        });
    }
    Ok(match &stored.values {
        WeightData::Floats(floats) => floats.clone(),
        other => other.to_floats(),
    })
}
