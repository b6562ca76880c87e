//! Sums of directions in the space that pictures and words share.

/// The direction of a sum of directions, each of unit length and, where its flag is set, taken away
/// rather than added; `None` if nothing is left of it.
pub fn sum<'a>(terms: impl IntoIterator<Item = (&'a [f32], bool)>) -> Option<Vec<f32>> {
    let mut sum: Vec<f32> = Vec::new();
    for (direction, minus) in terms {
        sum.resize(direction.len(), 0.0);
        let sign = if minus { -1.0 } else { 1.0 };
        for (all, one) in sum.iter_mut().zip(direction) {
            *all += sign * one;
        }
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    (length > 1e-4).then(|| sum.iter().map(|x| x / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_unit_length_or_are_nothing() {
        let (a, b) = ([1.0, 0.0], [0.0, 1.0]);
        let found = sum([(&a[..], false), (&b[..], true)]);
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert_eq!(found, Some(vec![half, -half]));
        assert_eq!(sum([(&a[..], false), (&a[..], true)]), None);
        assert_eq!(sum([]), None);
    }
}
