//! Mixed precision: which tensor of a tower is stored how finely ([`precision`]).

use super::{Quantisation, int4};

/// How one tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Precision {
    /// 32-bit floats, 4 bytes a weight.
    F32,
    /// 16-bit floats, 2 bytes a weight.
    F16,
    /// 8-bit integers, one 32-bit scale a row.
    Int8 {
        /// The least step, as a part of the tensor's standard deviation. Rows that would have a
        /// finer one take this one: they use fewer of the 255 values, which takes no less memory,
        /// but compresses better on the way to a browser. A step twice as wide saves a bit a
        /// weight.
        step: f32,
    },
    /// 4-bit integers, one 16-bit scale a block.
    Int4,
}

/// Kept in half precision at the coarsest: they are small, and everything passes through them.
const KEEP_F16: [&str; 4] = [
    "class_embedding",
    "position_embedding.weight",
    "position_embeddings.weight",
    "head.probe",
];

/// Kept in half precision as well, where they are matrices: nothing behind the last projection
/// evens its errors out. SigLIP's is called "head".
const LAST: [&str; 3] = [
    "visual_projection.weight",
    "text_projection.weight",
    "head.weight",
];

/// Kept in half precision as well: EfficientNet-Lite0's first layers see few channels, whose errors
/// don't average out. With 8 bits there, one photo in forty falls below a cosine of 0.995 to float;
/// with half precision, which costs 27 kB, the worst of 82 stays at 0.999.
const FIRST: [&str; 5] = ["stem.", "blocks.0.", "blocks.1.", "blocks.2.", "blocks.3."];

/// Kept in half precision as well: FastViT's convolutions, which are a tenth of its weights. Errors of
/// filters for single channels don't average out, and each stage passes through them.
const FAST_VIT: [&str; 7] = [
    ".downsample.weight",
    ".project.weight",
    ".position.weight",
    ".mixer.weight",
    ".filter.weight",
    ".squeeze.",
    "last.weight",
];

/// Kept at 8 bits at the coarsest. One row of a token table is a whole token; and of MiniLM's
/// layers, these two kinds cost the most in 4 bits (sentences fall to a cosine of 0.96 to float, an
/// empty one to 0.92; without them all stay above 0.97).
const KEEP_INT8: [&str; 4] = [
    "token_embedding.",
    "word_embeddings.",
    "attention.self.",
    "intermediate.dense.",
];

/// The least step where nothing is known of a tensor: none.
const FINEST: f32 = 0.0;

/// Least steps of the default towers' tensors, by a part of their names; docs/performance.md says
/// what they cost. A coarse token table costs little: a sentence's tokens even it out. An empty one
/// has only two, and with steps of 0.3, 0.05 and 0.05 it falls below a cosine of 0.995 to float.
const STEPS: [(&str, f32); 9] = [
    ("word_embeddings.", 0.25),
    ("attention.self.", 0.03),
    ("attention.output.", 0.05),
    ("intermediate.dense.", 0.03),
    ("output.dense.", 0.05),
    ("text.0.", 0.05),
    ("image.0.", 0.05),
    ("class_text_embeds", 0.05),
    ("classifier.", 0.05),
];

/// How tensor `name` of this shape is stored. Vectors (norms, biases) are always 32-bit floats.
pub(super) fn precision(quantisation: Quantisation, name: &str, shape: &[usize]) -> Precision {
    let rows = shape.first().copied().unwrap_or(1);
    let row = (shape.iter().skip(1)).fold(1usize, |row, &side| row.saturating_mul(side));
    // EfficientNet's have some of these names, too, behind others.
    let is_fast_vit = name.starts_with("stages.") || name.starts_with("last.");
    let keep_f16 = KEEP_F16.iter().any(|part| name.ends_with(part))
        || FIRST.iter().any(|part| name.starts_with(part))
        || is_fast_vit && (FAST_VIT.iter()).any(|part| name.contains(part))
        || (shape.len() == 2 && LAST.iter().any(|part| name.ends_with(part)));
    let keep_int8 = KEEP_INT8.iter().any(|part| name.contains(part))
        // Of EfficientNet's convolutions, small ones have rows shorter than a block, and the others
        // together would fall to 0.91. A ViT's only convolution is a large matrix in truth.
        || (shape.len() == 4 && !name.ends_with("patch_embedding.weight"));
    match quantisation {
        _ if shape.len() < 2 => Precision::F32,
        Quantisation::F32 => Precision::F32,
        Quantisation::F16 => Precision::F16,
        _ if keep_f16 || rows == 1 => Precision::F16,
        Quantisation::Int4 if !keep_int8 && row.is_multiple_of(int4::BLOCK) => Precision::Int4,
        Quantisation::Int8 | Quantisation::Int4 => Precision::Int8 { step: step(name) },
    }
}

/// The least step of tensor `name` in 8 bits, in standard deviations.
fn step(name: &str) -> f32 {
    let known = STEPS.iter().find(|(part, _)| name.contains(part));
    known.map_or(FINEST, |&(_, step)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_stays_finer() {
        use Precision::{F16, F32, Int4};
        const fn int8(step: f32) -> Precision {
            Precision::Int8 { step }
        }
        for (name, shape, in_int8, in_int4) in [
            (
                "encoder.layers.0.mlp.fc1.weight",
                &[64, 32][..],
                int8(FINEST),
                Int4,
            ),
            ("encoder.layers.0.mlp.fc1.bias", &[64], F32, F32),
            (
                "embeddings.patch_embedding.weight",
                &[64, 3, 16, 16],
                int8(FINEST),
                Int4,
            ),
            (
                "embeddings.token_embedding.weight",
                &[100, 64],
                int8(FINEST),
                int8(FINEST),
            ),
            ("embeddings.position_embedding.weight", &[100, 64], F16, F16),
            ("visual_projection.weight", &[48, 96], F16, F16),
            (
                "encoder.layer.3.attention.self.query.weight",
                &[64, 64],
                int8(0.03),
                int8(0.03),
            ),
            (
                "encoder.layer.3.output.dense.weight",
                &[64, 256],
                int8(0.05),
                Int4,
            ),
            ("blocks.3.depthwise.weight", &[96, 1, 3, 3], F16, F16),
            (
                "blocks.9.depthwise.weight",
                &[96, 1, 3, 3],
                int8(FINEST),
                int8(FINEST),
            ),
            // EfficientNet's convolution behind its filters, and FastViT's.
            (
                "blocks.9.project.weight",
                &[112, 480, 1, 1],
                int8(FINEST),
                int8(FINEST),
            ),
            ("stages.1.blocks.0.mixer.weight", &[96, 1, 3, 3], F16, F16),
            // EfficientNet's last convolution, and SigLIP's last projection.
            (
                "head.weight",
                &[1280, 320, 1, 1],
                int8(FINEST),
                int8(FINEST),
            ),
            ("head.weight", &[48, 48], F16, F16),
            ("classifier.weight", &[1000, 1280], int8(0.05), Int4),
        ] {
            assert_eq!(
                precision(Quantisation::Int8, name, shape),
                in_int8,
                "{name}"
            );
            assert_eq!(
                precision(Quantisation::Int4, name, shape),
                in_int4,
                "{name}"
            );
            assert_eq!(precision(Quantisation::F32, name, shape), F32);
        }
    }
}
