//! timm's EVA transformers in open_clip's folders: their shape ([`config`]), and their weights as the
//! tower takes them ([`take`]).

use super::{keys::TRUNK, tensors::TensorFiles};
use crate::{
    pack::{Activation, EvaConfig, Readout, RotaryConfig, TransformerConfig, VisionConfig},
    towers::WeightError,
};

/// What timm's norms add to the variance.
const EPSILON: f64 = 1e-6;

/// Patches along a side, of those pictures that EVA-02 was trained on.
const REFERENCE: usize = 16;

/// The width of a head in most of EVA's, and in the largest ones, by a part of their names.
const HEAD: usize = 64;
const WIDE_HEADS: [(&str, usize); 2] = [("giant", 88), ("enormous", 112)];

/// The tower's shape. Its name tells what its weights don't: how wide heads are, whether they are
/// turned, and where norms stand.
pub(super) fn config(
    tensors: &TensorFiles,
    name: &str,
    image_size: usize,
    is_averaged: bool,
) -> VisionConfig {
    let has = |name: &str| tensors.has(&format!("{TRUNK}{name}"));
    let side = |name: &str, axis: usize| -> usize {
        let shape = tensors.shape(&format!("{TRUNK}{name}")).unwrap_or_default();
        shape.get(axis).copied().unwrap_or(0)
    };
    let width = side("patch_embed.proj.weight", 0);
    let patch_size = side("patch_embed.proj.weight", 2);
    let head = WIDE_HEADS.iter().find(|(part, _)| name.contains(part));
    let is_second = name.starts_with("eva02") && !name.contains("enormous");
    VisionConfig {
        transformer: TransformerConfig {
            hidden_size: width,
            intermediate_size: side("blocks.0.mlp.fc2.weight", 1),
            num_hidden_layers: (0..)
                .take_while(|layer| has(&format!("blocks.{layer}.mlp.fc2.weight")))
                .count(),
            num_attention_heads: width / head.map_or(HEAD, |&(_, head)| head),
            hidden_act: Activation::Gelu,
            layer_norm_eps: EPSILON,
            eva: Some(EvaConfig {
                is_gated: is_second,
                has_attention_norm: has("blocks.0.attn.norm.weight"),
                has_mlp_norm: has("blocks.0.mlp.norm.weight"),
                is_post_norm: name.contains("enormous"),
                rotary: is_second.then(|| RotaryConfig {
                    side: image_size / patch_size.max(1),
                    reference: REFERENCE,
                }),
            }),
        },
        image_size,
        patch_size,
        class_token: false,
        readout: match (is_averaged, has("fc_norm.weight")) {
            (true, true) => Readout::NormOfMean,
            (true, false) => Readout::MeanOfNormed,
            (false, _) => Readout::ClassToken,
        },
        pooling_heads: None,
    }
}

/// The tower's tensor `name`; `is_classifier` as in [`super::keys::ImageLayout`].
///
/// # Errors
/// [`WeightError`].
pub(super) fn take(
    tensors: &mut TensorFiles,
    is_classifier: bool,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    let trunk = |name: &str| format!("{TRUNK}{name}");
    let (layer, kind) = name.rsplit_once('.').unwrap_or(("", name));
    match layer {
        "embeddings" => return tensors.floats(&trunk("cls_token"), shape),
        "embeddings.patch_embedding" => {
            return tensors.floats(&trunk(&format!("patch_embed.proj.{kind}")), shape);
        }
        "embeddings.position_embedding" => return tensors.floats(&trunk("pos_embed"), shape),
        "post_layernorm" => {
            let pooled = trunk(&format!("fc_norm.{kind}"));
            return match tensors.has(&pooled) {
                true => tensors.floats(&pooled, shape),
                false => tensors.floats(&trunk(&format!("norm.{kind}")), shape),
            };
        }
        "visual_projection" => {
            let published = match is_classifier {
                true => trunk(&format!("head.{kind}")),
                false => format!("visual.head.proj.{kind}"),
            };
            return optional(tensors, &published, kind, shape);
        }
        _ => {}
    }
    let block = layer.replace("encoder.layers.", "blocks.");
    if let Some((block, part)) = block.split_once(".self_attn.") {
        return attention(tensors, &trunk(block), part, kind, shape);
    }
    if let Some((block, part)) = block.split_once(".mlp.") {
        return feed_forward(tensors, &trunk(&format!("{block}.mlp")), part, kind, shape);
    }
    let published = block.replace("layer_norm", "norm");
    tensors.floats(&trunk(&format!("{published}.{kind}")), shape)
}

/// A layer's weight, or its bias, which is nothing where there is none.
fn optional(
    tensors: &mut TensorFiles,
    name: &str,
    kind: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    match kind == "bias" && !tensors.has(name) {
        true => Ok(vec![0.0; shape.iter().product()]),
        false => tensors.floats(name, shape),
    }
}

/// A tensor of a block's attention. Queries and values have biases, keys have none.
fn attention(
    tensors: &mut TensorFiles,
    block: &str,
    part: &str,
    kind: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    let third = match part {
        "q_proj" => 0,
        "k_proj" => 1,
        "v_proj" => 2,
        "out_proj" => return tensors.floats(&format!("{block}.attn.proj.{kind}"), shape),
        _ => return tensors.floats(&format!("{block}.attn.{part}.{kind}"), shape),
    };
    let all = format!("{block}.attn.qkv.weight");
    if !tensors.has(&all) {
        return optional(tensors, &format!("{block}.attn.{part}.{kind}"), kind, shape);
    }
    if kind == "bias" {
        let name = format!("{block}.attn.{}", part.replace("_proj", "_bias"));
        return optional(tensors, &name, kind, shape);
    }
    part_of(tensors, &all, shape, third, 3)
}

/// A tensor of a block's feed-forward part, whose gate may stand above its first layer in one tensor.
fn feed_forward(
    tensors: &mut TensorFiles,
    mlp: &str,
    part: &str,
    kind: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    let is_split = tensors.has(&format!("{mlp}.fc1_g.weight"));
    let rows = tensors.shape(&format!("{mlp}.fc1.weight"));
    let inner = shape.first().copied().unwrap_or(0);
    let is_packed = rows.is_some_and(|shape| shape.first() == Some(&(2 * inner)));
    match part {
        "gate" if is_split => tensors.floats(&format!("{mlp}.fc1_g.{kind}"), shape),
        "fc1" if is_split => tensors.floats(&format!("{mlp}.fc1_x.{kind}"), shape),
        "gate" => part_of(tensors, &format!("{mlp}.fc1.{kind}"), shape, 0, 2),
        "fc1" if is_packed => part_of(tensors, &format!("{mlp}.fc1.{kind}"), shape, 1, 2),
        _ => tensors.floats(&format!("{mlp}.{part}.{kind}"), shape),
    }
}

/// One of several tensors of one shape that stand above each other.
fn part_of(
    tensors: &mut TensorFiles,
    name: &str,
    shape: &[usize],
    index: usize,
    count: usize,
) -> Result<Vec<f32>, WeightError> {
    let mut whole = shape.to_vec();
    if let Some(rows) = whole.first_mut() {
        *rows = rows.saturating_mul(count);
    }
    let floats = tensors.floats(name, &whole)?;
    let length = floats.len() / count;
    Ok(floats[index * length..(index + 1) * length].to_vec())
}
