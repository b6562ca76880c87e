//! Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762).

use super::{
    cores::share_chunks,
    floats,
    kernels::{panels_of_columns, panels_of_rows, products, write},
    values,
    vectors::{Vectors, with_vectors},
};
use crate::encoder::activation::fast;
use burn::tensor::{Tensor, TensorData};

/// Queries, keys and values side by side, (batch · length, 3 · width), to what each token gathers,
/// (batch · length, width). `bias` is added to the scores: (batch or 1, 1, length or 1, length).
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
    share_chunks(&mut gathered, length * width, |sequence, gathered| {
        let rows = &sequences[sequence * length * all..][..length * all];
        let bias = |query: usize| {
            bias.as_ref().map(|([batch, _, queries, _], data)| {
                let row = sequence % batch * queries + query % queries;
                &floats(data)[row * length..][..length]
            })
        };
        for head in 0..heads {
            let sizes = [length, width, width / heads, head];
            with_vectors!(|vectors| one_head(vectors, rows, sizes, &bias, gathered));
        }
    });
    Tensor::from_data(TensorData::new(gathered, [tokens, width]), &device)
}

#[inline(always)]
fn one_head<'a>(
    vectors: impl Vectors,
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
    let keys = panels_of_rows(&part(1));
    products(
        vectors,
        &part(0),
        &keys,
        #[inline(always)]
        |query, first, sums| {
            let row = &mut scores[query * length..][..length];
            write(sums * scale, &mut row[first..]);
        },
    );
    for (query, row) in scores.chunks_exact_mut(length).enumerate() {
        if let Some(bias) = bias(query) {
            row.iter_mut()
                .zip(bias)
                .for_each(|(score, bias)| *score += bias);
        }
        fast::softmax(row);
    }
    let shares: Vec<&[f32]> = scores.chunks_exact(length).collect();
    products(
        vectors,
        &shares,
        &panels_of_columns(&part(2)),
        #[inline(always)]
        |query, first, sums| {
            let row = &mut gathered[query * width + head * size..][..size];
            write(sums, &mut row[first..]);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::{attention::attend_stacked, dispatch::BurnOps};

    /// Against the tensors' way, with sentences of which the second is shorter, and heads that are
    /// no whole panel wide.
    #[test]
    fn as_burn_has_it() {
        let device = crate::encoder::device::cpu();
        let (batch, length, heads, size) = (2, 13, 3, 12);
        let width = heads * size;
        let values: Vec<f32> = (0..batch * length * 3 * width)
            .map(|place| ((place * 73 % 211) as f32 - 105.0) / 50.0)
            .collect();
        let inputs = TensorData::new(values, [batch * length, 3 * width]);
        let inputs = Tensor::<2>::from_data(inputs, &device);
        let padding = (0..batch * length).map(|place| if place > 20 { -1e9 } else { 0.0 });
        let padding = TensorData::new(padding.collect::<Vec<f32>>(), [batch, 1, 1, length]);
        let causal = (0..length * length).map(|place| {
            if place % length > place / length {
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
