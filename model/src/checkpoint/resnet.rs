//! CLIP's ResNet in the names of OpenAI and open_clip: its weights as the tower takes them ([`take`]).

use super::{
    folding::{Branch, rounded, sum_of},
    tensors::TensorFiles,
};
use crate::towers::WeightError;

/// The tower's tensor `name`, with the batch norm behind it folded in.
///
/// # Errors
/// [`WeightError`].
pub(super) fn take(
    tensors: &mut TensorFiles,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    let (layer, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let pooling = |part: &str| format!("visual.attnpool.{part}");
    if layer == "pooling.position_embedding" {
        return tensors.floats(&pooling("positional_embedding"), shape);
    }
    if layer == "visual_projection" {
        return tensors.floats(&pooling(&format!("c_proj.{kind}")), shape);
    }
    if let Some(part) = layer.strip_prefix("pooling.") {
        return tensors.floats(&pooling(&format!("{part}.{kind}")), shape);
    }
    let (conv, norm) = published(layer);
    let kernel = match *shape {
        [_, _, kernel, _] => kernel,
        _ => 0,
    };
    let branch = Branch {
        kernel: Some(kernel),
        weight: format!("{conv}.weight"),
        norm,
    };
    sum_of(tensors, &[branch], shape).map(rounded)
}

/// A convolution's published name, and its batch norm's.
fn published(layer: &str) -> (String, String) {
    if let Some(index) = layer.strip_prefix("stem.") {
        let number = index.parse().map_or(1, |index: usize| index + 1);
        return (format!("visual.conv{number}"), format!("visual.bn{number}"));
    }
    // "stages.0.2.conv1", and "layer1.2.conv1" there.
    let parts: Vec<&str> = layer.split('.').collect();
    let [_, stage, block, part] = parts[..] else {
        return (layer.to_owned(), layer.to_owned());
    };
    let stage = stage.parse().map_or(1, |stage: usize| stage + 1);
    let block = format!("visual.layer{stage}.{block}");
    match part.strip_prefix("conv") {
        Some(number) => (
            format!("{block}.conv{number}"),
            format!("{block}.bn{number}"),
        ),
        None => (
            format!("{block}.downsample.0"),
            format!("{block}.downsample.1"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::published;

    #[test]
    fn each_convolution_has_its_norm() {
        for (layer, conv, norm) in [
            ("stem.2", "visual.conv3", "visual.bn3"),
            (
                "stages.0.2.conv1",
                "visual.layer1.2.conv1",
                "visual.layer1.2.bn1",
            ),
            (
                "stages.3.0.shortcut",
                "visual.layer4.0.downsample.0",
                "visual.layer4.0.downsample.1",
            ),
        ] {
            assert_eq!(published(layer), (conv.to_owned(), norm.to_owned()));
        }
    }
}
