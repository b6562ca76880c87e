//! Figures with their 95 % confidence intervals, in a table and in JSON.

use glimpse_model::metrics::Estimate;

/// Bounds of a 95 % confidence interval, `[low, high]`, in the figure's own unit.
pub type Interval = [f64; 2];

/// The bounds of an estimate's confidence interval, without its value.
pub fn interval(estimate: Estimate) -> Interval {
    [estimate.low, estimate.high]
}

/// " 22.6 % (20.1 to 24.9)", always equally wide.
pub fn percent(estimate: Estimate) -> String {
    let Estimate { value, low, high } = estimate;
    let interval = format!("({:.1} to {:.1})", low * 100.0, high * 100.0);
    format!("{:5.1} % {interval:<16}", value * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let estimate = |value, low, high| Estimate { value, low, high };
        let part = percent(estimate(0.226, 0.2011, 0.249));
        assert_eq!(part, " 22.6 % (20.1 to 24.9)  ");
        assert_eq!(part.len(), percent(estimate(1.0, 1.0, 1.0)).len());
    }
}
