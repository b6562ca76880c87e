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

/// Small, and every token passes through them: half precision at the coarsest.
const FINE: [&str; 6] = [
    "class_embedding",
    "position_embedding.weight",
    "position_embeddings.weight",
    "head.probe",
    // The last projection: nothing behind it evens its errors out.
    "_projection.weight",
    "head.weight",
];

/// One row is a whole token; its errors are not averaged over a sum.
const TABLES: [&str; 2] = ["token_embedding.weight", "word_embeddings.weight"];

/// How tensor `name` of this shape is stored. Vectors (norms, biases) are always 32-bit floats.
pub(super) fn precision(quantisation: Quantisation, name: &str, shape: &[usize]) -> Precision {
    let rows = shape.first().copied().unwrap_or(1);
    let row = shape.iter().skip(1).product::<usize>();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match quantisation {
        _ if shape.len() < 2 && !ends(&FINE) => Precision::F32,
        Quantisation::F32 => Precision::F32,
        Quantisation::F16 => Precision::F16,
        _ if ends(&FINE) || rows == 1 => Precision::F16,
        Quantisation::Int4 if !ends(&TABLES) && row.is_multiple_of(int4::BLOCK) => Precision::Int4,
        Quantisation::Int8 | Quantisation::Int4 => Precision::Int8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_stays_finer() {
        for (name, shape, int8, int4) in [
            (
                "encoder.layers.0.mlp.fc1.weight",
                &[64, 32][..],
                Precision::Int8,
                Precision::Int4,
            ),
            (
                "blocks.1.depthwise.weight",
                &[96, 1, 3, 3],
                Precision::Int8,
                Precision::Int8,
            ),
            (
                "embeddings.token_embedding.weight",
                &[100, 64],
                Precision::Int8,
                Precision::Int8,
            ),
            (
                "visual_projection.weight",
                &[48, 96],
                Precision::F16,
                Precision::F16,
            ),
            (
                "encoder.layers.0.mlp.fc1.bias",
                &[64],
                Precision::F32,
                Precision::F32,
            ),
        ] {
            assert_eq!(precision(Quantisation::Int8, name, shape), int8, "{name}");
            assert_eq!(precision(Quantisation::Int4, name, shape), int4, "{name}");
            assert_eq!(precision(Quantisation::F32, name, shape), Precision::F32);
        }
    }
}
