//! Random weights that keep activations in bounds.

use glimpse_model::towers::{WeightData, WeightError, WeightSource};
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, StandardNormal};

/// Any tensor, always the same under the same name: matrices spread by their inputs, so that a
/// layer's outputs are about as large as what went in, and vectors near what training begins with.
pub struct RandomWeights;

impl WeightSource for RandomWeights {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<WeightData<'_>, WeightError> {
        let inputs: usize = shape.iter().skip(1).product();
        let (mean, spread) = match shape.len() {
            1 if name.contains("norm") && name.ends_with(".weight") => (1.0, 0.1),
            1 => (0.0, 0.1),
            _ => (0.0, (inputs as f32).powf(-0.5)),
        };
        // Wraps around: any mixture of the name's bytes will do.
        let seed = name.bytes().fold(0_u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        let numbers = StandardNormal.sample_iter(StdRng::seed_from_u64(seed));
        let floats = numbers
            .map(|number: f32| mean + spread * number)
            .take(shape.iter().product());
        Ok(WeightData::Floats(floats.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(name: &str, shape: &[usize]) -> Vec<f32> {
        RandomWeights.take(name, shape).unwrap().into_floats()
    }

    #[test]
    fn names_decide() {
        let (one, other) = (floats("a.weight", &[4, 100]), floats("b.weight", &[4, 100]));
        assert_eq!(one, floats("a.weight", &[4, 100]));
        assert_ne!(one, other);
    }

    #[test]
    fn outputs_are_as_large_as_inputs() {
        let weights = floats("fc1.weight", &[64, 256]);
        let squares: f32 = weights.iter().map(|weight| weight * weight).sum();
        // 64 rows of length 1.
        assert!((squares / 64.0 - 1.0).abs() < 0.1, "{squares}");
        let norm = floats("layer_norm1.weight", &[512]);
        assert!((norm.iter().sum::<f32>() / 512.0 - 1.0).abs() < 0.02);
    }
}
