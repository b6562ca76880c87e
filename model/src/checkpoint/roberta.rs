//! Hugging Face's RoBERTa and XLM-RoBERTa in open_clip's folders: their shape ([`config`]), and their
//! weights as the tower takes them ([`take`]).

use super::tensors::TensorFiles;
use crate::{
    pack::{Activation, RobertaConfig, RobertaProjection, RobertaReadout, TransformerConfig},
    towers::WeightError,
};

/// What their norms add to the variance.
const EPSILON: f64 = 1e-5;

/// Width of an attention head.
const HEAD: usize = 64;

/// The row of the position table that filling has; a text's first token has the next.
const FILLING: usize = 1;

/// The prefix of its tensors' names.
const ENCODER: &str = "text.transformer.";

/// The shape of the tower that open_clip's config only names.
pub(super) fn config(
    tensors: &TensorFiles,
    readout: RobertaReadout,
    projection: RobertaProjection,
) -> RobertaConfig {
    let side = |name: &str, axis: usize| -> usize {
        let shape = tensors.shape(&format!("{ENCODER}{name}"));
        let shape = shape.unwrap_or_default();
        shape.get(axis).copied().unwrap_or(0)
    };
    let inner = |layer: usize| format!("encoder.layer.{layer}.intermediate.dense.weight");
    let width = side("embeddings.word_embeddings.weight", 1);
    RobertaConfig {
        transformer: TransformerConfig {
            hidden_size: width,
            intermediate_size: side(&inner(0), 0),
            num_hidden_layers: (0..)
                .take_while(|&layer| tensors.has(&format!("{ENCODER}{}", inner(layer))))
                .count(),
            num_attention_heads: width / HEAD,
            hidden_act: Activation::Gelu,
            layer_norm_eps: EPSILON,
            eva: None,
        },
        vocab_size: side("embeddings.word_embeddings.weight", 0),
        max_position_embeddings: side("embeddings.position_embeddings.weight", 0),
        first_position: FILLING + 1,
        readout,
        projection,
    }
}

/// Parts of our names, and Hugging Face's for them.
const NAMES: [(&str, &str); 11] = [
    ("embeddings.token_embedding.", "embeddings.word_embeddings."),
    ("embeddings.norm.", "embeddings.LayerNorm."),
    ("encoder.layers.", "encoder.layer."),
    (".self_attn.q_proj.", ".attention.self.query."),
    (".self_attn.k_proj.", ".attention.self.key."),
    (".self_attn.v_proj.", ".attention.self.value."),
    (".self_attn.out_proj.", ".attention.output.dense."),
    (".layer_norm1.", ".attention.output.LayerNorm."),
    (".mlp.fc1.", ".intermediate.dense."),
    (".mlp.fc2.", ".output.dense."),
    (".layer_norm2.", ".output.LayerNorm."),
];

/// The tower's tensor `name`. The one segment that texts have is added to their positions.
///
/// # Errors
/// [`WeightError`].
pub(super) fn take(
    tensors: &mut TensorFiles,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightError> {
    match name {
        "embeddings.position_embedding.weight" => {
            let embeddings = |part: &str| format!("{ENCODER}embeddings.{part}_embeddings.weight");
            let mut positions = tensors.floats(&embeddings("position"), shape)?;
            let segments = embeddings("token_type");
            let width = shape.get(1).copied().unwrap_or(0);
            let rows = tensors
                .shape(&segments)
                .and_then(|shape| shape.first().copied());
            let segments = tensors.floats(&segments, &[rows.unwrap_or(1), width])?;
            for row in positions.chunks_exact_mut(width.max(1)) {
                for (value, segment) in row.iter_mut().zip(&segments) {
                    *value += segment;
                }
            }
            Ok(positions)
        }
        "projection.hidden.weight" => tensors.floats("text.proj.0.weight", shape),
        "text_projection.weight" => {
            let one = "text.proj.weight";
            match tensors.has(one) {
                true => tensors.floats(one, shape),
                false => tensors.floats("text.proj.2.weight", shape),
            }
        }
        _ => {
            let published = NAMES.iter().fold(name.to_owned(), |name, (ours, theirs)| {
                name.replace(ours, theirs)
            });
            tensors.floats(&format!("{ENCODER}{published}"), shape)
        }
    }
}
