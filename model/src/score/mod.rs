//! Scores: from two embeddings to the three numbers people confuse, cosine, logit and probability
//! ([`score`]).
//!
//! Those are the model's own. A [`Calibration`] adds what they can't tell: how likely a label fits
//! whatever the others, and whether none of them does.

mod calibration;
pub mod fit;
mod heat;

pub use calibration::{Alone, Calibrated, Calibration, HeldOut, LabelChance, Together};
pub use heat::HeatMap;

use crate::order::sorted_indices;
use serde::{Deserialize, Serialize};

/// How a dual encoder turns similarities into probabilities: part of the model, not a preference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scoring {
    /// Softmax or sigmoid, as the model was trained.
    pub mode: ScoreMode,
    /// The *logarithm* of the learned inverse temperature, as checkpoints store it.
    pub logit_scale: f32,
    /// SigLIP's learned bias, added to every logit; 0 for softmax models.
    #[serde(default)]
    pub logit_bias: f32,
}

/// The function that makes probabilities from logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoreMode {
    /// Labels share one unit of probability (CLIP, Radford et al. 2021, arXiv 2103.00020).
    Softmax,
    /// Each label has a probability of its own (SigLIP, Zhai et al. 2023, arXiv 2303.15343).
    Sigmoid,
}

/// The three numbers of one label and one picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Cosine of the angle between the two embeddings, −1 to 1.
    pub cosine: f32,
    /// The logit: `exp(logit_scale) · cosine + logit_bias`.
    pub logit: f32,
    /// Softmax over the labels' logits, or this logit's own sigmoid; 0 to 1.
    pub probability: f32,
}

/// Cosine similarity of two vectors of equal length; 0 if either is zero.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let (mut dot, mut aa, mut bb) = (0.0f64, 0.0f64, 0.0f64);
    for (&x, &y) in a.iter().zip(b) {
        dot += f64::from(x) * f64::from(y);
        aa += f64::from(x) * f64::from(x);
        bb += f64::from(y) * f64::from(y);
    }
    if aa == 0.0 || bb == 0.0 {
        return 0.0;
    }
    (dot / (aa * bb).sqrt()) as f32
}

/// How far the values lie from their mean, in standard deviations (of all of them), in their order:
/// the standard score, which tells what stands out among many whatever the model's scale is. All 0
/// where the values are alike.
pub fn standard_scores(values: &[f32]) -> Vec<f32> {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let square = |value: &f32| (value - mean) * (value - mean);
    let deviation = (values.iter().map(square).sum::<f32>() / count).sqrt();
    let scale = if deviation > 1e-6 {
        1.0 / deviation
    } else {
        0.0
    };
    values.iter().map(|value| (value - mean) * scale).collect()
}

/// Scores every label embedding against one image embedding, in the labels' order.
pub fn score<'a>(
    image_embed: &[f32],
    text_embeds: impl IntoIterator<Item = &'a [f32]>,
    scoring: &Scoring,
) -> Vec<Score> {
    let cosines: Vec<f32> = text_embeds
        .into_iter()
        .map(|text_embed| cosine(image_embed, text_embed))
        .collect();
    score_cosines(&cosines, scoring)
}

/// Scores labels by their cosines to one picture, in their order.
pub fn score_cosines(cosines: &[f32], scoring: &Scoring) -> Vec<Score> {
    let logits: Vec<f32> = cosines
        .iter()
        .map(|cosine| scoring.logit_scale.exp() * cosine + scoring.logit_bias)
        .collect();
    let probabilities = match scoring.mode {
        ScoreMode::Softmax => softmax(&logits),
        ScoreMode::Sigmoid => logits.iter().copied().map(sigmoid).collect(),
    };
    cosines
        .iter()
        .zip(logits)
        .zip(probabilities)
        .map(|((&cosine, logit), probability)| Score {
            cosine,
            logit,
            probability,
        })
        .collect()
}

/// The indices of `scores` from the highest logit to the lowest; equal ones keep their order.
pub fn ranking(scores: &[Score]) -> Vec<usize> {
    sorted_indices(scores.len(), &|a, b| {
        scores[b].logit.total_cmp(&scores[a].logit)
    })
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits
        .iter()
        .map(|&logit| f64::from(logit - max).exp())
        .collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|e| (e / sum) as f32).collect()
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOFTMAX: Scoring = Scoring {
        mode: ScoreMode::Softmax,
        logit_scale: std::f32::consts::LN_10,
        logit_bias: 0.0,
    };

    #[test]
    fn softmax_scores_by_hand() {
        // cosines 0.6 and 0.8, scale 10: logits 6 and 8, so 1 / (1 + e^-2) for the second.
        let scores = score(&[3.0, 4.0], [&[1.0, 0.0][..], &[0.0, 2.0]], &SOFTMAX);
        assert!((scores[0].cosine - 0.6).abs() < 1e-6);
        assert!((scores[1].logit - 8.0).abs() < 1e-5);
        assert!((scores[1].probability - 0.880_797).abs() < 1e-5);
        let total: f32 = scores.iter().map(|s| s.probability).sum();
        assert!((total - 1.0).abs() < 1e-6);
        assert_eq!(ranking(&scores), [1, 0]);
    }

    #[test]
    fn sigmoid_scores_stand_alone() {
        let scoring = Scoring {
            mode: ScoreMode::Sigmoid,
            logit_scale: 0.0,
            logit_bias: -1.0,
        };
        let one = score(&[1.0, 0.0], [&[1.0, 0.0][..]], &scoring);
        assert!((one[0].probability - 0.5).abs() < 1e-6);
        let two = score(&[1.0, 0.0], [&[1.0, 0.0][..], &[0.0, 1.0]], &scoring);
        assert_eq!(one[0], two[0]);
    }

    #[test]
    fn standard_scores_by_hand() {
        // Mean 3, deviation 2.
        assert_eq!(
            standard_scores(&[1.0, 1.0, 5.0, 5.0]),
            [-1.0, -1.0, 1.0, 1.0]
        );
        assert_eq!(standard_scores(&[0.3; 3]), [0.0; 3]);
        assert!(standard_scores(&[]).is_empty());
    }

    #[test]
    fn nothing_to_score_and_zero_vectors_are_harmless() {
        assert!(score(&[1.0], [], &SOFTMAX).is_empty());
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), 0.0);
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let scoring = Scoring {
            logit_scale: 8.0,
            ..SOFTMAX
        };
        let scores = score(&[1.0], [&[1.0][..], &[-1.0]], &scoring);
        assert_eq!(scores[0].probability, 1.0);
        assert_eq!(scores[1].probability, 0.0);
    }
}
