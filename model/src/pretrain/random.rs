//! Random numbers that need no saving ([`StepRandom`]): each step has a stream of its own, named by
//! seed and step.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// The stream that initial weights come from; steps count from 0.
const INITIAL: u64 = u64::MAX;

/// A step's randomness: the same on every machine.
pub struct StepRandom(ChaCha8Rng);

impl StepRandom {
    /// The randomness of step `step` under `seed`.
    pub fn new(seed: u64, step: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(step);
        Self(random)
    }

    /// The randomness of the weights before the first step.
    pub fn initial(seed: u64) -> Self {
        Self::new(seed, INITIAL)
    }

    /// `count` values between −`bound` and `bound`.
    pub fn uniform(&mut self, count: usize, bound: f32) -> Vec<f32> {
        let mut one = || (self.0.random::<f32>() * 2.0 - 1.0) * bound;
        (0..count).map(|_| one()).collect()
    }

    /// `count` values of a normal distribution (Box & Muller 1958).
    pub fn normal(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            // Above 0, whose logarithm is no number.
            let radius = (-2.0 * (1.0 - self.0.random::<f32>()).ln()).sqrt() * deviation;
            let angle = std::f32::consts::TAU * self.0.random::<f32>();
            values.extend([radius * angle.cos(), radius * angle.sin()]);
        }
        values.truncate(count);
        values
    }

    /// Drops a share of values and scales the others up to make up for it (Srivastava et al. 2014).
    pub fn dropout(&mut self, x: Tensor<2>, share: f64, device: &Device) -> Tensor<2> {
        if share <= 0.0 {
            return x;
        }
        let [rows, columns] = x.dims();
        let kept = (1.0 / (1.0 - share)) as f32;
        let mask: Vec<f32> = (0..rows * columns)
            .map(|_| {
                if f64::from(self.0.random::<f32>()) < share {
                    0.0
                } else {
                    kept
                }
            })
            .collect();
        x * Tensor::from_data(TensorData::new(mask, [rows, columns]), device)
    }

    /// Adds noise whose deviation is `share` of each row's root mean square.
    pub fn noise(&mut self, x: Tensor<2>, share: f64, device: &Device) -> Tensor<2> {
        if share <= 0.0 {
            return x;
        }
        let [rows, columns] = x.dims();
        let noise = self.normal(rows * columns, share as f32);
        let noise = Tensor::<2>::from_data(TensorData::new(noise, [rows, columns]), device);
        // A measure of size, not something to be trained towards.
        let size = x.clone().detach().powi_scalar(2).mean_dim(1).sqrt();
        x + noise * size
    }

    /// Draws a share of `indices`, rounded, at least one where there is one; ascending.
    pub fn some_of(&mut self, mut indices: Vec<usize>, share: f64) -> Vec<usize> {
        let wanted = (indices.len() as f64 * share).round() as usize;
        let (chosen, _) = indices.partial_shuffle(&mut self.0, wanted.max(1));
        let mut chosen = chosen.to_vec();
        chosen.sort_unstable();
        chosen
    }
}
