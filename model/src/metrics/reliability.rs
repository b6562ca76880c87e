//! Reliability diagrams and the expected calibration error: whether probabilities come true as
//! often as they say (Guo et al. 2017, arXiv 1706.04599). [`reliability`], [`expected_error`].

use super::{Estimate, Resampling, estimate::middle};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A reliability diagram, and its expected calibration error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Bins of equal width, from 0 to 1.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error: the mean over predictions of how far their bin's accuracy is
    /// from its confidence.
    pub expected_error: f64,
}

/// The predictions whose confidence lies in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Where it starts; what lies on the border belongs to the bin below, as in the paper.
    pub low: f64,
    /// Where it ends, which belongs to it.
    pub high: f64,
    /// How many predictions have such a confidence.
    pub count: usize,
    /// Their mean probability, 0 to 1; 0 in an empty bin.
    pub confidence: f64,
    /// The share of them that came true, 0 to 1.
    pub accuracy: f64,
}

/// Sorts predictions (a probability and whether it came true) into bins.
pub fn reliability(predictions: &[(f64, bool)], bins: usize) -> Reliability {
    let bins = bins.max(1);
    let width = 1.0 / bins as f64;
    let mut sums = vec![(0usize, 0.0, 0usize); bins];
    for &(probability, true_) in predictions {
        let index = ((probability / width).ceil() as usize).clamp(1, bins) - 1;
        let (count, confidence, came_true) = &mut sums[index];
        *count += 1;
        *confidence += probability;
        *came_true += usize::from(true_);
    }
    let bins: Vec<_> = sums
        .into_iter()
        .enumerate()
        .map(|(index, (count, confidence, came_true))| {
            let n = count.max(1) as f64;
            ReliabilityBin {
                low: index as f64 * width,
                high: (index + 1) as f64 * width,
                count,
                confidence: confidence / n,
                accuracy: came_true as f64 / n,
            }
        })
        .collect();
    let all = predictions.len().max(1) as f64;
    let gap = |bin: &ReliabilityBin| (bin.accuracy - bin.confidence).abs() * bin.count as f64 / all;
    Reliability {
        expected_error: bins.iter().map(gap).sum(),
        bins,
    }
}

/// [`Reliability::expected_error`] with a 95 % confidence interval, for predictions about separate
/// pictures: the basic bootstrap (Davison & Hinkley 1997), because drawing anew adds noise to every
/// bin, so errors of draws are greater than the one they are about. The interval always holds the
/// value.
pub fn expected_error(
    predictions: &[(f64, bool)],
    bins: usize,
    resampling: Resampling,
) -> Estimate {
    let value = reliability(predictions, bins).expected_error;
    let mut random = ChaCha8Rng::seed_from_u64(resampling.seed);
    let draws = (0..resampling.draws)
        .map(|_| {
            // In 32 bits, as in `bootstrap`.
            let count = predictions.len() as u32;
            let drawn = (0..count).map(|_| random.random_range(0..count) as usize);
            let drawn: Vec<_> = drawn.map(|index| predictions[index]).collect();
            reliability(&drawn, bins).expected_error
        })
        .collect();
    let [low, high] = middle(draws).unwrap_or([value; 2]);
    Estimate {
        value,
        low: (2.0 * value - high).max(0.0).min(value),
        high: (2.0 * value - low).min(1.0).max(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four at 0.9, of which three are true: off by 0.15. One at 0.3, not true: off by 0.3.
    /// (4 · 0.15 + 0.3) / 5 = 0.18.
    #[test]
    fn expected_error_by_hand() {
        let predictions = [
            (0.9, true),
            (0.9, true),
            (0.9, true),
            (0.9, false),
            (0.3, false),
        ];
        let found = reliability(&predictions, 10);
        assert!((found.expected_error - 0.18).abs() < 1e-12);
        assert_eq!(found.bins[8].count, 4);
        assert_eq!(found.bins[2].count, 1);
    }

    #[test]
    fn ends_belong_to_a_bin() {
        let found = reliability(&[(0.0, false), (1.0, true)], 10);
        assert_eq!((found.bins[0].count, found.bins[9].count), (1, 1));
        assert_eq!(found.expected_error, 0.0);
    }

    /// 400 predictions at 0.9 of which 280 come true: off by 0.2. The deviation of their mean is
    /// √(0.7 · 0.3 / 400) = 0.0229, so 95 % lie within 0.045.
    #[test]
    fn interval_of_the_expected_error() {
        let predictions: Vec<_> = (0..400).map(|i| (0.9, i % 10 < 7)).collect();
        let resampling = Resampling {
            draws: 4000,
            seed: 1,
        };
        let found = expected_error(&predictions, 10, resampling);
        assert!((found.value - 0.2).abs() < 1e-9);
        assert!(
            (found.low - 0.155).abs() < 0.004 && (found.high - 0.245).abs() < 0.004,
            "{found:?}"
        );
        let sure = expected_error(&[(1.0, true); 9], 10, resampling);
        assert_eq!((sure.low, sure.high), (0.0, 0.0));
        assert_eq!(expected_error(&[], 10, resampling).value, 0.0);
    }
}
