//! timm's FastViT in open_clip's folders, as it was trained, with branches and batch norms, or already
//! re-parameterised: its shape ([`config`]), and its weights as the tower takes them ([`take`]).

use super::{
    folding::{BatchNorm, Branch, add_identity, rounded, sum_of},
    keys::TRUNK,
    tensors::TensorFiles,
};
use crate::{
    pack::{FastVitConfig, FastVitMixer, FastVitStage},
    towers::WeightError,
};

/// The network's shape: open_clip's config names it, and the weights have it.
pub(super) fn config(tensors: &TensorFiles, image_size: usize) -> FastVitConfig {
    let has = |name: &str| tensors.has(&format!("{TRUNK}{name}"));
    let side = |name: &str, axis: usize| -> usize {
        let shape = tensors.shape(&format!("{TRUNK}{name}")).unwrap_or_default();
        shape.get(axis).copied().unwrap_or(0)
    };
    let first = |index: usize| format!("stages.{index}.blocks.0");
    let stages = (0..)
        .take_while(|&index| has(&format!("{}.mlp.fc1.weight", first(index))))
        .map(|index| {
            let fc1 = format!("{}.mlp.fc1.weight", first(index));
            let squeeze = format!("stages.{index}.downsample.proj.0.se.fc1.weight");
            let mixer = [
                ("token_mixer.qkv.weight", "norm.running_mean"),
                ("token_mixer.qkv.weight", "norm.weight"),
            ]
            .map(|parts| [parts.0, parts.1].map(|part| has(&format!("{}.{part}", first(index)))));
            FastVitStage {
                width: side(&fc1, 1),
                intermediate_size: side(&fc1, 0),
                blocks: (0..)
                    .take_while(|block| {
                        has(&format!("stages.{index}.blocks.{block}.mlp.fc1.weight"))
                    })
                    .count(),
                mixer: match mixer {
                    [[true, true], _] => FastVitMixer::Attention,
                    [_, [true, true]] => FastVitMixer::NormedAttention,
                    _ => FastVitMixer::Convolution,
                },
                squeeze: has(&squeeze).then(|| side(&squeeze, 0)),
            }
        })
        .collect();
    FastVitConfig {
        image_size,
        stages,
        features: side("final_conv.se.fc1.weight", 1),
        squeeze: side("final_conv.se.fc1.weight", 0),
    }
}

/// The tower's tensor `name`, folded from published ones; `is_classifier` as in
/// [`super::keys::ImageLayout`].
///
/// # Errors
/// [`WeightError`].
pub(super) fn take(
    tensors: &mut TensorFiles,
    is_classifier: bool,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    let (layer, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let (parent, part) = layer.rsplit_once('.').unwrap_or(("", layer));
    let mut source = Source {
        tensors,
        kind,
        shape,
    };
    match part {
        "head" if is_classifier => source.linear("head.fc"),
        "head" => source.projection(),
        "last" => source.mobile_one("final_conv"),
        "downsample" => source.large_kernel(&format!("{layer}.proj.0")),
        "project" => source.mobile_one(&format!("{parent}.downsample.proj.1")),
        "position" => source.position(&format!("{parent}.pos_emb")),
        "mixer" => source.mixer(&format!("{parent}.token_mixer")),
        "filter" => source.conv_norm(&format!("{parent}.mlp.conv")),
        "norm" => source.linear(layer),
        "q_proj" => source.attention_input(parent, 0),
        "k_proj" => source.attention_input(parent, 1),
        "v_proj" => source.attention_input(parent, 2),
        "out_proj" => {
            let block = parent.trim_end_matches(".self_attn");
            let scale = format!("{block}.layer_scale_1.gamma");
            source.scaled(&format!("{block}.token_mixer.proj"), &scale)
        }
        "fc1" | "fc2" => match parent.rsplit_once('.') {
            Some(("last", "squeeze")) => source.linear(&format!("final_conv.se.{part}")),
            Some((stage, "squeeze")) => {
                source.linear(&format!("{stage}.downsample.proj.0.se.{part}"))
            }
            Some((block, _)) if part == "fc2" => {
                let second = format!("{block}.layer_scale_2.gamma");
                let scale = match source.tensors.has(&format!("{TRUNK}{second}")) {
                    true => second,
                    false => format!("{block}.layer_scale.gamma"),
                };
                source.scaled(layer, &scale)
            }
            _ => source.linear(layer),
        },
        // "stem.0" to "stem.2".
        _ => source.mobile_one(layer),
    }
}

/// Published tensors, and what is wanted of them.
struct Source<'a> {
    tensors: &'a mut TensorFiles,
    /// "weight" or "bias".
    kind: &'a str,
    /// Its shape in the tower.
    shape: &'a [usize],
}

