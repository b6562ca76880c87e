//! Quantisation of weights to int8, one scale an output channel, without losing what they add up
//! to: [`quantise_rows`].
//!
//! A depthwise kernel sees nearly the same value under all its taps, so its rounding errors do not
//! cancel: they add up to a shift of the whole channel, and plain rounding costs EfficientNet-Lite0
//! up to 0.035 of cosine. Where a weight's inputs are known to be `μ` on average, two things help,
//! both without any data (after Nagel et al. 2019, arXiv 1906.04721):
//! - single weights are rounded the other way where that makes the errors cancel;
//! - what is left of the shift, `Σ error · μ`, is taken off the bias.

/// What the inputs of a layer are like.
#[derive(Debug, Clone, PartialEq)]
pub struct InputStatistics {
    /// The mean of each input channel.
    pub mean: Vec<f64>,
    /// The variance of each input channel.
    pub variance: Vec<f64>,
    /// Whether output channel `i` sees input channel `i` alone, under every tap (depthwise), or
    /// every output channel sees every input channel under one tap (pointwise).
    pub depthwise: bool,
}

/// How much of a channel's variance neighbouring pixels have in common; natural images' feature
/// maps are smooth, and anything from 0.6 to 0.95 gives the same cosines to a thousandth.
const COMMON: f64 = 0.8;

/// Rounded weights, and what to add to the bias.
pub(super) struct RoundedRows {
    /// (rows · columns): one two's-complement byte an element.
    pub values: Vec<u8>,
    /// One a row: what one step is worth.
    pub scales: Vec<f32>,
    /// One a row: what the rounding takes off the bias; zero without statistics.
    pub bias_shift: Vec<f32>,
}

/// Rounds each of `rows` rows to 127 steps either side of zero, or to fewer where these would be
/// finer than `least_step`, a part of the standard deviation of all weights.
pub(super) fn quantise_rows(
    floats: &[f32],
    rows: usize,
    least_step: f32,
    statistics: Option<&InputStatistics>,
) -> RoundedRows {
    let mut rounded = RoundedRows {
        values: Vec::with_capacity(floats.len()),
        scales: Vec::with_capacity(rows),
        bias_shift: Vec::with_capacity(rows),
    };
    let least_scale = least_step * deviation(floats);
    let taps = (floats.len() / rows.max(1)).max(1);
    for (index, row) in floats.chunks_exact(taps).enumerate() {
        let largest = row.iter().fold(0.0f32, |max, value| max.max(value.abs()));
        let scale = match largest / 127.0 {
            // Zeros only.
            0.0 => 0.0,
            scale => scale.max(least_scale),
        };
        let inverse = if scale > 0.0 {
            1.0 / f64::from(scale)
        } else {
            0.0
        };
        let wanted: Vec<f64> = row
            .iter()
            .map(|&value| f64::from(value) * inverse)
            .collect();
        let mut steps: Vec<f64> = wanted.iter().map(|step| step.round()).collect();
        let mut shift = 0.0;
        if let Some(inputs) = statistics.map(|statistics| statistics.of_row(index, taps)) {
            cancel_errors(&wanted, &mut steps, &inputs);
            for ((step, wanted), input) in steps.iter().zip(&wanted).zip(&inputs) {
                shift -= (step - wanted) * f64::from(scale) * input.mean;
            }
        }
        rounded.scales.push(scale);
        rounded.bias_shift.push(shift as f32);
        rounded.values.extend(
            steps
                .iter()
                .map(|step| step.clamp(-127.0, 127.0) as i8 as u8),
        );
    }
    rounded
}

/// The weights' standard deviation about zero, which is near their mean.
fn deviation(floats: &[f32]) -> f32 {
    let squares: f64 = floats.iter().map(|&value| f64::from(value).powi(2)).sum();
    (squares / floats.len().max(1) as f64).sqrt() as f32
}

/// What is known of one weight's input.
struct Input {
    mean: f64,
    /// The part of its value that all taps share, per unit of weight error.
    common: f64,
    /// The variance that it doesn't share with other taps.
    own: f64,
}

