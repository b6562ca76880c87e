//! Proper scoring rules, which a forecast of the true probabilities minimises: [`log_loss`],
//! [`brier`] (Gneiting & Raftery 2007). Unlike the expected calibration error, they also count how
//! much a forecast tells.

/// The negative logarithm of what a forecast gave to the outcome that came true, in nats; for
/// `probabilities` of outcomes of which exactly one comes true. At most 36: an outcome that was
/// held for impossible would make every mean infinite.
pub fn log_loss(probabilities: &[f32], right: usize) -> f64 {
    let probability = probabilities.get(right).map_or(0.0, |&p| f64::from(p));
    -probability.max(f64::EPSILON).ln()
}

/// The sum over outcomes of the squared difference between probability and what came true (Brier
/// 1950): 0 for a sure forecast that is right, 2 for a sure one that is wrong.
pub fn brier(probabilities: &[f32], right: usize) -> f64 {
    let outcomes = probabilities.iter().enumerate();
    let squares = outcomes.map(|(index, &probability)| {
        let came_true = f64::from(u8::from(index == right));
        (f64::from(probability) - came_true).powi(2)
    });
    squares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_by_hand() {
        let forecast = [0.5, 0.25, 0.25];
        assert!((log_loss(&forecast, 1) - 4f64.ln()).abs() < 1e-12);
        assert!((brier(&forecast, 1) - (0.25 + 0.5625 + 0.0625)).abs() < 1e-12);
        assert_eq!(
            (log_loss(&[1.0, 0.0], 0), brier(&[1.0, 0.0], 0)),
            (0.0, 0.0)
        );
        assert_eq!(brier(&[1.0, 0.0], 1), 2.0);
        assert!(log_loss(&[1.0, 0.0], 1) < 36.1);
    }
}