impl Source<'_> {
    fn is_weight(&self) -> bool {
        self.kind == "weight"
    }

    fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
        self.tensors.floats(&format!("{TRUNK}{name}"), shape)
    }

    /// A layer as it is; a pointwise convolution where the tower has a linear one.
    fn linear(&mut self, layer: &str) -> Result<Vec<f32>, WeightError> {
        let name = format!("{layer}.{}", self.kind);
        let published = self.tensors.shape(&format!("{TRUNK}{name}"));
        let mut shape = self.shape.to_vec();
        while shape.len() > 1 && published.as_ref().is_some_and(|p| p.len() > shape.len()) {
            shape.push(1);
        }
        self.floats(&name, &shape)
    }

    /// open_clip's own layer behind the trunk, whose bias is optional.
    fn projection(&mut self) -> Result<Vec<f32>, WeightError> {
        let name = format!("visual.head.proj.{}", self.kind);
        match self.is_weight() || self.tensors.has(&name) {
            true => self.tensors.floats(&name, self.shape),
            false => Ok(vec![0.0; self.shape.iter().product()]),
        }
    }

    /// A layer whose outputs are scaled by the tensor `scale`.
    fn scaled(&mut self, layer: &str, scale: &str) -> Result<Vec<f32>, WeightError> {
        let outputs = self.shape.first().copied().unwrap_or(0);
        let mut values = self.linear(layer)?;
        let scale = self.floats(scale, &[outputs, 1, 1])?;
        let row = values.len() / outputs.max(1);
        for (row, scale) in values.chunks_exact_mut(row.max(1)).zip(scale) {
            row.iter_mut().for_each(|value| *value *= scale);
        }
        Ok(values)
    }

    /// Query, key or value, which have no biases; a batch norm before them becomes one.
    fn attention_input(&mut self, attention: &str, third: usize) -> Result<Vec<f32>, WeightError> {
        let block = attention.trim_end_matches(".self_attn");
        let width = self.shape.first().copied().unwrap_or(0);
        let norm = format!("{TRUNK}{block}.norm");
        let norm = match self.tensors.has(&format!("{norm}.running_mean")) {
            true => Some(BatchNorm::read(self.tensors, &norm, width)?),
            false => None,
        };
        let name = format!("{block}.token_mixer.qkv.weight");
        let all = self.floats(&name, &[3 * width, width])?;
        let rows = all
            .chunks_exact(width.max(1))
            .skip(third * width)
            .take(width);
        let dot = |row: &[f32], with: &[f64]| -> f64 {
            row.iter().zip(with).map(|(&a, b)| f64::from(a) * b).sum()
        };
        Ok(match (norm, self.is_weight()) {
            (None, true) => rows.flatten().copied().collect(),
            (None, false) => vec![0.0; width],
            (Some(norm), true) => rows
                .flat_map(|row| row.iter().zip(&norm.scale))
                .map(|(&weight, scale)| (f64::from(weight) * scale) as f32)
                .collect(),
            (Some(norm), false) => rows.map(|row| dot(row, &norm.shift) as f32).collect(),
        })
    }

    /// The one convolution of a block that is re-parameterised already.
    fn reparameterised(&mut self, block: &str) -> Option<Result<Vec<f32>, WeightError>> {
        let name = format!("{block}.reparam_conv.{}", self.kind);
        let is_there = self.tensors.has(&format!("{TRUNK}{name}"));
        is_there.then(|| self.floats(&name, self.shape))
    }

    fn sum_of(&mut self, branches: &[Branch]) -> Result<Vec<f32>, WeightError> {
        sum_of(self.tensors, branches, self.shape).map(rounded)
    }

    /// Side of the published kernel `weight`.
    fn kernel(&self, weight: &str) -> usize {
        let shape = self.tensors.shape(&format!("{TRUNK}{weight}"));
        let side = shape.and_then(|shape| shape.get(2).copied());
        side.unwrap_or(0)
    }

    /// A convolution with a batch norm.
    fn conv_norm(&mut self, name: &str) -> Result<Vec<f32>, WeightError> {
        let kernel = self.kernel(&format!("{name}.conv.weight"));
        self.sum_of(&[Branch::conv_norm(&format!("{TRUNK}{name}"), kernel)])
    }

    /// A MobileOne block: kernels of full size, one of a single pixel, the input itself, as far as they
    /// are there.
    fn branches(&self, block: &str) -> Vec<Branch> {
        let has = |part: &str| self.tensors.has(&format!("{TRUNK}{block}.{part}"));
        let full = (0..)
            .map(|index| format!("conv_kxk.{index}"))
            .take_while(|part| has(&format!("{part}.conv.weight")));
        let scale = Some("conv_scale".to_owned());
        let scale = scale.filter(|part| has(&format!("{part}.conv.weight")));
        let convolutions = full.chain(scale).map(|part| {
            let kernel = self.kernel(&format!("{block}.{part}.conv.weight"));
            Branch::conv_norm(&format!("{TRUNK}{block}.{part}"), kernel)
        });
        let identity =
            has("identity.weight").then(|| Branch::identity(&format!("{TRUNK}{block}.identity")));
        convolutions.chain(identity).collect()
    }

    fn mobile_one(&mut self, block: &str) -> Result<Vec<f32>, WeightError> {
        if let Some(whole) = self.reparameterised(block) {
            return whole;
        }
        let branches = self.branches(block);
        if branches.is_empty() {
            // So that the error names what is missing.
            return self.conv_norm(&format!("{block}.conv_kxk.0"));
        }
        self.sum_of(&branches)
    }

    /// A large kernel beside a small one.
    fn large_kernel(&mut self, block: &str) -> Result<Vec<f32>, WeightError> {
        if let Some(whole) = self.reparameterised(block) {
            return whole;
        }
        let has_small = (self.tensors).has(&format!("{TRUNK}{block}.small_conv.conv.weight"));
        let branches: Vec<Branch> = ["large_conv", "small_conv"]
            .into_iter()
            .take(1 + usize::from(has_small))
            .map(|part| {
                let kernel = self.kernel(&format!("{block}.{part}.conv.weight"));
                Branch::conv_norm(&format!("{TRUNK}{block}.{part}"), kernel)
            })
            .collect();
        self.sum_of(&branches)
    }

    /// A convolution that is added to its input.
    fn position(&mut self, block: &str) -> Result<Vec<f32>, WeightError> {
        if let Some(whole) = self.reparameterised(block) {
            return whole;
        }
        let name = format!("{block}.pos_enc.{}", self.kind);
        let values = self.floats(&name, self.shape)?;
        let mut sums: Vec<f64> = values.into_iter().map(f64::from).collect();
        if let [outputs, inputs, side, _] = *self.shape {
            add_identity([outputs, inputs, side], &mut sums, |_| 1.0);
        }
        Ok(rounded(sums))
    }

    /// RepMixer: `x + γ · (mixer(x) − norm(x))`.
    fn mixer(&mut self, block: &str) -> Result<Vec<f32>, WeightError> {
        if let Some(whole) = self.reparameterised(block) {
            return whole;
        }
        let branches = self.branches(&format!("{block}.mixer"));
        let mut sums = sum_of(self.tensors, &branches, self.shape)?;
        let norm = [Branch::identity(&format!("{TRUNK}{block}.norm.identity"))];
        let normed = sum_of(self.tensors, &norm, self.shape)?;
        let outputs = self.shape.first().copied().unwrap_or(0);
        let scale = self.floats(&format!("{block}.layer_scale.gamma"), &[outputs, 1, 1])?;
        let row = sums.len() / outputs.max(1);
        for (index, (sum, normed)) in sums.iter_mut().zip(normed).enumerate() {
            *sum = (*sum - normed) * f64::from(scale[index / row.max(1)]);
        }
        if let [outputs, inputs, side, _] = *self.shape {
            add_identity([outputs, inputs, side], &mut sums, |_| 1.0);
        }
        Ok(rounded(sums))
    }
}
