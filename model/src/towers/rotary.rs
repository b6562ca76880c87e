//! Rotary position embeddings of patches in a square (Su et al. 2021, arXiv 2104.09864): [`Rotary`].
//!
//! Pairs of a query's or key's values are turned by angles that grow with the patch's row, in the first
//! half of a head, or column, in the second, each pair more slowly than the one before it. The class
//! token before the patches is not turned.

use crate::pack::RotaryConfig;
use burn::tensor::{Device, Tensor, TensorData};

/// Angles of neighbouring pairs are apart by a root of it.
const BASE: f32 = 10_000.0;

/// The angles' cosines and sines, for each token and pair of a head.
#[derive(Debug, Clone)]
pub struct Rotary {
    /// (1, tokens, 1, head / 2, 1).
    cosines: Tensor<5>,
    /// (1, tokens, 1, head / 2, 1).
    sines: Tensor<5>,
}

impl Rotary {
    /// Computes the angles for heads of so many values, which are a multiple of four.
    pub fn new(config: RotaryConfig, head: usize, device: &Device) -> Self {
        let (bands, side) = (head / 4, config.side);
        let scale = |index: usize| index as f32 / side as f32 * config.reference as f32;
        let angle = |token: usize, pair: usize| {
            let Some(patch) = token.checked_sub(1) else {
                return 0.0;
            };
            let position = match pair < bands {
                true => scale(patch / side),
                false => scale(patch % side),
            };
            position * BASE.powf(-((pair % bands) as f32 / bands as f32))
        };
        let (tokens, pairs) = (1 + side * side, 2 * bands);
        let table = |function: fn(f32) -> f32| {
            let angles = (0..tokens).flat_map(|token| (0..pairs).map(move |pair| (token, pair)));
            let values: Vec<f32> = angles
                .map(|(token, pair)| function(angle(token, pair)))
                .collect();
            let shape = [1, tokens, 1, pairs, 1];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        Self {
            cosines: table(f32::cos),
            sines: table(f32::sin),
        }
    }

    /// Turns queries and keys, which stand before the values: (batch · tokens, 3 · width) to the same.
    pub fn forward(&self, inputs: Tensor<2>, batch: usize, heads: usize) -> Tensor<2> {
        let [rows, stacked] = inputs.dims();
        let width = stacked / 3;
        let (tokens, pairs) = (rows / batch, width / heads / 2);
        let turned = inputs.clone().slice([0..rows, 0..2 * width]);
        let turned = turned.reshape([batch, tokens, 2 * heads, pairs, 2]);
        let part = |index: usize| {
            let all = [
                0..batch,
                0..tokens,
                0..2 * heads,
                0..pairs,
                index..index + 1,
            ];
            turned.clone().slice(all)
        };
        let (first, second) = (part(0), part(1));
        let (cosines, sines) = (self.cosines.clone(), self.sines.clone());
        let turned = Tensor::cat(
            vec![
                first.clone() * cosines.clone() - second.clone() * sines.clone(),
                second * cosines + first * sines,
            ],
            4,
        );
        let values = inputs.slice([0..rows, 2 * width..stacked]);
        Tensor::cat(vec![turned.reshape([rows, 2 * width]), values], 1)
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    /// The first pair of a row is turned by the row's number, the second by the column's; class tokens
    /// and values stay as they are.
    #[test]
    fn pairs_are_turned_by_rows_and_columns() {
        let device = crate::towers::device::cpu();
        let config = RotaryConfig {
            side: 2,
            reference: 2,
        };
        let rotary = Rotary::new(config, 4, &device);
        let ones = Tensor::<2>::ones([5, 12], &device);
        let found: Vec<f32> = (rotary.forward(ones, 1, 1).into_data().iter()).collect();
        let turn = |angle: f32| [angle.cos() - angle.sin(), angle.cos() + angle.sin()];
        for (token, row, column) in [(0, 0.0, 0.0), (1, 0.0, 0.0), (2, 0.0, 1.0), (3, 1.0, 0.0)] {
            let pairs = [turn(row), turn(column)].concat();
            let expected = [pairs.clone(), pairs, vec![1.0; 4]].concat();
            for (found, expected) in found[token * 12..].iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{token}: {found}, not {expected}"
                );
            }
        }
    }
}
