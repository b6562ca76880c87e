//! Fitting a [`Calibration`] to pictures whose labels are known, by maximum likelihood: [`fit`].

mod conditional_logit;

use super::{Alone, Calibration, Together};
use conditional_logit::{Alternative, Observation};

/// One picture and some labels to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The picture's cosine to each label.
    pub cosines: Vec<f32>,
    /// The index of the label that fits; `None` if none does.
    pub right: Option<usize>,
}

/// The share of pictures that none of the labels fits, where nothing else is known: one half.
pub const NONE_SHARE: f64 = 0.5;

/// Why nothing could be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// There are no trials.
    #[error("there are no trials to fit a calibration to")]
    Nothing,
    /// No finite temperature has the greatest likelihood.
    #[error(
        "no finite calibration fits best: the trials are too few or too easy, or the cosines say \
         nothing about what fits"
    )]
    Unbounded,
}

/// The calibration under which the trials' outcomes are likeliest. Each group counts as much as any
/// other, whatever its size; inside a group, trials that none of the labels fits count as
/// `none_share` of all (0 to 1, see [`NONE_SHARE`]), and for [`Alone`] the labels that fit count as
/// [`Alone::PRIOR`] of all.
///
/// # Errors
/// [`FitError`].
pub fn fit(groups: &[Vec<Trial>], none_share: f64) -> Result<Calibration, FitError> {
    let together: Vec<_> = groups
        .iter()
        .flat_map(|group| choices(group, none_share))
        .collect();
    let [inverse_temperature, none] = conditional_logit::fit(&together)?;
    let alone: Vec<_> = groups.iter().flat_map(|group| verdicts(group)).collect();
    let [slope, intercept] = conditional_logit::fit(&alone)?;
    // Higher cosines that mean less would turn every ranking upside down.
    if inverse_temperature <= 0.0 || slope <= 0.0 {
        return Err(FitError::Unbounded);
    }
    Ok(Calibration {
        together: Together {
            inverse_temperature: inverse_temperature as f32,
            none_cosine: (none / inverse_temperature) as f32,
        },
        alone: Alone {
            slope: slope as f32,
            midpoint: (-intercept / slope) as f32,
        },
        fitted_on: Vec::new(),
        held_out: Vec::new(),
    })
}

/// A trial as a choice between its labels and none of them.
fn choices(group: &[Trial], none_share: f64) -> Vec<Observation<2>> {
    let absent = group.iter().filter(|trial| trial.right.is_none()).count();
    let present = group.len() - absent;
    group
        .iter()
        .filter(|trial| !trial.cosines.is_empty())
        .map(|trial| {
            let labels = trial.cosines.iter().map(|&cosine| Alternative {
                features: [f64::from(cosine), 0.0],
                offset: 0.0,
            });
            let none = Alternative {
                features: [0.0, 1.0],
                offset: (trial.cosines.len() as f64).ln(),
            };
            Observation {
                alternatives: labels.chain([none]).collect(),
                chosen: trial.right.unwrap_or(trial.cosines.len()),
                weight: match trial.right {
                    Some(_) => (1.0 - none_share) / present as f64,
                    None => none_share / absent as f64,
                },
            }
        })
        .collect()
}

