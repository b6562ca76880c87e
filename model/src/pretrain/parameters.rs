//! Trained parameters, by the names that `alignment.safetensors` gives them ([`Parameters`]), and
//! as the leaves of a step's graph ([`Leaves`]).

use super::{PretrainError, random::StepRandom};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use std::collections::BTreeMap;

/// A trained weight's values between steps.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// All its elements in a row, outside of any gradient's graph.
    pub value: Tensor<1>,
    /// The shape that they are stored and saved in.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// A parameter of `values`, row-major.
    pub fn new(values: Vec<f32>, shape: &[usize], device: &Device) -> Self {
        let length = values.len();
        Self {
            value: Tensor::from_data(TensorData::new(values, [length]), device),
            shape: shape.to_vec(),
        }
    }
}

/// All trained weights by name.
pub type Parameters = BTreeMap<String, Parameter>;

/// Adds a layer as PyTorch starts it: `{name}.weight` (outputs, inputs) and `{name}.bias`, uniform
/// within 1 / √inputs; times `size`.
pub fn add_linear(
    parameters: &mut Parameters,
    name: &str,
    [inputs, outputs]: [usize; 2],
    size: f32,
    random: &mut StepRandom,
    device: &Device,
) {
    let bound = size / (inputs as f32).sqrt();
    for (part, shape) in [("weight", vec![outputs, inputs]), ("bias", vec![outputs])] {
        let values = random.uniform(shape.iter().product(), bound);
        let parameter = Parameter::new(values, &shape, device);
        parameters.insert(format!("{name}.{part}"), parameter);
    }
}

/// Weights as a step or an embedding uses them.
pub struct Leaves(BTreeMap<String, (Tensor<1>, Vec<usize>)>);

impl Leaves {
    /// Weights whose gradients are tracked.
    pub fn tracked(parameters: &Parameters) -> Self {
        Self::of(parameters, |value| value.autodiff().require_grad())
    }

    /// Weights without gradients, for embedding.
    pub fn plain(parameters: &Parameters) -> Self {
        Self::of(parameters, |value| value)
    }

    fn of(parameters: &Parameters, take: impl Fn(Tensor<1>) -> Tensor<1>) -> Self {
        let leaf = |(name, parameter): (&String, &Parameter)| {
            let value = take(parameter.value.clone());
            (name.clone(), (value, parameter.shape.clone()))
        };
        Self(parameters.iter().map(leaf).collect())
    }

    fn get(&self, name: &str) -> Result<&(Tensor<1>, Vec<usize>), PretrainError> {
        let missing = || PretrainError::Untrained(name.to_owned());
        self.0.get(name).ok_or_else(missing)
    }

    /// A weight as a vector.
    pub fn vector(&self, name: &str) -> Result<Tensor<1>, PretrainError> {
        Ok(self.get(name)?.0.clone())
    }

    /// A weight as a matrix: its first dimension, and all others in a row.
    pub fn matrix(&self, name: &str) -> Result<Tensor<2>, PretrainError> {
        let (value, shape) = self.get(name)?;
        let rows = shape.first().copied().unwrap_or(1);
        let columns = shape.iter().skip(1).product();
        Ok(value.clone().reshape([rows, columns]))
    }

    /// The gradients that a backward pass found, by name.
    pub fn gradients(&self, gradients: &mut Gradients) -> BTreeMap<String, Tensor<1>> {
        let found = |(name, (leaf, _)): (&String, &(Tensor<1>, Vec<usize>))| {
            let gradient = leaf.grad_remove(gradients)?;
            Some((name.clone(), gradient))
        };
        self.0.iter().filter_map(found).collect()
    }
}
