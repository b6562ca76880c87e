//! The conditional logit model (McFadden 1974): one of several alternatives is true, each with a
//! probability in proportion to exp(weights · features + offset). With two, of which one has no
//! features, it is logistic regression, so it fits both halves of a calibration.

use super::FitError;

/// Steps of Newton's method; the likelihood is concave, so a handful do.
const STEPS: usize = 100;
/// Log-likelihood per observation that is still worth a step.
const WORTHWHILE: f64 = 1e-12;
/// The ridge penalty on the weights' squares, so that directions in which nothing varies stay at 0.
const RIDGE: f64 = 1e-9;

/// One of several, of which one is true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternative<const D: usize> {
    /// The features, which the weights are multiplied with.
    pub features: [f64; D],
    /// A part of the utility that has no weight.
    pub offset: f64,
}

/// Alternatives, of which one turned out to be true.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<const D: usize> {
    /// All that could have been chosen.
    pub alternatives: Vec<Alternative<D>>,
    /// The index of the true one.
    pub chosen: usize,
    /// How often the observation counts.
    pub weight: f64,
}

/// The weights under which what was observed is likeliest, by Newton's method from zero.
///
/// # Errors
/// [`FitError::Nothing`] without observations, [`FitError::Unbounded`] if no finite weights are the
/// likeliest.
pub fn fit<const D: usize>(observations: &[Observation<D>]) -> Result<[f64; D], FitError> {
    let total: f64 = observations.iter().map(|one| one.weight).sum();
    if total <= 0.0 {
        return Err(FitError::Nothing);
    }
    let mut weights = [0.0; D];
    let mut now = Likelihood::of(observations, total, &weights);
    for _ in 0..STEPS {
        let Some(step) = solve(now.curvature, now.slope) else {
            return Err(FitError::Unbounded);
        };
        // Halved until it climbs: far from the top Newton's step can be too long.
        let mut share = 1.0;
        let (next, weights_next) = loop {
            let mut tried = weights;
            add(&mut tried, share, &step);
            let next = Likelihood::of(observations, total, &tried);
            if next.value >= now.value {
                break (next, tried);
            }
            share /= 2.0;
            if share < 1e-6 {
                return Ok(weights);
            }
        };
        let gain = next.value - now.value;
        (now, weights) = (next, weights_next);
        if gain < WORTHWHILE {
            // A likelihood of 1 is only approached, by weights that grow without end.
            return if now.value > -1e-4 {
                Err(FitError::Unbounded)
            } else {
                Ok(weights)
            };
        }
    }
    Err(FitError::Unbounded)
}

/// The mean log-likelihood at some weights, with its first and (negated) second derivatives.
struct Likelihood<const D: usize> {
    value: f64,
    slope: [f64; D],
    curvature: [[f64; D]; D],
}

impl<const D: usize> Likelihood<D> {
    fn of(observations: &[Observation<D>], total: f64, weights: &[f64; D]) -> Self {
        let mut sum = Self {
            value: 0.0,
            slope: [0.0; D],
            curvature: [[0.0; D]; D],
        };
        for observation in observations {
            sum.add(observation, weights, observation.weight / total);
        }
        for (i, weight) in weights.iter().enumerate() {
            sum.value -= RIDGE / 2.0 * weight * weight;
            sum.slope[i] -= RIDGE * weight;
            sum.curvature[i][i] += RIDGE;
        }
        sum
    }

    fn add(&mut self, observation: &Observation<D>, weights: &[f64; D], share: f64) {
        let all = &observation.alternatives;
        let Some(chosen) = all.get(observation.chosen) else {
            return;
        };
        let utility = |one: &Alternative<D>| dot(&one.features, weights) + one.offset;
        let max = all.iter().map(utility).fold(f64::NEG_INFINITY, f64::max);
        let mut probabilities: Vec<f64> =
            all.iter().map(|one| (utility(one) - max).exp()).collect();
        let sum: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|p| *p /= sum);
        self.value += share * (utility(chosen) - max - sum.ln());

        let mut mean = [0.0; D];
        for (one, p) in all.iter().zip(&probabilities) {
            add(&mut mean, *p, &one.features);
        }
        add(&mut self.slope, share, &chosen.features);
        add(&mut self.slope, -share, &mean);
        // The covariance of the features under the model.
        for (one, p) in all.iter().zip(&probabilities) {
            let mut from_mean = one.features;
            add(&mut from_mean, -1.0, &mean);
            for (row, own) in self.curvature.iter_mut().zip(from_mean) {
                add(row, share * p * own, &from_mean);
            }
        }
    }
}

