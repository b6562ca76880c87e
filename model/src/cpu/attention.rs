//! Scaled dot-product attention on the CPU (Vaswani et al. 2017, arXiv 1706.03762): [`attend`].

use super::{
    activation::softmax,
    floats,
    gemm::{gemm, pack_columns, pack_rows, store},
    parallel::par_chunks,
    simd::{Isa, dispatch},
    values,
};
use burn::tensor::{Tensor, TensorData};

/// Scaled dot-product attention of query, key and value side by side: (batch · length, 3 · width)
/// to (batch · length, width). `bias`, added to the scores, is (batch or 1, 1, length or 1,
/// length).
pub fn attend(
    inputs: Tensor<2>,
    batch: usize,
    heads: usize,
    bias: Option<&Tensor<4>>,
) -> Tensor<2> {
    let device = inputs.device();
    let [tokens, all] = inputs.dims();
    let (length, width) = (tokens / batch.max(1), all / 3);
    let bias = bias.map(|bias| (bias.dims(), values(bias.clone())));
    let data = values(inputs);
    let mut gathered = vec![0.0; tokens * width];
    let sequences = floats(&data);
    par_chunks(&mut gathered, length * width, |sequence, gathered| {
        let rows = &sequences[sequence * length * all..][..length * all];
        let bias = |query: usize| {
            bias.as_ref().map(|([batch, _, queries, _], data)| {
                let row = sequence % batch * queries + query % queries;
                &floats(data)[row * length..][..length]
            })
        };
        for head in 0..heads {
            let sizes = [length, width, width / heads, head];
            dispatch!(|isa| one_head(isa, rows, sizes, &bias, gathered));
        }
    });
    Tensor::from_data(TensorData::new(gathered, [tokens, width]), &device)
}

/// One head of one sequence: `rows` are the sequence's queries, keys and values, (length, 3 ·
/// width); the head's columns of `gathered`, (length, width), are written.
#[inline(always)]
fn one_head<'a>(
    isa: impl Isa,
    rows: &[f32],
    [length, width, size, head]: [usize; 4],
    bias: &impl Fn(usize) -> Option<&'a [f32]>,
    gathered: &mut [f32],
) {
    let part = |index: usize| -> Vec<&[f32]> {
        let first = index * width + head * size;
        let rows = rows.chunks_exact(3 * width);
        rows.map(|row| &row[first..first + size]).collect()
    };
    let scale = (size as f32).powf(-0.5);
    let mut scores = vec![0.0; length * length];
    let keys = pack_rows(&part(1));
    gemm(
        isa,
        &part(0),
        &keys,
        #[inline(always)]
        |query, first, sums| {
            let row = &mut scores[query * length..][..length];
            store(sums * scale, &mut row[first..]);
        },
    );
    for (query, row) in scores.chunks_exact_mut(length).enumerate() {
        if let Some(bias) = bias(query) {
            row.iter_mut()
                .zip(bias)
                .for_each(|(score, bias)| *score += bias);
        }
        softmax(row);
    }
    let shares: Vec<&[f32]> = scores.chunks_exact(length).collect();
    gemm(
        isa,
        &shares,
        &pack_columns(&part(2)),
        #[inline(always)]
        |query, first, sums| {
            let row = &mut gathered[query * width + head * size..][..size];
            store(sums, &mut row[first..]);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dispatch::BurnOps, towers::attention::attend_stacked};

    /// Against the tensors' way, with sentences of which the second is shorter, and heads that are
    /// no whole panel wide.
    #[test]
    fn as_burn_has_it() {
        let device = crate::towers::device::cpu();
        let (batch, length, heads, size) = (2, 13, 3, 12);
        let width = heads * size;
        let values: Vec<f32> = (0..batch * length * 3 * width)
            .map(|index| ((index * 73 % 211) as f32 - 105.0) / 50.0)
            .collect();
        let inputs = TensorData::new(values, [batch * length, 3 * width]);
        let inputs = Tensor::<2>::from_data(inputs, &device);
        let padding = (0..batch * length).map(|index| if index > 20 { -1e9 } else { 0.0 });
        let padding = TensorData::new(padding.collect::<Vec<f32>>(), [batch, 1, 1, length]);
        let causal = (0..length * length).map(|index| {
            if index % length > index / length {
                -1e9
            } else {
                0.0
            }
        });
        let causal = TensorData::new(causal.collect::<Vec<f32>>(), [1, 1, length, length]);
        let biases = [padding, causal].map(|bias| Some(Tensor::<4>::from_data(bias, &device)));
        for bias in biases.into_iter().chain([None]) {
            let expected = attend_stacked(BurnOps, inputs.clone(), batch, heads, bias.as_ref());
            let found = attend(inputs.clone(), batch, heads, bias.as_ref());
            assert_eq!(found.dims(), expected.dims());
            let (found, expected) = (super::values(found), super::values(expected));
            for (found, expected) in floats(&found).iter().zip(floats(&expected)) {
                assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
            }
        }
    }
}
