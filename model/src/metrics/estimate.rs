//! Estimates with 95 % confidence intervals: Wilson's ([`wilson`]) and the bootstrap's
//! ([`bootstrap`]).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The quantile of the normal distribution that leaves 2.5 % on either side.
const Z: f64 = 1.959_964;

/// A measured share and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The measured share, 0 to 1.
    pub value: f64,
    /// The 95 % interval's lower end.
    pub low: f64,
    /// The 95 % interval's upper end.
    pub high: f64,
}

/// How often samples are drawn anew, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Draws; a thousand settle the interval's ends to about a tenth of its width.
    pub draws: usize,
    /// The seed of the draws: the same one draws the same samples on every machine.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            draws: 1000,
            seed: 0,
        }
    }
}

/// Wilson's score interval (Wilson 1927) of `successes` among `trials` independent ones. It stays
/// within 0 and 1, and says something where all succeed or none.
pub fn wilson(successes: usize, trials: usize) -> Estimate {
    if trials == 0 {
        return Estimate {
            value: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let denominator = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / denominator;
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / denominator;
    // Rounding would leave the ends a hair beyond.
    Estimate {
        value: share,
        low: (centre - half).max(0.0).min(share),
        high: (centre + half).min(1.0).max(share),
    }
}

/// The percentile bootstrap (Efron 1979) of a mean over groups that hang together, such as a
/// picture's captions: whole groups are drawn, with replacement. Each group is what its members sum
/// up to, and how many they are. `strata` are drawn from apart, each as often as it has groups, and
/// their means are averaged.
pub fn bootstrap(strata: &[Vec<(f64, usize)>], resampling: Resampling) -> Estimate {
    let strata: Vec<_> = strata.iter().filter(|groups| !groups.is_empty()).collect();
    let mean = |sums: (f64, usize)| sums.0 / sums.1.max(1) as f64;
    let add = |(sum, count): (f64, usize), group: &(f64, usize)| (sum + group.0, count + group.1);
    let average = |total: f64| total / strata.len().max(1) as f64;

    let means = strata
        .iter()
        .map(|groups| mean(groups.iter().fold((0.0, 0), add)));
    let value = average(means.sum());
    let mut random = ChaCha8Rng::seed_from_u64(resampling.seed);
    let draws = (0..resampling.draws)
        .map(|_| {
            let mut total = 0.0;
            for groups in &strata {
                // The index is drawn in 32 bits: wider ones differ between 32- and 64-bit machines.
                let drawn = (0..groups.len()).map(|_| random.random_range(0..groups.len() as u32));
                let sums = drawn.fold((0.0, 0), |sums, index| add(sums, &groups[index as usize]));
                total += mean(sums);
            }
            average(total)
        })
        .collect();
    let [low, high] = middle(draws).unwrap_or([value; 2]);
    Estimate { value, low, high }
}

/// The ends between which the middle 95 % of draws lie, if there are any.
pub(super) fn middle(mut draws: Vec<f64>) -> Option<[f64; 2]> {
    draws.sort_by(f64::total_cmp);
    let last = draws.len().checked_sub(1)?;
    Some([0.025, 0.975].map(|share| draws[(share * last as f64).round() as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-4
    }

    /// 8 of 10: centre (0.8 + 3.841 / 20) / 1.3841 = 0.7167, half
    /// 1.96 · √(0.016 + 3.841 / 400) / 1.3841 = 0.2266.
    #[test]
    fn wilson_by_hand() {
        let Estimate { value, low, high } = wilson(8, 10);
        assert!(
            close(value, 0.8) && close(low, 0.4902) && close(high, 0.9433),
            "{low} {high}"
        );
        // None of ten: from 0 to z² / (n + z²).
        let Estimate { value, low, high } = wilson(0, 10);
        assert!(value == 0.0 && low == 0.0 && close(high, 0.2775), "{high}");
        assert_eq!(wilson(10, 10).high, 1.0);
    }

    /// A fair coin over 400 groups of one: the mean's deviation is 0.5 / 20 = 0.025, so 95 % lie
    /// within 0.049 of one half.
    #[test]
    fn bootstrap_of_a_coin() {
        let groups = (0..400).map(|i| (f64::from(i % 2), 1)).collect();
        let resampling = Resampling {
            draws: 4000,
            seed: 1,
        };
        let Estimate { value, low, high } = bootstrap(&[groups], resampling);
        assert_eq!(value, 0.5);
        assert!(
            (low - 0.451).abs() < 0.004 && (high - 0.549).abs() < 0.004,
            "{low} {high}"
        );
    }

    /// Five captions that always agree count as one: the interval is that of 100 pictures, more
    /// than twice that of 500 captions.
    #[test]
    fn groups_hang_together() {
        let grouped = (0..100).map(|i| (5.0 * f64::from(i % 2), 5)).collect();
        let alone = (0..500).map(|i| (f64::from(i % 2), 1)).collect();
        let width = |groups| {
            let estimate = bootstrap(&[groups], Resampling::default());
            estimate.high - estimate.low
        };
        let ratio = width(grouped) / width(alone);
        assert!((2.0..2.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn strata_are_averaged() {
        let sure = vec![(1.0, 1); 4];
        let never = vec![(0.0, 1); 100];
        let estimate = bootstrap(&[sure, never], Resampling::default());
        assert_eq!(
            estimate,
            Estimate {
                value: 0.5,
                low: 0.5,
                high: 0.5
            }
        );
    }
}
