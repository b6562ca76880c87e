//! Which tensor is stored how finely.

use super::{Quantisation, int4};

/// How one tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers, one 32-bit scale a row.
    Int8,
    /// 4-bit integers, one 16-bit scale a block.
    Int4,
}

/// Small, and everything passes through them: half precision at the coarsest.
const FINE: [&str; 4] = [
    "class_embedding",
    "position_embedding.weight",
    "position_embeddings.weight",
    "head.probe",
];

/// Nothing behind the last projection evens its errors out. SigLIP's is called "head".
const LAST: [&str; 3] = [
    "visual_projection.weight",
    "text_projection.weight",
    "head.weight",
];

/// EfficientNet-Lite0's first layers see few channels, whose errors don't average out: with 8 bits
/// there, one photo in forty falls below a cosine of 0.995 to float; with half precision, which
/// costs 27 kB, the worst of 82 stays at 0.999.
const FIRST: [&str; 5] = ["stem.", "blocks.0.", "blocks.1.", "blocks.2.", "blocks.3."];

/// 8 bits at the coarsest. One row of a token table is a whole token; and of MiniLM's layers, these
/// two kinds cost the most in 4 bits (sentences fall to a cosine of 0.96 to float, an empty one to
/// 0.92; without them all stay above 0.97).
const DELICATE: [&str; 4] = [
    "token_embedding.",
    "word_embeddings.",
    "attention.self.",
    "intermediate.dense.",
];

/// How tensor `name` of this shape is stored. Vectors (norms, biases) are always 32-bit floats.
pub(super) fn precision(quantisation: Quantisation, name: &str, shape: &[usize]) -> Precision {
    let rows = shape.first().copied().unwrap_or(1);
    let row = shape.iter().skip(1).product::<usize>();
    let fine = FINE.iter().any(|part| name.ends_with(part))
        || FIRST.iter().any(|part| name.starts_with(part))
        || (shape.len() == 2 && LAST.iter().any(|part| name.ends_with(part)));
    let delicate = DELICATE.iter().any(|part| name.contains(part))
        // Of EfficientNet's convolutions, small ones have rows shorter than a block, and the others
        // together would fall to 0.91. A ViT's only convolution is a large matrix in truth.
        || (shape.len() == 4 && !name.ends_with("patch_embedding.weight"));
    match quantisation {
        _ if shape.len() < 2 => Precision::F32,
        Quantisation::F32 => Precision::F32,
        Quantisation::F16 => Precision::F16,
        _ if fine || rows == 1 => Precision::F16,
        Quantisation::Int4 if !delicate && row.is_multiple_of(int4::BLOCK) => Precision::Int4,
        Quantisation::Int8 | Quantisation::Int4 => Precision::Int8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_stays_finer() {
        use Precision::{F16, F32, Int4, Int8};
        for (name, shape, int8, int4) in [
            ("encoder.layers.0.mlp.fc1.weight", &[64, 32][..], Int8, Int4),
            ("encoder.layers.0.mlp.fc1.bias", &[64], F32, F32),
            (
                "embeddings.patch_embedding.weight",
                &[64, 3, 16, 16],
                Int8,
                Int4,
            ),
            ("embeddings.token_embedding.weight", &[100, 64], Int8, Int8),
            ("embeddings.position_embedding.weight", &[100, 64], F16, F16),
            ("visual_projection.weight", &[48, 96], F16, F16),
            (
                "encoder.layer.3.attention.self.query.weight",
                &[64, 64],
                Int8,
                Int8,
            ),
            (
                "encoder.layer.3.output.dense.weight",
                &[64, 256],
                Int8,
                Int4,
            ),
            ("blocks.3.depthwise.weight", &[96, 1, 3, 3], F16, F16),
            ("blocks.9.depthwise.weight", &[96, 1, 3, 3], Int8, Int8),
            // EfficientNet's last convolution, and SigLIP's last projection.
            ("head.weight", &[1280, 320, 1, 1], Int8, Int8),
            ("head.weight", &[48, 48], F16, F16),
            ("classifier.weight", &[1000, 1280], Int8, Int4),
        ] {
            assert_eq!(precision(Quantisation::Int8, name, shape), int8, "{name}");
            assert_eq!(precision(Quantisation::Int4, name, shape), int4, "{name}");
            assert_eq!(precision(Quantisation::F32, name, shape), F32);
        }
    }
}
