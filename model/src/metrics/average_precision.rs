//! Mean average precision of multi-label classification ([`mean_average_precision`]).

use super::{Estimate, Resampling, estimate::middle};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The mean over classes of their average precision, 0 to 1, as CLIP_benchmark counts it: a class
/// without pictures counts as 0.
///
/// `scores` has one row a picture and one column a class (anything that ranks), `truth` each picture's
/// classes. For each class pictures stand in the order of their scores, of equal ones the earlier
/// first; the precision down to each picture of the class is averaged over those. The interval is
/// the bootstrap's over pictures.
pub fn mean_average_precision(
    scores: &[Vec<f32>],
    truth: &[&[usize]],
    resampling: Resampling,
) -> Estimate {
    let classes = scores.iter().map(Vec::len).max().unwrap_or(0);
    let pictures = scores.len().min(truth.len());
    // By class: pictures in the order of their scores, and whether they belong to it.
    let ranked: Vec<Vec<(usize, bool)>> = (0..classes)
        .map(|class| {
            let score = |picture: usize| scores[picture].get(class).copied().unwrap_or(f32::MIN);
            let mut order: Vec<usize> = (0..pictures).collect();
            order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            let belongs = |picture: usize| (picture, truth[picture].contains(&class));
            order.into_iter().map(belongs).collect()
        })
        .collect();
    // Classes that no picture belongs to stay at 0 however pictures are drawn.
    let mean = |counts: &[u32]| {
        let of = ranked
            .iter()
            .map(|ranked| average_precision(ranked, counts));
        of.sum::<f64>() / classes.max(1) as f64
    };
    let value = mean(&vec![1; pictures]);
    let mut random = ChaCha8Rng::seed_from_u64(resampling.seed);
    let draws = (0..resampling.draws.min(pictures * resampling.draws)).map(|_| {
        let mut counts = vec![0; pictures];
        for _ in 0..pictures {
            // In 32 bits: wider ones differ between 32- and 64-bit machines.
            counts[random.random_range(0..pictures as u32) as usize] += 1;
        }
        mean(&counts)
    });
    let [low, high] = middle(draws.collect()).unwrap_or([value; 2]);
    Estimate {
        value,
        low: low.min(value),
        high: high.max(value),
    }
}

/// Of pictures in their order, each drawn so many times.
fn average_precision(ranked: &[(usize, bool)], counts: &[u32]) -> f64 {
    let (mut seen, mut right, mut sum) = (0_u32, 0_u32, 0.0);
    for &(picture, belongs) in ranked {
        for _ in 0..counts[picture] {
            seen += 1;
            if belongs {
                right += 1;
                sum += f64::from(right) / f64::from(seen);
            }
        }
    }
    sum / f64::from(right.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0: right at ranks 1 and 3, (1/1 + 2/3) / 2 = 0.8333; class 1: at rank 2, 0.5; class 2
    /// has no picture, 0.
    #[test]
    fn precision_by_hand() {
        let scores = [
            vec![0.9, 0.1, 0.5],
            vec![0.5, 0.9, 0.5],
            vec![0.1, 0.8, 0.5],
        ];
        let truth: [&[usize]; 3] = [&[0], &[], &[0, 1]];
        let found = mean_average_precision(&scores, &truth, Resampling::default());
        let expected = (5.0 / 6.0 + 0.5) / 3.0;
        assert!((found.value - expected).abs() < 1e-9, "{found:?}");
        assert!(found.low <= found.value && found.value <= found.high);
        let none = mean_average_precision(&[], &[], Resampling::default());
        assert_eq!((none.value, none.low, none.high), (0.0, 0.0, 0.0));
    }
}