impl InputStatistics {
    fn of_row(&self, row: usize, taps: usize) -> Vec<Input> {
        (0..taps)
            .map(|tap| {
                let channel = if self.depthwise { row } else { tap };
                let (mean, variance) = (self.mean[channel], self.variance[channel]);
                let shared = if self.depthwise { COMMON } else { 0.0 };
                Input {
                    mean,
                    // Means keep their sign, so that errors of different channels may cancel.
                    common: (mean * mean + shared * variance).sqrt().copysign(mean),
                    own: (1.0 - shared) * variance,
                }
            })
            .collect()
    }
}

/// Greedily rounds single weights the other way while that lowers the expected square of the row's
/// output error, `(Σ e · common)² + Σ e² · own`.
fn cancel_errors(wanted: &[f64], steps: &mut [f64], inputs: &[Input]) {
    let mut total: f64 = wanted
        .iter()
        .zip(steps.iter())
        .zip(inputs)
        .map(|((wanted, step), input)| (step - wanted) * input.common)
        .sum();
    for _ in 0..steps.len() {
        let best = (0..steps.len())
            .filter_map(|tap| {
                let error = steps[tap] - wanted[tap];
                let turn = if error > 0.0 { -1.0 } else { 1.0 };
                let turned = total + turn * inputs[tap].common;
                let own = ((error + turn).powi(2) - error * error) * inputs[tap].own;
                let change = turned * turned - total * total + own;
                let fits = (steps[tap] + turn).abs() <= 127.0;
                (fits && change < -1e-12).then_some((tap, turn, change))
            })
            .min_by(|a, b| a.2.total_cmp(&b.2));
        let Some((tap, turn, _)) = best else { break };
        steps[tap] += turn;
        total += turn * inputs[tap].common;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_under_constant_input(rounded: &RoundedRows, floats: &[f32], input: f32) -> f32 {
        let found: f32 = rounded
            .values
            .iter()
            .map(|&value| f32::from(value as i8) * rounded.scales[0] * input)
            .sum();
        let wanted: f32 = floats.iter().map(|value| value * input).sum();
        (found + rounded.bias_shift[0] - wanted).abs()
    }

    #[test]
    fn a_depthwise_kernel_keeps_its_sum() {
        let floats = [
            1.0, -0.503, -0.511, 0.4973, 0.2557, -0.3541, 0.123, 0.0456, -0.5,
        ];
        let plain = quantise_rows(&floats, 1, 0.0, None);
        let statistics = InputStatistics {
            mean: vec![2.0],
            variance: vec![1.0],
            depthwise: true,
        };
        let careful = quantise_rows(&floats, 1, 0.0, Some(&statistics));
        // At the mean the bias takes up everything; elsewhere the cancelled rounding does.
        assert!(error_under_constant_input(&careful, &floats, 2.0) < 1e-5);
        let elsewhere = error_under_constant_input(&careful, &floats, 4.0);
        assert!(elsewhere < error_under_constant_input(&plain, &floats, 4.0) / 2.0);
        // No weight moves by more than a step.
        for (&value, float) in careful.values.iter().zip(floats) {
            let value = f32::from(value as i8) * careful.scales[0];
            assert!((value - float).abs() <= careful.scales[0]);
        }
    }

    #[test]
    fn plain_rounding_is_to_the_nearest() {
        let rounded = quantise_rows(&[127.0, -3.4, 0.0, 0.0], 2, 0.0, None);
        assert_eq!(rounded.values, [127, (-3i8) as u8, 0, 0]);
        assert_eq!(rounded.scales, [1.0, 0.0]);
        assert_eq!(rounded.bias_shift, [0.0, 0.0]);
    }

    #[test]
    fn no_step_is_finer_than_the_least() {
        let floats = [3.0, -1.0, 0.4, 0.0, 508.0, -508.0, 2.0, -6.0];
        let rounded = quantise_rows(&floats, 2, 0.005, None);
        // Of the small row; the large one needs coarser steps anyway.
        let least = 0.005 * deviation(&floats);
        assert_eq!(rounded.scales, [least, 4.0]);
        assert_eq!(
            rounded.values,
            [2, (-1i8) as u8, 0, 0, 127, (-127i8) as u8, 1, (-2i8) as u8]
        );
    }
}
