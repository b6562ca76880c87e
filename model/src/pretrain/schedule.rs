//! The learning rate over time: linear warm-up, then half a cosine (Loshchilov & Hutter 2017,
//! arXiv 1608.03983, without restarts).

use std::f64::consts::PI;

/// A training's learning rate as a function of the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// The highest learning rate, at the end of the warm-up.
    pub peak: f64,
    /// Steps of linear warm-up, until the peak is reached.
    pub warm_up: u64,
    /// All steps; from there on it is 0.
    pub total: u64,
}

impl Schedule {
    /// The learning rate of a step, from 0.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            // The first step already moves.
            return self.peak * (step + 1) as f64 / self.warm_up as f64;
        }
        let falling = self.total.saturating_sub(self.warm_up).max(1);
        let share = ((step - self.warm_up) as f64 / falling as f64).min(1.0);
        self.peak * 0.5 * (1.0 + (PI * share).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_hand() {
        let schedule = Schedule {
            peak: 2.0,
            warm_up: 4,
            total: 12,
        };
        let rates = [0, 1, 3, 4, 8, 12, 99].map(|step| schedule.at(step));
        let expected = [0.5, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0];
        for (rate, expected) in rates.into_iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-12, "{rate} {expected}");
        }
    }
}
