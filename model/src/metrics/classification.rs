//! Zero-shot accuracy: top-1, top-5, and mean per class ([`classification`]).

use super::{Estimate, Resampling, bootstrap, wilson};
use serde::{Deserialize, Serialize};

/// How often the right class is ranked high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// The share of pictures with the right class first (Wilson's interval).
    pub top_1: Estimate,
    /// The share of pictures with the right class among the first five (Wilson's interval).
    pub top_5: Estimate,
    /// The mean over classes of a class's own `top_1`, so that frequent classes count no more than
    /// rare ones (bootstrap within each class).
    pub mean_per_class: Estimate,
}

/// Accuracies of `scores` (one row a picture, one column a class; anything that ranks) against the
/// classes that are right. Of equal scores the earlier class stands first.
pub fn classification(
    scores: &[Vec<f32>],
    truth: &[usize],
    resampling: Resampling,
) -> Classification {
    let classes = scores.iter().map(Vec::len).max().unwrap_or(0);
    let mut strata = vec![Vec::new(); classes];
    let (mut first, mut among_five) = (0, 0);
    for (row, &right) in scores.iter().zip(truth) {
        let own = row.get(right).copied().unwrap_or(f32::MIN);
        let ahead = |(class, &score): (usize, &f32)| score > own || (score == own && class < right);
        let rank = row.iter().enumerate().filter(|&entry| ahead(entry)).count();
        first += usize::from(rank == 0);
        among_five += usize::from(rank < 5);
        if let Some(pictures) = strata.get_mut(right) {
            pictures.push((f64::from(u8::from(rank == 0)), 1));
        }
    }
    let pictures = scores.len().min(truth.len());
    Classification {
        top_1: wilson(first, pictures),
        top_5: wilson(among_five, pictures),
        mean_per_class: bootstrap(&strata, resampling),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four pictures of class 0, of which three are right; one of class 1, which is wrong: 3 of 5
    /// first, and (3/4 + 0/1) / 2 by class.
    #[test]
    fn accuracies_by_hand() {
        let right = vec![0.9, 0.1, 0.0, 0.0, 0.0, 0.0];
        // Class 0 stands last.
        let last = vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5];
        let scores = [right.clone(), right.clone(), right.clone(), last, right];
        let found = classification(&scores, &[0, 0, 0, 0, 1], Resampling::default());
        assert_eq!(found.top_1.value, 0.6);
        assert_eq!(found.top_5.value, 0.8);
        assert_eq!(found.mean_per_class.value, 0.375);
        // Class 1 has one picture, which is wrong however often it is drawn.
        assert!(found.mean_per_class.high <= 0.5);
    }
}