/// A trial as one verdict for each label: it fits, or it doesn't.
fn verdicts(group: &[Trial]) -> Vec<Observation<2>> {
    let fitting = group.iter().filter(|trial| trial.right.is_some()).count();
    let all: usize = group.iter().map(|trial| trial.cosines.len()).sum();
    let prior = f64::from(Alone::PRIOR);
    let verdict = |(cosine, fits): (f32, bool)| Observation {
        alternatives: vec![
            Alternative {
                features: [f64::from(cosine), 1.0],
                offset: 0.0,
            },
            Alternative {
                features: [0.0; 2],
                offset: 0.0,
            },
        ],
        chosen: usize::from(!fits),
        weight: if fits {
            prior / fitting as f64
        } else {
            (1.0 - prior) / (all - fitting) as f64
        },
    };
    group
        .iter()
        .flat_map(|trial| {
            let cosines = trial.cosines.iter().enumerate();
            cosines.map(|(index, &cosine)| (cosine, trial.right == Some(index)))
        })
        .map(verdict)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(cosines: &[f32], right: Option<usize>) -> Trial {
        Trial {
            cosines: cosines.to_vec(),
            right,
        }
    }

    /// One label at cosine 0.2 and 0.4. Of those at 0.2, 1 in 5 fits, of those at 0.4, 4 in 5: odds
    /// of 1/4 and 4. Together: 0.2 · t = t · none − ln 4 and 0.4 · t = t · none + ln 4, so
    /// t = 2 ln 4 / 0.2 = 20 ln 2 · 1 and none = 0.3. Alone, with a tenth of the weight on what
    /// fits, the odds are nine times lower: the midpoint is 0.3 + ln 9 / t.
    #[test]
    fn a_calibration_by_hand() {
        let outcomes = [
            (0.2, Some(0), 1),
            (0.2, None, 4),
            (0.4, Some(0), 4),
            (0.4, None, 1),
        ];
        let group: Vec<Trial> = outcomes
            .iter()
            .flat_map(|&(cosine, right, times)| vec![trial(&[cosine], right); times])
            .collect();
        let found = fit(&[group], NONE_SHARE).unwrap();
        let t = 2.0 * 4f32.ln() / 0.2;
        assert!((found.together.inverse_temperature - t).abs() < 1e-3);
        assert!((found.together.none_cosine - 0.3).abs() < 1e-5);
        assert!((found.alone.slope - t).abs() < 1e-3);
        assert!((found.alone.midpoint - (0.3 + 9f32.ln() / t)).abs() < 1e-5);
    }

    /// Where one picture in five fits nothing in place of every second, the odds of nothing are
    /// four times lower, so "none" comes ln 4 logits later; the temperature is the same.
    #[test]
    fn fewer_pictures_without_a_label_lower_none() {
        let outcomes = [
            (0.2, Some(0), 1),
            (0.2, None, 4),
            (0.4, Some(0), 4),
            (0.4, None, 1),
        ];
        let group: Vec<Trial> = outcomes
            .iter()
            .flat_map(|&(cosine, right, times)| vec![trial(&[cosine], right); times])
            .collect();
        let found = fit(&[group], 0.2).unwrap();
        let t = 2.0 * 4f32.ln() / 0.2;
        assert!((found.together.inverse_temperature - t).abs() < 1e-3);
        assert!((found.together.none_cosine - (0.3 - 4f32.ln() / t)).abs() < 1e-5);
    }

    /// A group of ten times the size has no more say.
    #[test]
    fn groups_count_alike() {
        let group = |own: f32, times: usize| -> Vec<Trial> {
            let one = [
                trial(&[own, 0.1], Some(0)),
                trial(&[0.2, own], Some(0)),
                trial(&[own - 0.1, 0.0], None),
                trial(&[own + 0.1, 0.0], None),
            ];
            vec![one; times].concat()
        };
        let once = fit(&[group(0.3, 1), group(0.5, 1)], NONE_SHARE).unwrap();
        let more = fit(&[group(0.3, 10), group(0.5, 1)], NONE_SHARE).unwrap();
        assert!((once.together.none_cosine - more.together.none_cosine).abs() < 1e-5);
        assert!((once.alone.midpoint - more.alone.midpoint).abs() < 1e-5);
    }

    #[test]
    fn nothing_and_the_hopeless_are_refused() {
        assert_eq!(fit(&[], NONE_SHARE), Err(FitError::Nothing));
        // What fits is always nearer: the sharper the better, without end.
        let easy = vec![trial(&[0.9, 0.1], Some(0)), trial(&[0.1, 0.0], None)];
        assert_eq!(fit(&[easy], NONE_SHARE), Err(FitError::Unbounded));
        // What fits is always farther.
        let upside_down = vec![
            trial(&[0.1, 0.3], Some(0)),
            trial(&[0.3, 0.2], Some(0)),
            trial(&[0.2, 0.3], None),
            trial(&[0.1, 0.1], None),
        ];
        assert_eq!(fit(&[upside_down], NONE_SHARE), Err(FitError::Unbounded));
    }
}
