//! Convolutions with the batch norms and branches beside them folded in, as they are at inference
//! (Ding et al. 2021, RepVGG, arXiv 2101.03697): sums of [`Branch`]es.

use super::tensors::TensorFiles;
use crate::towers::WeightError;

/// What PyTorch's batch norms add to the variance.
const EPSILON: f64 = 1e-5;

/// A batch norm as one product and one sum a channel: `norm(x) = x · scale + shift`.
pub(super) struct BatchNorm {
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
}

impl BatchNorm {
    /// Reads the norm `{name}` of so many channels: `scale = γ / √(σ² + ε)`, `shift = β − μ · scale`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn read(
        tensors: &mut TensorFiles,
        name: &str,
        channels: usize,
    ) -> Result<Self, WeightError> {
        let mut part = |part: &str| tensors.floats(&format!("{name}.{part}"), &[channels]);
        let (gamma, beta) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let scale: Vec<f64> = (gamma.iter().zip(variance))
            .map(|(&gamma, variance)| f64::from(gamma) / (f64::from(variance) + EPSILON).sqrt())
            .collect();
        let shift = (beta.iter().zip(mean).zip(&scale))
            .map(|((&beta, mean), scale)| f64::from(beta) - f64::from(mean) * scale)
            .collect();
        Ok(Self { scale, shift })
    }
}

/// One of several convolutions of the same input, whose outputs are added up.
pub(super) struct Branch {
    /// Side of its square kernel; none: the input as it is.
    pub kernel: Option<usize>,
    /// The name of its weight, (out, in / groups, kernel, kernel).
    pub weight: String,
    /// The name of the batch norm behind it.
    pub norm: String,
}

impl Branch {
    /// The convolution `{name}.conv` with the norm `{name}.bn`.
    pub fn conv_norm(name: &str, kernel: usize) -> Self {
        Self {
            kernel: Some(kernel),
            weight: format!("{name}.conv.weight"),
            norm: format!("{name}.bn"),
        }
    }

    /// The norm `name` alone.
    pub fn identity(name: &str) -> Self {
        Self {
            kernel: None,
            weight: String::new(),
            norm: name.to_owned(),
        }
    }

    /// Adds the branch's kernel, times the scale of its norm, to the middle of
    /// `sum` (out, in / groups, side, side).
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn add_weight(
        &self,
        tensors: &mut TensorFiles,
        [outputs, inputs, side, _]: [usize; 4],
        sum: &mut [f64],
    ) -> Result<(), WeightError> {
        let scale = BatchNorm::read(tensors, &self.norm, outputs)?.scale;
        let Some(kernel) = self.kernel else {
            add_identity([outputs, inputs, side], sum, |output| scale[output]);
            return Ok(());
        };
        let shape = [outputs, inputs, kernel, kernel];
        let weight = tensors.floats(&self.weight, &shape)?;
        let before = side.saturating_sub(kernel) / 2;
        for (index, weight) in weight.into_iter().enumerate() {
            let (plane, row, column) = (
                index / (kernel * kernel),
                index / kernel % kernel,
                index % kernel,
            );
            let at = (plane * side + row + before) * side + column + before;
            if let Some(sum) = sum.get_mut(at) {
                *sum += f64::from(weight) * scale[plane / inputs.max(1)];
            }
        }
        Ok(())
    }

    /// Adds the branch's bias for each output to `sum` (out).
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn add_bias(&self, tensors: &mut TensorFiles, sum: &mut [f64]) -> Result<(), WeightError> {
        let norm = BatchNorm::read(tensors, &self.norm, sum.len())?;
        for (sum, shift) in sum.iter_mut().zip(norm.shift) {
            *sum += shift;
        }
        Ok(())
    }
}

/// Adds the kernel that gives its input back, times `factor` of each output, to `sum` (out, in / groups,
/// side, side).
pub(super) fn add_identity(
    [outputs, inputs, side]: [usize; 3],
    sum: &mut [f64],
    factor: impl Fn(usize) -> f64,
) {
    let middle = side / 2 * side + side / 2;
    for output in 0..outputs {
        let plane = output * inputs + output % inputs.max(1);
        if let Some(sum) = sum.get_mut(plane * side * side + middle) {
            *sum += factor(output);
        }
    }
}

/// The sum of branches as one convolution's weight (four sides) or bias (one).
///
/// # Errors
/// [`WeightError`].
pub(super) fn sum_of(
    tensors: &mut TensorFiles,
    branches: &[Branch],
    shape: &[usize],
) -> Result<Vec<f64>, WeightError> {
    let mut sum = vec![0.0; shape.iter().product()];
    for branch in branches {
        match *shape {
            [outputs, inputs, rows, columns] => {
                branch.add_weight(tensors, [outputs, inputs, rows, columns], &mut sum)?;
            }
            _ => branch.add_bias(tensors, &mut sum)?,
        }
    }
    Ok(sum)
}

/// Sums rounded to what is stored.
pub(super) fn rounded(sums: Vec<f64>) -> Vec<f32> {
    sums.into_iter().map(|sum| sum as f32).collect()
}