/// `sum += factor · values`, element by element.
fn add<const D: usize>(sum: &mut [f64; D], factor: f64, values: &[f64; D]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gaussian elimination with pivoting; `None` if the matrix has no inverse.
fn solve<const D: usize>(mut matrix: [[f64; D]; D], mut right: [f64; D]) -> Option<[f64; D]> {
    for column in 0..D {
        let pivot = (column..D)
            .max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() < f64::MIN_POSITIVE {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let (above, own) = (matrix[column], right[column]);
        for row in column + 1..D {
            let factor = matrix[row][column] / above[column];
            add(&mut matrix[row], -factor, &above);
            right[row] -= factor * own;
        }
    }
    let mut solution = [0.0; D];
    for row in (0..D).rev() {
        let known: f64 = (row + 1..D).map(|i| matrix[row][i] * solution[i]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    solution
        .iter()
        .all(|value| value.is_finite())
        .then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain<const D: usize>(features: [f64; D]) -> Alternative<D> {
        Alternative {
            features,
            offset: 0.0,
        }
    }

    fn yes_or_no<const D: usize>(features: [f64; D], yes: bool, weight: f64) -> Observation<D> {
        Observation {
            alternatives: vec![plain(features), plain([0.0; D])],
            chosen: usize::from(!yes),
            weight,
        }
    }

    /// Three of four come true: odds of 3, so the intercept is ln 3.
    #[test]
    fn an_intercept_is_the_log_odds() {
        let observed = [yes_or_no([1.0], true, 3.0), yes_or_no([1.0], false, 1.0)];
        let [intercept] = fit(&observed).unwrap();
        assert!((intercept - 3f64.ln()).abs() < 1e-6);
    }

    /// Odds 1 : 4 at x = 0 and 3 : 1 at x = 1: intercept ln 0.25, slope ln 3 − ln 0.25 = ln 12.
    #[test]
    fn a_slope_is_the_log_of_the_odds_ratio() {
        let observed = [
            yes_or_no([0.0, 1.0], true, 1.0),
            yes_or_no([0.0, 1.0], false, 4.0),
            yes_or_no([1.0, 1.0], true, 3.0),
            yes_or_no([1.0, 1.0], false, 1.0),
        ];
        let [slope, intercept] = fit(&observed).unwrap();
        assert!((slope - 12f64.ln()).abs() < 1e-5, "{slope}");
        assert!((intercept - 0.25f64.ln()).abs() < 1e-5, "{intercept}");
    }

    /// Three alternatives of which the one with a feature is true in 2 of 3 cases: e^w / (e^w + 2)
    /// = 2/3, so w = ln 4.
    #[test]
    fn several_share() {
        let one = |chosen, weight| Observation {
            alternatives: [[0.0], [1.0], [0.0]].map(plain).into(),
            chosen,
            weight,
        };
        let [weight] = fit(&[one(1, 2.0), one(0, 0.5), one(2, 0.5)]).unwrap();
        assert!((weight - 4f64.ln()).abs() < 1e-6);
    }

    /// Even odds in spite of an offset of 2: the weight has to be −2.
    #[test]
    fn offsets_count_as_they_are() {
        let mut yes = yes_or_no([1.0], true, 1.0);
        let mut no = yes_or_no([1.0], false, 1.0);
        yes.alternatives[0].offset = 2.0;
        no.alternatives[0].offset = 2.0;
        let [weight] = fit(&[yes, no]).unwrap();
        assert!((weight + 2.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_answer_is_refused() {
        assert!(matches!(fit::<1>(&[]), Err(FitError::Nothing)));
        // Always true: the likeliest weight is infinite.
        let always = [yes_or_no([1.0], true, 1.0)];
        assert!(matches!(fit(&always), Err(FitError::Unbounded)));
    }

    #[test]
    fn a_feature_that_never_varies_stays_at_zero() {
        let observed = [
            yes_or_no([1.0, 0.0], true, 3.0),
            yes_or_no([1.0, 0.0], false, 1.0),
        ];
        assert_eq!(fit(&observed).unwrap()[1], 0.0);
    }
}
